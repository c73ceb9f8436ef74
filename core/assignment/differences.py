"""What differs between two ways of grouping parameters: experiments, optimizers, what an optimizer has saved."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from torch import nn

from core.assignment.naming import name_by_order, unwrap
from core.assignment.pairing import idle_names, pair_groups
from core.assignment.sides import CLASS, Side, SideGroup, read_side
from core.experiment import OPTIMIZER_OPTIONS
from core.text import say

SETTINGS = {"momentum"}.union(*OPTIMIZER_OPTIONS.values())  # which a class has or has not; all have a rate


@dataclass(frozen=True)
class Difference:
    """One difference from `a` to `b`.

    `key` is "moved", "new", "gone" or "twice" of a parameter; "setting" of a group, with "_new" or "_gone" after it
    where only one side has that; "group_new" or "group_gone" of a group of which no parameter tells. `what` is the
    parameter's name, the group's and the setting's, or the group's; `before` and `after` are groups, or values; None
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
    none where torch was given no names, settings alone are compared. Groups go by their names, and without one by their
    order; beside an experiment, which reading an optimizer gives with equal groups merged, first by their parameters.
    What an experiment freezes and an optimizer does not train is no difference, whether it holds that or not.

    A setting or a group that only one side has is a difference where the other side tells all of its own: an optimizer
    and what it saved do, and an experiment has the defaults of its class. Of two classes that are named only the names
    are told.

    Raises ExperimentError for what is none of these, ValueError for an experiment without a network.
    """
    before, after = (read_side(side, network) for side in (a, b))
    unwrap(before, after)
    name_by_order(before, after)
    idle = idle_names(before, after)
    pair_groups(before, after, idle)
    members = [*_members(before, after, idle)] if before.members and after.members else []
    told = {title for each in members for title in (each.before, each.after)}
    groups = [each for each in _groups(before, after) if each.what not in told]
    return [*_twice(before), *_twice(after), *members, *groups, *_settings(before, after)]


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


def _groups(a: Side, b: Side) -> Iterator[Difference]:
    """The groups that only one side has; an optimizer need not hold what an experiment freezes."""
    with_optimizer = a.is_experiment != b.is_experiment
    before, after = ([group.title for group in side.groups] for side in (a, b))
    frozen = {group.title for group in (*a.groups, *b.groups) if group.frozen and with_optimizer}
    for title in before:
        if title not in {*after, *frozen}:
            yield Difference("group_gone", title, title)
    for title in after:
        if title not in {*before, *frozen}:
            yield Difference("group_new", title, None, title)


def _settings(a: Side, b: Side) -> Iterator[Difference]:
    before, after = ({group.title: group for group in side.groups} for side in (a, b))
    with_optimizer = a.is_experiment != b.is_experiment
    for title, group in before.items():
        if title in after:
            yield from _changes(group, after[title], with_optimizer)


def _changes(a: SideGroup, b: SideGroup, with_optimizer: bool) -> Iterator[Difference]:
    """What differs in a group's settings: those of another class too, but where its name tells of them."""
    classes = {group.settings[CLASS] for group in (a, b) if CLASS in group.settings}
    for key in dict.fromkeys([*a.settings, *b.settings]):
        was, now = _plain(a.settings.get(key)), _plain(b.settings.get(key))
        what = f"{a.title}, {key}"
        if key in a.settings and key in b.settings:
            if was != now and str(was) != str(now):
                yield Difference("setting", what, str(was), str(now))
        elif len(classes) < 2 and _counts_alone(key, was or now, with_optimizer):
            if b.is_whole and key in a.settings:
                yield Difference("setting_gone", what, str(was))
            elif a.is_whole and key in b.settings:
                yield Difference("setting_new", what, None, str(now))


def _counts_alone(key: str, value: Any, with_optimizer: bool) -> bool:
    """Whether a setting that only one group has makes a difference.

    Older versions of torch do not write one of Adam's. An experiment has a rate and a decay for every class, and none
    of what no class reads.
    """
    if key in (CLASS, "decoupled_weight_decay"):
        return False
    return not with_optimizer or key in SETTINGS or (key == "weight_decay" and bool(value))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # a tensor, of one number or several
        value = value.tolist()
    return list(value) if isinstance(value, tuple) else value
