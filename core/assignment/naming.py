"""The names by which parameters of two sides are compared, where wrapping has changed them or one side has none."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

from core.assignment.sides import Side
from core.experiment.wrappers import MODULE

MOST_COMPARED = 1_000_000  # pairs of shapes that are all compared: half a second


def unwrap(a: Side, b: Side) -> None:
    """Take `module.` from the names of a side that was wrapped in DataParallel or its kin where the other was not.

    A network may call a part of its own so: then names of both sides have it, and keep it.
    """
    for side, other in ((a, b), (b, a)):
        more = min(_times_in_module(side), default=0) - max(_times_in_module(other), default=0)
        side.members = [
            each._replace(name=each.name and each.name.removeprefix(more * MODULE)) for each in side.members
        ]


def _times_in_module(side: Side) -> list[int]:
    """How often `module.` stands before each name that is known."""
    parts = [each.name.split(".") for each in side.members if each.name is not None]
    return [len([*takewhile(lambda part: part == "module", each)]) for each in parts]


def name_by_order(a: Side, b: Side) -> None:
    """Where one side does not know its names, the other's: of what stands in the same order, by shapes if known."""
    for known, bare in ((a, b), (b, a)):
        if not _are_known(bare) and _are_known(known):
            _leave_out_frozen(known, bare)
            _take_names(known, bare)
            return
    for side in (a, b):
        side.members = [
            each if each.name is not None else each._replace(name=f"#{number}")
            for number, each in enumerate(side.members)
        ]


def _are_known(side: Side) -> bool:
    return all(each.name is not None for each in side.members)


def _leave_out_frozen(known: Side, bare: Side) -> None:
    """What an experiment freezes no optimizer need hold; one that has as many as all together does hold it."""
    if not known.is_experiment or bare.is_experiment:
        return
    told = [each for each in bare.members if each.trains is not None]
    if told or len(bare.members) != len(known.members):
        known.members = [each for each in known.members if not known.is_idle(each)]
        bare.members = [each for each in bare.members if each.trains is not False]


def _take_names(known: Side, bare: Side) -> None:
    shapes = [each.shape for each in known.members]
    others = [each.shape for each in bare.members]
    if None in others or None in shapes:
        pairs = {place: place for place in range(min(len(shapes), len(others)))}
    else:
        pairs = _pairs(others, shapes)
    bare.members = [
        each._replace(
            name=known.members[pairs[place]].name if place in pairs else f"#{place} {_dimensions(each.shape)}".rstrip()
        )
        for place, each in enumerate(bare.members)
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
