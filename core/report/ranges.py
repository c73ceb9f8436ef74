"""Range tests as a figure: loss against learning rate, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import plotly.graph_objects as go

from core.colours import colours
from core.report.drawing import FOR_BOTH_THEMES, GREY, plain_text, step_layout
from core.text import say

HEIGHT = 380  # pixels
HIGHEST = 2.0  # times the first loss: what diverges would flatten all else


class Tested(Protocol):
    """What is drawn of a range test: of group `row`, or of all together (None)."""

    @property
    def row(self) -> str | None: ...
    @property
    def rates(self) -> Sequence[float]: ...
    @property
    def smooth(self) -> Sequence[float]: ...
    @property
    def steepest(self) -> float | None: ...


def range_figure(tests: Sequence[Tested], language: str) -> go.Figure:
    """One line per test, the running mean of its loss; a diamond where it falls most steeply.

    The test of all groups has an axis of its own, above: its rates are factors.
    """
    figure = go.Figure(layout=_layout(language))
    of_group = iter(colours(sum(test.row is not None for test in tests)))
    for test in tests:
        is_all = test.row is None
        colour = GREY if is_all else next(of_group)
        name = say("range_trace_all", language) if test.row is None else plain_text(test.row)
        axis = {"xaxis": "x2"} if is_all else {}
        line = {"color": colour, "width": 2, "dash": "dash" if is_all else "solid"}
        figure.add_scatter(x=list(test.rates), y=list(test.smooth), mode="lines", name=name, line=line, **axis)
        if test.steepest is not None:
            loss = test.smooth[list(test.rates).index(test.steepest)]
            marker = {"color": colour, "size": 10, "symbol": "diamond"}
            figure.add_scatter(x=[test.steepest], y=[loss], mode="markers", marker=marker, showlegend=False, **axis)
    losses = [loss for test in tests for loss in test.smooth]
    first = tests[0].smooth[0] if tests and tests[0].smooth else 1.0
    figure.update_yaxes(range=[min(losses, default=0.0) - 0.1, min(max(losses, default=1.0), HIGHEST * first) + 0.1])
    figure.update_layout(template=None)
    return figure


def _layout(language: str) -> dict[str, object]:
    logarithmic = {"type": "log", "exponentformat": "power"}
    base = step_layout(language)
    return FOR_BOTH_THEMES | {
        "height": HEIGHT,
        "margin": base["margin"] | {"t": 92},
        "legend": base["legend"] | {"y": 1.34},
        "hovermode": "closest",
        "xaxis": {"title": {"text": say("range_axis", language)}, **logarithmic},
        "xaxis2": {"title": {"text": say("range_axis_all", language)}, "overlaying": "x", "side": "top", **logarithmic},
        "yaxis": {"title": {"text": say("range_loss_axis", language)}},
    }
