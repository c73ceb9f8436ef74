"""A side of a difference: its groups and parameters, read from an experiment, an optimizer, or what one has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import nn, optim
from torch.nn.parameter import is_lazy

from core.assignment.assignment import Assignment
from core.assignment.matching import preview
from core.experiment import FROZEN, OPTIMIZER_OPTIONS, UNKNOWN, Experiment, ExperimentError, Group, Problem
from core.experiment.given import Given, given_groups
from core.experiment.optimizer_classes import WITHOUT_DECAY
from core.experiment.torch_settings import BOOKKEEPING, HOW, torch_class
from core.experiment.wrappers import bare_names, without_inserted
from core.text import Shown

SAVED = ("optimizer", "optimizer_state_dict", "optimizer_states", "optimizers", "optim")  # keys of checkpoints
CLASS = "optimizer"  # the key of a group's class
NOTED = {*BOOKKEEPING, *HOW, "params", "param_names"}  # keys of a group that are no settings, or choose how to compute


class Member(NamedTuple):
    """A parameter in a group of a side; None is what the side does not tell. `trains` is torch's `requires_grad`."""

    name: str | None
    shape: tuple[int, ...] | None
    group: int
    trains: bool | None = None


@dataclass
class SideGroup:
    """`is_named` says whether somebody gave it its title, `frozen` that no step moves it, `is_whole` that a setting
    which is not among `settings` is none of its class."""

    title: str
    is_named: bool
    settings: dict[str, Any]
    frozen: bool = False
    is_whole: bool = False


@dataclass
class Side:
    """Groups in order, and every parameter in order with its group."""

    is_experiment: bool = False
    groups: list[SideGroup] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    _titles: Counter[str] = field(default_factory=Counter)

    def add(self, name: Any, settings: Mapping[str, Any], *, frozen: bool = False, is_whole: bool = False) -> int:
        """A group; without a name it is called "group" and its number, as an experiment read from it has it."""
        title = str(name or f"group {len(self.groups) + 1}")
        self._titles[title] += 1  # torch does not mind two of one name
        if self._titles[title] > 1:
            title = f"{title} ({self._titles[title]})"
        own = {str(key): value for key, value in settings.items() if key not in NOTED}
        self.groups.append(SideGroup(title, bool(name), own, frozen, is_whole))
        return len(self.groups) - 1

    def is_idle(self, member: Member) -> bool:
        """Whether the side tells that no step moves a parameter."""
        return member.trains is False or self.groups[member.group].frozen


def read_side(thing: Any, network: nn.Module | None) -> Side:
    """Raises ExperimentError and ValueError as `differences` says."""
    if isinstance(thing, Experiment):
        if network is None:
            raise ValueError("an experiment's groups are told over a network: differences(a, b, network)")
        return _of_assignment(preview(thing, network))
    if isinstance(thing, Assignment):
        return _of_assignment(thing)
    states = _states(thing)
    return _of_states(states) if states else _of_optimizers(thing, network)


def _states(thing: Any) -> list[Mapping[str, Any]]:
    """What optimizers have saved, alone or in a checkpoint, as torch's tutorial and Lightning write it; else none."""
    if isinstance(thing, (list, tuple)):
        every = [_states(item) for item in thing]
        return [state for states in every for state in states] if all(every) else []
    if not isinstance(thing, Mapping):
        return []
    if "param_groups" in thing:
        return [thing]
    return next((found for key in SAVED if (found := _states(thing.get(key)))), [])


def _of_assignment(assignment: Assignment) -> Side:
    side = Side(is_experiment=True)
    for group in assignment.experiment.groups:
        kind = {} if group.optimizer == UNKNOWN else {CLASS: group.optimizer.rpartition(".")[2]}
        told, is_whole = ({}, False) if group.frozen else _settings_of(group)
        side.add(group.name, kind | told, frozen=group.frozen, is_whole=is_whole)
    taken = [(row.group, row) for row in assignment.rows if row.group is not None]
    for place, row in sorted(taken, key=lambda pair: pair[0]):  # as torch numbers them
        side.members.append(Member(row.name, _shape(row.parameter), place, not row.came_frozen))
    return side


def _settings_of(group: Group) -> tuple[dict[str, Any], bool]:
    """What torch's own class makes of a group's settings, with its defaults, and True; else as far as they are told."""
    values = {"lr": group.lr, "weight_decay": group.weight_decay, "momentum": group.momentum} | dict(group.options)
    told = {key: value for key, value in values.items() if value is not None}
    made = getattr(optim, group.optimizer, None)
    if group.foreign or made is None:
        return told, False
    taken = {key: value for key, value in told.items() if key != "weight_decay" or group.optimizer not in WITHOUT_DECAY}
    try:
        return made([nn.Parameter(torch.zeros(1, 1))], **taken).param_groups[0], True
    except ValueError:  # such as Nesterov's without momentum
        return told, False


def _of_states(states: Sequence[Mapping[str, Any]]) -> Side:
    """As `_add_state`, of several one after the other. Raises ExperimentError for what no optimizer saves."""
    side = Side()
    try:
        for state in states:
            _add_state(side, state)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        shown = Shown(f"dict of {', '.join(map(str, states[0]))}")
        raise ExperimentError([Problem(None, "optimizers", "not_an_optimizer", {"value": shown})]) from error
    return side


def _add_state(side: Side, state: Mapping[str, Any]) -> None:
    """Numbers stand for parameters, or their names (FSDP's); a shape is that of what is kept, if of several numbers."""
    for group in state["param_groups"]:
        own = side.add(group.get("name"), group, is_whole=_is_whole(group))
        names = _names_in(group, len(group["params"]))
        for number, name in zip(group["params"], names, strict=True):
            kept = [getattr(value, "shape", ()) for value in state.get("state", {}).get(number, {}).values()]
            named = name or (without_inserted(number) if isinstance(number, str) else None)
            side.members.append(Member(named, next((tuple(shape) for shape in kept if len(shape)), None), own))


def _is_whole(group: Mapping[str, Any]) -> bool:
    """Whether a group was an optimizer's: it has all settings of a class, or no parameters, as one that was printed."""
    classes = [{"lr", *options} for options in OPTIMIZER_OPTIONS.values() if options]
    return not group["params"] or any(settings <= {*group} for settings in classes)


def _of_optimizers(thing: Any, network: nn.Module | None) -> Side:
    side = Side()
    bare = bare_names(network) if network is not None else str
    known = {id(p): bare(name) for name, p in network.named_parameters()} if network is not None else {}
    for given in given_groups(thing):
        is_held = given.optimizer is not None
        kind = {CLASS: _class_name(given)} if is_held else {}
        frozen = kind.get(CLASS) == FROZEN
        own = side.add(given.group.get("name"), kind | {**given.group}, frozen=frozen, is_whole=is_held)
        names = _names_in(given.group, len(given.parameters))
        for parameter, name in zip(given.parameters, names, strict=False):
            named = known.get(id(parameter), name)
            side.members.append(Member(named, _shape(parameter), own, bool(parameter.requires_grad)))
    return side


def _names_in(group: Mapping[str, Any], count: int) -> Sequence[str | None]:
    """What torch has noted where it was given `named_parameters()`, of `count` parameters."""
    noted = group.get("param_names")
    return list(map(without_inserted, noted)) if noted else [None] * count


def _shape(parameter: Any) -> tuple[int, ...] | None:
    """None for a lazy layer that has seen no input yet."""
    return None if is_lazy(parameter) else tuple(parameter.shape)


def _class_name(given: Given) -> str:
    """As an experiment that was read from it has it, without the module."""
    if given.parameters and not any(parameter.requires_grad for parameter in given.parameters):
        return FROZEN
    return (torch_class(given.optimizer) or type(given.optimizer)).__name__
