"""What a step did to each group, measured on the parameters themselves; plain floats out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.assignment import Assignment
from core.decay import DecayParts
from core.events import GroupEnd, GroupStep

# A norm below this, per square root of a weight, counts as 0: ratios to it mean nothing.
ZERO_NORM = 1e-8
NORMS = 6  # numbers per group and step that `Meter.after_step` gives


class Meter:
    """Measures every group of an assignment around each step of `build_optimizers`' optimizers.

    Call `before_step()` after the backward pass and `after_step()` after the optimizers;
    `read()` turns what that gave, brought to the CPU, into `GroupStep`s. Nothing here
    waits for the device.
    """

    def __init__(self, assignment: Assignment, optimizers: Sequence[Optimizer]) -> None:
        rows = [assignment.of_group(index) for index in range(len(assignment.experiment.groups))]
        self._groups = assignment.experiment.groups
        self._tensors = [len(group) for group in rows]
        self._weights = [sum(row.count for row in group) for group in rows]
        self._parameters = [row.parameter for group in rows for row in group]
        self._weights_now = [parameter.detach() for parameter in self._parameters]  # share their memory
        self._start = [tensor.clone() for tensor in self._weights_now]
        self._work = [torch.empty_like(parameter) for parameter in self._start]
        self._decay = DecayParts(assignment, optimizers)
        self._gradient_norms = torch.empty(0)
        self._each_now = self._each_before = self._each_update = torch.stack(torch._foreach_norm(self._start))
        self._start_norms = self._by_group(self._each_now).tolist()
        self._norms_before = self._start_norms
        self._sizes = [row.count for group in rows for row in group]
        self._statistics = [_statistics(assignment.norms_of(index)) for index in range(len(rows))]
        self._start_statistics = [[buffer.clone() for buffer in group] for group in self._statistics]

    @torch.no_grad()
    def before_step(self) -> None:
        """Remember the parameters, the gradients' norms and what decay will do."""
        zero = torch.zeros((), device=self._start[0].device)
        gradients = [zero if p.grad is None else p.grad for p in self._parameters]
        self._gradient_norms = self._norms(gradients)
        torch._foreach_copy_(self._work, self._weights_now)
        self._decay.before_step()

    @torch.no_grad()
    def after_step(self) -> Tensor:
        """Norms of gradient, weights, update, way from the start, decay and rest: (6, groups), on the device."""
        torch._foreach_sub_(self._work, self._weights_now)
        self._each_before, self._each_update = self._each_now, torch.stack(torch._foreach_norm(self._work))
        self._each_now = torch.stack(torch._foreach_norm(self._weights_now))
        weight_norms, update_norms = self._by_group(self._each_now), self._by_group(self._each_update)
        decay_and_rest = self._decay.norms(update_norms, self._work)
        torch._foreach_copy_(self._work, self._weights_now)
        torch._foreach_sub_(self._work, self._start)
        norms = torch.stack([self._gradient_norms, weight_norms, update_norms, self._norms(self._work)])
        return torch.cat([norms, decay_and_rest])

    def tensor_norms(self) -> tuple[Tensor, Tensor]:
        """Of every parameter, in the groups' order: its norm before the last step and that of its update.

        Two of (tensors,), on the device: parts of what `after_step()` has computed.
        """
        return self._each_before, self._each_update

    def read(self, norms: list[list[float]], rates: list[float | None]) -> tuple[GroupStep, ...]:
        """The next step's `GroupStep`s from `after_step()`'s numbers and each group's learning rate.

        A rate of None says that the group does not train.
        """
        gradients, weights, updates, ways, decays, rests = norms
        before, self._norms_before = self._norms_before, weights
        return tuple(
            GroupStep(
                lr=rates[i],
                gradient_norm=None if rates[i] is None else gradients[i],
                weight_norm=weights[i],
                update_norm=updates[i],
                update_ratio=self._ratio(updates[i], before[i], i),
                distance=self._ratio(ways[i], self._start_norms[i], i),
                **self._decay.read(i, decays[i], rests[i], gradients[i]),
            )
            for i in range(len(self._groups))
        )

    def read_tensors(self, norms: list[float]) -> tuple[float | None, ...]:
        """Every parameter's update norm / norm before, from `tensor_norms()`'s numbers in one list."""
        count = len(self._sizes)
        return tuple(map(_ratio, norms[count:], norms[:count], self._sizes))

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
            drift = _drift(self._start_statistics[i], self._statistics[i])
            ends.append(GroupEnd(group.name, group.optimizer, self._weights[i], sum(of_group), way, drift))
        return tuple(ends)

    def _norms(self, tensors: list[Tensor]) -> Tensor:
        """The L2 norm of each group, (groups,), from tensors in the groups' order."""
        return self._by_group(torch.stack(torch._foreach_norm(tensors)))

    def _by_group(self, each: Tensor) -> Tensor:
        return torch.stack([torch.linalg.vector_norm(group) for group in each.split(self._tensors)])

    def _ratio(self, norm: float, base: float, index: int) -> float | None:
        return _ratio(norm, base, self._weights[index])


def _ratio(norm: float, base: float, weights: int) -> float | None:
    return None if base <= ZERO_NORM * math.sqrt(weights) else norm / base


def _statistics(layers: list[nn.Module]) -> list[Tensor]:
    """The running means and variances of normalisation layers, where they keep any; shared memory."""
    buffers = (getattr(layer, name, None) for layer in layers for name in ("running_mean", "running_var"))
    return [buffer for buffer in buffers if buffer is not None]


def _drift(start: list[Tensor], now: list[Tensor]) -> float | None:
    """|now - start| / |start| over all tensors together, measured in double precision on the CPU."""
    if not start:
        return None
    before, after = (torch.cat([tensor.flatten().cpu().double() for tensor in tensors]) for tensors in (start, now))
    return float((after - before).norm() / before.norm())
