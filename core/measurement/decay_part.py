"""Which part of each group's update is weight decay: split exactly where the step is linear in it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.assignment import Assignment
from core.experiment.optimizer_classes import FALLING, MOMENTUM, SHRINK


def decay_parts(assignment: Assignment, optimizers: Sequence[Optimizer]) -> dict[int, DecayPart]:
    """By its index, each group whose step is linear in its decay, with what works out its decay part."""
    groups = assignment.experiment.groups
    settings = {group["name"]: group for optimizer in optimizers for group in optimizer.param_groups}
    kinds = {index: group.decay_kind for index, group in enumerate(groups)}
    return {index: PARTS[kind](settings[groups[index].name]) for index, kind in kinds.items() if kind in PARTS}


class DecayPart:
    """What decay adds to the tensors of one torch group in a step: -lr·λ·θ.

    Learning rate, λ and momentum are read from the torch group at every step; whether it decays
    at all is settled at the start. Nothing here waits for the device.
    """

    def __init__(self, group: dict[str, Any]) -> None:
        self._group = group

    def write(self, part: list[Tensor], before: list[Tensor], keys: Sequence[Hashable]) -> None:
        """Write the decay part of a step that was taken from the weights `before` into `part`.

        To be called once per step for each tensor that had a gradient: torch leaves the others
        alone, so they do not decay. `keys` tell the tensors apart from step to step.
        """
        torch._foreach_copy_(part, before)
        torch._foreach_mul_(part, -self._group["lr"] * self._group["weight_decay"])


class MomentumPart(DecayPart):
    """SGD's step for λ·θ alone, with a momentum of its own: the lines of `_single_tensor_sgd` without the gradient.

    A tensor's first buffer is λ·θ itself, undampened. `maximize` turns the gradient round
    before λ·θ is added, so the decay shrinks all the same.
    """

    def __init__(self, group: dict[str, Any]) -> None:
        super().__init__(group)
        self._buffers: dict[Hashable, Tensor] = {}

    def write(self, part: list[Tensor], before: list[Tensor], keys: Sequence[Hashable]) -> None:
        if self._group["momentum"] == 0:
            super().write(part, before, keys)
            return
        torch._foreach_copy_(part, before)
        torch._foreach_mul_(part, self._group["weight_decay"])
        self._pass_momentum(part, keys)
        torch._foreach_mul_(part, -self._group["lr"])

    def _pass_momentum(self, part: list[Tensor], keys: Sequence[Hashable]) -> None:
        momentum = self._group["momentum"]
        if old := [i for i, key in enumerate(keys) if key in self._buffers]:
            buffers = [self._buffers[keys[i]] for i in old]
            torch._foreach_mul_(buffers, momentum)
            torch._foreach_add_(buffers, [part[i] for i in old], alpha=1 - self._group["dampening"])
        self._buffers |= {key: part[i].clone() for i, key in enumerate(keys) if key not in self._buffers}
        buffers = [self._buffers[key] for key in keys]
        if self._group["nesterov"]:
            torch._foreach_add_(part, buffers, alpha=momentum)
        else:
            torch._foreach_copy_(part, buffers)


class FallingPart(DecayPart):
    """ASGD's -η·λ·θ. A tensor's own η is lr at its first step, and lr / (1 + lambd·lr·t)^alpha once it took t of them,
    in the single precision that torch keeps it in (`_single_tensor_asgd`)."""

    def __init__(self, group: dict[str, Any]) -> None:
        super().__init__(group)
        self._steps: dict[Hashable, int] = {}
        self._rates: dict[Hashable, float] = {}

    def write(self, part: list[Tensor], before: list[Tensor], keys: Sequence[Hashable]) -> None:
        lr, decay = self._group["lr"], self._group["weight_decay"]
        rates = [self._rates.get(key, _in_single_precision(lr)) for key in keys]
        torch._foreach_copy_(part, before)
        torch._foreach_mul_(part, [-rate * decay for rate in rates])
        for key in keys:
            self._steps[key] = self._steps.get(key, 0) + 1
            rate = lr / (1 + self._group["lambd"] * lr * self._steps[key]) ** self._group["alpha"]
            self._rates[key] = _in_single_precision(rate)


def _in_single_precision(number: float) -> float:
    return torch.tensor(number, dtype=torch.float32).item()


PARTS: dict[str, type[DecayPart]] = {SHRINK: DecayPart, MOMENTUM: MomentumPart, FALLING: FallingPart}
