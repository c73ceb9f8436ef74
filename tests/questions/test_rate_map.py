"""The map of rates: what is run, from which start, how long it takes, and every way it can end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

import core.questions.rate_map
import core.questions.trials
from core.events import Progress
from core.experiment import Experiment, ExperimentError, Number
from core.questions import Cell, Mapping, MapPlan, RateMap, map_rates, scaled
from core.questions.trials import LEAST_STEPS, Trials, is_within_bounds, with_values
from core.text import LANGUAGES
from core.training import TIME_LIMIT, Clock, Ended, ShortRun, Start

Make = Callable[..., Experiment]

CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["*"], "optimizer": "SGD", "lr": 0.05}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images to judge by, and budgets of less than ten seconds."""
    monkeypatch.setattr(core.questions.trials, "HELD_OUT", 40)
    monkeypatch.setattr(core.questions.rate_map, "SECONDS", Number(0.1, TIME_LIMIT))


def end_of(events: list[Any]) -> RateMap:
    assert isinstance(events[-1], RateMap)
    assert not any(isinstance(event, RateMap) for event in events[:-1])
    return events[-1]


def mapped(experiment: Experiment, factors: Any = (3,), seeds: int = 1, seconds: float = 0.5, **more: Any) -> RateMap:
    return end_of(list(map_rates(experiment, factors, seeds, seconds, device="cpu", **more)))


def short_run(experiment: Experiment, steps: int, held_out: int = 40) -> ShortRun:
    """From a start of its own."""
    start = Start(experiment, torch.device("cpu"), held_out, lambda: False, Clock(600.0, 0.2))
    training: Iterator[Any] = start.run(experiment, steps)
    while True:
        try:
            next(training)
        except StopIteration as end:
            run: ShortRun = end.value
            return run


def test_each_cell_is_a_run_of_the_experiment_with_one_rate_changed_or_all(make: Make) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED)
    found = mapped(experiment, "1/3 3", seeds=2)
    plan = found.plan
    assert (found.reason, plan.rows, plan.factors) == ("done", (None, "convolutions", "connected"), (1 / 3, 1.0, 3.0))
    assert (plan.steps, plan.whole, plan.images, plan.left_out) == (4, 4, 40, ())
    assert plan.runs == len(found.cells) == 2 * (1 + 3 * 2)
    assert [cell.seed for cell in found.cells] == [0] * 7 + [1] * 7
    changed = {
        None: {"convolutions": 0.006, "connected": 0.15},
        "convolutions": {"convolutions": 0.006},
        "connected": {"connected": 0.15},
    }
    for cell in found.cells:
        asked = replace(experiment, seed=cell.seed)
        base = short_run(asked, 4)
        if cell.factor == 3:
            asked = with_values(asked, changed[cell.row])
        elif cell.factor != 1:
            asked = scaled(asked, cell.row, cell.factor)
        run = short_run(asked, 4)
        assert (cell.loss, cell.accuracy, cell.reason, cell.steps) == (run.loss, run.accuracy, "done", 4)
        assert run.losses is not None and base.losses is not None
        each = (run.losses - base.losses).double()
        assert cell.difference == pytest.approx(float(each.mean()), abs=1e-9)
        assert cell.error == pytest.approx(float(each.std()) / math.sqrt(40), abs=1e-9)
    assert [cell.difference for cell in found.cells if cell.factor == 1] == [0.0, 0.0]


def test_one_is_among_the_factors_once_and_they_rise(make: Make) -> None:
    assert mapped(make(), [3, 1, "1/3", 3, 1]).plan.factors == (1 / 3, 1.0, 3.0)
    found = mapped(make(), [3])
    assert found.plan.rows == ("all",), "one group needs no row for all together"
    assert [(cell.row, cell.factor) for cell in found.cells] == [(None, 1.0), ("all", 3.0)]


def test_a_rate_beyond_its_bounds_is_not_run(make: Make) -> None:
    experiment = make(CONVOLUTIONS | {"lr": 500}, CONNECTED)
    found = mapped(experiment, [3])
    assert [(cell.row, cell.factor) for cell in found.cells] == [(None, 1.0), ("connected", 3.0)]
    assert found.plan.runs == 2
    assert not is_within_bounds(experiment, "convolutions", 3) and is_within_bounds(experiment, "convolutions", 2)


def test_groups_without_a_rate_to_change_are_left_out_with_the_reason(make: Make) -> None:
    frozen = {"name": "first", "params": ["conv1.*"], "optimizer": "frozen"}
    zero = {"name": "second", "params": ["conv2.*"], "optimizer": "SGD", "lr": 0}
    later = {"name": "third", "params": ["fc1.*"], "optimizer": "SGD", "lr": 0.1, "start_epoch": 90}
    experiment = make(frozen, zero, later, CONNECTED, epochs=91, train_size=640, batch_size=16)
    plan = mapped(experiment).plan
    assert plan.rows == (None, "connected")
    assert dict(plan.left_out) == {"first": "map_frozen", "second": "map_lr_zero", "third": "map_starts_later"}
    with pytest.raises(ExperimentError, match="no group has a learning rate"):
        next(map_rates(make(frozen | {"params": ["*"]} | {"optimizer": "SGD", "lr": 0}), device="cpu"))


@pytest.mark.parametrize("schedule", ["linear", "one_cycle", "warmup_cosine", "step"])
def test_a_schedule_of_fewer_steps_than_are_timed_is_mapped(make: Make, schedule: str) -> None:
    found = mapped(make(CONVOLUTIONS | {"schedule": schedule}, CONNECTED, epochs=1))
    assert (found.reason, found.plan.steps) == ("done", 4)


def test_the_seeds_go_on_at_0_after_the_largest(make: Make) -> None:
    found = mapped(make(seed=2**31 - 1), seeds=2)
    assert [cell.seed for cell in found.cells] == [2**31 - 1, 2**31 - 1, 0, 0]


def test_what_a_run_takes_is_measured_on_runs_that_last(make: Make) -> None:
    """A start that is lost after five steps would make steps look as if they cost nothing."""

    def timed(lr: float) -> float:
        experiment = make({"name": "all", "params": ["*"], "optimizer": "SGD", "lr": lr}, train_size=1600, epochs=2)
        trials = Trials(experiment, "cpu", None, 600.0)
        starting = trials.start()
        while True:
            try:
                next(starting)
            except StopIteration as end:
                start = end.value
                break
        steps: list[int] = []
        run = start.run

        def counted(*args: Any) -> Any:
            ended = yield from run(*args)
            steps.append(ended.steps)
            return ended

        start.run = counted
        list(trials.time_runs([start]))
        assert steps == [5, 15]
        return trials.seconds_for(1, 15)

    assert timed(0.01) > 0 and timed(1000.0) > 0


def test_a_plan_that_takes_longer_than_it_was_given_says_why(make: Make) -> None:
    plan = mapped(make(CONNECTED), seconds=0.1).plan
    assert plan.budget == 0.1
    longer = replace(plan, budget=12.0, seconds=23.7)
    assert longer.sentence().endswith(
        "about 24 s, more than the 12 s given, since runs of fewer steps would tell too little"
    )
    assert "超过给定的 12 秒" in longer.sentence("zh")
    for within in (replace(longer, seconds=12.4), replace(longer, seconds=3.0), replace(longer, budget=None)):
        assert "given" not in within.sentence() and "超过" not in within.sentence("zh")


def test_steps_follow_the_budget_within_the_bounds(make: Make) -> None:
    trials = Trials(make(train_size=1600, epochs=2), "cpu", None, 600.0)
    trials._per_step, trials._per_run, trials._per_start = 0.1, 0.5, 2.0
    assert trials.seconds_for(10, 20, 2) == pytest.approx(10 * (0.5 + 2.0) + 4.0)
    assert trials.steps_for(10, 60.5) == 55
    assert trials.steps_for(10, 64.5, 2) == 55
    assert trials.steps_for(10, 1000.0) == 200, "the whole experiment"
    assert trials.steps_for(10, 20.0) == 25, "it may take three times as long to have as many"
    assert trials.steps_for(10, 7.0) == 16, "three times as long, but no longer"
    assert trials.steps_for(10, 1.0) == LEAST_STEPS
    with pytest.raises(ExperimentError, match="about 17 minutes; the limit is 10") as caught:
        trials.steps_for(667, 60.0)
    assert caught.value.problems[0].key == "trials_too_long"
    assert "17" in caught.value.problems[0].sentence("zh")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"factors": []}, "factors"),
        ({"factors": "0"}, "factors"),
        ({"factors": [1e-7]}, "factors"),
        ({"factors": [float("nan")]}, "factors"),
        ({"factors": None}, "factors"),
        ({"factors": "1 " * 13}, "factors"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 6}, "seeds"),
        ({"seeds": 1.5}, "seeds"),
        ({"seeds": True}, "seeds"),
        ({"seconds": 9.9}, "seconds"),
        ({"seconds": 601}, "seconds"),
        ({"seconds": "soon"}, "seconds"),
    ],
)
def test_wrong_arguments_are_named(
    make: Make, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], field: str
) -> None:
    monkeypatch.setattr(core.questions.rate_map, "SECONDS", Number(10, TIME_LIMIT))
    with pytest.raises(ExperimentError) as caught:
        next(map_rates(make(), **wrong))
    assert caught.value.field == field
    assert all(problem.sentence(language) for problem in caught.value.problems for language in LANGUAGES)


def test_all_wrong_arguments_are_named_at_once_and_unknown_networks_too(make: Make) -> None:
    with pytest.raises(ExperimentError) as caught:
        next(map_rates(make(), "x", 9, 1e9))
    assert [problem.field for problem in caught.value.problems] == ["factors", "seeds", "seconds"]
    with pytest.raises(ExperimentError) as caught:
        next(map_rates(make(model="gpt2")))
    assert caught.value.field == "model"


def test_plan_progress_and_cells_come_in_order(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.questions.trials, "PULSE", 0.0)
    events = list(map_rates(make(CONVOLUTIONS, CONNECTED), [3], 2, 0.5, device="cpu"))
    found = end_of(events)
    events = [event for event in events if not isinstance(event, Progress)]
    assert events[0] == found.plan and isinstance(events[0], MapPlan)
    assert [event for event in events if isinstance(event, Cell)] == list(found.cells)
    places = [event for event in events if isinstance(event, Mapping)]
    assert [place.run for place in places] == sorted(place.run for place in places)
    assert {place.run for place in places} == set(range(1, 9)) and {place.runs for place in places} == {8}
    assert all(place.seconds_left >= 0 for place in places)
    for language in LANGUAGES:
        assert "8" in places[0].sentence(language)
        assert "8" in found.plan.sentence(language) and "40" in found.plan.sentence(language)


@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_a_stop_keeps_the_cells_that_were_run(make: Make, after: int) -> None:
    cells: list[Cell] = []
    events = []
    for event in map_rates(make(CONVOLUTIONS, CONNECTED), [3], 2, 0.5, "cpu", lambda: len(cells) == after):
        events.append(event)
        if isinstance(event, Cell):
            cells.append(event)
    found = end_of(events)
    assert (found.reason, len(found.cells)) == ("stopped", after)
    assert list(found.cells) == cells
    assert (found.plan.runs == 0) == (after == 0), "what is stopped before it is planned has a plan of no runs"


def test_time_that_is_over_before_anything_was_run_is_told(make: Make) -> None:
    found = mapped(make(), time_limit=0.0)
    assert (found.reason, found.cells, found.plan.runs) == ("time_limit", (), 0)


def test_time_that_runs_out_ends_the_map_with_its_cells(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = core.questions.trials.Start.run
    begun: list[int] = []

    def running(self: Start, *args: Any) -> Any:
        begun.append(1)
        if len(begun) == 5:  # two are timed
            raise Ended("time_limit")
        return run(self, *args)

    monkeypatch.setattr(core.questions.trials.Start, "run", running)
    found = mapped(make(CONVOLUTIONS, CONNECTED))
    assert (found.reason, len(found.cells)) == ("time_limit", 2)


def test_a_lost_run_is_marked_and_ended_early(make: Make) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED, train_size=800, epochs=2)
    found = mapped(experiment, [20_000], seconds=2.0)
    base, *others = found.cells
    assert base.reason == "done" and base.steps == found.plan.steps > 10
    assert {cell.reason for cell in others if cell.row != "convolutions"} <= {"lost", "non_finite"}
    for cell in others:
        if cell.reason != "done":
            assert cell.steps < found.plan.steps
            assert (cell.loss, cell.accuracy, cell.difference, cell.error) == (None, None, None, None)


def test_where_the_start_itself_is_lost_the_others_are_still_measured(make: Make) -> None:
    groups = [group | {"optimizer": "SGD", "lr": 1000} for group in (CONVOLUTIONS, CONNECTED)]
    found = mapped(make(*groups, train_size=800, epochs=2), ["1/100000"], seconds=2.0)
    base, joint, *_ = found.cells
    assert base.reason in ("lost", "non_finite")
    assert joint.reason == "done" and joint.loss is not None and joint.difference is None


def test_the_map_takes_about_as_long_as_it_is_told_to(make: Make) -> None:
    """Planned by runs that were timed a moment before, on a machine that others may use too."""
    began = time.monotonic()
    found = mapped(make(CONVOLUTIONS, CONNECTED, train_size=1600, epochs=20), [3, 10], seconds=3.0)
    assert found.reason == "done"
    assert found.plan.seconds == pytest.approx(3.0, rel=0.5)
    assert 0.5 < time.monotonic() - began < 12.0
