"""Every parameter over the run as a heat map: where in the network, and when, the updates are large."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from core.colours import colours
from core.events import GroupInfo, Started, TensorStep
from core.experiment import FROZEN
from core.report.drawing import CLEAR, FOR_BOTH_THEMES, GREY, name_of_group, plain_text, step_layout
from core.text import say

ROW = 16  # pixels a parameter
LEAST_HEIGHT = 160  # of all rows: the colour bar's title must fit beside them
TOP, BOTTOM = 56, 44  # pixels for the legend and for the step axis
MIDDLE, DECADES = -3, 2  # the scale's powers of ten, 1e-5 to 1e-1: fixed, so that two runs compare by eye
NAMES = {"color": GREY, "size": 10, "family": "monospace"}
HOVER = "%{y}<br>%{text}"


def heat_map(started: Started, columns: Sequence[TensorStep], language: str) -> go.Figure:
    """log10(update/weight) of every parameter, group after group, in each sampled step.

    What is undefined or 0 has no logarithm: a gap, whose hover text says which of the two.
    """
    figure = go.Figure(layout=_layout(started, language))
    place = 0
    for group, colour in zip(started.groups, colours(len(started.groups)), strict=True):
        figure.add_heatmap(**_cells(columns, place, group, language), coloraxis="coloraxis", hoverongaps=True)
        figure.add_shape(**_strip(colour, place, group))
        figure.add_scatter(**_legend_entry(colour, group, language))
        place += group.tensors
        if place < len(started.tensors):
            figure.add_hline(y=place - 0.5, line={"color": GREY, "width": 1})
    figure.update_layout(template=None)
    return figure


def _cells(columns: Sequence[TensorStep], place: int, group: GroupInfo, language: str) -> dict[str, object]:
    """One group's rows: colours, and the ratios as text for the hover label."""
    rows = [[column.ratios[row] for column in columns] for row in range(place, place + group.tensors)]
    return {
        "x": [column.step for column in columns],
        "y0": place,
        "dy": 1,
        "z": [[_logarithm(ratio) for ratio in row] for row in rows],
        "text": [[_in_words(ratio, language) for ratio in row] for row in rows],
        "name": plain_text(group.name),
        "hovertemplate": f"{HOVER}<br>{html.escape(say('step_axis', language), quote=False)} %{{x}}",
    }


def _logarithm(ratio: float | None) -> float | None:
    return math.log10(ratio) if ratio and math.isfinite(ratio) else None


def _in_words(ratio: float | None, language: str) -> str:
    if ratio is None:
        return say("heat_undefined", language)
    return f"{say('view_ratio', language)} {ratio:.3g}"


def _strip(colour: str, place: int, group: GroupInfo) -> dict[str, object]:
    """The group's colour, beside its rows."""
    across = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0, "x0": -9, "x1": -3}
    down = {"y0": place - 0.45, "y1": place + group.tensors - 0.55}
    return {"type": "rect", **across, **down, "fillcolor": colour, "line": {"width": 0}}


def _legend_entry(colour: str, group: GroupInfo, language: str) -> dict[str, object]:
    name = name_of_group(group.name, group.optimizer == FROZEN, language)
    marker = {"symbol": "square", "size": 10, "color": colour}
    return {"x": [None], "y": [None], "mode": "markers", "marker": marker, "name": name, "showlegend": True}


def _layout(started: Started, language: str) -> dict[str, object]:
    count = len(started.tensors)
    names = {"tickmode": "array", "tickvals": list(range(count)), "ticktext": list(map(plain_text, started.tensors))}
    grid = {"showgrid": False, "zeroline": False}
    room = {"ticks": "outside", "ticklen": 12, "tickcolor": CLEAR}  # for the strip of colours
    base = step_layout(language)
    return FOR_BOTH_THEMES | {
        "height": max(ROW * count, LEAST_HEIGHT) + TOP + BOTTOM,
        "margin": base["margin"] | {"t": TOP, "b": BOTTOM},
        "legend": base["legend"] | {"y": 1},
        "xaxis": {"title": base["xaxis"]["title"], **grid},
        "yaxis": {"range": [count - 0.5, -0.5], "automargin": True, "tickfont": NAMES, **grid, **names, **room},
        "coloraxis": {"colorscale": "Viridis", **_scale(), "colorbar": _colour_bar(language)},
    }


def _scale() -> dict[str, float]:
    return {"cmin": MIDDLE - DECADES, "cmax": MIDDLE + DECADES}


def _colour_bar(language: str) -> dict[str, object]:
    """Its ends hold all that is beyond them; it is the same for every run."""
    low, *inner, high = list(_decades())
    texts = [f"≤ 1e{low}", *(f"1e{decade}" for decade in inner), f"≥ 1e{high}"]
    title = {"text": say("heat_scale", language), "side": "right"}
    return {"title": title, "tickvals": [low, *inner, high], "ticktext": texts, "thickness": 14, "outlinewidth": 0}


def _decades() -> Iterator[int]:
    yield from range(MIDDLE - DECADES, MIDDLE + DECADES + 1)
