"""What stands in a recording's lines, checked: numbers, names and lists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from core.structures import MOST_TENSORS

LARGEST = 1e300  # of a number in a recording


def number_of(value: Any) -> float | None:
    """A finite number, or None. Raises ValueError, as all of these do."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        raise ValueError(f"{str(value)[:40]} is no number")
    return float(value)


def size_of(value: Any) -> float | None:
    """A number from 0 up, or None: a norm, or what is made of norms."""
    if (number := number_of(value)) is not None and number < 0:
        raise ValueError(f"{number:g} is below 0")
    return number


def whole_of(value: Any) -> int:
    """A whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**15:
        raise ValueError(f"{str(value)[:40]} is no whole number from 0 up")
    return value


def text_of(value: Any, longest: int = 100) -> str:
    """A text of one line without control characters."""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise ValueError(f"{str(value)[:40]!r} is no text of up to {longest} characters")
    return value


def list_of(value: Any) -> list[Any]:
    """A list, no longer than the largest network's."""
    if not isinstance(value, list) or len(value) > MOST_TENSORS:
        raise ValueError(f"{str(value)[:40]} is no list")
    return value


def those_of(shown: Sequence[bool], value: Any) -> list[Any]:
    """Of a list with a place for each group of the file, those that are shown."""
    if not isinstance(value, list) or len(value) != len(shown):
        raise ValueError(f"a list of {len(shown)} is needed")
    return [*compress(value, shown)]
