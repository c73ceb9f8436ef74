"""Which group of one side is which of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set

from core.assignment.sides import Side
from core.experiment.from_torch import LONGEST_NAME


def idle_names(a: Side, b: Side) -> set[str | None]:
    """What an experiment freezes and an optimizer does not train: whether it holds that makes no difference."""
    if a.is_experiment == b.is_experiment:
        return set()
    page, other = (a, b) if a.is_experiment else (b, a)
    held = {each.name: each for each in other.members}
    idle = set()
    for each in page.members:
        own = held.get(each.name)
        trains = own is not None and (own.trains or (own.trains is None and each.trains))
        if page.is_idle(each) and not trains:
            idle.add(each.name)
    return idle


def pair_groups(a: Side, b: Side, idle: Set[str | None]) -> None:
    """Give a group of one side and that of the other which it is compared with one title, and no others.

    First go names; then, beside an experiment, the parameters of a group without a name, since reading an optimizer
    merges equal groups and leaves out frozen ones; then the order of the rest, if one of both has no name.
    """
    first, second = (b, a) if b.is_experiment and not a.is_experiment else (a, b)
    with_optimizer = first.is_experiment and not second.is_experiment
    for place in {each.group for each in second.members} - {m.group for m in second.members if m.name not in idle}:
        second.groups[place].frozen = True
    places = {group.title: place for place, group in enumerate(first.groups) if group.is_named}
    pairs = {
        place: places[group.title]
        for place, group in enumerate(second.groups)
        if group.is_named and group.title in places
    }
    if with_optimizer:
        pairs |= _by_members(first, second, pairs, idle)
    left, right = (
        [place for place, group in enumerate(side.groups) if not (place in taken or (with_optimizer and group.frozen))]
        for side, taken in ((first, {*pairs.values()}), (second, {*pairs}))
    )
    for place, other in zip(left, right, strict=False):
        if not (first.groups[place].is_named and second.groups[other].is_named):
            pairs[other] = place
    _give_titles(first, second, pairs)


def _by_members(page: Side, other: Side, named: Mapping[int, int], idle: Set[str | None]) -> dict[int, int]:
    """For groups of an optimizer without a name that an experiment would have kept, the group that has most of theirs.

    Of several the first gets it; those with the same settings too, if it has all of theirs.
    """
    homes = {each.name: each.group for each in page.members if each.name not in idle}
    taken = {*named.values()} | {place for place, group in enumerate(page.groups) if group.frozen}
    free = _without_kept_name(other) - {*named}
    shared = Counter((each.group, homes[each.name]) for each in other.members if each.name in homes)
    shared = Counter({pair: count for pair, count in shared.items() if pair[0] in free and pair[1] not in taken})
    pairs: dict[int, int] = {}
    first: dict[int, int] = {}
    for (place, home), _ in shared.most_common():
        if place not in pairs and home not in first:
            pairs[place], first[home] = home, place
    how_many = Counter(place for place, _ in shared)
    for place, home in shared:
        if place not in pairs and how_many[place] == 1:
            settings = (other.groups[each].settings.items() for each in (place, first[home]))
            own, of_first = (sorted(map(str, each)) for each in settings)
            pairs |= {place: home} if own == of_first else {}
    return pairs


def _without_kept_name(side: Side) -> set[int]:
    """The groups whose name reading an optimizer does not keep: none, that of the only parameter, or a long one."""
    names: dict[int, list[str | None]] = {}
    for each in side.members:
        names.setdefault(each.group, []).append(each.name)
    return {
        place
        for place, group in enumerate(side.groups)
        if not group.is_named or names.get(place) == [group.title] or len(group.title) > LONGEST_NAME
    }


def _give_titles(first: Side, second: Side, pairs: Mapping[int, int]) -> None:
    for other, place in pairs.items():
        if first.groups[place].is_named:
            second.groups[other].title = first.groups[place].title
        else:
            first.groups[place].title = second.groups[other].title
    taken = {second.groups[other].title for other in pairs}
    for side, paired in ((first, {*pairs.values()}), (second, {*pairs})):
        for place, group in enumerate(side.groups):
            if place not in paired:
                title, number = group.title, 2
                while group.title in taken:
                    group.title, number = f"{title} ({number})", number + 1
                taken.add(group.title)
