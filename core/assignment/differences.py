"""What differs between two ways of grouping parameters: experiments, optimizers, what an optimizer has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from torch import nn

from core.assignment.assignment import Assignment
from core.assignment.matching import preview
from core.experiment import FROZEN, UNKNOWN, Experiment, ExperimentError, Problem
from core.experiment.given import Given, given_groups
from core.experiment.torch_settings import BOOKKEEPING, HOW, torch_class
from core.experiment.wrappers import bare_names
from core.text import Shown, say

SAVED = ("optimizer", "optimizer_state_dict", "optimizer_states", "optimizers", "optim")  # keys of checkpoints
MOST_COMPARED = 1_000_000  # pairs of shapes that are all compared: half a second
NOTED = {*BOOKKEEPING, *HOW, "params", "param_names"}  # keys of a group that are no settings, or choose how to compute


@dataclass(frozen=True)
class Difference:
    """One difference from `a` to `b`; `key` is "moved", "new", "gone" or "twice" of a parameter, "setting" of a group.

    `what` is the parameter's name, or the group's and the setting's; `before` and `after` are groups, or values; None
    where there is none.
    """

    key: str
    what: str
    before: str | None = None
    after: str | None = None

    def sentence(self, language: str = "en") -> str:
        """In words."""
        return say(f"change_{self.key}", language, what=self.what, before=self.before, after=self.after)


@dataclass
class _Side:
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


def differences(a: Any, b: Any, network: nn.Module | None = None) -> list[Difference]:
    """Which parameters are in another group in `b` than in `a`, new there or gone, and which settings differ.

    `a` and `b` are each an Experiment (over `network`), an Assignment, an optimizer or what `core.experiment.given`
    reads as one, such as a list of dicts that torch refuses since a parameter stands in two of them, or an
    `optimizer.state_dict()`, also inside a checkpoint, or without its state, with names for its parameters' numbers.
    Parameters go by their names, from `network` or torch's own `param_names`; where one side has none, by their order
    and, as far as they are known, their shapes; where one side has no parameters at all, as `print(optimizer)` has
    none, settings alone are compared. Groups go by their names, else by their number; where one side has as many and no
    name for any, by the other's names in order.

    Raises ExperimentError for what is none of these, ValueError for an experiment without a network.
    """
    before, after = (_read(side, network) for side in (a, b))
    _name_by_order(before, after)
    _name_groups(before, after)
    members = _members(before, after) if before.members and after.members else []
    return [*_twice(before), *_twice(after), *members, *_settings(before, after)]


def _read(thing: Any, network: nn.Module | None) -> _Side:
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


def _of_assignment(assignment: Assignment) -> _Side:
    side = _Side()
    for group in assignment.experiment.groups:
        values = {"lr": group.lr, "weight_decay": group.weight_decay, "momentum": group.momentum}
        told = {key: value for key, value in values.items() if value is not None} | dict(group.options)
        kind = {} if group.optimizer == UNKNOWN else {"optimizer": group.optimizer.rpartition(".")[2]}
        side.add(group.name, kind if group.frozen else kind | told)
    taken = [(row.group, row) for row in assignment.rows if row.group is not None]
    for place, row in sorted(taken, key=lambda pair: pair[0]):  # as torch numbers them
        side.members.append((row.name, tuple(row.parameter.shape), place))
    return side


def _of_states(states: Sequence[Mapping[str, Any]]) -> _Side:
    """As `_add_state`, of several one after the other. Raises ExperimentError for what no optimizer saves."""
    side = _Side()
    try:
        for state in states:
            _add_state(side, state)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        shown = Shown(f"dict of {', '.join(map(str, states[0]))}")
        raise ExperimentError([Problem(None, "optimizers", "not_an_optimizer", {"value": shown})]) from error
    return side


def _add_state(side: _Side, state: Mapping[str, Any]) -> None:
    """Numbers stand for parameters, or their names (FSDP's); a shape is that of what is kept, if of several numbers."""
    for group in state["param_groups"]:
        own = side.add(str(group.get("name", len(side.titles) + 1)), group)
        names = group.get("param_names") or [None] * len(group["params"])
        for number, name in zip(group["params"], names, strict=True):
            kept = [getattr(value, "shape", ()) for value in state.get("state", {}).get(number, {}).values()]
            named = name or (number if isinstance(number, str) else None)
            side.members.append((named, next((tuple(shape) for shape in kept if len(shape)), None), own))


def _of_optimizers(thing: Any, network: nn.Module | None) -> _Side:
    side = _Side()
    bare = bare_names(network) if network is not None else str
    known = {id(p): bare(name) for name, p in network.named_parameters()} if network is not None else {}
    for place, given in enumerate(given_groups(thing)):
        kind = {} if given.optimizer is None else {"optimizer": _class_name(given)}
        own = side.add(str(given.group.get("name", place + 1)), kind | {**given.group})
        names = given.group.get("param_names") or [None] * len(given.parameters)
        for parameter, name in zip(given.parameters, names, strict=False):
            side.members.append((known.get(id(parameter), name), tuple(parameter.shape), own))
    return side


def _class_name(given: Given) -> str:
    """As an experiment that was read from it has it, without the module."""
    if given.parameters and not any(parameter.requires_grad for parameter in given.parameters):
        return FROZEN
    return (torch_class(given.optimizer) or type(given.optimizer)).__name__


def _name_by_order(a: _Side, b: _Side) -> None:
    """Where one side does not know its names, the other's: of what stands in the same order, by shapes if known."""
    for known, bare in ((a, b), (b, a)):
        if any(name is None for name, _, _ in bare.members) and all(name is not None for name, _, _ in known.members):
            _take_names(known, bare)
            return
    for side in (a, b):
        side.members = [
            (f"#{number}" if name is None else name, shape, group)
            for number, (name, shape, group) in enumerate(side.members)
        ]


def _name_groups(a: _Side, b: _Side) -> None:
    numbers = [str(place + 1) for place in range(len(a.titles))]
    for known, bare in ((a, b), (b, a)):
        if bare.titles == numbers and len(known.titles) == len(numbers):
            bare.titles = known.titles
            return


def _take_names(known: _Side, bare: _Side) -> None:
    shapes = [shape for _, shape, _ in known.members]
    others = [shape for _, shape, _ in bare.members]
    if None in others or None in shapes:
        pairs = {place: place for place in range(min(len(shapes), len(others)))}
    else:
        pairs = _pairs(others, shapes)
    bare.members = [
        (known.members[pairs[place]][0] if place in pairs else f"#{place} {_dimensions(shape)}".rstrip(), shape, group)
        for place, (_, shape, group) in enumerate(bare.members)
    ]


def _pairs(others: Sequence[Any], shapes: Sequence[Any]) -> dict[int, int]:
    """Places in the one for places in the other, where both hold the same in the same order; first what is the same."""
    least = min(len(others), len(shapes))
    start = next((place for place in range(least) if others[place] != shapes[place]), least)
    end = next((i for i in range(least - start) if others[-1 - i] != shapes[-1 - i]), least - start)
    rest, known = others[start : len(others) - end], shapes[start : len(shapes) - end]
    matcher = SequenceMatcher(None, rest, known, autojunk=len(rest) * len(known) > MOST_COMPARED)
    blocks = matcher.get_matching_blocks()
    pairs = {start + place + i: start + to + i for place, to, count in blocks for i in range(count)}
    return (
        pairs
        | {place: place for place in range(start)}
        | {len(others) - 1 - i: len(shapes) - 1 - i for i in range(end)}
    )


def _dimensions(shape: Sequence[int] | None) -> str:
    return "" if shape is None else " × ".join(map(str, shape))


def _twice(side: _Side) -> Iterator[Difference]:
    """What torch calls "some parameters appear in more than one parameter group"."""
    first: dict[str | None, int] = {}
    for name, _, group in side.members:
        if name in first:
            yield Difference("twice", str(name), side.titles[first[name]], side.titles[group])
        first.setdefault(name, group)


def _members(a: _Side, b: _Side) -> Iterator[Difference]:
    before, after = ({str(name): side.titles[group] for name, _, group in side.members} for side in (a, b))
    for name, group in before.items():
        if name not in after:
            yield Difference("gone", name, group)
        elif after[name] != group:
            yield Difference("moved", name, group, after[name])
    for name, group in after.items():
        if name not in before:
            yield Difference("new", name, None, group)


def _settings(a: _Side, b: _Side) -> Iterator[Difference]:
    after = dict(zip(b.titles, b.settings, strict=True))
    for title, values in zip(a.titles, a.settings, strict=True):
        if title in after:
            for key in dict.fromkeys([*values, *after[title]]):
                was, now = _plain(values.get(key)), _plain(after[title].get(key))
                if key in values and key in after[title] and was != now and str(was) != str(now):
                    yield Difference("setting", f"{title}, {key}", str(was), str(now))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # a tensor, of one number or several
        value = value.tolist()
    return list(value) if isinstance(value, tuple) else value
