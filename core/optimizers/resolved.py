"""What torch will use for each group, read from the optimizers that were built, not from what was asked."""

from __future__ import annotations

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

    Found by a step of the same class on a stand-in, a 2x3 parameter on the meta device: state of
    the same shape grows with a parameter, the rest is kept once for each (`step`). Counted are
    the elements' bytes; torch rounds its allocations up. A group's parameters have one dtype.
    """
    parameters: list[Tensor] = group["params"]
    if not parameters:
        return 0
    stand_in = torch.nn.Parameter(torch.empty(2, 3, dtype=parameters[0].dtype, device="meta"))
    stand_in.grad = torch.empty_like(stand_in)
    settings = {key: value for key, value in group.items() if key not in ("params", "param_names", "fused")}
    cls: Any = type(optimizer)  # a torch class knows its own defaults, the base class does not
    twin = cls([settings | {"params": [stand_in]}])
    twin.step()
    kept = [value for value in twin.state[stand_in].values() if isinstance(value, Tensor)]
    per_weight = sum(value.element_size() for value in kept if value.shape == stand_in.shape)
    per_tensor = sum(value.nbytes for value in kept if value.shape != stand_in.shape)
    return per_weight * sum(p.numel() for p in parameters) + per_tensor * len(parameters)


def _settings(name: str, group: dict[str, Any]) -> dict[str, Any]:
    lr, decay = float(group["lr"]), float(group["weight_decay"])
    shrink = lr * decay if decouples(name, group) else None
    kept = {key: group.get(key) for key in ("momentum", "betas")}
    return {"optimizer": name, "lr": lr, "weight_decay": decay, "shrink": shrink, **kept}


def _counts(rows: list[Assigned], whole: int) -> dict[str, Any]:
    weights = sum(row.count for row in rows)
    return {"tensors": len(rows), "weights": weights, "share": weights / whole if whole else 0.0}
