"""Events as Plotly figures: one view per measured quantity, one line per group."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from core.colours import PALETTE, colours
from core.events import WINDOW, Evaluated, GroupStep, Started, Step, is_sampled
from core.experiment import FROZEN
from core.experiment.optimizer_classes import L2, NONE
from core.report.drawing import BAND, GREY, PAST_THE_EDGE, PERCENT, PERCENT_IN_WORDS, name_of_group, step_layout
from core.report.usual_updates import usual_updates
from core.text import say


def decay_share(group: GroupStep) -> float | None:
    """|decay part| / |update|; the L2 term / gradient where the step has no such part; None without decay."""
    if group.l2_share is not None:
        return group.l2_share
    return group.decay_norm / group.update_norm if group.decay_norm and group.update_norm else None


# Views that have a unit beside their axis's words, and those in percent of a length: what is measured is a part of it.
WITH_UNIT = ("view_ratio", "view_update", "view_distance", "view_decay", "view_clip")
IN_PERCENT = ("view_ratio", "view_distance", "view_decay", "view_clip")
# The views with one line per group: the key of its words, whether the axis is logarithmic, the quantity.
GROUP_VIEWS: tuple[tuple[str, bool, Callable[[GroupStep], float | None]], ...] = (
    ("view_ratio", True, lambda group: group.update_ratio),
    ("view_update", True, lambda group: group.update_norm),
    ("view_gradient", True, lambda group: group.gradient_norm),
    ("view_weight", False, lambda group: group.weight_norm),
    ("view_distance", False, lambda group: group.distance),
    ("view_decay", True, decay_share),
    ("view_lr", True, lambda group: group.lr),
    ("view_clip", False, lambda group: group.clip_factor),
    ("view_step", True, lambda group: group.step_per_weight),
    ("view_cosine", False, lambda group: group.cosine),
    ("view_agreement", False, lambda group: group.gradient_agreement),
)
# Shown where steps are sampled alone, which keeps the chart's text short; the recorder for other trainings has none.
SAMPLED = ("view_step", "view_cosine", "view_agreement")


def chart_head(started: Started, run: str, language: str, note: str = "") -> str:
    """The live chart's first line: the run's name, the steps of an epoch, the row of the table that each group comes
    from, and every view as an empty figure; `note` is said above the chart."""
    views = [_group_view(key, log, started, language) for key, log, _ in GROUP_VIEWS]
    views.append(_loss_view(language))
    head = {"run": run, "note": note, "epoch": started.experiment.steps_per_epoch}
    return json.dumps(head | {"rows": [group.row or group.name for group in started.groups], "views": views}) + "\n"


def chart_row(event: Step | Evaluated) -> str:
    """A further line: the step, then per view the values of its traces, or null where none has one."""
    return written(chart_values(event))


def chart_values(event: Step | Evaluated) -> list[Any]:
    """What `chart_row` writes."""
    if isinstance(event, Evaluated):
        values: list[Any] = [None] * len(GROUP_VIEWS) + [[None, event.loss, 100 * event.accuracy]]
    else:
        values = [*(_of_groups(event, *view) for view in GROUP_VIEWS), [event.loss, None, None]]
    return [event.step, *map(_points, values)]


def written(line: list[Any]) -> str:
    """A line of the chart's text."""
    return json.dumps(line, separators=(",", ":")) + "\n"


def view_points(event: Step | Evaluated, key: str) -> list[float | None] | None:
    """Of one view, by its name in addresses, what `chart_values` has."""
    for name, log, quantity in GROUP_VIEWS:
        if name == f"view_{key}":
            return _points(_of_groups(event, name, log, quantity)) if isinstance(event, Step) else None
    return _points([event.loss, None, None] if isinstance(event, Step) else [None, event.loss, 100 * event.accuracy])


def filled_views(
    started: Started, steps: Sequence[Step], evaluations: Sequence[Evaluated], language: str
) -> list[dict[str, Any]]:
    """Every view with a run's points in it: its label, and the traces and the layout of a Plotly figure."""
    places = [step.step for step in steps]
    views = []
    for key, log, quantity in GROUP_VIEWS:
        views.append(_group_view(key, log, started, language))
        each = [_of_groups(step, key, log, quantity) for step in steps]
        for index, trace in enumerate(views[-1]["data"]):
            trace |= {"x": places, "y": [own[index] for own in each]}
    views.append(_loss_view(language))
    loss, test, right = views[-1]["data"]
    loss |= {"x": places, "y": [_point(step.loss) for step in steps]}
    tested = [event.step for event in evaluations]
    test |= {"x": tested, "y": [_point(event.loss) for event in evaluations]}
    right |= {"x": tested, "y": [_point(100 * event.accuracy) for event in evaluations]}
    return views


def _of_groups(step: Step, key: str, log: bool, quantity: Callable[[GroupStep], float | None]) -> list[float | None]:
    """A view's points of a step, one for each group."""
    if key in SAMPLED and not is_sampled(step.step):
        return [None] * len(step.groups)
    return [_point(quantity(group), log) for group in step.groups]


def _points(view: list[float | None] | None) -> list[float | None] | None:
    """None for a view without any value, as that of the decay mostly is."""
    return None if view is None or set(view) == {None} else [_point(value) for value in view]


def _point(value: float | None, log: bool = False) -> float | None:
    """Four digits are more than a chart shows; what is not finite, and 0 on a logarithmic axis, is a gap."""
    if value is None or not math.isfinite(value) or (log and value == 0):
        return None
    return float(f"{value:.4g}")


def _group_view(key: str, log: bool, started: Started, language: str) -> dict[str, Any]:
    figure = go.Figure(layout=_layout(say(f"{key}_axis", language, steps=WINDOW), language))
    figure.update_yaxes(type="log" if log else "linear")
    if key in IN_PERCENT:
        figure.update_yaxes(tickformat=PERCENT, hoverformat=PERCENT_IN_WORDS)
    elif log:
        figure.update_yaxes(tickformat="~g")
    of_group = colours(len(started.groups))
    for index, group in enumerate(started.groups):
        line = {"color": of_group[index], "width": 2, "dash": "solid"}  # dashes are for other runs
        name = name_of_group(group.name, group.optimizer == FROZEN, language)
        figure.add_scatter(x=[], y=[], mode="lines", name=name, line=line)
    if key in SAMPLED:
        figure.update_traces(mode="lines+markers", marker_size=5, connectgaps=True)
        if started.weights == "own":
            _say_in(figure, say("not_recorded", language))
    if key in ("view_step", "view_cosine"):
        figure.update_xaxes(title_text=say("sampled", language, steps=WINDOW))
    usual = usual_updates(started.experiment.model, started.steps, started.weights)
    if key == "view_ratio" and usual is not None:
        label = {"text": say("usual_band", language, steps=usual.steps), "textposition": "top right"}
        band = {"y0": usual.low, "y1": usual.high, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"}
        figure.add_shape(type="rect", xref="paper", x0=0, x1=1, **band, label=label | {"font": {"color": GREY}})
    if key == "view_decay":
        _mark_decay(figure, started, language)
    if key == "view_clip":
        figure.update_yaxes(range=[0, 1.05])
    view = _view(key, language, figure, [say(f"{key}_unit", language) if key in WITH_UNIT else ""])
    return view | {"idle": key == "view_clip" and started.experiment.clip == "none"}


def _mark_decay(figure: go.Figure, started: Started, language: str) -> None:
    """Lines of another quantity are dashed and say so; an empty view says why it is."""
    kinds = [group.decay_kind for group in started.experiment.groups]
    for line, kind in zip(figure.data, kinds, strict=True):
        if kind == L2:
            line.update(name=say("trace_l2", language, name=line.name), line_dash="dash")
    if set(kinds) == {NONE}:
        _say_in(figure, say("no_decay", language))


def _say_in(figure: go.Figure, text: str) -> None:
    """In the middle of an empty view."""
    figure.add_annotation(text=text, xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False)


def _loss_view(language: str) -> dict[str, Any]:
    figure = go.Figure(layout=_layout(say("view_loss_axis", language), language))
    accuracy = {
        "title": {"text": say("accuracy_axis", language)},
        "overlaying": "y",
        "side": "right",
        "automargin": True,
        **PAST_THE_EDGE,
    }
    figure.update_layout(yaxis2={**accuracy, "range": [0, 100], "tick0": 0, "dtick": 20, "showgrid": False})
    loss, test, right = (say(key, language) for key in ("trace_loss", "trace_test_loss", "trace_accuracy"))
    points = {"x": [], "y": [], "connectgaps": True}
    figure.add_scatter(**points, mode="lines", name=loss, line={"color": PALETTE[0], "width": 1.5})
    figure.add_scatter(**points, mode="lines+markers", name=test, line={"color": PALETTE[1]}, marker={"size": 8})
    marker = {"size": 9, "symbol": "diamond"}
    figure.add_scatter(
        **points, mode="lines+markers", name=right, line={"color": PALETTE[2]}, marker=marker, yaxis="y2"
    )
    return _view("view_loss", language, figure, [*2 * [say("loss_unit", language)], "%"])


def _view(key: str, language: str, figure: go.Figure, units: list[str]) -> dict[str, Any]:
    """Its name in addresses, its label, the unit of each trace or one for all, the figure's parts, and whether it has
    nothing to show of this run."""
    plain = figure.to_plotly_json()
    plain["layout"].pop("template", None)
    return {
        "key": key.removeprefix("view_"),
        "label": say(key, language),
        "units": units,
        "idle": False,
        "data": plain["data"],
        "layout": plain["layout"],
    }


def _layout(axis: str, language: str) -> dict[str, Any]:
    return step_layout(language) | {"yaxis": {"title": {"text": axis}, "exponentformat": "power", **PAST_THE_EDGE}}
