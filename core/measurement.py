"""What a step did to each group, measured on the parameters themselves; plain floats out."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.assignment import Assignment
from core.events import GroupEnd, GroupStep

# A norm below this, per square root of a weight, counts as 0: ratios to it mean nothing.
ZERO_NORM = 1e-8


class Meter:
    """Measures every group of an assignment around each step.

    Call `before_step()` after the backward pass and `after_step()` after the optimizers;
    `read()` turns what that gave, brought to the CPU, into `GroupStep`s. Nothing here
    waits for the device.
    """

    def __init__(self, assignment: Assignment) -> None:
        rows = [assignment.of_group(index) for index in range(len(assignment.experiment.groups))]
        self._groups = assignment.experiment.groups
        self._tensors = [len(group) for group in rows]
        self._weights = [sum(row.count for row in group) for group in rows]
        self._parameters = [row.parameter for group in rows for row in group]
        self._weights_now = [parameter.detach() for parameter in self._parameters]  # share their memory
        self._start = [tensor.clone() for tensor in self._weights_now]
        self._work = [torch.empty_like(parameter) for parameter in self._start]
        self._gradient_norms = torch.empty(0)
        self._start_norms = self._norms(self._start).tolist()
        self._norms_before = self._start_norms

    @torch.no_grad()
    def before_step(self) -> None:
        """Remember the parameters and the gradients' norms."""
        zero = torch.zeros((), device=self._start[0].device)
        gradients = [zero if p.grad is None else p.grad for p in self._parameters]
        self._gradient_norms = self._norms(gradients)
        torch._foreach_copy_(self._work, self._weights_now)

    @torch.no_grad()
    def after_step(self) -> Tensor:
        """Norms of gradient, weights, update and way from the start: (4, groups), on the device."""
        torch._foreach_sub_(self._work, self._weights_now)
        update_norms = self._norms(self._work)
        torch._foreach_copy_(self._work, self._weights_now)
        torch._foreach_sub_(self._work, self._start)
        return torch.stack(
            [self._gradient_norms, self._norms(self._weights_now), update_norms, self._norms(self._work)]
        )

    def read(self, norms: list[list[float]], rates: list[float | None]) -> tuple[GroupStep, ...]:
        """The next step's `GroupStep`s from `after_step()`'s numbers and each group's learning rate.

        A rate of None says that the group does not train.
        """
        gradients, weights, updates, ways = norms
        before, self._norms_before = self._norms_before, weights
        return tuple(
            GroupStep(
                lr=rates[i],
                gradient_norm=None if rates[i] is None else gradients[i],
                weight_norm=weights[i],
                update_norm=updates[i],
                update_ratio=self._ratio(updates[i], before[i], i),
                distance=self._ratio(ways[i], self._start_norms[i], i),
            )
            for i in range(len(self._groups))
        )

    @torch.no_grad()
    def read_end(self) -> tuple[GroupEnd, ...]:
        """How many weights of each group differ from their start, and how far the group went."""
        moved = [int((now != start).sum()) for now, start in zip(self._weights_now, self._start, strict=True)]
        torch._foreach_copy_(self._work, self._weights_now)
        torch._foreach_sub_(self._work, self._start)
        ways = self._norms(self._work).tolist()
        ends = []
        for i, group in enumerate(self._groups):
            of_group, moved = moved[: self._tensors[i]], moved[self._tensors[i] :]
            way = self._ratio(ways[i], self._start_norms[i], i)
            ends.append(GroupEnd(group.name, group.optimizer, self._weights[i], sum(of_group), way))
        return tuple(ends)

    def _norms(self, tensors: list[Tensor]) -> Tensor:
        """The L2 norm of each group, (groups,), from tensors in the groups' order."""
        each = torch.stack(torch._foreach_norm(tensors))
        return torch.stack([torch.linalg.vector_norm(group) for group in each.split(self._tensors)])

    def _ratio(self, norm: float, base: float, index: int) -> float | None:
        if base <= ZERO_NORM * math.sqrt(self._weights[index]):
            return None
        return norm / base
