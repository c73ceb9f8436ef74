"""Groups that freeze from an epoch on: exactly still, whatever their optimizer remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import core.training.run
from core.data import load_dataset
from core.events import Finished, FrozenPart, Step
from core.experiment import FROZEN, OPTIMIZER_OPTIONS, Experiment, ExperimentError
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS, WITHOUT_DECAY
from core.models import build_model
from core.models.simple_cnn import SimpleModel
from core.report.summary import summarise
from core.training import BURST, Start, train
from core.training.clock import Clock

Make = Callable[..., Experiment]

CLASSES = [name for name in OPTIMIZER_OPTIONS if name not in (FROZEN, "Muon")]
REST = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.01}


def freezing(optimizer: str, **changes: Any) -> dict[str, Any]:
    decay = {} if optimizer in WITHOUT_DECAY else {"weight_decay": 0.1}
    momentum = {"momentum": 0.9} if optimizer in MOMENTUM_OPTIMIZERS else {}
    group = {"name": "a", "params": ["conv*"], "optimizer": optimizer, "lr": 0.01, "end_epoch": 1}
    return group | decay | momentum | changes


def events_of(experiment: Experiment) -> list[Any]:
    return list(train(experiment, "cpu"))


def steps_of(events: list[Any]) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


@pytest.mark.parametrize("optimizer", CLASSES)
def test_a_group_that_freezes_does_not_move_by_a_bit(
    make: Make, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[nn.Module] = []

    def remember(*arguments: Any) -> nn.Module:
        built.append(build_model(*arguments))
        return built[-1]

    monkeypatch.setattr(core.training.run, "build_model", remember)
    run = train(make(freezing(optimizer), REST, epochs=3), "cpu")
    at_the_end_of_the_first: dict[str, Tensor] = {}
    steps = []
    for event in run:
        steps += [event] if isinstance(event, Step) else []
        if len(steps) == 4 and not at_the_end_of_the_first:
            at_the_end_of_the_first = {name: p.detach().clone() for name, p in built[0].named_parameters()}
    for name, parameter in built[0].named_parameters():
        assert torch.equal(parameter, at_the_end_of_the_first[name]) == name.startswith("conv"), name
    assert [step.groups[0].update_norm > 0 for step in steps] == [True] * 4 + [False] * 8
    assert [step.groups[0].lr is None for step in steps] == [False] * 4 + [True] * 8
    assert all(step.groups[0].gradient_norm is None for step in steps[4:])


@pytest.mark.parametrize(("optimizer", "moves"), [("SGD", True), ("AdamW", True), ("Adagrad", False)])
def test_with_gradients_that_are_zero_torch_would_go_on(make: Make, optimizer: str, moves: bool) -> None:
    """What freezing by zeroed gradients does otherwise: momentum moves the weights, and so would decay."""
    torch.manual_seed(0)
    parameter = nn.Parameter(torch.ones(3))
    settings: dict[str, Any] = {"momentum": 0.9} if optimizer == "SGD" else {}
    made: torch.optim.Optimizer = getattr(torch.optim, optimizer)([parameter], lr=0.1, **settings)
    parameter.sum().backward()
    made.step()
    before = parameter.detach().clone()
    made.zero_grad(set_to_none=False)
    made.step()
    assert torch.equal(parameter, before) != moves
    made.zero_grad()
    before = parameter.detach().clone()
    made.step()
    assert torch.equal(parameter, before)


def test_a_run_is_a_plain_loop_that_freezes_bit_for_bit(make: Make) -> None:
    experiment = make(freezing("AdamW"), REST | {"momentum": 0.9, "weight_decay": 0.01}, epochs=3)
    torch.manual_seed(0)
    model = SimpleModel(10).to(memory_format=torch.channels_last)
    own = [p for name, p in model.named_parameters() if name.startswith("conv")]
    rest = [p for name, p in model.named_parameters() if not name.startswith("conv")]
    optimizers = [
        torch.optim.AdamW(own, lr=0.01, weight_decay=0.1, fused=True),
        torch.optim.SGD(rest, lr=0.01, momentum=0.9, weight_decay=0.01),
    ]
    data, generator, losses = load_dataset(experiment, torch.device("cpu")).train, torch.Generator().manual_seed(0), []
    for epoch in range(3):
        for parameter in own:
            parameter.requires_grad_(epoch < 1)
        for chosen in torch.randperm(64, generator=generator).split(16):
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = cross_entropy(model(data.images[chosen]), data.labels[chosen])
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            losses.append(loss.item())
    events = events_of(experiment)
    assert [step.loss for step in steps_of(events)] == losses
    parts = [event for event in events if isinstance(event, FrozenPart)]
    assert [(part.epoch, part.problem) for part in parts] == [
        (2, None)
    ]  # conv1 and conv2 are computed once from there on


def test_short_runs_freeze_as_a_run_does(make: Make) -> None:
    experiment = make(freezing("SGD"), REST, epochs=3)
    start = Start(experiment, torch.device("cpu"), 20, lambda: False, Clock(60.0, 1.0))
    short = [loss for burst in start.run(experiment, 2 * BURST) for loss in burst]
    assert short == [step.loss for step in steps_of(events_of(experiment))[: 2 * BURST]]


@pytest.mark.parametrize(("frozen_norm", "stays"), [("eval", True), ("train", False)])
def test_statistics_of_norms_that_freeze_late_stay_from_then_on(
    make: Make, frozen_norm: str, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[nn.Module] = []

    def remember(*arguments: Any) -> nn.Module:
        built.append(build_model(*arguments))
        return built[-1]

    monkeypatch.setattr(core.training.run, "build_model", remember)
    norms = {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "SGD", "lr": 0.01, "end_epoch": 1}
    sizes = {"model": "resnet18", "train_size": 16, "batch_size": 8, "test_size": 10, "epochs": 3}
    counts = []
    for event in train(make(norms, REST, frozen_norm=frozen_norm, **sizes), "cpu"):
        if isinstance(event, Step):
            counts.append((event.step, int(built[0].get_buffer("bn1.num_batches_tracked"))))
    assert counts[-1] == (6, 2 if stays else 6)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"start_epoch": 2, "end_epoch": 2}, "end_epoch", ["2 is not after", "3 or more"]),
        ({"end_epoch": 3}, "end_epoch", ["3 is too late", "epochs at 3", "leave it empty"]),
        ({"end_epoch": 0}, "end_epoch", ["1"]),
        ({"end_epoch": "1.5"}, "end_epoch", ["1.5"]),
    ],
)
def test_an_end_that_cannot_be_is_told(make: Make, changes: dict[str, Any], field: str, words: list[str]) -> None:
    with pytest.raises(ExperimentError) as error:
        make(freezing("SGD", **changes), REST, epochs=3)
    (problem,) = error.value.problems
    assert (problem.row, problem.field) == (0, field)
    assert all(word in problem.sentence("en") for word in words), problem.sentence("en")


@pytest.mark.parametrize("changes", [{"start_epoch": 1}, {"end_epoch": 1}])
def test_what_is_too_late_for_a_run_of_one_epoch_is_told_as_anything_that_helps(
    make: Make, changes: dict[str, Any]
) -> None:
    with pytest.raises(ExperimentError) as error:
        make(freezing("SGD", **{"end_epoch": None} | changes), REST, epochs=1)
    (problem,) = error.value.problems
    sentence = problem.sentence("en")
    assert "1 epochs" not in sentence and "more epochs" in sentence
    assert ("write 0 at most" if "start_epoch" in changes else "leave it empty") in sentence
    assert "up to 0" not in sentence, "a group cannot freeze before it trains"


def test_some_group_trains_in_every_epoch(make: Make) -> None:
    with pytest.raises(ExperimentError) as error:
        make(freezing("SGD"), REST | {"start_epoch": 0, "end_epoch": 2}, epochs=3)
    (problem,) = error.value.problems
    assert (problem.row, problem.field, problem.key) == (1, "end_epoch", "none_goes_on")
    assert "epoch 3" in problem.sentence("en")
    with pytest.raises(ExperimentError) as error:
        make(freezing("SGD"), REST | {"start_epoch": 2}, epochs=3)
    assert [(problem.row, problem.key) for problem in error.value.problems] == [(0, "none_goes_on")]
    make(freezing("SGD"), REST | {"start_epoch": 1}, epochs=3)


def test_a_frozen_group_ignores_when_it_would_freeze(make: Make) -> None:
    make({"name": "a", "params": ["conv*"], "optimizer": FROZEN, "end_epoch": 99, "schedule_options": "floor=0"}, REST)


def test_what_a_group_that_froze_did_is_told_by_what_was_measured(make: Make) -> None:
    events = events_of(make(freezing("SGD"), REST, epochs=3))
    steps, finished = steps_of(events), events[-1]
    assert isinstance(finished, Finished)
    frozen, rest = summarise(steps, finished)
    assert frozen.frozen_again == (5, True) and rest.frozen_again is None
    assert "frozen from step 5 on, as set, and exactly still since" in frozen.reading("en")
    assert "从第 5 步起冻结" in frozen.reading("zh")
    assert frozen.badge("en") == "trained"
    creeping = replace(steps[0].groups[0], lr=None)
    moved = [*steps[:4], *(replace(step, groups=(creeping, *step.groups[1:])) for step in steps[4:])]
    assert "yet it moved" in summarise(moved, finished)[0].reading("en")


def test_each_group_that_layer_decay_makes_freezes(make: Make) -> None:
    steps = steps_of(events_of(make(freezing("AdamW", layer_decay=0.5), REST, epochs=2)))
    assert [[group.lr is None for group in step.groups] for step in steps] == [[False] * 3] * 4 + [
        [True, True, False]
    ] * 4
