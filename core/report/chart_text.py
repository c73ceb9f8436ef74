"""The text of the live chart: a head, then a line per step; of a long run a line per stretch of steps.

So it stays as short as what a chart's pixels can show, however long the run is. A line of a stretch is one of
`core.report.curves.chart_row`, with the stretch's first step, and with a point that is a number, null, or a list:
[steps on, value] where a trace has one value in it, else [steps on, value, steps on, value, mean], which are its lowest
and its highest value in the order they came, and the mean of all: the geometric one where the view's axis is
logarithmic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import exp, fsum
from math import log as ln
from typing import Any

from core.events import Evaluated, Step
from core.report.curves import GROUP_VIEWS, chart_values, view_points, written

MOST_LINES = 800  # even; where there are stretches each has two points
# By their names in addresses, in order, whether they are logarithmic.
VIEWS = {key.removeprefix("view_"): log for key, log, _ in GROUP_VIEWS} | {"loss": False}


class ChartText:
    """Takes steps and evaluations as they come; `text` grows at its end, and at times becomes shorter as a whole.

    Its lines have the points of all views, or of the one `view` alone, by its name in addresses.
    """

    def __init__(self, head: str = "", view: str | None = None) -> None:
        self._head, self._view = head, view
        self._lines: list[str] = []
        self._stretch = 1  # lines of steps and evaluations that make one
        self._open: list[list[Any]] = []  # those of the stretch that is not over

    @property
    def text(self) -> str:
        """The head, and the line of every stretch that is over."""
        return self._head + "".join(self._lines)

    def add(self, event: Step | Evaluated) -> None:
        """A further step or evaluation."""
        self._open.append(chart_values(event) if self._view is None else [event.step, view_points(event, self._view)])
        if len(self._open) < self._stretch:
            return
        self.close()
        if len(self._lines) == MOST_LINES:
            self._stretch *= 2
            lines = [json.loads(line) for line in self._lines]
            self._lines = [written(self._joined(pair)) for pair in zip(lines[::2], lines[1::2], strict=True)]

    def close(self) -> None:
        """A stretch that is not over ends here: there is nothing to come."""
        if self._open:
            self._lines.append(written(self._joined(self._open)))
            self._open = []

    def _joined(self, lines: Sequence[list[Any]]) -> list[Any]:
        """Lines that follow one another, of steps or of stretches, as that of one stretch."""
        if len(lines) == 1:
            return lines[0]
        scales = VIEWS.values() if self._view is None else [VIEWS[self._view]]
        return [lines[0][0], *(_one_view(place, log, lines) for place, log in enumerate(scales, start=1))]


def _one_view(place: int, log: bool, lines: Sequence[Sequence[Any]]) -> list[Any] | None:
    """The points of a view's traces, or None for a view without any."""
    drawn = [(line[0] - lines[0][0], line[place]) for line in lines if line[place] is not None]
    if not drawn:
        return None
    places, points = zip(*drawn, strict=True)
    return [_one_point(log, places, trace) for trace in zip(*points, strict=True)]


def _one_point(log: bool, places: Sequence[int], points: Sequence[Any]) -> list[float] | None:
    """Of a trace its points as that of a stretch, whose first step has the place 0."""
    found: list[tuple[float, int]] = []
    means: list[float] = []
    for place, point in zip(places, points, strict=True):
        if isinstance(point, list):
            found += ((point[at + 1], place + point[at]) for at in range(0, len(point) - 1, 2))
            means.append(point[-1])
        elif point is not None:
            found.append((point, place))
            means.append(point)
    if not found:
        return None
    low, high = min(found), max(found)
    if low[0] == high[0]:
        return [low[1], low[0]]
    mean = exp(fsum(map(ln, means)) / len(means)) if log and min(means) > 0 else fsum(means) / len(means)
    (a, first), (b, last) = (low, high) if low[1] <= high[1] else (high, low)
    return [first, a, last, b, float(f"{mean:.4g}")]
