"""A run that cannot end in time is refused by its own measurements, one that can never is."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

import core.models.catalogue
import core.training.training
from core.events import Evaluated, Finished, Step
from core.questions import Repeated
from core.questions.comparing import repeat
from core.report import Report
from core.server import Runs, Visitor
from core.text import say
from core.training import TooLong, train
from core.training.pace import Pace
from tests.conftest import Make

SECONDS_PER_BATCH = 0.05


class Slow(nn.Module):
    """A network that takes its time for every batch."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(3, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if not images.is_meta:
            time.sleep(SECONDS_PER_BATCH)
        return self.fc(images.mean((2, 3)))


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(core.models.catalogue.HOUSE_NETWORKS, "slow", Slow)


def test_a_run_is_refused_after_three_steps(make: Make) -> None:
    events = []
    with pytest.raises(TooLong) as caught:
        for event in train(make(model="slow", epochs=100), "cpu", time_limit=10.0):
            events.append(event)
    assert not [event for event in events if isinstance(event, Finished)]
    assert [type(event) for event in events].count(Evaluated) == 1
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (None, "epochs", "too_long_run")
    assert problem.values["limit"] == 10.0 / 60
    assert problem.values["minutes"] * 60 > 400 * SECONDS_PER_BATCH


def test_a_run_is_refused_while_it_evaluates(make: Make) -> None:
    """Chunks of 256 images at 32 px: the first few tell that all the run's forward passes cannot be made."""
    began = time.monotonic()
    with pytest.raises(TooLong):
        sizes = {"test_size": 1024, "train_size": 5000, "batch_size": 250, "epochs": 100}
        for event in train(make(model="slow", **sizes), "cpu", time_limit=10.0):
            assert not isinstance(event, (Step, Evaluated))
    assert time.monotonic() - began < 60


def test_a_run_that_fits_is_left_alone(make: Make) -> None:
    *_, end = train(make(model="slow"), "cpu", time_limit=60.0)
    assert (end.reason, end.step) == ("done", 4)


def test_the_first_forward_pass_does_not_count(make: Make) -> None:
    pace = Pace(make(), 10.0)
    pace.take_chunk(100, 9.0)
    pace.take_chunk(10, 0.01)
    for _ in range(2):
        pace.take_step(9.0, 9.0)
    pace.take_step(0.01, 9.5)


def test_the_frozen_beginning_counts_by_its_fastest_batch(make: Make) -> None:
    pace = Pace(make(), 10.0)
    pace.take_prefix(10, 1000, 9.0)  # the first forward pass
    pace.take_prefix(10, 1000, 0.05)
    pace.take_prefix(10, 1000, 9.0)
    with pytest.raises(TooLong) as caught:
        Pace.take_prefix(pace, 10, 4000, 9.0)
    assert caught.value.problems[0].values["minutes"] * 60 == pytest.approx(4000 * 0.005)


def test_the_fastest_measurements_are_added_up(make: Make) -> None:
    experiment = make(epochs=2)  # 8 steps of 16, 20 test images
    pace = Pace(experiment, 100.0)
    pace.take_chunk(100, 5.0)
    pace.take_chunk(10, 1.0)
    for seconds, so_far in [(30.0, 36.0), (10.0, 46.0)]:
        pace.take_step(seconds, so_far)
    with pytest.raises(TooLong) as caught:
        pace.take_step(20.0, 66.0)
    assert caught.value.problems[0].values["minutes"] * 60 == pytest.approx(66 + 5 * 10 + 2 * 20 * 0.1)


def test_a_step_within_which_stop_would_wait_is_refused_by_the_first_images(make: Make) -> None:
    with pytest.raises(TooLong) as caught:
        Pace(make(batch_size=16), 600.0).take_chunk(10, 4.0)
    (problem,) = caught.value.problems
    assert (problem.field, problem.key) == ("batch_size", "too_long_step")
    assert problem.values == {"seconds": pytest.approx(3 * 16 * 0.4), "most": 10.0}
    Pace(make(batch_size=16), 600.0).take_chunk(10, 2.0)
    frozen = make({"name": "a", "params": "conv*", "optimizer": "frozen"}, {"name": "b", "params": "*"}, batch_size=16)
    Pace(frozen, 600.0).take_chunk(10, 4.0)
    Pace(make(batch_size=64), 600.0).take_chunk(20, 1.2)  # a machine that stood still for a second


def test_a_machine_that_is_busy_for_a_moment_refuses_nothing(make: Make) -> None:
    """3,000 steps of 250 ms would not end in ten minutes; of 20 ms, as all but the first take, they do."""
    pace = Pace(make(train_size=4800, batch_size=16, epochs=10), 600.0)
    pace.take_chunk(10, 1.0)
    pace.take_chunk(10, 1.0)
    for step in range(20):
        pace.take_step(0.25, step * 0.25)
    for step in range(2980):
        pace.take_step(0.02, 5.0 + step * 0.02)


def test_the_page_says_it_in_words(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.training, "TIME_LIMIT", 5.0)
    monkeypatch.setattr(train, "__defaults__", (None, None, 5.0))
    runs, report = Runs(), Report("zh")
    for report in runs.watch(Visitor("me"), "zh", make(model="slow", epochs=100).to_dict()):  # noqa: B007
        pass
    assert "请减少训练轮数" in report.status and "0.0833" in report.status
    assert len(runs) == 0
    with pytest.raises(TooLong, match="fewer epochs"):
        list(runs.stream(make(model="slow", epochs=100)))
    assert say("too_long_run", "en", minutes=1.0, limit=2.0)


def test_a_later_run_that_no_longer_fits_ends_the_whole(make: Make) -> None:
    experiments = [make(model="slow"), make(model="slow", epochs=100)]
    ends = [event for event in repeat(experiments, device="cpu", time_limit=15.0) if isinstance(event, Repeated)]
    assert [(end.reason, end.accuracy is None) for end in ends] == [("done", False), ("time_limit", True)]
