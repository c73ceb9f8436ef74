"""What differs between two ways of grouping parameters: experiments, optimizers, what an optimizer has saved."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from torch import nn

from core.assignment.naming import name_by_order, unwrap
from core.assignment.pairing import idle_names, pair_groups
from core.assignment.sides import Side, read_side
from core.text import say


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


def differences(a: Any, b: Any, network: nn.Module | None = None) -> list[Difference]:
    """Which parameters are in another group in `b` than in `a`, new there or gone, and which settings differ.

    `a` and `b` are each an Experiment (over `network`), an Assignment, an optimizer or what `core.experiment.given`
    reads as one, such as a list of dicts that torch refuses since a parameter stands in two of them, or an
    `optimizer.state_dict()`, also inside a checkpoint, or without its state, with names for its parameters' numbers.
    Parameters go by their names, from `network` or torch's own `param_names`; where one side has none, by their order
    and, as far as they are known, their shapes; where one side has no parameters at all, as `print(optimizer)` has
    none, settings alone are compared. Groups go by their names, and without one by their order; beside an experiment,
    which reading an optimizer gives with equal groups merged, first by their parameters. What an experiment freezes
    and an optimizer does not train is no difference, whether it holds that or not.

    Raises ExperimentError for what is none of these, ValueError for an experiment without a network.
    """
    before, after = (read_side(side, network) for side in (a, b))
    unwrap(before, after)
    name_by_order(before, after)
    idle = idle_names(before, after)
    pair_groups(before, after, idle)
    members = [*_members(before, after, idle)] if before.members and after.members else []
    return [*_twice(before), *_twice(after), *members, *_settings(before, after)]


def _twice(side: Side) -> Iterator[Difference]:
    """What torch calls "some parameters appear in more than one parameter group"."""
    first: dict[str | None, int] = {}
    for each in side.members:
        if each.name in first:
            titles = (side.groups[place].title for place in (first[each.name], each.group))
            yield Difference("twice", str(each.name), *titles)
        first.setdefault(each.name, each.group)


def _members(a: Side, b: Side, idle: Set[str | None]) -> Iterator[Difference]:
    before, after = (
        {str(each.name): side.groups[each.group].title for each in side.members if each.name not in idle}
        for side in (a, b)
    )
    for name, group in before.items():
        if name not in after:
            yield Difference("gone", name, group)
        elif after[name] != group:
            yield Difference("moved", name, group, after[name])
    for name, group in after.items():
        if name not in before:
            yield Difference("new", name, None, group)


def _settings(a: Side, b: Side) -> Iterator[Difference]:
    before, after = ({group.title: group.settings for group in side.groups} for side in (a, b))
    for title, values in before.items():
        if title in after:
            for key in dict.fromkeys([*values, *after[title]]):
                was, now = _plain(values.get(key)), _plain(after[title].get(key))
                if key in values and key in after[title] and was != now and str(was) != str(now):
                    yield Difference("setting", f"{title}, {key}", str(was), str(now))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # a tensor, of one number or several
        value = value.tolist()
    return list(value) if isinstance(value, tuple) else value
