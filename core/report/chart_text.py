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
from typing import Any, NamedTuple

from core.events import Evaluated, Step
from core.report.curves import GROUP_VIEWS, chart_values, view_points, written

MOST_LINES = 500  # even; where there are stretches each has two points
# By their names in addresses, in order, whether they are logarithmic.
VIEWS = {key.removeprefix("view_"): log for key, log, _ in GROUP_VIEWS} | {"loss": False}


class _Line(NamedTuple):
    """A line as values, and of each view how many values each of its points stands for."""

    values: list[Any]
    counts: list[list[int]]


class ChartText:
    """Takes steps and evaluations as they come; `text` grows at its end, and at times becomes shorter as a whole.

    Its lines have the points of all views, or of the one `view` alone, by its name in addresses.
    """

    def __init__(self, head: str = "", view: str | None = None) -> None:
        self._head, self._view = head, view
        self._lines: list[str] = []
        self._counts: list[list[list[int]]] = []  # of each line
        self._stretch = 1  # lines of steps and evaluations that make one
        self._open: list[_Line] = []  # those of the stretch that is not over

    @property
    def text(self) -> str:
        """The head, and the line of every stretch that is over."""
        return self._head + "".join(self._lines)

    def add(self, event: Step | Evaluated) -> None:
        """A further step or evaluation."""
        values = chart_values(event)
        if self._view is not None:
            values = [event.step, view_points(event, self._view)]
        self._open.append(_Line(values, [[int(point is not None) for point in view or ()] for view in values[1:]]))
        if len(self._open) < self._stretch:
            return
        self.close()
        if len(self._lines) == MOST_LINES:
            self._stretch *= 2
            lines = [_Line(json.loads(line), counts) for line, counts in zip(self._lines, self._counts, strict=True)]
            self._lines, self._counts = [], []
            for pair in zip(lines[::2], lines[1::2], strict=True):
                self._write(pair)

    def close(self) -> None:
        """A stretch that is not over ends here: there is nothing to come."""
        if self._open:
            self._write(self._open)
            self._open = []

    def _write(self, lines: Sequence[_Line]) -> None:
        """Lines that follow one another, of steps or of stretches, as that of one stretch."""
        values, counts = lines[0]
        if len(lines) > 1:
            scales = VIEWS.values() if self._view is None else [VIEWS[self._view]]
            views = [_one_view(place, log, lines) for place, log in enumerate(scales)]
            values, counts = [values[0], *(points for points, _ in views)], [counts for _, counts in views]
        self._lines.append(written(values))
        self._counts.append(counts)


def _one_view(view: int, log: bool, lines: Sequence[_Line]) -> tuple[list[Any] | None, list[int]]:
    """The points of a view's traces and how many values each stands for, or None for a view without any."""
    first = lines[0].values[0]
    drawn = [(line.values[0] - first, line.values[view + 1], line.counts[view]) for line in lines]
    drawn = [line for line in drawn if line[1] is not None]
    if not drawn:
        return None, []
    places, points, counts = zip(*drawn, strict=True)
    of_traces = [*zip(zip(*points, strict=True), zip(*counts, strict=True), strict=True)]
    return [_one_point(log, places, *trace) for trace in of_traces], [sum(counts) for _, counts in of_traces]


def _one_point(log: bool, places: Sequence[int], points: Sequence[Any], counts: Sequence[int]) -> list[float] | None:
    """Of a trace its points as that of a stretch, whose first step has the place 0."""
    found: list[tuple[float, int]] = []
    means: list[tuple[float, int]] = []
    for place, point, count in zip(places, points, counts, strict=True):
        if isinstance(point, list):
            found += ((point[at + 1], place + point[at]) for at in range(0, len(point) - 1, 2))
            means.append((point[-1], count))
        elif point is not None:
            found.append((point, place))
            means.append((point, count))
    if not found:
        return None
    low, high = min(found), max(found)
    if low[0] == high[0]:
        return [low[1], low[0]]
    is_log = log and min(means)[0] > 0
    mean = fsum(count * (ln(value) if is_log else value) for value, count in means) / sum(counts)
    (a, first), (b, last) = (low, high) if low[1] <= high[1] else (high, low)
    return [first, a, last, b, float(f"{exp(mean) if is_log else mean:.4g}")]
