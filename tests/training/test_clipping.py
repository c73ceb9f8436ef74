"""Clipped gradients: torch's own functions at the right place, and what of them is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from core.assignment import assign
from core.data import load_dataset
from core.events import GroupStep, Step
from core.experiment import Experiment, ExperimentError
from core.models.simple_cnn import SimpleModel
from core.optimizers import build_optimizers
from core.training import BURST, Start, train
from core.training.clipping import Clipping
from core.training.clock import Clock

Make = Callable[..., Experiment]

CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
REST = {"name": "rest", "params": ["*"], "optimizer": "AdamW", "lr": 1e-3, "weight_decay": 0.1}
BITES = {"norm": 0.5, "norm_per_group": 0.3, "value": 0.01}  # where each clips some of the steps at least


def steps_of(experiment: Experiment) -> list[Step]:
    return [event for event in train(experiment, "cpu") if isinstance(event, Step)]


def plainly(experiment: Experiment) -> list[tuple[float, list[float]]]:
    """Each step's loss, and of both groups the norm after clipping / before, in float64: a loop as people write it."""
    torch.manual_seed(experiment.seed)
    model = SimpleModel(10).to(memory_format=torch.channels_last)
    own = [[p for n, p in model.named_parameters() if n.startswith("conv") == is_first] for is_first in (True, False)]
    optimizers = [
        torch.optim.SGD(own[0], lr=0.05, momentum=0.9),
        torch.optim.AdamW(own[1], lr=1e-3, weight_decay=0.1, fused=True),
    ]
    data = load_dataset(experiment, torch.device("cpu")).train
    generator, told = torch.Generator().manual_seed(experiment.seed), []
    for _ in range(experiment.epochs):
        for chosen in torch.randperm(experiment.train_size, generator=generator).split(experiment.batch_size):
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = cross_entropy(model(data.images[chosen]), data.labels[chosen])
            loss.backward()
            before = [norm_of(parameters) for parameters in own]
            if experiment.clip == "norm":
                clip_grad_norm_(model.parameters(), experiment.clip_at)
            elif experiment.clip == "norm_per_group":
                clip_grad_norm_(own[0], experiment.clip_at)
                clip_grad_norm_(own[1], experiment.clip_at)
            elif experiment.clip == "value":
                clip_grad_value_(model.parameters(), experiment.clip_at)
            told.append((loss.item(), [norm_of(p) / norm for p, norm in zip(own, before, strict=True)]))
            for optimizer in optimizers:
                optimizer.step()
    return told


def norm_of(parameters: list[nn.Parameter]) -> float:
    return math.sqrt(sum(float(p.grad.double().square().sum()) for p in parameters if p.grad is not None))


@pytest.mark.parametrize("clip", ["none", *BITES])
def test_a_run_is_a_plain_loop_that_clips_bit_for_bit(make: Make, clip: str) -> None:
    experiment = make(CONVOLUTIONS, REST, clip=clip, clip_at=BITES.get(clip, 1.0), epochs=3)
    found, wanted = steps_of(experiment), plainly(experiment)
    assert [step.loss for step in found] == [loss for loss, _ in wanted]
    if clip == "none":
        assert {group.clip_factor for step in found for group in step.groups} == {None}
        return
    for step, (_, factors) in zip(found, wanted, strict=True):
        for group, factor in zip(step.groups, factors, strict=True):
            assert group.clip_factor == pytest.approx(factor, rel=1e-6)
    assert min(factor for _, factors in wanted for factor in factors) < 0.9


@pytest.mark.parametrize("clip", [*BITES])
def test_what_is_not_clipped_is_left_bit_for_bit(make: Make, clip: str) -> None:
    never = steps_of(make(CONVOLUTIONS, REST, clip=clip, clip_at=1e6))
    free = steps_of(make(CONVOLUTIONS, REST))
    assert [step.loss for step in never] == [step.loss for step in free]
    assert {group.clip_factor for step in never for group in step.groups} == {1.0}


def test_what_is_told_of_a_gradient_is_of_the_batchs_own(make: Make) -> None:
    """Its norm and the direction of the update are of the gradient before it was clipped."""
    free, clipped = (steps_of(make(CONVOLUTIONS, REST, **clip))[0].groups for clip in ({}, {"clip": "value"} | HARD))
    for before, after in zip(free, clipped, strict=True):
        assert after.gradient_norm == before.gradient_norm
        assert after.clip_factor is not None and after.clip_factor < 0.5
    assert clipped[1].update_norm == pytest.approx(free[1].update_norm, rel=0.2)  # AdamW's first step is lr·sign(g)
    assert clipped[1].direction == pytest.approx(free[1].direction, rel=0.2)


HARD: dict[str, Any] = {"clip_at": 1e-3}


def test_the_l2_share_is_of_the_gradient_that_the_optimizer_sees(make: Make) -> None:
    adam = REST | {"optimizer": "Adam"}
    (free, clipped) = (steps_of(make(adam, **clip))[0].groups[0] for clip in ({}, {"clip": "norm", "clip_at": 0.1}))
    assert free.l2_share is not None and clipped.l2_share is not None and clipped.clip_factor is not None
    assert clipped.l2_share == pytest.approx(free.l2_share / clipped.clip_factor, rel=1e-6)


def test_only_groups_that_train_are_clipped_and_told(make: Make) -> None:
    late, frozen = REST | {"start_epoch": 1, "params": ["fc2.*"]}, {"name": "f", "params": ["*"], "optimizer": "frozen"}
    steps = steps_of(make(CONVOLUTIONS, late, frozen, epochs=2, clip="norm", clip_at=1e-2))
    first, last = steps[0].groups, steps[-1].groups
    assert told(first) == [True, False, False] and told(last) == [True, True, False]
    assert last[0].clip_factor == pytest.approx(last[1].clip_factor, rel=1e-6)  # one factor for all


def told(groups: tuple[GroupStep, ...]) -> list[bool]:
    return [group.clip_factor is not None for group in groups]


def test_each_group_that_layer_decay_makes_is_clipped_by_itself(make: Make) -> None:
    decayed = REST | {"layer_decay": 0.5}
    groups = steps_of(make(decayed, clip="norm_per_group", clip_at=1e-3))[0].groups
    assert len(groups) == 4
    norms = [(group.gradient_norm or 0.0) * (group.clip_factor or 0.0) for group in groups]
    assert norms == pytest.approx([1e-3] * 4, rel=2e-3)  # torch divides by norm + 1e-6


@pytest.mark.parametrize("clip", [*BITES])
def test_short_runs_clip_as_a_run_does(make: Make, clip: str) -> None:
    experiment = make(CONVOLUTIONS, REST, clip=clip, clip_at=BITES[clip], epochs=2)
    start = Start(experiment, torch.device("cpu"), 20, lambda: False, Clock(60.0, 1.0))
    short = [loss for burst in start.run(experiment, BURST) for loss in burst]
    assert short == [step.loss for step in steps_of(experiment)[:BURST]]


def test_copies_are_taken_only_where_something_is_clipped(make: Make) -> None:
    model = SimpleModel(10)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    assert Clipping(assign(make(), model)).copies() is None
    clipping = Clipping(assign(make(clip="value", clip_at=0.5), model))
    copies = clipping.copies()
    clipping.clip()
    assert copies is not None and copies.keys() == set(model.parameters())
    assert all(float(copy.min()) == 1.0 for copy in copies.values())
    assert all(p.grad is not None and float(p.grad.max()) == 0.5 for p in model.parameters())


class Sparse(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(10, 4, sparse=True), nn.Linear(4, 2)


@pytest.mark.parametrize("clip", ["norm", "norm_per_group", "value"])
def test_clipping_that_torch_refuses_is_refused_before_a_run(make: Make, clip: str) -> None:
    groups = [{"name": "t", "params": ["table.*"], "optimizer": "SGD"}, {"name": "h", "params": ["*"]}]
    model = Sparse()
    assignment = assign(make(*groups, clip=clip), model)
    model.head(model.table(torch.tensor([1, 2]))).sum().backward()
    try:
        Clipping(assignment).clip()
    except NotImplementedError:  # by value always; by norm in torch 2.9
        with pytest.raises(ExperimentError) as error:
            build_optimizers(assignment)
        assert error.value.field == "clip" and f"by {clip}" in error.value.sentence
    else:
        assert clip != "value"
        build_optimizers(assignment)


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"clip": "global"}, "clip", "none, norm, norm_per_group, value"),
        ({"clip": None}, "clip", "none, norm"),
        ({"clip_at": 0}, "clip_at", "1e-06"),
        ({"clip_at": "nan"}, "clip_at", "1e-06"),
        ({"clip_at": "0,5"}, "clip_at", "0.5"),
    ],
)
def test_wrong_clipping_is_told_with_what_would_be_right(
    make: Make, fields: dict[str, Any], field: str, part: str
) -> None:
    with pytest.raises(ExperimentError) as error:
        make(**fields)
    assert error.value.field == field and part in error.value.sentence
