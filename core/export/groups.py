"""An experiment's groups as code: their parameters by name, their optimizers, schedules and starts."""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn

from core.assignment import Assignment
from core.experiment import Group
from core.experiment.optimizer_classes import is_foreign
from core.export.python_source import IMPORTED, WIDTH, Source, block, literal
from core.optimizers import SCHEDULERS, MatrixMuon, is_fused

FILL = "initial_accumulator_value"  # Adagrad's, which torch takes for all groups of an optimizer at once


@dataclass(frozen=True)
class OptimizerGroups:
    """The groups that one optimizer takes: of one class, course of the rate, start and end; or the frozen ones."""

    name: Source  # of the constant that holds them
    call: Source | None  # that makes the optimizer; frozen groups have none
    schedule: str
    schedule_options: dict[str, object]
    start: float  # epochs before they train
    end: float  # epochs before they are frozen again
    literals: list[dict[str, object]]  # each group's name, names of parameters, and settings


class _Kind(NamedTuple):
    """What the groups of an optimizer share."""

    optimizer: str | None = None
    fill: float | None = None
    schedule: str = "constant"
    schedule_options: tuple[tuple[str, object], ...] = ()
    start: float = math.inf
    end: float = math.inf


def optimizer_groups_of(assignment: Assignment) -> list[OptimizerGroups]:
    """Those of every optimizer, in the groups' order; the frozen groups are together too."""
    whole_names = {parameter: name for name, parameter in assignment.model.named_parameters()}
    literals_of: dict[_Kind, list[dict[str, object]]] = {}
    for place, group in enumerate(assignment.experiment.groups):
        values = {"name": group.name, "params": names_of(assignment, place, whole_names)} | settings_of(group)
        literals_of.setdefault(_kind(group), []).append(values)
    taken: Counter[str] = Counter()
    found = []
    for kind, literals in literals_of.items():
        name = _name(kind)
        unique = Source(f"{name}_ALSO_{taken[name]}" if taken[name] else name)
        taken[name] += 1
        call = None if kind.optimizer is None else _call(assignment, kind.optimizer, unique, kind.fill)
        course = kind.schedule, dict(kind.schedule_options)
        found.append(OptimizerGroups(unique, call, *course, kind.start, kind.end, literals))
    return found


def _kind(group: Group) -> _Kind:
    if group.frozen:
        return _Kind()
    options = group.schedule_options if group.schedule in SCHEDULERS else ()
    end = math.inf if group.end_epoch is None else group.end_epoch
    return _Kind(group.optimizer, fill_of(group), group.schedule, options, group.start_epoch, end)


def _name(kind: _Kind) -> str:
    if kind.optimizer is None:
        return "FROZEN"
    words = [kind.optimizer, *([kind.schedule] if kind.schedule in SCHEDULERS else [])]
    words += [f"from_epoch_{kind.start}"] if kind.start else []
    words += [f"until_epoch_{kind.end}"] if kind.end != math.inf else []
    return "_".join(words).upper()


def _call(assignment: Assignment, optimizer: str, name: str, fill: float | None) -> Source:
    arguments = [f"with_parameters(model, {name})"]
    if fill is not None:
        arguments.append(f"{FILL}={literal(fill)}")
    if is_fused(assignment, optimizer):
        arguments.append("fused=True")
    maker = class_code(assignment, optimizer)
    line = f"{maker}({', '.join(arguments)})"
    return Source(line if len(line) <= WIDTH - 9 else f"{maker}{block('(', arguments, ')', 8)}")


def settings_of(group: Group) -> dict[str, object]:
    """The settings of a group that are not as torch has them by default, without FILL; a frozen one has none."""
    if group.frozen:
        return {}
    settings: dict[str, object] = {"lr": group.lr}
    if group.foreign or group.weight_decay != _default_decay(group.optimizer):
        settings["weight_decay"] = group.weight_decay
    if group.momentum is not None:
        settings["momentum"] = group.momentum
    return settings | {name: value for name, value in group.options if name != FILL}


def _default_decay(optimizer: str) -> float:
    """That of the class; 0 where it has none."""
    parameter = inspect.signature(getattr(torch.optim, optimizer)).parameters.get("weight_decay")
    return 0.0 if parameter is None else float(parameter.default)


def fill_of(group: Group) -> float | None:
    """The value that Adagrad's state starts with, where the group says so."""
    return dict(group.options).get(FILL)


def names_of(assignment: Assignment, place: int, names: Mapping[nn.Parameter, str]) -> list[str]:
    """The parameters of a group by the fewest names: of modules that are in it as a whole, or their own.

    `names` has each parameter's own: with what wrappers put into it for a script, which makes the network as it is.
    Those that came frozen into a group that trains are left out: the network's own code keeps them so. Nor does a
    module count as a whole that holds a weight of another group, tied to it under a further name.
    """
    frozen = assignment.experiment.groups[place].frozen
    rows = [row for row in assignment.of_group(place) if frozen or not row.came_frozen]
    own = [names[row.parameter] for row in rows]
    mine = {row.parameter for row in rows}
    rest = [row for row in assignment.rows if row.parameter not in mine]
    others = {name for row in rest for name in (names[row.parameter], *row.names)}
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


def class_code(assignment: Assignment, optimizer: str) -> Source:
    """How the code names the class of an optimizer."""
    if optimizer == "Muon" and needs_matrix_muon(assignment):
        return Source(MatrixMuon.__name__)
    if is_foreign(optimizer) and not optimizer.startswith("torch.optim."):
        module, _, name = optimizer.rpartition(".")
        return Source(f"{_called(module)}.{name}")
    return Source(f"optim.{optimizer.removeprefix('torch.optim.')}")


def module_of(group: Group) -> Source:
    """The module that a class of which only the name is known comes from; empty for torch's own."""
    own = not group.foreign or group.optimizer.startswith("torch.optim.")
    return Source("" if own else group.optimizer.rpartition(".")[0])


def import_of(module: str) -> Source:
    """What stands behind `import`."""
    name = _called(module)
    return Source(module if name == module else f"{module} as {name}")


def _called(module: str) -> str:
    """What code calls a module: by another name where its own would hide what the code has from torch, as `optim`."""
    return f"own_{module.replace('.', '_')}" if module.partition(".")[0] in IMPORTED else module


def scheduler_calls(optimizer_groups: list[OptimizerGroups]) -> dict[int, list[Source]]:
    """What makes the schedulers that begin in each epoch."""
    calls: dict[int, list[Source]] = {}
    for index, groups in enumerate(groups for groups in optimizer_groups if groups.call):
        if groups.schedule in SCHEDULERS:
            function = SCHEDULERS[groups.schedule].__name__
            settings = [f"{name}={literal(value)}" for name, value in groups.schedule_options.items()]
            call = f"{function}({', '.join([f'optimizers[{index}]', 'steps', *settings])})"
            calls.setdefault(int(groups.start), []).append(Source(call))
    return dict(sorted(calls.items()))


def switches(assignment: Assignment) -> bool:
    """Whether some parameter or layer is to be switched off or on."""
    experiment = assignment.experiment
    always = all(group.trains_after(0) for group in experiment.groups) and experiment.turns == (0,)
    return keeps_statistics(assignment) or not always


def keeps_statistics(assignment: Assignment) -> bool:
    """Whether layers with statistics are in eval mode in some epoch, because they do not train."""
    idle = assignment.experiment.frozen_norm == "eval"
    return idle and any(assignment.idle_layers(epoch) for epoch in assignment.experiment.turns)
