"""A side of a difference: its groups and parameters, read from an experiment, an optimizer, or what one has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

from core.assignment.assignment import Assignment
from core.assignment.matching import preview
from core.experiment import FROZEN, UNKNOWN, Experiment, ExperimentError, Problem
from core.experiment.given import Given, given_groups
from core.experiment.torch_settings import BOOKKEEPING, HOW, torch_class
from core.experiment.wrappers import bare_names, without_inserted
from core.text import Shown

SAVED = ("optimizer", "optimizer_state_dict", "optimizer_states", "optimizers", "optim")  # keys of checkpoints
NOTED = {*BOOKKEEPING, *HOW, "params", "param_names"}  # keys of a group that are no settings, or choose how to compute


@dataclass
class Side:
    """Groups in order, each with its settings, and every parameter in order with its groups."""

    titles: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    settings: list[dict[str, Any]] = field(default_factory=list)
    members: list[tuple[str | None, tuple[int, ...] | None, int]] = field(default_factory=list)  # name, shape, group

    def add(self, title: str, settings: Mapping[str, Any]) -> int:
        self.names[title] += 1  # torch does not mind two of one name
        self.titles.append(title if self.names[title] == 1 else f"{title} ({self.names[title]})")
        self.settings.append({str(key): value for key, value in settings.items() if key not in NOTED})
        return len(self.titles) - 1


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
    side = Side()
    for group in assignment.experiment.groups:
        values = {"lr": group.lr, "weight_decay": group.weight_decay, "momentum": group.momentum}
        told = {key: value for key, value in values.items() if value is not None} | dict(group.options)
        kind = {} if group.optimizer == UNKNOWN else {"optimizer": group.optimizer.rpartition(".")[2]}
        side.add(group.name, kind if group.frozen else kind | told)
    taken = [(row.group, row) for row in assignment.rows if row.group is not None]
    for place, row in sorted(taken, key=lambda pair: pair[0]):  # as torch numbers them
        side.members.append((row.name, _shape(row.parameter), place))
    return side


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
        own = side.add(str(group.get("name", len(side.titles) + 1)), group)
        names = _names_in(group, len(group["params"]))
        for number, name in zip(group["params"], names, strict=True):
            kept = [getattr(value, "shape", ()) for value in state.get("state", {}).get(number, {}).values()]
            named = name or (without_inserted(number) if isinstance(number, str) else None)
            side.members.append((named, next((tuple(shape) for shape in kept if len(shape)), None), own))


def _of_optimizers(thing: Any, network: nn.Module | None) -> Side:
    side = Side()
    bare = bare_names(network) if network is not None else str
    known = {id(p): bare(name) for name, p in network.named_parameters()} if network is not None else {}
    for place, given in enumerate(given_groups(thing)):
        kind = {} if given.optimizer is None else {"optimizer": _class_name(given)}
        own = side.add(str(given.group.get("name", place + 1)), kind | {**given.group})
        names = _names_in(given.group, len(given.parameters))
        for parameter, name in zip(given.parameters, names, strict=False):
            side.members.append((known.get(id(parameter), name), _shape(parameter), own))
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
