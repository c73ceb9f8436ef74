"""What steps are compared with: against a plain loop of torch that clones all and works in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import core.measurement.chunks
from core.assignment import assign
from core.events import WINDOW, GroupStep, Step
from core.experiment import Experiment
from core.measurement import Meter
from core.optimizers import build_optimizers
from core.training import train
from tests.conftest import Make

STEPS = 31
CLASSES: dict[str, dict[str, Any]] = {
    "SGD": {"optimizer": "SGD", "lr": 0.05},
    "SGD, momentum": {"optimizer": "SGD", "lr": 0.02, "momentum": 0.9},
    "SGD, decay": {"optimizer": "SGD", "lr": 0.02, "weight_decay": 0.1},
    "Adam": {"optimizer": "Adam", "lr": 0.01},
    "Adam, L2": {"optimizer": "Adam", "lr": 0.01, "weight_decay": 0.1},
    "AdamW, decay": {"optimizer": "AdamW", "lr": 0.01, "weight_decay": 5.0},
    "RMSprop": {"optimizer": "RMSprop", "lr": 0.01},
    "Adagrad": {"optimizer": "Adagrad", "lr": 0.05},
}
DECOUPLED = ("SGD, decay", "AdamW, decay")  # whose decay part is -lr * weight decay * weights


class Loop:
    """A network under the Meter, and beside it lists of every step's gradients and updates."""

    def __init__(self, experiment: Experiment, network: nn.Module) -> None:
        assignment = assign(experiment, network)
        self.experiment, self.network = experiment, network
        self.optimizers = build_optimizers(assignment)
        self.meter = Meter(assignment, self.optimizers)
        self.names = [[row.name for row in assignment.of_group(i)] for i in range(len(experiment.groups))]
        self.parameters = dict(network.named_parameters())
        self.gradients: list[list[Tensor]] = []
        self.updates: list[list[Tensor]] = []
        self.before: list[list[Tensor]] = []
        self.rates: list[list[float | None]] = []
        self.measured: list[Any] = []

    def step(self, loss: Tensor | None, trains: Sequence[bool]) -> None:
        """`loss` None: a step without gradients. Groups that do not train get none either."""
        self.network.zero_grad()
        if loss is not None:
            loss.backward()
        for group, own in zip(self.names, trains, strict=True):
            for name in group if not own else ():
                self.parameters[name].grad = None
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.parameters.values()]
        self.gradients.append(self._flat(gradients))
        self.before.append(self._flat([*self.parameters.values()]))
        for optimizer in self.optimizers:
            optimizer.step()
        after = self._flat([*self.parameters.values()])
        self.updates.append([now - old for now, old in zip(after, self.before[-1], strict=True)])
        groups = self.experiment.groups
        self.rates.append([group.lr if own else None for group, own in zip(groups, trains, strict=True)])
        self.measured.append(self.meter.after_step())

    def _flat(self, tensors: list[Tensor]) -> list[Tensor]:
        """Each group's numbers in one row."""
        by_name = dict(zip(self.parameters, tensors, strict=True))
        return [torch.cat([numbers(by_name[name]) for name in group]) for group in self.names]

    @cached_property
    def read(self) -> list[tuple[GroupStep, ...]]:
        return [reading.groups for reading in self.meter.read(self.measured, self.rates)]

    def cosine(self, step: int, group: int) -> float | None:
        """Steps count from 1."""
        if step == 1 or (step > WINDOW and step % WINDOW):
            return None
        now, last = self.updates[step - 1][group], self.updates[step - 2][group]
        return float(now @ last / (now.norm() * last.norm())) if now.any() and last.any() else None

    def agreement(self, step: int, group: int) -> float | None:
        steps = range(step - WINDOW, step)
        if step % WINDOW or any(self.rates[i][group] is None for i in steps):
            return None
        own = torch.stack([self.gradients[i][group] for i in steps])
        return float(own.sum(dim=0).norm() / own.norm(dim=1).sum()) if own.any() else None

    def step_per_weight(self, step: int, group: int, decay: float) -> float | None:
        if self.rates[step - 1][group] is None:
            return None
        rest = self.updates[step - 1][group] + decay * self.before[step - 1][group]
        weights = sum(self.parameters[name].numel() for name in self.names[group])
        return float(rest.norm()) / math.sqrt(weights)


def numbers(tensor: Tensor) -> Tensor:
    """All its real numbers in double precision."""
    tensor = tensor.detach()
    return (torch.view_as_real(tensor) if tensor.is_complex() else tensor).flatten().double().clone()


def assert_as_plain(loop: Loop, decays: Sequence[float] = (), rel: float = 1e-5) -> None:
    for step, groups in enumerate(loop.read, 1):
        for i, group in enumerate(groups):
            assert group.cosine == close(loop.cosine(step, i), 1e-4), (step, i)
            assert group.gradient_agreement == close(loop.agreement(step, i), rel), (step, i)
            expected = loop.step_per_weight(step, i, decays[i] if decays else 0.0)
            assert group.step_per_weight == close(expected, rel), (step, i)


def close(value: float | None, within: float) -> Any:
    return None if value is None else pytest.approx(value, rel=within, abs=within)


def network() -> nn.Sequential:
    torch.manual_seed(3)
    first = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten()]
    return nn.Sequential(*first, nn.Linear(16, 5), nn.Linear(5, 2)).to(memory_format=torch.channels_last)


def losses(model: nn.Module, seed: int = 5) -> Callable[[], Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def loss() -> Tensor:
        outputs: Tensor = model(torch.randn(8, 3, 4, 4, generator=generator))
        return outputs.square().mean()

    return loss


FROZEN = {"name": "ice", "params": ["0.*"], "optimizer": "frozen"}
REST = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.01}


@pytest.mark.parametrize("most", [None, 20], ids=["one chunk", "chunks of 20"])
@pytest.mark.parametrize("name", CLASSES)
def test_all_three_are_those_of_a_plain_loop(
    make: Make, name: str, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if most:
        monkeypatch.setattr(core.measurement.chunks, "CPU_CHUNK", most)
    model, settings = network(), CLASSES[name]
    loop = Loop(make(FROZEN, {"name": "own", "params": ["3.*", "1.*"], **settings}, REST), model)
    loss = losses(model)
    for _ in range(STEPS):
        loop.step(loss(), [False, True, True])
    decay = settings["lr"] * settings["weight_decay"] if name in DECOUPLED else 0.0
    assert_as_plain(loop, [0.0, decay, 0.0])
    assert all(group.cosine is group.gradient_agreement is group.step_per_weight is None for group, *_ in loop.read)


@pytest.mark.parametrize("start", [2, 5, 10, 11, 17])
def test_a_group_that_starts_late_has_each_once_it_can(make: Make, start: int) -> None:
    """The cosine from its second step on; the agreement at the end of the first whole window."""
    model = network()
    loop = Loop(make({"name": "late", "params": ["3.*"], "optimizer": "Adam", "lr": 0.01}, REST), model)
    loss = losses(model)
    for step in range(1, STEPS + 1):
        loop.step(loss(), [step >= start, True])
    assert_as_plain(loop)
    late = [groups[0] for groups in loop.read]
    first = next(step for step, group in enumerate(late, 1) if group.gradient_agreement is not None)
    assert first == WINDOW * (math.ceil((start - 1) / WINDOW) + 1)
    assert late[start - 1].cosine is None


def test_a_step_without_gradients_is_a_step_of_zeros(make: Make) -> None:
    """Plain SGD stands still then: no cosine with it, neither of its own nor of the step behind it."""
    model = network()
    loop = Loop(make(REST), model)
    loss = losses(model)
    for step in range(1, STEPS + 1):
        loop.step(None if step in (4, 12, 20) else loss(), [True])
    assert_as_plain(loop)
    groups = [groups[0] for groups in loop.read]
    assert [step for step in range(2, 11) if groups[step - 1].cosine is None] == [4, 5]
    assert groups[19].cosine is None and groups[19].gradient_agreement is not None


def test_a_window_or_a_run_without_any_gradient_has_none(make: Make) -> None:
    loop = Loop(make(REST), network())
    for _ in range(2 * WINDOW):
        loop.step(None, [True])
    for (group,) in loop.read:
        assert (group.cosine, group.gradient_agreement, group.step_per_weight) == (None, None, 0.0)


class Parts(nn.Module):
    """A complex matrix, and some numbers, of which each is drawn to its own place."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        torch.manual_seed(1)
        shapes: list[tuple[int, ...]] = [(40, 3), (), (0, 4), (1,)]
        self.parts = nn.ParameterList(torch.randn(shape, dtype=torch.complex128).to(dtype) for shape in shapes)

    def forward(self) -> Tensor:
        return torch.stack([(part - torch.randn(part.shape)).abs().pow(2).sum().float() for part in self.parts]).sum()


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.filterwarnings("ignore:Casting complex values to real")
def test_parameters_of_other_dtypes(make: Make, dtype: torch.dtype) -> None:
    """Of complex numbers both parts count as one weight's."""
    model = Parts(dtype)
    loop = Loop(make({"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}), model)
    for _ in range(STEPS):
        loop.step(model(), [True])
    assert_as_plain(loop)


def test_a_group_of_nothing_has_none(make: Make) -> None:
    model = Parts(torch.float32)
    empty = {"name": "empty", "params": ["parts.2"], "optimizer": "SGD", "lr": 0.1}
    loop = Loop(make(empty, REST), model)
    for _ in range(WINDOW):
        loop.step(model(), [True, True])
    for group, _ in loop.read:
        assert (group.cosine, group.gradient_agreement, group.step_per_weight) == (None, None, None)


def one_weight(make: Make, lr: float) -> list[GroupStep]:
    """Gradient descent on half the square of each of some weights: it turns them round by 1 - lr."""
    model = nn.Linear(4, 4, bias=False)
    loop = Loop(make(REST | {"lr": lr}), model)
    for _ in range(WINDOW):
        loop.step(0.5 * model.weight.square().sum(), [True])
    return [group for (group,) in loop.read]


def test_back_and_forth_is_minus_one_and_straight_on_is_one(make: Make) -> None:
    to_and_fro, straight = one_weight(make, 1.9), one_weight(make, 0.1)
    assert [group.cosine for group in to_and_fro] == [None, *[pytest.approx(-1.0, abs=1e-5)] * 9]
    assert [group.cosine for group in straight] == [None, *[pytest.approx(1.0, abs=1e-5)] * 9]
    own = [(-0.9) ** step for step in range(WINDOW)]
    expected = abs(sum(own)) / sum(map(abs, own))
    assert to_and_fro[-1].gradient_agreement == pytest.approx(expected, rel=1e-5)
    assert straight[-1].gradient_agreement == pytest.approx(1.0, rel=1e-6)


def test_noise_agrees_by_one_over_the_root_of_the_steps(make: Make) -> None:
    torch.manual_seed(0)
    model = nn.Linear(200, 200, bias=False)
    loop = Loop(make(REST), model)
    for _ in range(WINDOW):
        loop.step((model.weight * torch.randn(200, 200)).sum(), [True])
    (last,) = loop.read[-1]
    assert last.gradient_agreement == pytest.approx(1 / math.sqrt(WINDOW), rel=0.02)
    assert last.cosine == pytest.approx(0.0, abs=0.02)


def test_adams_first_step_per_weight_is_its_learning_rate(make: Make) -> None:
    """As long as m̂ / √v̂ is 1 or -1 for every weight; decay, which AdamW does apart, is left out."""
    torch.manual_seed(0)
    model = nn.Linear(30, 30, bias=False)
    loop = Loop(make({"name": "a", "params": ["*"], "optimizer": "AdamW", "lr": 0.02, "weight_decay": 10.0}), model)
    loop.step((model.weight * torch.randn(30, 30)).sum(), [True])
    (group,) = loop.read[0]
    assert group.step_per_weight == pytest.approx(0.02, rel=1e-5)
    assert group.update_norm > 30 * 0.02 * 1.05


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_numbers_at_the_edge_are_as_in_double_precision_or_none(make: Make, scale: float) -> None:
    """Products of updates of 1e-25 are nothing in single precision; those of 1e25 are infinite."""
    model = nn.Linear(30, 30, bias=False)
    nn.init.zeros_(model.weight)
    loop = Loop(make(REST | {"lr": 1.0}), model)
    for _ in range(WINDOW):
        loop.step((model.weight * (scale * torch.randn(30, 30))).sum(), [True])
    (last,) = loop.read[-1]
    assert last.cosine == (None if scale < 1 else close(loop.cosine(WINDOW, 0), 1e-3))
    assert last.gradient_agreement == close(loop.agreement(WINDOW, 0), 1e-4)


def test_in_a_run_they_come_where_the_fields_say(make: Make) -> None:
    """A group that starts with the second epoch, in the middle of a window."""
    groups = ({"name": "late", "params": ["fc*"], "start_epoch": 1}, {"name": "rest", "params": ["*"]})
    events = [*train(make(*groups, train_size=16 * 13, batch_size=16, epochs=3, dataset="shapes"), "cpu")]
    steps = [event for event in events if isinstance(event, Step)]
    assert len(steps) == 39
    measured = {1: {2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30}, 0: {20, 30}}
    ends = {1: {10, 20, 30}, 0: {30}}
    for place in (0, 1):
        own = {event.step: event.groups[place] for event in steps}
        assert {step for step, group in own.items() if group.cosine is not None} == measured[place]
        assert {step for step, group in own.items() if group.gradient_agreement is not None} == ends[place]
        assert {step for step, group in own.items() if group.step_per_weight is None} == (
            set() if place else set(range(1, 14))
        )
