"""From the assignment to torch.optim: one instance per class, the groups with their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.optim import Optimizer

from core.assignment import Assignment
from core.experiment import UNKNOWN, ExperimentError, Group, Problem
from core.experiment.optimizer_classes import WITHOUT_DECAY
from core.optimizers.muon import MatrixMuon
from core.text import Shown

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "SGD": torch.optim.SGD,
    "RMSprop": torch.optim.RMSprop,
    "Adamax": torch.optim.Adamax,
    "Adagrad": torch.optim.Adagrad,
    "NAdam": torch.optim.NAdam,
    "RAdam": torch.optim.RAdam,
    "Adadelta": torch.optim.Adadelta,
    "Muon": MatrixMuon,
    "Adafactor": torch.optim.Adafactor,
    "ASGD": torch.optim.ASGD,
    "Rprop": torch.optim.Rprop,
}


# Classes whose fused form torch has and which is faster on a CPU and a GPU; its floats differ in the last bits.
FUSED = ("Adam", "AdamW")


def is_fused(assignment: Assignment, optimizer: str) -> bool:
    """Whether that class steps in its fused form, which torch has for real numbers only."""
    groups = assignment.experiment.groups
    rows = [row for i, group in enumerate(groups) if group.optimizer == optimizer for row in assignment.of_group(i)]
    return optimizer in FUSED and not any(row.parameter.is_complex() for row in rows)


def build_optimizers(assignment: Assignment) -> list[Optimizer]:
    """One torch optimizer per class that the groups name, in the groups' order; then `set_train_mode`.

    Groups of Adagrad that start with different sums are in optimizers of their own, as torch takes
    `initial_accumulator_value` for a whole optimizer. Each torch group carries `name` and torch's
    own `param_names`. Frozen groups are in no optimizer; those that start later are, but without
    gradients torch leaves them alone and keeps no state for them. Raises ExperimentError with the
    row whose settings torch refuses, or whose class no run can use, or for clipping that torch refuses.
    """
    optimizers = optimizers_of(assignment)
    set_train_mode(assignment)
    return optimizers


def optimizers_of(assignment: Assignment) -> list[Optimizer]:
    """As `build_optimizers`, leaving the network as it is: to look at what torch makes of the groups."""
    if problems := [*_class_problems(assignment), *_clip_problems(assignment)]:
        raise ExperimentError(problems)
    by_class: dict[tuple[str, object], list[Optimizer]] = {}
    for index, group in enumerate(assignment.experiment.groups):
        rows = assignment.of_group(index)
        if not group.frozen:
            named = [(row.name, row.parameter) for row in rows if not row.came_frozen]
            fused = is_fused(assignment, group.optimizer) and not named[0][1].is_meta  # torch has no fused form there
            kind = group.optimizer, dict(group.options).get("initial_accumulator_value")
            optimizer = _optimizer_of(assignment.places[index], group, named, fused, _rare_kinds(assignment, index))
            by_class.setdefault(kind, []).append(optimizer)
    return [_merge(optimizers) for optimizers in by_class.values()]


def optimizer_problems(assignment: Assignment) -> tuple[Problem, ...]:
    """What keeps the groups from becoming optimizers, the network left as it is."""
    try:
        optimizers_of(assignment)
    except ExperimentError as error:
        return error.problems
    return ()


def _class_problems(assignment: Assignment) -> Iterator[Problem]:
    """A problem for each group that was asked for with a class of which only the name is known."""
    allowed = ", ".join(OPTIMIZERS)
    for place, group in dict(zip(assignment.places, assignment.experiment.groups, strict=True)).items():
        if group.foreign:
            key = "no_optimizer_known" if group.optimizer == UNKNOWN else "not_trained_here"
            yield Problem(place, "optimizer", key, {"value": Shown(group.optimizer), "allowed": allowed})


def _clip_problems(assignment: Assignment) -> Iterator[Problem]:
    """Clipping that torch refuses for a sparse or a complex gradient, which differs from version to version."""
    experiment = assignment.experiment
    rare = set().union(*(_rare_kinds(assignment, index) for index in range(len(experiment.groups))))
    if experiment.clip != "none" and not all(_can_clip(experiment.clip, *kind) for kind in rare):
        yield Problem(None, "clip", "clip_not_taken", {"value": Shown(experiment.clip)})


def _can_clip(clip: str, dtype: torch.dtype, is_sparse: bool) -> bool:
    """Whether torch clips such a gradient, tried on a small one."""
    parameter = torch.nn.Parameter(torch.ones(2, 2, dtype=dtype))
    parameter.grad = torch.ones(2, 2, dtype=dtype).to_sparse(1) if is_sparse else torch.ones(2, 2, dtype=dtype)
    function = torch.nn.utils.clip_grad_value_ if clip == "value" else torch.nn.utils.clip_grad_norm_
    try:
        function([parameter], 1.0)
    except (NotImplementedError, RuntimeError):
        return False
    return True


Kind = tuple[torch.dtype, bool]  # of a parameter; whether its gradient is sparse


def _rare_kinds(assignment: Assignment, index: int) -> set[Kind]:
    """The kinds among a group's parameters that not every class of torch takes, as they show in the first step only."""
    layers = (torch.nn.Embedding, torch.nn.EmbeddingBag)
    tables = {id(m.weight) for m in assignment.model.modules() if isinstance(m, layers) and m.sparse}
    kinds = {(row.parameter.dtype, id(row.parameter) in tables) for row in assignment.of_group(index)}
    return {(dtype, is_sparse) for dtype, is_sparse in kinds if is_sparse or dtype.is_complex}


def set_train_mode(assignment: Assignment, epochs: int = 0) -> None:
    """Ready the model to train on after `epochs` whole epochs: `requires_grad` only where a group trains then.

    The model is in train mode, but with `frozen_norm="eval"` the layers with statistics that do not
    train stay in eval mode: requires_grad=False does not stop running statistics (pytorch#86590).
    """
    for row in assignment.rows:
        if row.group is not None:
            row.parameter.requires_grad_(assignment.trains(row, epochs))
    assignment.model.train()
    if assignment.experiment.frozen_norm == "eval":
        for layer in assignment.idle_layers(epochs):
            layer.training = False  # not eval(), which would reach dropout inside it


def _optimizer_of(
    place: int, group: Group, named: list[tuple[str, torch.nn.Parameter]], fused: bool, rare: set[Kind]
) -> Optimizer:
    """The optimizer of one group alone, so that torch validates its settings, and steps with each rare kind.

    torch checks a constructor's defaults and nothing inside a group: a negative lr passes there.
    """
    settings: dict[str, Any] = {"lr": group.lr, **dict(group.options)}
    if group.optimizer not in WITHOUT_DECAY:
        settings["weight_decay"] = group.weight_decay
    if group.momentum is not None:
        settings["momentum"] = group.momentum
    if fused:
        settings["fused"] = True
    try:
        optimizer = OPTIMIZERS[group.optimizer]([{"params": named, "name": group.name}], **settings)
        for dtype, is_sparse in rare:
            _try(OPTIMIZERS[group.optimizer], {**settings, "fused": False} if fused else settings, dtype, is_sparse)
        return optimizer
    except (TypeError, ValueError, RuntimeError) as error:
        values = {"reason": str(error)}
        raise ExperimentError([Problem(place, "options", "torch_refuses", values)]) from error


def _try(optimizer: type[Optimizer], settings: dict[str, Any], dtype: torch.dtype, is_sparse: bool) -> None:
    """Two steps on a small parameter: torch refuses kinds of parameters when it steps, some not before the second."""
    parameter = torch.nn.Parameter(torch.ones(2, 2, dtype=dtype))
    tried = optimizer([{"params": [parameter]}], **settings)
    for _ in range(2):
        ones = torch.ones(2, 2, dtype=dtype)
        parameter.grad = ones.to_sparse(1) if is_sparse else ones
        tried.step()


def _merge(optimizers: list[Optimizer]) -> Optimizer:
    """One optimizer of the same class with the groups and the state of all (Adagrad's is there from the start)."""
    first, *others = optimizers
    for other in others:
        first.add_param_group(_with_names(other.param_groups[0]))
        first.state.update(other.state)
    return first


def _with_names(group: dict[str, Any]) -> dict[str, Any]:
    """A param group in the form that `add_param_group` takes: parameters paired with their names."""
    named = list(zip(group["param_names"], group["params"], strict=True))
    return {key: value for key, value in group.items() if key != "param_names"} | {"params": named}
