"""Which part of each group's update is weight decay: split exactly where the step is linear in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.assignment import Assignment
from core.experiment import Group

NONE, SHRINK, MOMENTUM, L2 = "none", "shrink", "momentum", "l2"


def decay_kind(group: Group) -> str:
    """How a group's weight decay λ enters its step, as torch.optim's source has it.

    NONE      frozen, or λ is 0: no part of the update is decay.
    SHRINK    decoupled: before the rest of the step θ is multiplied by 1 - lr·λ, with the group's
              own lr. `_single_tensor_adam` in adam.py (AdamW, or decoupled_weight_decay=True), the
              same in nadam.py and radam.py; `_single_tensor_muon` in _muon.py, which scales by the
              shape of the filter only the step that follows.
    MOMENTUM  SGD: λθ joins the gradient and goes through the momentum with it, all of it linear.
              `_single_tensor_sgd` in sgd.py.
    L2        λθ joins the gradient, whose square then divides the step: not linear in λθ, so a step
              has no decay part. The other classes, and Adam, NAdam and RAdam as they are by default.
    """
    if group.frozen or group.weight_decay == 0:
        return NONE
    if group.optimizer == "SGD":
        return MOMENTUM
    decoupled = group.optimizer in ("AdamW", "Muon") or dict(group.options).get("decoupled_weight_decay")
    return SHRINK if decoupled else L2


class DecayParts:
    """The decay part of every group's update, from the optimizers' formulas and the weights before each step.

    Call `before_step()` once the gradients are there and `norms()` after the optimizers. Learning
    rate, λ and momentum are read from the torch groups at every step; whether a group decays at
    all is settled at the start. A parameter without a gradient is one that torch leaves alone: it
    does not decay. Nothing here waits for the device, and groups without decay cost nothing.
    """

    def __init__(self, assignment: Assignment, optimizers: Sequence[Optimizer]) -> None:
        groups = assignment.experiment.groups
        settings = {group["name"]: group for optimizer in optimizers for group in optimizer.param_groups}
        self._kinds = [decay_kind(group) for group in groups]
        self._sizes = [len(assignment.of_group(index)) for index in range(len(groups))]
        self._parts = {i: PARTS[kind](settings[groups[i].name]) for i, kind in enumerate(self._kinds) if kind != NONE}
        self._zeros = assignment.rows[0].parameter.new_zeros(len(groups))

    @torch.no_grad()
    def before_step(self) -> None:
        """Work out what decay will do to the weights as they are now."""
        for part in self._parts.values():
            part.before_step()

    def part(self, index: int) -> list[Tensor] | None:
        """What decay adds to each tensor of a group in this step; None for the kinds NONE and L2.

        The tensors are used again at the next step.
        """
        return self._parts[index].part if index in self._parts else None

    @torch.no_grad()
    def norms(self, update_norms: Tensor, backwards: list[Tensor]) -> Tensor:
        """Norms of the decay part and of the rest of the update: (2, groups), on the device; see `read`.

        `backwards` is before - after of all tensors in the groups' order; those of groups that
        can be split become minus the rest of the update.
        """
        if not self._parts:
            return torch.stack([self._zeros, update_norms])
        decay, rest = list(self._zeros.unbind()), list(update_norms.unbind())
        for i, part in self._parts.items():
            start = sum(self._sizes[:i])
            decay[i], rest[i] = part.norms(backwards[start : start + self._sizes[i]])
        return torch.stack([torch.stack(decay), torch.stack(rest)])

    def read(self, index: int, decay: float, rest: float, gradient: float) -> dict[str, float | None]:
        """The fields of a group's `GroupStep` from its two `norms()` and its gradient's."""
        if self._kinds[index] != L2:
            return {"decay_norm": decay, "rest_norm": rest, "l2_share": None}
        return {"decay_norm": None, "rest_norm": None, "l2_share": decay / gradient if gradient > 0 else None}


class _Shrink:
    """-lr·λ·θ of one torch group, with its tensors in the group's order."""

    def __init__(self, group: dict[str, Any]) -> None:
        self.group = group
        self.weights = [parameter.detach() for parameter in group["params"]]  # share their memory
        self.part = [torch.zeros_like(weight) for weight in self.weights]

    def before_step(self) -> None:
        torch._foreach_copy_(self.part, self.weights)
        torch._foreach_mul_(self.part, -self.group["lr"] * self.group["weight_decay"])
        self.clear_idle()

    def clear_idle(self) -> None:
        """Parameters without a gradient do not decay."""
        if idle := [part for part, p in zip(self.part, self.group["params"], strict=True) if p.grad is None]:
            torch._foreach_zero_(idle)

    def norms(self, backwards: list[Tensor]) -> tuple[Tensor, Tensor]:
        torch._foreach_add_(backwards, self.part)
        return _norm(self.part), _norm(backwards)


class _Momentum(_Shrink):
    """SGD's step for λ·θ alone, with a momentum of its own: the lines of `_single_tensor_sgd` without the gradient.

    A parameter's first buffer is λ·θ itself, undampened. `maximize` turns the gradient round
    before λ·θ is added, so the decay shrinks all the same.
    """

    def __init__(self, group: dict[str, Any]) -> None:
        super().__init__(group)
        self.buffers: dict[int, Tensor] = {}  # by the tensor's place in the group

    def before_step(self) -> None:
        torch._foreach_copy_(self.part, self.weights)
        torch._foreach_mul_(self.part, self.group["weight_decay"])
        seen = [i for i, parameter in enumerate(self.group["params"]) if parameter.grad is not None]
        if seen and self.group["momentum"] != 0:
            self.pass_momentum(seen)
        torch._foreach_mul_(self.part, -self.group["lr"])
        self.clear_idle()

    def pass_momentum(self, seen: list[int]) -> None:
        momentum = self.group["momentum"]
        if old := [i for i in seen if i in self.buffers]:
            buffers = [self.buffers[i] for i in old]
            torch._foreach_mul_(buffers, momentum)
            torch._foreach_add_(buffers, [self.part[i] for i in old], alpha=1 - self.group["dampening"])
        self.buffers |= {i: self.part[i].clone() for i in seen if i not in self.buffers}
        parts, buffers = [self.part[i] for i in seen], [self.buffers[i] for i in seen]
        if self.group["nesterov"]:
            torch._foreach_add_(parts, buffers, alpha=momentum)
        else:
            torch._foreach_copy_(parts, buffers)


class _L2:
    """λ·|θ| over one torch group's parameters with gradients; there is no part."""

    part = None

    def __init__(self, group: dict[str, Any]) -> None:
        self.group = group
        self.term = group["params"][0].new_zeros(())

    def before_step(self) -> None:
        if seen := [parameter.detach() for parameter in self.group["params"] if parameter.grad is not None]:
            self.term = self.group["weight_decay"] * _norm(seen)

    def norms(self, backwards: list[Tensor]) -> tuple[Tensor, Tensor]:
        """λ·|θ|, twice: there is no rest."""
        return self.term, self.term


PARTS: dict[str, type[_Shrink] | type[_L2]] = {SHRINK: _Shrink, MOMENTUM: _Momentum, L2: _L2}


def _norm(tensors: list[Tensor]) -> Tensor:
    """The L2 norm of all tensors together, a scalar."""
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
