"""The planned learning rates as a Plotly figure, to be looked at before a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.colours import colours
from core.experiment import Experiment
from core.report.drawing import FOR_BOTH_THEMES, name_of_group, step_layout
from core.text import say

Rates = Sequence[float | None]  # one per step, None while the group does not train

MOST_POINTS = 600  # of one line: more than a page has pixels for


def rates_figure(experiment: Experiment, plan: Sequence[Rates], language: str) -> go.Figure:
    """Every group's planned learning rate over the steps, one line per group in its colour.

    `plan` holds each group's rate at every step, None while it does not train. A line has at most
    `MOST_POINTS` points, from the group's first step to its last; a frozen group's has none. The axis is
    logarithmic if no rate is 0.
    """
    figure, of_group = go.Figure(), colours(len(plan))
    for index, (group, rates) in enumerate(zip(experiment.groups, plan, strict=True)):
        steps, shown = _points(rates)
        line = {"color": of_group[index], "width": 2}
        figure.add_scatter(
            x=steps, y=shown, mode="lines", name=name_of_group(group.name, group.frozen, language), line=line
        )
    figure.update_layout(_layout(_is_positive(plan), language))
    return figure


def _points(rates: Rates) -> tuple[list[int], list[float]]:
    """Steps and rates of at most MOST_POINTS, evenly apart, the first and the last among them."""
    trained = [(step, rate) for step, rate in enumerate(rates, 1) if rate is not None]
    count = min(len(trained), MOST_POINTS)
    chosen = [trained[i * (len(trained) - 1) // max(1, count - 1)] for i in range(count)]
    return [step for step, _ in chosen], [rate for _, rate in chosen]


def _is_positive(plan: Sequence[Rates]) -> bool:
    return all(rate is None or rate > 0 for rates in plan for rate in rates)


def _layout(log: bool, language: str) -> dict[str, Any]:
    grid = {"gridcolor": "rgba(136,136,136,0.25)", "zerolinecolor": "rgba(136,136,136,0.25)"}
    base = step_layout(language)
    rate = {"title": {"text": say("view_lr_axis", language)}, "type": "log" if log else "linear"}
    axes = {"xaxis": base["xaxis"] | grid, "yaxis": {"exponentformat": "power", **rate, **grid}}
    return base | FOR_BOTH_THEMES | {"showlegend": True} | axes
