"""What differs between two ways of grouping parameters: experiments, optimizers, what an optimizer has saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from torch import nn

from core.assignment.assignment import Assignment
from core.assignment.matching import preview
from core.experiment import Experiment
from core.experiment.given import given_groups
from core.experiment.torch_settings import BOOKKEEPING, HOW
from core.experiment.wrappers import bare_names
from core.text import say

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
    settings: list[dict[str, Any]] = field(default_factory=list)
    members: list[tuple[str | None, tuple[int, ...] | None, int]] = field(default_factory=list)  # name, shape, group

    def add(self, title: str, settings: Mapping[str, Any]) -> int:
        self.titles.append(title)
        self.settings.append({str(key): value for key, value in settings.items() if key not in NOTED})
        return len(self.titles) - 1


def differences(a: Any, b: Any, network: nn.Module | None = None) -> list[Difference]:
    """Which parameters are in another group in `b` than in `a`, new there or gone, and which settings differ.

    `a` and `b` are each an Experiment (over `network`), an Assignment, an optimizer or what `core.experiment.given`
    reads as one, such as a list of dicts that torch refuses since a parameter stands in two of them, or an
    `optimizer.state_dict()`, also without its state and with names for the numbers of its parameters.
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
    if isinstance(thing, Mapping) and "param_groups" in thing:
        return _of_state(thing)
    return _of_optimizers(thing, network)


def _of_assignment(assignment: Assignment) -> _Side:
    side = _Side()
    for group in assignment.experiment.groups:
        values = {"lr": group.lr, "weight_decay": group.weight_decay, "momentum": group.momentum}
        told = {key: value for key, value in values.items() if value is not None} | dict(group.options)
        side.add(group.name, {} if group.frozen else told)
    taken = [(row.group, row) for row in assignment.rows if row.group is not None]
    for place, row in sorted(taken, key=lambda pair: pair[0]):  # as torch numbers them
        side.members.append((row.name, tuple(row.parameter.shape), place))
    return side


def _of_state(state: Mapping[str, Any]) -> _Side:
    """Numbers, or names, stand for parameters; a shape is that of what is kept for one, where that has dimensions."""
    side = _Side()
    for place, group in enumerate(state["param_groups"]):
        own = side.add(str(group.get("name", place + 1)), group)
        names = group.get("param_names") or [None] * len(group["params"])
        for number, name in zip(group["params"], names, strict=True):
            kept = [getattr(value, "shape", ()) for value in state.get("state", {}).get(number, {}).values()]
            shape = next((tuple(shape) for shape in kept if len(shape)), None)
            side.members.append((number if isinstance(number, str) else name, shape, own))
    return side


def _of_optimizers(thing: Any, network: nn.Module | None) -> _Side:
    side = _Side()
    bare = bare_names(network) if network is not None else str
    known = {id(p): bare(name) for name, p in network.named_parameters()} if network is not None else {}
    for place, given in enumerate(given_groups(thing)):
        own = side.add(str(given.group.get("name", place + 1)), given.group)
        names = given.group.get("param_names") or [None] * len(given.parameters)
        for parameter, name in zip(given.parameters, names, strict=False):
            side.members.append((known.get(id(parameter), name), tuple(parameter.shape), own))
    return side


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
        blocks = SequenceMatcher(None, others, shapes, autojunk=False).get_matching_blocks()
        pairs = {start + i: to + i for start, to, count in blocks for i in range(count)}
    bare.members = [
        (known.members[pairs[place]][0] if place in pairs else f"#{place} {_dimensions(shape)}".rstrip(), shape, group)
        for place, (_, shape, group) in enumerate(bare.members)
    ]


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
    value = value.item() if hasattr(value, "item") else value
    return list(value) if isinstance(value, tuple) else value
