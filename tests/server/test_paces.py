"""How long a run will take, by those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import app
from core import lab
from core.events import Event, GroupStep, Progress, Step
from core.experiment import ExperimentError, Problem
from core.server import Runs
from core.server.paces import Paces
from core.server.visitors import Visitor
from core.training import TooLong

ME = Visitor("me")

EXPERIMENT = replace(app.PRESETS["layerwise_lr"], dataset="shapes", train_size=256, test_size=20, batch_size=32)


def test_nothing_is_known_before_the_first_run() -> None:
    assert Paces().seconds(EXPERIMENT) is None
    assert Paces().hopeless(EXPERIMENT, 1e-9) is None


def test_a_run_of_the_same_steps_takes_as_long_for_each() -> None:
    paces = Paces()
    paces.take(EXPERIMENT, 10, 0.5)
    paces.take(EXPERIMENT, 10, 0.7)
    longer = replace(EXPERIMENT, epochs=6, seed=3)
    assert paces.seconds(longer) == pytest.approx(0.7 * (48 + 7 * 20 / 32 / 3))
    assert paces.hopeless(longer, 4.7) == pytest.approx(0.5 * 48)
    assert paces.hopeless(longer, 4.9) is None


def test_of_other_steps_it_is_only_known_roughly_and_of_other_batches_not_at_all() -> None:
    paces = Paces()
    paces.take(EXPERIMENT, 10, 0.5)
    frozen = replace(EXPERIMENT, groups=(replace(EXPERIMENT.groups[0], optimizer="frozen"), *EXPERIMENT.groups[1:]))
    assert paces.seconds(frozen) == paces.seconds(EXPERIMENT)
    assert paces.hopeless(frozen, 1e-9) is None
    assert paces.seconds(replace(EXPERIMENT, batch_size=64)) is None


def test_a_few_steps_say_nothing() -> None:
    paces = Paces()
    paces.take(EXPERIMENT, 2, 60.0)
    assert paces.seconds(EXPERIMENT) is None


def test_a_run_that_was_left_while_it_warmed_up_keeps_nobody_out() -> None:
    paces = Paces()
    paces.take(EXPERIMENT, 6, 0.9)
    longer = replace(EXPERIMENT, train_size=2560, epochs=100)  # 8,000 steps
    assert paces.hopeless(longer, 600.0) is None, "5.4 seconds of steps"
    paces.take(EXPERIMENT, 7, 0.9)
    assert paces.hopeless(longer, 600.0) == pytest.approx(7200.0)
    paces.take(EXPERIMENT, 400, 0.02)
    assert paces.hopeless(longer, 600.0) is None


def test_a_run_is_known_by_its_own_steps_and_a_hopeless_one_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs()
    told = [event for burst in runs.stream(EXPERIMENT) for event in burst]
    *_, speed = [event.steps_per_second for event in told if isinstance(event, Progress) and event.steps_per_second]
    seconds = runs.seconds(EXPERIMENT)
    assert seconds == pytest.approx((24 + 4 * 20 / 32 / 3) / speed), "of its steps, and of its four evaluations"
    longer = replace(EXPERIMENT, epochs=100)
    monkeypatch.setattr(lab, "TIME_LIMIT", seconds, raising=False)  # a hundred thirds of it
    monkeypatch.setattr(lab, "compute", lambda *_, **__: pytest.fail("the run has begun"), raising=False)
    *_, refused = runs.watch(ME, "en", longer.to_dict())
    assert refused.started is None
    assert refused.status.startswith("epochs: runs with such steps were seen here")


def test_a_run_that_ends_by_its_own_judgement_is_known_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused at its first steps; the second time it does not begin."""
    runs, begun = Runs(), []
    groups = (GroupStep(0.1, 1.0, 1.0, 0.1, 0.1, 0.1),) * 4

    def compute(job: object, experiment: object, stop: object) -> Iterator[Event]:
        begun.append(experiment)
        for step in range(1, 6):
            yield Step(step, 2.3, groups)
        yield Progress("training", 5, 24, steps_per_second=0.001, seconds_left=19_000.0)
        raise TooLong([Problem(None, "epochs", "too_long_run", {"minutes": 400.0, "limit": 10.0})])

    monkeypatch.setattr(lab, "compute", compute, raising=False)
    for _ in range(2):
        with pytest.raises(ExperimentError):
            [*_] = runs.stream(EXPERIMENT)
    assert len(begun) == 1


def test_a_run_of_two_steps_keeps_no_long_one_from_beginning() -> None:
    """Its seconds are those of its beginning."""
    runs, short = Runs(), replace(EXPERIMENT, train_size=64, epochs=1)
    [*_] = runs.watch(ME, "en", short.to_dict())
    assert runs.seconds(replace(EXPERIMENT, epochs=100)) is None
