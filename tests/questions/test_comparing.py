"""Runs in a row, over several seeds."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import core.training.run
from core.events import Evaluated, Event, Finished, Progress
from core.experiment import Experiment, Problem
from core.questions import Repeated, Repeating, repeat_all
from core.questions.comparing import repeat
from core.questions.variants import over_seeds
from core.text import LANGUAGES
from core.training import TooLong, train

Make = Callable[..., Experiment]

FROZEN = {"name": "convolutions", "params": ["conv*"], "optimizer": "frozen"}
BIASES = {"name": "biases", "params": ["*"], "role": "bias", "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
WEIGHTS = {"name": "weights", "params": ["*"], "optimizer": "Adam", "lr": 0.002}
FILTERS = {"name": "filters", "params": ["*"], "role": "weight", "optimizer": "Muon", "lr": 0.02}
DIVERGING = {"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 1000}


def results_of(events: list[Any]) -> list[Repeated]:
    return [event for event in events if isinstance(event, Repeated)]


def test_repeated_runs_end_as_each_run_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    experiments = over_seeds([make(WEIGHTS, epochs=2)], 3)
    events = list(repeat(experiments, device="cpu"))
    results = results_of(events)
    assert [result.experiment for result in results] == experiments
    for result in results:
        alone = [event for event in train(result.experiment, "cpu") if isinstance(event, Evaluated)]
        assert (result.accuracy, result.reason, result.step) == (alone[-1].accuracy, "done", 8)


def test_progress_counts_the_steps_of_all_runs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    experiments = [make(WEIGHTS), make(WEIGHTS, epochs=2)]
    places = [event for event in repeat(experiments, device="cpu") if isinstance(event, Repeating)]
    assert {(place.runs, place.total) for place in places} == {(2, 12)}
    for run, numbers in ((1, range(5)), (2, range(4, 13))):
        assert sorted({place.done for place in places if place.run == run}) == list(numbers)
    assert [place.done for place in places] == sorted(place.done for place in places)
    for language in LANGUAGES:
        assert re.findall(r"\d+", Repeating(2, 3, 45, 67).sentence(language)) == ["2", "3", "45", "67"]


def test_a_stop_ends_the_whole_within_a_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    stop, results = threading.Event(), []
    for event in repeat([make(epochs=50), make(epochs=50), make()], stop, "cpu"):
        if isinstance(event, Repeating) and event.done == 3:
            stop.set()
        if isinstance(event, Repeated):
            results.append(event)
    assert [(r.accuracy, r.reason, r.step) for r in results] == [(None, "stopped", 3)] + [(None, "stopped", 0)] * 2


def test_the_time_limit_is_for_all_runs_together(make: Make) -> None:
    results = results_of(list(repeat([make(epochs=100), make()], device="cpu", time_limit=0.0)))
    assert [(result.reason, result.step) for result in results] == [("time_limit", 0)] * 2


class Trained:
    """In place of `train`: runs that end as they are told, and what they were asked."""

    def __init__(self, *ends: Finished | TooLong) -> None:
        self.ends, self.asked = list(ends), list[tuple[Any, ...]]()

    def __call__(self, experiment: Experiment, *rest: Any) -> Iterator[Event]:
        self.asked.append(rest)
        yield Progress("weights", 1, 2)
        yield Progress("training", 0, 4)
        yield Evaluated(0, 0, 2.3, 0.1)
        end = self.ends.pop(0)
        if isinstance(end, TooLong):
            raise end
        yield Evaluated(end.step, 1, 2.0, 0.4)
        yield end


TOO_LONG = TooLong([Problem(None, "epochs", "too_long_run", {"minutes": 9.0, "limit": 1.0})])


def test_what_one_run_takes_of_the_time_the_next_has_less(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Trained(Finished("done", 4, 3.0, ()), Finished("non_finite", 2, 5.0, ()), Finished("time_limit", 1, 2.0, ()))
    monkeypatch.setattr("core.questions.comparing.train", runs)
    stop = threading.Event()
    events = list(repeat([make(seed=i) for i in range(5)], stop, "cpu", 10.0))
    assert runs.asked == [("cpu", stop, 10.0), ("cpu", stop, 7.0), ("cpu", stop, 2.0)]
    assert [(r.experiment.seed, r.accuracy, r.reason, r.step) for r in results_of(events)] == [
        (0, 0.4, "done", 4),
        (1, None, "non_finite", 2),
        (2, None, "time_limit", 1),
        (3, None, "time_limit", 0),
        (4, None, "time_limit", 0),
    ]
    assert events[1] == Progress("weights", 1, 2), "a download is told as it is"


def test_a_later_run_that_cannot_end_in_time_ends_the_whole_and_the_first_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Trained(Finished("done", 4, 3.0, ()), TOO_LONG)
    monkeypatch.setattr("core.questions.comparing.train", runs)
    results = results_of(list(repeat([make(seed=i) for i in range(3)], device="cpu")))
    assert [(r.accuracy, r.reason, r.step) for r in results] == [
        (0.4, "done", 4),
        (None, "time_limit", 0),
        (None, "time_limit", 0),
    ]
    assert len(runs.asked) == 2
    monkeypatch.setattr("core.questions.comparing.train", Trained(TOO_LONG))
    with pytest.raises(TooLong):
        list(repeat([make(), make()], device="cpu"))


def test_all_variants_run_with_one_seed_before_the_next_begins(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Trained(*[Finished("done", 4, 1.0, ())] * 6)
    monkeypatch.setattr("core.questions.comparing.train", runs)
    stop, a, b = threading.Event(), make(BIASES, WEIGHTS, seed=5), make(WEIGHTS, seed=9, epochs=2)
    ends = results_of(list(repeat_all(a, [b], 3, stop, "cpu", 60.0)))
    assert [(end.experiment.seed, end.experiment.epochs) for end in ends] == [
        *((5, 1), (5, 2), (6, 1), (6, 2), (7, 1), (7, 2))
    ]
    assert [end.experiment for end in ends] == over_seeds([a, b], 3)
    assert runs.asked == [("cpu", stop, 60.0 - i) for i in range(6)]


def test_a_run_that_diverges_ends_alone_and_has_no_accuracy(make: Make) -> None:
    diverging, sound = results_of(list(repeat([make(DIVERGING, epochs=5), make()], device="cpu")))
    assert (diverging.accuracy, diverging.reason) == (None, "non_finite")
    assert sound.reason == "done" and sound.accuracy is not None
