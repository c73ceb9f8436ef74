"""Short runs are the beginnings of real ones: `train`'s own floats, as often as one likes, judged by a plain loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

import core.training.short_runs
from core.assignment import Assignment
from core.data import load_held_out, resize
from core.events import Step
from core.experiment import Experiment
from core.training import Clock, Ended, ShortRun, Start, train

Make = Callable[..., Experiment]

ADAM = {"name": "all", "params": ["*"], "optimizer": "Adam", "lr": 0.002}
CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["fc*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
HEAD = {"name": "head", "params": ["fc.*"], "optimizer": "SGD", "lr": 0.05}
BODY = {"name": "body", "params": ["*"], "optimizer": "frozen"}
SIZES = {"train_size": 24, "batch_size": 8, "test_size": 10, "epochs": 3}  # three steps an epoch
RUNS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "plain": ([CONVOLUTIONS, CONNECTED], {}),
    "schedules": ([CONVOLUTIONS | {"schedule": "one_cycle"}, CONNECTED | {"schedule": "linear"}], {}),
    "later": ([CONVOLUTIONS | {"start_epoch": 1, "schedule": "warmup_cosine"}, CONNECTED], {}),
    "frozen": ([CONVOLUTIONS | {"optimizer": "frozen", "lr": 0.001}, CONNECTED], {}),
    "frozen resnet": ([HEAD, BODY], {"model": "resnet18"}),
    "drifting resnet": ([HEAD, BODY], {"model": "resnet18", "frozen_norm": "train"}),
    "unfreezing resnet": ([HEAD, BODY | {"optimizer": "SGD", "lr": 0.01, "start_epoch": 2}], {"model": "resnet18"}),
    "resnet": ([ADAM], {"model": "resnet18"}),
    "dropout": ([ADAM], {"model": "mobilenet_v3_small"}),
    "transformer": ([ADAM | {"optimizer": "AdamW", "layer_decay": 0.7}], {"model": "small_vit"}),
}


def start_of(
    experiment: Experiment, held_out: int = 40, asked: Callable[[], bool] = lambda: False, limit: float = 600.0
) -> Start:
    start = Start(experiment, torch.device("cpu"), held_out, asked, Clock(limit, 0.2))
    for _ in start.prepare():
        pass
    return start


def watched(start: Start, experiment: Experiment, steps: int, *rates: Any) -> tuple[list[float], ShortRun]:
    """The losses that a run tells, and its end."""
    losses: list[float] = []
    training = start.run(experiment, steps, *rates)
    while True:
        try:
            losses += next(training)
        except StopIteration as end:
            run: ShortRun = end.value
            return losses, run


def losses_of(experiment: Experiment, steps: int) -> list[float]:
    """Of the first steps of `train`."""
    found = [event.loss for event in train(experiment, "cpu") if isinstance(event, Step)]
    return [loss for loss in found if loss is not None][:steps]


def same(first: ShortRun, second: ShortRun) -> bool:
    assert first.losses is not None and second.losses is not None
    plain = (replace(run, losses=None) for run in (first, second))
    return torch.equal(first.losses, second.losses) and len(set(plain)) == 1


@pytest.mark.parametrize("name", RUNS)
def test_a_short_run_has_the_floats_of_the_run_and_leaves_the_start_as_it_was(make: Make, name: str) -> None:
    groups, fields = RUNS[name]
    experiment = make(*groups, **SIZES | fields)
    start = start_of(experiment)
    first, run = watched(start, experiment, 8)
    assert first == losses_of(experiment, 8)
    assert (run.reason, run.steps) == ("done", 8)
    trained = [replace(group, lr=group.lr * 10) if not group.frozen else group for group in experiment.groups]
    faster = replace(experiment, groups=tuple(trained))
    other, _ = watched(start, faster, 8)
    assert other[0] == first[0] and other != first
    again, end = watched(start, experiment, 8)
    assert again == first
    assert same(run, end)


@pytest.mark.parametrize("name", ["plain", "later", "frozen resnet"])
def test_other_rates_from_a_shared_start_give_the_floats_of_their_own_run(make: Make, name: str) -> None:
    groups, fields = RUNS[name]
    start = start_of(make(*groups, **SIZES | fields))
    other = make(*(group | {"lr": 0.0123} for group in groups), **SIZES | fields)
    assert watched(start, other, 9)[0] == losses_of(other, 9)


@pytest.mark.parametrize("clip", [0.0, 0.1])
def test_the_first_pass_is_computed_once_and_leaves_what_a_pass_leaves(
    make: Make, monkeypatch: pytest.MonkeyPatch, clip: float
) -> None:
    """Gradients that were clipped in the run before, BatchNorm's counts, and the numbers that dropout draws."""
    passes: list[int] = []
    computed = core.training.short_runs.loss_and_gradients

    def counted(*values: Any) -> torch.Tensor:
        passes.append(1)
        return computed(*values)

    monkeypatch.setattr(core.training.short_runs, "loss_and_gradients", counted)
    experiment = make(ADAM, model="mobilenet_v3_small", clip="norm" if clip else "none", clip_at=clip or 1.0, **SIZES)
    start = start_of(experiment)
    losses, expected = watched(start, experiment, 3)
    assert len(passes) == 3
    buffers = [buffer.clone() for buffer in start._model.buffers()]
    for _ in range(2):
        again, run = watched(start, experiment, 3)
        assert again == losses and same(run, expected)
        assert all(torch.equal(a, b) for a, b in zip(start._model.buffers(), buffers, strict=True))
    assert len(passes) == 7
    start._state.of_known_packages = False
    start._first_pass = None
    assert watched(start, experiment, 3)[0] == losses and watched(start, experiment, 3)[0] == losses
    assert len(passes) == 13, "somebody's own code computes each pass"


def test_every_seed_has_a_start_of_its_own(make: Make) -> None:
    for seed in (1, 7):
        experiment = make(CONVOLUTIONS, CONNECTED, **SIZES, seed=seed)
        assert watched(start_of(experiment), experiment, 9)[0] == losses_of(experiment, 9)


@torch.no_grad()
def judged(network: nn.Module, experiment: Experiment, count: int) -> tuple[torch.Tensor, float]:
    """Image by image: cross-entropies (N,), and the share of right answers."""
    split, losses, right = load_held_out(experiment, count), [], 0
    network.eval()
    for image, label in zip(split.images, split.labels, strict=True):
        outputs = network(resize(image[None], experiment.image_size))
        losses.append(cross_entropy(outputs, label[None]))
        right += int(outputs.argmax()) == int(label)
    return torch.stack(losses), right / count


@pytest.mark.parametrize("name", ["plain", "frozen resnet", "resnet", "dropout", "unfreezing resnet"])
def test_the_evaluation_is_that_of_a_plain_loop_over_the_held_out_images(make: Make, name: str) -> None:
    groups, fields = RUNS[name]
    experiment = make(*groups, **SIZES | fields)
    start = start_of(experiment, 30)
    assert start.held_out == 30
    _, run = watched(start, experiment, 7)
    losses, accuracy = judged(start._model, experiment, 30)
    assert run.losses is not None and run.loss is not None
    torch.testing.assert_close(run.losses, losses, rtol=1e-4, atol=1e-4)
    assert run.loss == pytest.approx(float(losses.mean()), rel=1e-4)
    assert run.accuracy == pytest.approx(accuracy)


def test_a_run_whose_loss_grows_fourfold_is_lost_and_ended_early(make: Make) -> None:
    """Adam's update is its rate: the weights are soon far too large, but all numbers are finite."""
    experiment = make(ADAM | {"lr": 30.0}, train_size=400, epochs=2)
    losses, run = watched(start_of(experiment), experiment, 50)
    assert (run.reason, run.loss, run.accuracy, run.losses) == ("lost", None, None, None)
    assert run.steps == len(losses) == 10, "it is judged once a first spike has passed"
    assert sum(losses[-5:]) / 5 > 4 * max(losses[0], math.log(10))


def test_a_loss_that_is_no_number_ends_the_run_with_its_burst(make: Make) -> None:
    experiment = make(ADAM | {"optimizer": "SGD", "lr": 1000}, train_size=400, epochs=2)
    losses, run = watched(start_of(experiment), experiment, 50)
    assert (run.reason, run.loss) == ("non_finite", None)
    assert run.steps == len(losses) <= 10 and not all(map(math.isfinite, losses))


def test_weights_that_break_in_the_last_step_are_noticed_when_they_are_judged(make: Make) -> None:
    class Huge:
        def __init__(self, assignment: Assignment, optimizers: list[Optimizer]) -> None:
            self.groups = [group for optimizer in optimizers for group in optimizer.param_groups]

        def set(self, step: int) -> None:
            for group in self.groups:
                group["lr"] = 1e38

    experiment = make(ADAM)
    losses, run = watched(start_of(experiment), experiment, 1, Huge)
    assert math.isfinite(losses[0])
    assert run.reason == "non_finite" and run.losses is None


def test_a_lost_run_spoils_nothing_of_the_next(make: Make) -> None:
    sane = make(model="resnet18", **SIZES)
    start = start_of(sane)
    expected = watched(start, sane, 4)
    broken = make(ADAM | {"optimizer": "SGD", "lr": 1000}, model="resnet18", **SIZES)
    assert watched(start, broken, 3)[0][1:] != expected[0][1:3]
    losses, run = watched(start, sane, 4)
    assert losses == expected[0]
    assert same(run, expected[1])


@pytest.mark.parametrize("ending", ["stopped", "time_limit"])
def test_who_stops_or_is_out_of_time_ends_it_at_the_next_step(make: Make, ending: str) -> None:
    asked: list[bool] = []
    experiment = make(train_size=400, epochs=5)
    start = start_of(experiment, asked=lambda: bool(asked), limit=600.0)
    training = start.run(experiment, 50)
    assert len(next(training)) == 5
    if ending == "stopped":
        asked.append(True)
    else:
        start._clock._ends = 0.0  # which was long ago
    with pytest.raises(Ended) as caught:
        next(training)
    assert caught.value.reason == ending


def test_a_stop_is_heard_while_the_frozen_beginning_is_computed(make: Make) -> None:
    experiment = make(HEAD, BODY, model="resnet18", **SIZES)
    with pytest.raises(Ended):
        start_of(experiment, asked=lambda: True)


def test_a_run_asks_for_its_rates_step_by_step(make: Make) -> None:
    seen: list[int] = []

    class Steps:
        def set(self, step: int) -> None:
            seen.append(step)

    experiment = make()
    for _ in start_of(experiment).run(experiment, 7, lambda *_: Steps()):
        pass
    assert seen == [1, 2, 3, 4, 5, 6, 7], "also beyond the four that the experiment has"


def test_bursts_come_by_fives(make: Make) -> None:
    experiment = make(epochs=3)
    bursts: Sequence[Sequence[float]] = list(start_of(experiment).run(experiment, 12))
    assert [len(burst) for burst in bursts] == [5, 5, 2]
