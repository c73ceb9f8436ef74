"""An experiment's groups as code: their parameters by name, their optimizers, schedules and starts."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from core.assignment import Assignment
from core.experiment import Group
from core.export.parts import idle_norms, norm_layers
from core.export.parts.common import set_train_mode
from core.export.python_source import WIDTH, block, literal, one_per_line, source_of
from core.optimizers import FUSED, SCHEDULERS, MatrixMuon


@dataclass(frozen=True)
class OptimizerGroups:
    """The groups that one optimizer takes: of one class, schedule and start. No class: they are frozen."""

    name: str  # of the constant that holds them
    optimizer: str | None
    fill: float | None  # Adagrad's initial_accumulator_value, which torch takes for all groups at once
    schedule: str
    start: float  # epochs before they train
    places: tuple[int, ...]  # of the groups, in the experiment as it is run


_Kind = tuple[str | None, float | None, str, float]  # what the groups of one optimizer share


def optimizer_groups_of(assignment: Assignment) -> list[OptimizerGroups]:
    """Those of every optimizer, in the groups' order; the frozen groups are together too."""
    places_of: dict[_Kind, list[int]] = {}
    for place, group in enumerate(assignment.experiment.groups):
        places_of.setdefault(_kind(group), []).append(place)
    names: list[str] = []
    found: list[OptimizerGroups] = []
    for (optimizer, fill, schedule, start), places in places_of.items():
        name = _name(optimizer, schedule, start)
        alike = names.count(name)
        names.append(name)
        name = f"{name}_ALSO_{alike}" if alike else name
        found.append(OptimizerGroups(name, optimizer, fill, schedule, start, tuple(places)))
    return found


def _kind(group: Group) -> _Kind:
    if group.frozen:
        return None, None, "constant", math.inf
    fill = dict(group.options).get("initial_accumulator_value")
    return group.optimizer, fill, group.schedule, group.start_epoch


def _name(optimizer: str | None, schedule: str, start: float) -> str:
    if optimizer is None:
        return "FROZEN"
    words = [optimizer, *([schedule] if schedule in SCHEDULERS else []), *([f"from_epoch_{start}"] if start else [])]
    return "_".join(words).upper()


def settings_of(group: Group) -> dict[str, Any]:
    """The keyword arguments of a group's optimizer, without those that are as torch has them by default."""
    defaults = inspect.signature(getattr(torch.optim, group.optimizer)).parameters
    settings: dict[str, Any] = {"lr": group.lr}
    if group.weight_decay != defaults["weight_decay"].default:
        settings["weight_decay"] = group.weight_decay
    if group.momentum is not None:
        settings["momentum"] = group.momentum
    return settings | dict(group.options)


def names_of(assignment: Assignment, place: int) -> list[str]:
    """The parameters of a group by the fewest names: of modules that are in it as a whole, or their own."""
    own = [row.name for row in assignment.of_group(place)]
    others = {row.name for row in assignment.rows} - set(own)
    shared = {module for name in others for module in _modules_around(name)}
    widest = (next((m for m in _modules_around(name) if m not in shared), name) for name in own)
    return list(dict.fromkeys(widest))


def _modules_around(name: str) -> list[str]:
    """The names of the modules that hold a parameter, the outermost first; the network itself has none."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def needs_matrix_muon(assignment: Assignment) -> bool:
    """Whether a Muon group holds convolution filters, which torch's own refuses."""
    groups = assignment.experiment.groups
    return any(
        row.group is not None and groups[row.group].optimizer == "Muon" and row.parameter.ndim > 2
        for row in assignment.rows
    )


def class_code(assignment: Assignment, optimizer: str) -> str:
    """How the code names the class of an optimizer."""
    return MatrixMuon.__name__ if optimizer == "Muon" and needs_matrix_muon(assignment) else f"optim.{optimizer}"


def groups_code(assignment: Assignment, optimizer_groups: list[OptimizerGroups]) -> str:
    """The groups as literals, a list for each optimizer."""
    lists = ((groups.name, one_per_line(_literals(assignment, groups))) for groups in optimizer_groups)
    return "\n".join(f"{name}: Groups = {source}" for name, source in lists)


def _literals(assignment: Assignment, groups: OptimizerGroups) -> list[dict[str, Any]]:
    literals = []
    for place in groups.places:
        group = assignment.experiment.groups[place]
        settings = {} if groups.optimizer is None else settings_of(group)
        settings.pop("initial_accumulator_value", None)
        literals.append({"name": group.name, "params": names_of(assignment, place)} | settings)
    return literals


def optimizers_code(assignment: Assignment, optimizer_groups: list[OptimizerGroups]) -> str:
    """The function that builds the optimizers."""
    calls = []
    for groups in optimizer_groups:
        if groups.optimizer is not None:
            calls.append(_call(class_code(assignment, groups.optimizer), groups))
    docstring = '"""One optimizer for each list of groups."""'
    head = f"def build_optimizers(model: nn.Module) -> list[optim.Optimizer]:\n    {docstring}\n"
    return f"{head}    return {block('[', calls, ']', 4)}"


def _call(optimizer: str, groups: OptimizerGroups) -> str:
    arguments = [f"with_parameters(model, {groups.name})"]
    if groups.fill is not None:
        arguments.append(f"initial_accumulator_value={literal(groups.fill)}")
    if groups.optimizer in FUSED:
        arguments.append("fused=True")
    line = f"{optimizer}({', '.join(arguments)})"
    return line if len(line) <= WIDTH - 9 else f"{optimizer}{block('(', arguments, ')', 8)}"


def schedules_code(optimizer_groups: list[OptimizerGroups]) -> str:
    """The schedules that are used, and the function that starts them; nothing if there are none."""
    trained = [groups for groups in optimizer_groups if groups.optimizer is not None]
    used = [schedule for schedule in SCHEDULERS if any(groups.schedule == schedule for groups in trained)]
    if not used:
        return ""
    sources = [source_of(SCHEDULERS[schedule]) for schedule in used]
    return "\n\n\n".join([*sources, "\n".join(_scheduler_lines(trained))])


def _scheduler_lines(trained: list[OptimizerGroups]) -> Iterator[str]:
    yield "def build_schedulers("
    yield "    optimizers: list[optim.Optimizer], epoch: int, steps: int"
    yield ") -> list[LRScheduler]:"
    yield '    """Those of the groups that start in `epoch`, from 0, for the `steps` left."""'
    for start in sorted({groups.start for groups in trained if groups.schedule in SCHEDULERS}):
        yield f"    if epoch == {start}:"
        calls = [
            f"{SCHEDULERS[groups.schedule].__name__}(optimizers[{index}], steps)"
            for index, groups in enumerate(trained)
            if groups.start == start and groups.schedule in SCHEDULERS
        ]
        yield f"        return {block('[', calls, ']', 8)}"
    yield "    return []"


def train_mode_code(assignment: Assignment, optimizer_groups: list[OptimizerGroups]) -> str:
    """The function that switches gradients and normalisation layers; nothing if all groups train from the start."""
    if not switches(assignment, optimizer_groups):
        return ""
    items = [f"({'math.inf' if g.start == math.inf else g.start}, {g.name})" for g in optimizer_groups]
    starts = f"# The epochs, from 0, that the groups train from.\nSTARTS = {block('[', items, ']')}"
    epochs = {int(groups.start) for groups in optimizer_groups if groups.start < math.inf}
    keeps = assignment.experiment.frozen_norm == "eval" and any(assignment.frozen_norms(epoch) for epoch in epochs)
    if keeps:
        return f"{starts}\n\n{source_of(norm_layers)}\n\n\n{source_of(idle_norms)}"
    return f"{starts}\n\n\n{source_of(set_train_mode)}"


def switches(assignment: Assignment, optimizer_groups: list[OptimizerGroups]) -> bool:
    """Whether some parameter is to be switched off or on, or was made switched off."""
    made_off = any(row.group is not None and not row.parameter.requires_grad for row in assignment.rows)
    return made_off or any(groups.start > 0 for groups in optimizer_groups)


def later_starts(optimizer_groups: list[OptimizerGroups]) -> list[int]:
    """The epochs after the first in which groups start."""
    return sorted({int(groups.start) for groups in optimizer_groups if 0 < groups.start < math.inf})
