"""From the assignment to torch.optim: one instance per class, the groups with their names."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer

from core.assignment import Assignment
from core.experiment import ExperimentError, Group, Problem
from core.optimizers.muon import MatrixMuon

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "SGD": torch.optim.SGD,
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
    "NAdam": torch.optim.NAdam,
    "RAdam": torch.optim.RAdam,
    "Adadelta": torch.optim.Adadelta,
    "Muon": MatrixMuon,
}


# Classes whose fused form torch has and which is faster on a CPU and a GPU; its floats differ in the last bits.
FUSED = ("Adam", "AdamW")


def build_optimizers(assignment: Assignment) -> list[Optimizer]:
    """One torch optimizer per class that the groups name, in the groups' order; then `set_train_mode`.

    Each torch group carries `name` and torch's own `param_names`. Frozen groups are in no
    optimizer; those that start later are, but without gradients torch leaves them alone and
    keeps no state for them. Raises ExperimentError with the row whose settings torch refuses.
    """
    optimizers = optimizers_of(assignment)
    set_train_mode(assignment)
    return optimizers


def optimizers_of(assignment: Assignment) -> list[Optimizer]:
    """As `build_optimizers`, leaving the network as it is: to look at what torch makes of the groups."""
    by_class: dict[str, list[Optimizer]] = {}
    for index, group in enumerate(assignment.experiment.groups):
        rows = assignment.of_group(index)
        if not group.frozen:
            named = [(row.name, row.parameter) for row in rows]
            by_class.setdefault(group.optimizer, []).append(_optimizer_of(assignment.places[index], group, named))
    return [_merge(optimizers) for optimizers in by_class.values()]


def set_train_mode(assignment: Assignment, epochs: int = 0) -> None:
    """Ready the model to train on after `epochs` whole epochs: `requires_grad` only where a group trains then.

    The model is in train mode, but with `frozen_norm="eval"` the normalisation layers that do not
    train stay in eval mode: requires_grad=False does not stop their running statistics (pytorch#86590).
    """
    for index, group in enumerate(assignment.experiment.groups):
        for row in assignment.of_group(index):
            row.parameter.requires_grad_(group.trains_after(epochs))
    assignment.model.train()
    if assignment.experiment.frozen_norm == "eval":
        for layer in assignment.frozen_norms(epochs):
            layer.eval()


def _optimizer_of(place: int, group: Group, named: list[tuple[str, torch.nn.Parameter]]) -> Optimizer:
    """The optimizer of one group alone, so that torch validates its settings.

    torch checks a constructor's defaults and nothing inside a group: a negative lr passes there.
    """
    settings: dict[str, Any] = {"lr": group.lr, "weight_decay": group.weight_decay, **dict(group.options)}
    if group.momentum is not None:
        settings["momentum"] = group.momentum
    if group.optimizer in FUSED and not named[0][1].is_meta:  # torch has no fused form there
        settings["fused"] = True
    try:
        return OPTIMIZERS[group.optimizer]([{"params": named, "name": group.name}], **settings)
    except (TypeError, ValueError) as error:
        values = {"reason": str(error)}
        raise ExperimentError([Problem(place, "options", "torch_refuses", values)]) from error


def _merge(optimizers: list[Optimizer]) -> Optimizer:
    """One optimizer of the same class with the groups and the state of all (Adagrad's starts full)."""
    first, *others = optimizers
    for other in others:
        first.add_param_group(_with_names(other.param_groups[0]))
        first.state.update(other.state)
    return first


def _with_names(group: dict[str, Any]) -> dict[str, Any]:
    """A param group in the form that `add_param_group` takes: parameters paired with their names."""
    named = list(zip(group["param_names"], group["params"], strict=True))
    return {key: value for key, value in group.items() if key != "param_names"} | {"params": named}
