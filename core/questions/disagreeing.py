"""Where the map of rates and the range tests disagree: each knows what the other does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.experiment import Experiment
from core.questions.map_events import RateMap
from core.questions.map_sentences import Point, Statement, points
from core.questions.range_test import RangeTest


def disagreements(rate_map: RateMap, experiment: Experiment, tests: Iterable[RangeTest]) -> list[Statement]:
    """The range tests' rates that lie outside of those that the map found to be no worse than the rates as they are.

    Both are of `experiment`. A range test reads a loss that also falls because training goes on, and groups that stay
    train too; the map compares whole runs, but knows only the factors that were tried.
    """
    own: dict[str | None, float] = {None: 1.0} | {group.name: group.lr for group in experiment.groups}
    found = points(rate_map)
    return [statement for test in tests for statement in _of_test(test, own[test.row], found.get(test.row, ()))]


def _of_test(test: RangeTest, own: float, of_row: Iterable[Point]) -> Iterator[Statement]:
    fair = [point.factor for point in of_row if not point.is_worse]
    if not fair:
        return
    low, high = min(fair) * own, max(fair) * own
    kind = "all" if test.row is None else "group"
    for key, rate in (("steepest", test.steepest), ("tenth", test.tenth_of_lowest)):
        if rate is not None and not low <= rate <= high:
            yield Statement(test.row, f"range_disagrees_{key}_{kind}", {"rate": rate, "low": low, "high": high})
