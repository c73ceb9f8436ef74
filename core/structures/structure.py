"""A network by the names and shapes of its tensors, and the short text that says them.

A line is a name, its dimensions, and, where they are known, its module's class and the word `buffer`:

    embeddings.LayerNorm.weight 768 LayerNorm
    encoder.layer.{0-11}.attention.self.query.weight 768 768 Linear
    bn1.running_mean 64 buffer

`{0-11}` stands for the numbers from 0 to 11, each a line of its own. Lines that begin with # say something to people.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from core.experiment import ExperimentError, Problem

MOST_TENSORS = 20_000
LONGEST_NAME = 200  # characters
MOST_DIMENSIONS = 8
MOST_ELEMENTS = 2**50  # of one tensor
BUFFER = "buffer"

NAME = re.compile(r"[^\s{}=]+")
RANGE = re.compile(r"\{(\d{1,6})-(\d{1,6})\}")
NUMBER = re.compile(r"(?<![^.])\d{1,6}(?![^.])")  # a part of a name that is a number


@dataclass(frozen=True)
class Tensor:
    """A parameter, or a buffer; `kind` is the class of its module, "" where that is not known."""

    name: str
    shape: tuple[int, ...]
    kind: str = ""
    is_buffer: bool = False


@dataclass(frozen=True)
class Structure:
    """A network's tensors in its own order. Raises ExperimentError for none, too many, or a name that comes twice."""

    tensors: tuple[Tensor, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if len(self.tensors) > MOST_TENSORS:
            raise wrong("structure_too_many", most=MOST_TENSORS)
        if all(tensor.is_buffer for tensor in self.tensors):
            raise wrong("structure_empty")
        seen: set[str] = set()
        for tensor in self.tensors:
            _check(tensor)
            if tensor.name in seen:
                raise wrong("structure_twice", value=tensor.name)
            seen.add(tensor.name)
        inner = {name[:end] for name in seen for end, letter in enumerate(name) if letter == "."}
        if both := sorted(inner & seen):
            raise wrong("structure_module_and_tensor", value=both[0])

    def text(self) -> str:
        """The lines that `read_structure` reads back to an equal structure, but for an order that no module has."""
        return "".join(f"{line}\n" for line in _folded(self.tensors))


@lru_cache(maxsize=2)  # one text is read several times for an answer
def read_structure(text: str) -> Structure:
    """The structure that the lines say. Raises ExperimentError that names the line, counted from 1, and what is wrong.

    No more than `MOST_TENSORS` are ever made, whatever the ranges ask for.
    """
    tensors: list[Tensor] = []
    for number, line in enumerate(text.splitlines(), 1):
        if words := line.partition("#")[0].split():
            tensors += itertools.islice(_of_line(words, number), MOST_TENSORS + 1)
        if len(tensors) > MOST_TENSORS:
            break
    return Structure(tuple(tensors))


def _of_line(words: list[str], number: int) -> Iterator[Tensor]:
    name, *rest = words
    is_buffer = rest[-1:] == [BUFFER]
    rest = rest[: len(rest) - is_buffer]
    kind = rest.pop() if rest and rest[-1].isidentifier() else ""
    if not all(word.isascii() and word.isdecimal() and len(word) <= 16 for word in rest):
        raise wrong("structure_line", line=number, value=" ".join(words)[:100])
    shape = tuple(map(int, rest))
    bounds = [(int(first), int(last)) for first, last in RANGE.findall(name)]
    if math.prod(max(last - first + 1, 0) for first, last in bounds) > MOST_TENSORS:
        raise wrong("structure_too_many", most=MOST_TENSORS)
    pieces = RANGE.sub("\0", name).split("\0")
    if not all(NAME.fullmatch(piece) for piece in pieces if piece) or any(last < first for first, last in bounds):
        raise wrong("structure_line", line=number, value=" ".join(words)[:100])
    for numbers in itertools.product(*(range(first, last + 1) for first, last in bounds)):
        filled = itertools.chain.from_iterable(itertools.zip_longest(pieces, map(str, numbers), fillvalue=""))
        yield Tensor("".join(filled), shape, kind, is_buffer)


def _check(tensor: Tensor) -> None:
    parts = tensor.name.split(".")
    if not NAME.fullmatch(tensor.name) or not all(parts) or len(tensor.name) > LONGEST_NAME:
        raise wrong("structure_name", value=tensor.name[:100], most=LONGEST_NAME)
    if not tensor.name.isprintable():
        raise wrong("structure_name", value=repr(tensor.name[:100]), most=LONGEST_NAME)
    is_large = len(tensor.shape) > MOST_DIMENSIONS or math.prod(max(side, 1) for side in tensor.shape) > MOST_ELEMENTS
    if is_large or min(tensor.shape, default=0) < 0:
        raise wrong("structure_shape", value=tensor.name, shape=" × ".join(map(str, tensor.shape))[:100])


def _folded(tensors: Iterable[Tensor]) -> Iterator[str]:
    """A line for all tensors that differ in nothing but numbers in their names."""
    alike: dict[tuple[str, str], list[tuple[int, ...]]] = {}
    for tensor in tensors:
        kind = [tensor.kind] if tensor.kind else []
        rest = " ".join([*map(str, tensor.shape), *kind, *([BUFFER] if tensor.is_buffer else [])])
        numbers = tuple(int(part) for part in NUMBER.findall(tensor.name) if str(int(part)) == part)
        name = NUMBER.sub(lambda part: "{}" if str(int(part[0])) == part[0] else part[0], tensor.name)
        alike.setdefault((name, rest), []).append(numbers)
    for (name, rest), every in alike.items():
        for ranges in _as_ranges(every):
            written = (str(first) if first == last else f"{{{first}-{last}}}" for first, last in ranges)
            yield f"{name.format(*written)} {rest}".rstrip()


Ranges = tuple[tuple[int, int], ...]


def _as_ranges(every: list[tuple[int, ...]]) -> list[Ranges]:
    """Few boxes of numbers that hold these and no others; neighbours are joined place by place."""
    boxes: list[Ranges] = [tuple((number, number) for number in numbers) for numbers in every]
    for place in reversed(range(len(every[0]))):
        joined: list[Ranges] = []
        for box in sorted(boxes, key=lambda box: (box[:place], box[place + 1 :], box[place])):
            last = joined[-1] if joined else None
            rest = (*box[:place], *box[place + 1 :])
            if last and rest == (*last[:place], *last[place + 1 :]) and last[place][1] + 1 == box[place][0]:
                joined[-1] = (*box[:place], (last[place][0], box[place][1]), *box[place + 1 :])
            else:
                joined.append(box)
        boxes = joined
    return sorted(boxes)


def wrong(key: str, **values: object) -> ExperimentError:
    """What is wrong with a structure, in the field of that name."""
    return ExperimentError([Problem(None, "structure", key, values)])
