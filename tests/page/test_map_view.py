"""A map as its widget shows it, and what a chosen cell may change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.experiment import Experiment
from core.page.map_view import factor_text, map_value, rates_of
from core.questions import Cell, MapPlan, RateMap
from core.text import LANGUAGES

Make = Callable[..., Experiment]

FIRST = {"name": "first", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
SECOND = {"name": "<b>second</b>", "params": ["fc1.*"], "optimizer": "SGD", "lr": 0.5}
FROZEN = {"name": "ice", "params": ["*"], "optimizer": "frozen"}
ROWS = (None, "first", "<b>second</b>")


@pytest.fixture
def experiment(make: Make) -> Experiment:
    return make(FIRST, SECOND, FROZEN)


def made(base: float | None = 2.0, reason: str = "done") -> RateMap:
    """One seed of factors 1/30, 1 and 30; the second group's 30 was not run, and the first one's was lost."""
    plan = MapPlan(ROWS, (1 / 30, 1.0, 30.0), (("ice", "map_frozen"),), 1, 50, 100, 7, 9.0, 500)
    cells = [Cell(None, 1.0, 0, "done" if base else "lost", 50, base, base and 0.25, base and 0.0, base and 0.0)]
    for row in ROWS:
        for factor, loss in ((1 / 30, 2.5), (30.0, 1.0)):
            told = (None, None) if base is None else (loss - base, 0.01)
            if (row, factor) == ("first", 30.0):
                cells.append(Cell(row, factor, 0, "lost", 10))
            elif (row, factor) != ("<b>second</b>", 30.0):
                cells.append(Cell(row, factor, 0, "done", 50, loss, 0.4, *told))
    return RateMap(plan, tuple(cells), reason)


@pytest.mark.parametrize(
    ("factor", "text"),
    [(1 / 30, "1/30"), (1 / 3, "1/3"), (1.0, "1"), (3.0, "3"), (0.3, "1/3.33"), (1e6, "1e+06"), (0.5, "1/2")],
)
def test_factors_are_written_as_people_do(factor: float, text: str) -> None:
    assert factor_text(factor) == text


def test_every_cell_is_a_loss_an_accuracy_and_a_shade(experiment: Experiment) -> None:
    value = map_value(made(), experiment, "en")
    assert value["factors"] == ["1/30", "1", "30"]
    assert [row["group"] for row in value["rows"]] == list(ROWS)
    low, own, high = value["rows"][0]["cells"]
    assert (low["loss"], low["more"], low["shade"]) == ("2.50", "40%", 0.5)
    assert (own["loss"], own["shade"]) == ("2.00", 0.0)
    assert (high["loss"], high["shade"]) == ("1.00", -1.0)
    assert high["title"] == "all groups together × 30, loss 1.000 (-1.000, noise 0.060), accuracy 40.0 %"
    lost = value["rows"][1]["cells"][2]
    assert (lost["loss"], lost["shade"], lost["title"]) == ("✕", 1.0, "first × 30, lr 0.06: the run diverges")
    assert value["rows"][2]["cells"][2] is None
    assert json.loads(json.dumps(value, allow_nan=False)) == value


@pytest.mark.parametrize("language", LANGUAGES)
def test_beside_a_start_that_is_lost_nothing_is_a_difference(experiment: Experiment, language: str) -> None:
    low, own, high = map_value(made(base=None), experiment, language)["rows"][0]["cells"]
    assert own["loss"] == "✕"
    assert (low["loss"], high["loss"]) == ("2.50", "1.00")
    assert low["shade"] < 0 and "0.000" not in low["title"]


def test_a_map_that_has_only_begun_is_shown_with_its_empty_cells(experiment: Experiment) -> None:
    whole = made()
    value = map_value(RateMap(whole.plan, whole.cells[:1], ""), experiment, "zh")
    assert [[cell and cell["loss"] for cell in row["cells"]] for row in value["rows"]] == [[None, "2.00", None]] * 3
    nothing = RateMap(MapPlan((), (1.0,), (), 1, 0, 100, 0, 0.0, 0), (), "stopped")
    assert map_value(nothing, experiment, "en")["rows"] == []


def test_a_chosen_cell_changes_its_row_or_all(experiment: Experiment) -> None:
    assert rates_of(made(), experiment, [0, 2]) == {"first": 0.06, "<b>second</b>": 15.0}
    assert rates_of(made(), experiment, [1, 0]) == {"first": 6.67e-05}
    assert rates_of(made(), experiment, [2, 1]) == {"<b>second</b>": 0.5}


HOSTILE: list[Any] = [
    *(None, [], [0], [0, 0, 0], {"row": 0}, "00", 0, [[0], [0]], [None, None]),
    *([-1, 0], [0, -1], [3, 0], [0, 3], [10**30, 0], [0.0, 1], ["0", "1"], [True, False], [float("nan"), 0]),
]


@pytest.mark.parametrize("chosen", HOSTILE, ids=str)
def test_what_is_no_cell_changes_nothing(experiment: Experiment, chosen: Any) -> None:
    assert rates_of(made(), experiment, chosen) == {}


def test_a_cell_that_was_not_run_changes_nothing(make: Make, experiment: Experiment) -> None:
    assert rates_of(made(), experiment, [2, 2]) == {}
    fast = make(FIRST | {"lr": 900}, SECOND, FROZEN)
    growing = RateMap(made().plan, made().cells[:1], "")
    assert rates_of(growing, fast, [1, 2]) == {}, "30 times as much is no learning rate"
