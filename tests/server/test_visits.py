"""What is kept of a visit's finished runs, and for how long."""

from __future__ import annotations

import re

import pytest

import app
from core.page.page import GREET
from core.report import KeptRun
from core.server import Visits
from core.server import visits as module


def a_run(characters: int = 10) -> KeptRun:
    return KeptRun("#1 a", "#1", app.PRESETS["layerwise_lr"], "x" * characters, 0.5)


def test_what_was_kept_last_is_had_again_under_its_name_alone() -> None:
    visits = Visits()
    visits.keep("mine", [a_run()], None)
    visits.keep("mine", [a_run(), a_run(20)], None)
    visit = visits.recall("mine")
    assert visit is not None
    assert [len(run.chart) for run in visit.kept] == [10, 20]
    assert visits.recall("another") is None
    visits.keep("mine", [], None)
    assert visits.recall("mine") is None


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_no_name_and_a_long_one_keep_nothing(name: str) -> None:
    visits = Visits()
    visits.keep(name, [a_run()], None)
    assert visits.recall(name) is None


def test_the_oldest_go_first_when_there_are_too_many() -> None:
    visits = Visits(most=100)
    for name in "abc":
        visits.keep(name, [a_run(40)], None)
    assert [visits.recall(name) is not None for name in "abc"] == [False, True, True]
    visits.keep("large", [a_run(101)], None)
    assert [visits.recall(name) for name in ("a", "b", "c", "large")] == [None] * 4


def test_after_a_while_they_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = Visits()
    visits.keep("mine", [a_run()], None)
    assert visits.recall("mine") is not None
    monkeypatch.setattr(module, "SECONDS", -1)
    assert visits.recall("mine") is None


def test_the_longest_name_that_the_page_makes_up_is_taken() -> None:
    numbers = int(re.findall(r"Uint32Array\((\d+)\)", GREET)[0])
    visits, name = Visits(), "-".join([str(2**32 - 1)] * numbers)
    visits.keep(name, [a_run()], None)
    assert visits.recall(name) is not None
