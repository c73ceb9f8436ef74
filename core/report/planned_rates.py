"""The planned learning rates as a Plotly figure, to be looked at before a run."""

from __future__ import annotations

import plotly.graph_objects as go

from core import lab
from core.colours import colours
from core.experiment import Experiment, Group
from core.report.curves import plain_name
from core.text import say

MOST_POINTS = 600  # of one line: more than a page has pixels for
QUIET = "#888888"  # readable on the light theme and on the dark one


def rates_figure(experiment: Experiment, language: str) -> go.Figure:
    """Every group's planned learning rate over the steps, one line per group in its colour.

    A line has at most `MOST_POINTS` points, from the group's first step to its last; a frozen
    group's has none. The axis is logarithmic if no rate is 0. For both themes: no template, no
    background of its own.
    """
    plan = lab.planned_rates(experiment)
    figure, of_group = go.Figure(), colours(len(plan))
    for index, (group, rates) in enumerate(zip(experiment.groups, plan, strict=True)):
        steps, shown = _points(rates)
        line = {"color": of_group[index], "width": 2}
        figure.add_scatter(x=steps, y=shown, mode="lines", name=_label(group, language), line=line)
    figure.update_layout(_layout(_is_positive(plan), language))
    return figure


def _points(rates: lab.Rates) -> tuple[list[int], list[float]]:
    """Steps and rates of at most MOST_POINTS, evenly apart, the first and the last among them."""
    trained = [(step, rate) for step, rate in enumerate(rates, 1) if rate is not None]
    count = min(len(trained), MOST_POINTS)
    chosen = [trained[i * (len(trained) - 1) // max(1, count - 1)] for i in range(count)]
    return [step for step, _ in chosen], [rate for _, rate in chosen]


def _is_positive(plan: list[lab.Rates]) -> bool:
    return all(rate is None or rate > 0 for rates in plan for rate in rates)


def _label(group: Group, language: str) -> str:
    name = plain_name(group.name)
    return f"{name} ({say('frozen', language)})" if group.frozen else name


def _layout(log: bool, language: str) -> dict[str, object]:
    grid = {"gridcolor": "rgba(136,136,136,0.25)", "zerolinecolor": "rgba(136,136,136,0.25)"}
    rate = {"title": {"text": say("view_lr_axis", language)}, "type": "log" if log else "linear"}
    return {
        "template": None,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": QUIET},
        "margin": {"l": 64, "r": 16, "t": 8, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": True,
        "hovermode": "x unified",
        "xaxis": {"title": {"text": say("step_axis", language)}, "rangemode": "nonnegative", **grid},
        "yaxis": {"exponentformat": "power", **rate, **grid},
    }
