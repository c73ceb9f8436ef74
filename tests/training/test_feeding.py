"""Runs with the frozen beginning computed once: the floats of runs that compute it in every step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import core.models.catalogue
import core.training.feeding
import core.training.run
from core.assignment import Assignment
from core.data import Dataset
from core.events import Event, Finished, FrozenPart, Progress, Silent
from core.experiment import Experiment
from core.report import Report
from core.training import train
from core.training.feeding import of_images
from core.training.frozen_prefix import Halves, NotCut, cut
from tests.conftest import Make

SGD = {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
ADAM = {"optimizer": "Adam", "lr": 0.001}


def frozen_but(*trained: str, **settings: Any) -> tuple[dict[str, Any], ...]:
    """Groups that train the patterns, one group, and freeze everything else."""
    head = {"name": "trained", "params": list(trained)} | SGD | settings
    return head, {"name": "rest", "params": ["*"], "optimizer": "frozen"}


UNFREEZING = (
    {"name": "head", "params": ["fc2.*"]} | ADAM,
    {"name": "late", "params": ["fc1.*", "conv2.*"], "start_epoch": 2} | ADAM,
    {"name": "rest", "params": ["*"], "optimizer": "frozen"},
)
RUNS: dict[str, tuple[tuple[dict[str, Any], ...], dict[str, Any]]] = {
    "simple_cnn": (frozen_but("fc*"), {"epochs": 3}),
    "unfreezing": (UNFREEZING, {"epochs": 4}),
    "small_vit": (frozen_but("blocks.5.*", "norm.*", "head.*"), {"model": "small_vit", "epochs": 2}),
    "resnet18": (frozen_but("layer4.*", "fc.*"), {"model": "resnet18", "epochs": 2, "image_size": 48}),
    "dropout": (frozen_but("classifier.*"), {"model": "mobilenet_v3_small", "epochs": 2, "image_size": 64}),
    "frozen dropout": (frozen_but("second.*"), {"model": "frozen_dropout", "epochs": 2}),
}


class FrozenDropout(nn.Module):
    """It draws in what is frozen too."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.first, self.second, self.drop = nn.Linear(3 * 32 * 32, 16), nn.Linear(16, classes), nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        return self.second(nn.functional.relu(self.drop(self.first(images.flatten(1)))))


def told_by(events: list[Event]) -> list[FrozenPart]:
    return [event for event in events if isinstance(event, FrozenPart)]


def measured(events: list[Event]) -> list[Event]:
    """What must be the same whichever way the outputs were had; in what is skipped no unit is looked at."""
    kept = [event for event in events if not isinstance(event, (Progress, FrozenPart, Silent))]
    return [replace(event, seconds=0.0) if isinstance(event, Finished) else event for event in kept]


def plain_feed(assignment: Assignment, data: Dataset, epochs: int) -> Iterator[Any]:
    """In place of `choose_feed`: images in every step."""
    yield of_images(assignment.model, data, assignment.experiment.image_size), None


@pytest.mark.parametrize("name", RUNS)
def test_once_or_in_every_step_gives_the_same_run(make: Make, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(core.models.catalogue.HOUSE_NETWORKS, "frozen_dropout", FrozenDropout)
    groups, fields = RUNS[name]
    experiment = make(*groups, **fields)
    once = list(train(experiment, "cpu"))
    monkeypatch.setattr(core.training.run, "choose_feed", plain_feed)
    every_step = list(train(experiment, "cpu"))
    assert measured(once) == measured(every_step)
    assert {part.problem for part in told_by(once)} == {None}
    assert told_by(every_step) == []


def test_each_stage_of_unfreezing_is_cut_anew(make: Make) -> None:
    parts = told_by(list(train(make(*UNFREEZING, epochs=4), "cpu")))
    assert [(part.epoch, part.images, part.problem) for part in parts] == [(1, 84, None), (3, 84, None)]
    hidden, maps = 84 * 128 * 4, 84 * 16 * 16 * 16 * 4
    assert [part.bytes for part in parts] == [hidden, maps]


def only_part(experiment: Experiment) -> FrozenPart:
    events = list(train(experiment, "cpu"))
    (part,) = told_by(events)
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"
    return part


def test_it_is_computed_in_every_step_where_its_normalisation_drifts(make: Make) -> None:
    sizes = {"model": "resnet18", "train_size": 16, "batch_size": 8, "epochs": 2}
    assert only_part(make(*frozen_but("fc.*"), frozen_norm="train", **sizes)).problem == "norms_drift"
    assert only_part(make(*frozen_but("fc.*"), frozen_norm="eval", **sizes)).problem is None


def test_it_is_computed_in_every_step_of_a_single_epoch(make: Make) -> None:
    assert only_part(make(*frozen_but("fc*"), epochs=1)).problem == "one_epoch"


def test_it_is_computed_in_every_step_if_its_outputs_would_not_fit(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    need = 84 * 2048 * 4
    experiment = make(*frozen_but("fc*"), epochs=2)
    monkeypatch.setattr(core.training.feeding, "MOST_BYTES", need)
    assert only_part(experiment).problem is None
    monkeypatch.setattr(core.training.feeding, "MOST_BYTES", need - 1)
    part = only_part(experiment)
    assert (part.problem, part.values) == ("too_large", {"gigabytes": need / 1e9})


def test_it_is_computed_in_every_step_if_both_ways_differ(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def skewed(network: nn.Module, images: Tensor) -> Halves:
        halves = cut(network, images)
        return Halves(halves.prefix, lambda *values: 1.001 * halves.rest(*values))

    monkeypatch.setattr(core.training.feeding, "cut", skewed)
    assert only_part(make(*frozen_but("fc*"), epochs=2)).problem == "differs"


@pytest.mark.parametrize("bits", [1, 1 << 22])
def test_it_is_computed_in_every_step_if_one_place_in_a_batch_differs_in_a_bit(
    make: Make, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    """As where a kernel adds up the last images of a batch in another order."""

    def placed(network: nn.Module, images: Tensor) -> Halves:
        halves = cut(network, images)

        def prefix(images: Tensor) -> tuple[Tensor, ...]:
            (values,) = halves.prefix(images)
            values[-1] = (values[-1].view(torch.int32) ^ bits).view(torch.float32)
            return (values,)

        return Halves(prefix if network.training else halves.prefix, halves.rest)

    monkeypatch.setattr(core.training.feeding, "cut", placed)
    assert only_part(make(*frozen_but("fc*"), epochs=2)).problem == "differs"


def test_it_is_computed_in_every_step_if_the_network_cannot_be_cut(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise NotCut("not_traced")

    monkeypatch.setattr(core.training.feeding, "cut", refuse)
    assert only_part(make(*frozen_but("fc*"), epochs=2)).problem == "not_traced"


def test_nothing_is_said_where_nothing_is_frozen(make: Make) -> None:
    assert told_by(list(train(make(epochs=2), "cpu"))) == []


def test_its_progress_is_told_and_it_can_be_stopped(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    stop, events = threading.Event(), []
    for event in train(make(*frozen_but("fc*"), epochs=2), "cpu", stop=stop):
        events.append(event)
        if isinstance(event, Progress) and event.done == 52:
            stop.set()
    counts = [(e.done, e.total) for e in events if isinstance(e, Progress) and e.doing == "frozen"]
    assert counts == [(20, 84), (36, 84), (52, 84)]
    assert isinstance(events[-1], Finished) and (events[-1].reason, events[-1].step) == ("stopped", 0)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "computed once for all 84 images"), ("zh", "84 张图像只计算一次")]
)
def test_the_page_says_which_way_it_went(make: Make, language: str, words: str) -> None:
    report = Report(language)
    for event in train(make(*frozen_but("fc*"), epochs=2), "cpu"):
        report.take(event)
    assert words in report.made_with


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "problem", ["norms_drift", "one_epoch", "not_traced", "too_large", "differs", "hooks", "keeps_state"]
)
def test_the_page_says_why_it_went_the_plain_way(make: Make, language: str, problem: str) -> None:
    report = Report(language)
    report.take(FrozenPart(1, 0, 0, problem, {"gigabytes": 1.25} if problem == "too_large" else {}))
    assert ("because" if language == "en" else "因为") in report.made_with
    assert problem != "too_large" or "1.2 GB" in report.made_with


def test_the_same_reason_is_told_once_however_many_groups_start_later() -> None:
    report = Report("en")
    for epoch in (1, 2, 3):
        report.take(FrozenPart(epoch, 0, 0, "one_epoch"))
    report.take(FrozenPart(4, 0, 0, "keeps_state"))
    report.take(FrozenPart(5, 84, 1_000_000))
    assert [line.partition(":")[0] for line in report.made_with.split("\n\n") if line] == [
        *("From epoch 1", "From epoch 4", "From epoch 5"),
    ]
