"""Where a map and range tests disagree, of both made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.experiment import Experiment
from core.questions import Cell, MapPlan, RangeTest, RateMap, disagreements
from core.text import LANGUAGES

Make = Callable[..., Experiment]
Keys = list[tuple[str | None, str]]

GROUPS = (
    {"name": "first", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002},
    {"name": "second", "params": ["*"], "optimizer": "SGD", "lr": 0.5},
)
FACTORS = (1 / 10, 1.0, 10.0, 100.0)


def made(**worse: tuple[float, ...]) -> RateMap:
    """One seed; the factors named for `first`, `second` and `all` are worse, the others as they are."""
    rows: tuple[str | None, ...] = (None, "first", "second")
    cells = [Cell(None, 1.0, 0, "done", 50, 2.0, 0.2, 0.0, 0.0)]
    for row in rows:
        for factor in (f for f in FACTORS if f != 1):
            more = 1.0 if factor in worse.get(row or "all", ()) else 0.0
            cells.append(Cell(row, factor, 0, "done", 50, 2.0 + more, 0.2, more, 0.01))
    return RateMap(MapPlan(rows, FACTORS, (), 1, 50, 100, 10, 9.0, 500), tuple(cells), "done")


def ranged(row: str | None, steepest: float | None, tenth: float | None) -> RangeTest:
    return RangeTest(row, (), (), (), steepest, tenth)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (ranged("first", 0.0002, 0.02), []),
        (ranged("first", 0.00019, 0.03), [("first", "steepest_group"), ("first", "tenth_group")]),
        (ranged("first", 0.002, 0.1), [("first", "tenth_group")]),
        (ranged("second", 0.05, 50.0), []),
        (ranged("second", 0.04, 50.0), [("second", "steepest_group")]),
        (ranged(None, 0.1, 100.0), []),
        (ranged(None, 0.05, 200.0), [(None, "steepest_all"), (None, "tenth_all")]),
        (ranged("first", None, None), []),
    ],
)
def test_rates_beyond_those_that_get_no_worse_are_told(make: Make, test: RangeTest, expected: Keys) -> None:
    found = disagreements(made(first=(100.0,)), make(*GROUPS), [test])
    assert [(s.row, s.key) for s in found] == [(row, f"range_disagrees_{key}") for row, key in expected]
    for statement in found:
        english, chinese = (statement.sentence(language) for language in LANGUAGES)
        assert f"{statement.values['rate']:.2g}" in english and f"{statement.values['rate']:.2g}" in chinese
        assert english != chinese


def test_the_bounds_are_those_that_the_map_found(make: Make) -> None:
    (found,) = disagreements(made(first=(1 / 10, 100.0)), make(*GROUPS), [ranged("first", 0.0019, 0.01)])
    assert (found.values["low"], found.values["high"]) == (0.002, pytest.approx(0.02))


def test_a_row_that_the_map_has_not_is_not_judged(make: Make) -> None:
    whole = made()
    other = RateMap(whole.plan, whole.cells[:1], "stopped")
    tests = [ranged("first", 1e-9, 1e9), ranged("third", 1e-9, 1e9)]
    three = make(*GROUPS[:1], {"name": "third", "params": ["fc1*"], "optimizer": "SGD", "lr": 0.5}, GROUPS[1])
    found = disagreements(other, three, tests)
    assert {statement.row for statement in found} <= {"first"}, "the map knows nothing of the third"
    assert disagreements(whole, three, []) == []
