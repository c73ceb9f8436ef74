"""Which parameter and which group of one side is which of the other, where one side does not name them."""

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
            (name and name.removeprefix(more * MODULE), shape, group) for name, shape, group in side.members
        ]


def _times_in_module(side: Side) -> list[int]:
    """How often `module.` stands before each name that is known."""
    parts = [name.split(".") for name, _, _ in side.members if name is not None]
    return [len([*takewhile(lambda part: part == "module", each)]) for each in parts]


def name_by_order(a: Side, b: Side) -> None:
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


def name_groups(a: Side, b: Side) -> None:
    """Where all groups of one side go by their numbers, and there are as many, the other's names."""
    numbers = [str(place + 1) for place in range(len(a.titles))]
    for known, bare in ((a, b), (b, a)):
        if bare.titles == numbers and len(known.titles) == len(numbers):
            bare.titles = known.titles
            return


def _take_names(known: Side, bare: Side) -> None:
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
