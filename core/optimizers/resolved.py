"""What torch will use for each group, read from the optimizers that were built, not from what was asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.assignment import Assigned, Assignment
from core.experiment import FROZEN
from core.experiment.optimizer_classes import decouples
from core.optimizers.build import OPTIMIZERS

CLASS_NAMES = {cls: name for name, cls in OPTIMIZERS.items()}


@dataclass(frozen=True, kw_only=True)
class ResolvedGroup:
    """One group as torch holds it. A frozen group is in no optimizer: its settings are None, its state 0 bytes.

    `shrink` is the part of each weight that a step takes away, lr * weight_decay, where the
    class decouples decay from the gradient; else None, and `weight_decay` is added to the
    gradient (L2). `momentum` and `betas` are None where the class has none. `tensors` counts
    parameters, `weights` their elements; `share` is `weights` over those of the whole model,
    0 to 1. `state_bytes` is what the optimizer keeps for the group after its first step.
    """

    name: str
    optimizer: str
    lr: float | None = None
    weight_decay: float | None = None
    shrink: float | None = None
    momentum: float | None = None
    betas: tuple[float, float] | None = None
    tensors: int
    weights: int
    share: float
    state_bytes: int = 0


def resolve(assignment: Assignment, optimizers: Iterable[Optimizer]) -> list[ResolvedGroup]:
    """The experiment's groups in its order, as the optimizers from `build_optimizers` hold them.

    Neither the model nor the optimizers change; they may be on any device.
    """
    settings = {
        group["name"]: _settings(CLASS_NAMES[type(optimizer)], group) | {"state_bytes": state_bytes(optimizer, group)}
        for optimizer in optimizers
        for group in optimizer.param_groups
    }
    whole = sum(row.count for row in assignment.rows)
    return [
        ResolvedGroup(
            name=group.name,
            **_counts(assignment.of_group(index), whole),
            **settings.get(group.name, {"optimizer": FROZEN}),
        )
        for index, group in enumerate(assignment.experiment.groups)
    ]


def state_bytes(optimizer: Optimizer, group: dict[str, Any]) -> int:
    """The bytes of the state that `optimizer` keeps for one of its param groups once it has taken a step.

    Found by a step of the same class on a stand-in, 2x3 or of three numbers: state of the same shape grows with a
    parameter, state that lacks one of the two last dimensions (Adafactor's factors) with the others, the rest is kept
    once for each (`step`). Counted are the elements' bytes; torch rounds its allocations up. A group's parameters have
    one dtype.
    """
    shapes = Counter(tuple(p.shape) for p in group["params"])
    if not shapes:
        return 0
    dtype = group["params"][0].dtype
    kept = {two: _state_of(optimizer, group, (2, 3) if two else (3,), dtype) for two in {len(s) > 1 for s in shapes}}
    return sum(
        count * _numbers(tuple(value.shape), shape) * value.element_size()
        for shape, count in shapes.items()
        for value in kept[len(shape) > 1]
    )


def _state_of(optimizer: Optimizer, group: dict[str, Any], shape: tuple[int, ...], dtype: torch.dtype) -> list[Tensor]:
    multiplies = isinstance(optimizer, torch.optim.Muon)  # which takes torch's helpers, however small its matrices are
    stand_in = torch.nn.Parameter(torch.ones(shape, dtype=dtype, device="meta" if multiplies else "cpu"))
    stand_in.grad = torch.ones_like(stand_in)
    settings = {key: value for key, value in group.items() if key not in ("params", "param_names", "fused")}
    cls: Any = type(optimizer)  # a torch class knows its own defaults, the base class does not
    twin = cls([settings | {"params": [stand_in]}])
    twin.step()
    return [value for value in twin.state[stand_in].values() if isinstance(value, Tensor)]


def _numbers(kept: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """How many numbers a parameter of that shape has where the stand-in has state of shape `kept`."""
    whole = math.prod(shape)
    if kept == (2, 1):
        return whole // max(1, shape[-1])
    if kept == (1, 3):
        return whole // max(1, shape[-2])
    return whole if kept in ((2, 3), (3,)) else math.prod(kept)


def _settings(name: str, group: dict[str, Any]) -> dict[str, Any]:
    lr, decay = float(group["lr"]), float(group.get("weight_decay", 0.0))
    shrink = lr * decay if decouples(name, group) else None
    kept = {key: group.get(key) for key in ("momentum", "betas")}
    return {"optimizer": name, "lr": lr, "weight_decay": decay, "shrink": shrink, **kept}


def _counts(rows: list[Assigned], whole: int) -> dict[str, Any]:
    weights = sum(row.count for row in rows)
    return {"tensors": len(rows), "weights": weights, "share": weights / whole if whole else 0.0}
