"""Badges, from hand-made ends and from real runs; drift against a plain loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from core.assignment import assign
from core.data import batches, load_dataset
from core.events import Finished, GroupEnd
from core.experiment import Experiment
from core.models import build_model
from core.summary import GroupSummary, summarise
from core.training import train

Make = Callable[..., Experiment]

HEAD = {"name": "head", "params": ["fc.*"], "optimizer": "SGD", "lr": 0.001}
BACKBONE = {"name": "backbone", "params": ["*"], "optimizer": "frozen"}
SIZES: dict[str, Any] = {"model": "resnet18", "train_size": 24, "batch_size": 8, "test_size": 10}


def badge(optimizer: str, moved: int, drift: float | None, language: str = "en", steps: int = 5) -> str:
    return GroupSummary(GroupEnd("a", optimizer, 1000, moved, 0.0, drift), 1e-3, steps).badge(language)


@pytest.mark.parametrize("drift", [0.0, None])
def test_frozen_is_verified_only_where_nothing_moved_and_nothing_drifted(drift: float | None) -> None:
    assert badge("frozen", 0, drift) == "verified frozen"
    assert badge("frozen", 1, drift) == "not frozen: 1 of 1,000 weights moved"
    assert badge("frozen", 0, 1e-12) != "verified frozen"
    assert badge("frozen", 0, math.nan) != "verified frozen"


def test_drift_has_its_number_in_both_languages() -> None:
    assert badge("frozen", 0, 0.37) == "drifting: claims frozen, but its running statistics changed by 37 %"
    assert "37 %" in badge("frozen", 0, 0.37, "zh") and "漂移" in badge("frozen", 0, 0.37, "zh")


def test_trained_groups_are_called_by_what_they_did() -> None:
    assert badge("SGD", 1, 0.5) == badge("SGD", 1000, None) == "trained"
    assert badge("SGD", 0, 0.5) == badge("SGD", 0, None) == "did not move"


def test_a_run_without_a_step_verifies_nothing() -> None:
    assert badge("frozen", 0, 0.0, steps=0) == badge("SGD", 0, None, steps=0) == "no step was taken"


def plain_drift(experiment: Experiment, frozen_in_eval: bool) -> float:
    """What a plain torch loop does to the backbone's running statistics: |after - start| / |start|."""
    model = build_model(experiment)
    before = statistics_of(model)
    optimizer = torch.optim.SGD(model.get_submodule("fc").parameters(), lr=0.001)
    generator = torch.Generator().manual_seed(experiment.seed)
    model.train()
    for layer in model.modules():
        if frozen_in_eval and isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    train = load_dataset(experiment).train
    for (images,), labels in batches((train.images,), train.labels, experiment.batch_size, generator):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    way = sum(float((now - then).square().sum()) for now, then in zip(statistics_of(model), before, strict=True))
    return math.sqrt(way / sum(float(then.square().sum()) for then in before))


def statistics_of(model: nn.Module) -> list[torch.Tensor]:
    return [buffer.double() for name, buffer in model.named_buffers() if "running" in name]


def end_of(experiment: Experiment) -> Finished:
    *_, end = train(experiment, "cpu")
    assert isinstance(end, Finished)
    return end


@pytest.mark.parametrize(("frozen_norm", "words"), [("eval", "verified frozen"), ("train", "drifting: ")])
def test_a_frozen_backbone_is_verified_or_refuted_by_its_statistics(make: Make, frozen_norm: str, words: str) -> None:
    experiment = make(HEAD, BACKBONE, frozen_norm=frozen_norm, **SIZES)
    end = end_of(experiment)
    head, backbone = end.groups
    expected = plain_drift(experiment, frozen_norm == "eval")
    assert (head.drift, backbone.moved) == (None, 0)
    assert backbone.drift == pytest.approx(expected, rel=1e-6)
    assert (expected > 0.01) if frozen_norm == "train" else (expected == backbone.drift == 0.0)
    badges = [group.badge("en") for group in summarise([], end)]
    assert badges[0] == "trained" and badges[1].startswith(words)


def test_statistics_of_a_trained_group_drift_too_and_are_no_fault(make: Make) -> None:
    norms = {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "SGD", "lr": 0.001}
    end = end_of(make(norms, BACKBONE, **SIZES))
    assert end.groups[0].drift and end.groups[0].drift > 0.01
    assert end.groups[1].drift is None
    assert [group.badge("en") for group in summarise([], end)] == ["trained", "verified frozen"]


def test_a_layer_belongs_to_the_group_of_all_its_parameters_and_to_every_frozen_one_that_shares_it(make: Make) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2), nn.BatchNorm2d(2, affine=False))

    def groups(first: str, second: str) -> list[list[int]]:
        shared = {"name": "shared", "params": ["1.weight", "2.*"], "optimizer": first}
        rest = {"name": "rest", "params": ["*"], "optimizer": second}
        tail = {"name": "tail", "params": ["0.weight"], "optimizer": "SGD"}
        assignment = assign(make(tail, shared, rest), model)
        return [[list(model).index(layer) for layer in assignment.norms_of(index)] for index in range(3)]

    assert groups("SGD", "Adam") == groups("frozen", "SGD") == groups("SGD", "frozen") == [[], [2], []]
    assert groups("frozen", "frozen") == [[], [1, 2], [1]]
