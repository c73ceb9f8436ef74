"""What people type into one cell: globs over names, a depth, keyword arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.experiment.fields import Number, PlainRule, Rule, Text, Wrong, half_width
from core.text import Shown

LONGEST_GLOB = 300  # characters
MOST_STARS = 6  # in one glob: names of parameters have hardly more parts, and each makes it slower to match


def parts_of(glob: str) -> list[str]:
    """What a glob is made of if its Chinese commas are to separate globs, and not part of a name."""
    return [part for part in re.split("[，、]", glob) if part]


@dataclass(frozen=True)
class Globs:
    """One or more globs over parameter names: a list, or one text that separates them by space or comma.

    Names may hold full-width characters, so these stay: what they stand for the network's names decide
    (`core.assignment.selection`).
    """

    most: int
    longest: int

    def read(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = value.replace(",", " ").split(maxsplit=self.most + 1)
        if not isinstance(value, (list, tuple)) or not value:
            raise Wrong("no_globs", value=value)
        if len(value) > self.most:
            raise Wrong("too_many_globs", count=len(value), most=self.most)
        globs = tuple(Text(self.longest).read(item) for item in value)
        if spaced := [glob for glob in globs if " " in glob or "," in glob]:
            raise Wrong("glob_with_space", value=spaced[0])
        if starred := [glob for glob in globs if any(part.count("*") > MOST_STARS for part in parts_of(glob))]:
            raise Wrong("too_many_stars", value=starred[0], most=MOST_STARS)
        return globs

    def write(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


@dataclass(frozen=True)
class Factors(PlainRule):
    """What learning rates are multiplied by: numbers or fractions such as "1/30", a list of them or one text."""

    low: float = 1e-6
    high: float = 1e6
    most: int = 12

    def read(self, value: Any) -> tuple[float, ...]:
        if isinstance(value, str):
            value = half_width(value).replace(",", " ").split(maxsplit=self.most + 1)
        if not isinstance(value, (list, tuple)) or not value:
            raise Wrong("no_factors", value=value)
        if len(value) > self.most:
            raise Wrong("too_many_factors", count=len(value), most=self.most)
        return tuple(self._read_one(item) for item in value)

    def _read_one(self, value: Any) -> float:
        number = Number(self.low, self.high)
        if not isinstance(value, str) or value.count("/") != 1:
            return float(number.read(value))
        above, below = (Number(0, self.high).read(part) for part in value.split("/"))
        if below == 0:
            raise Wrong("out_of_bounds", value=value, low=self.low, high=self.high)
        return float(number.read(above / below))


class Depth(PlainRule):
    """A depth in the network, or several: "" (all), "3", "2-5", "4-", "stem" or "head"."""

    def read(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000:
            value = str(value)
        if not isinstance(value, str):
            raise Wrong("not_a_depth", value=value)
        text = "".join(half_width(value[:41]).split())
        found = re.fullmatch(r"stem|head|([0-9]{1,3})(?:-([0-9]{1,3})?)?|", text)
        if len(value) > 40 or found is None or (found[2] and int(found[2]) < int(found[1])):
            raise Wrong("not_a_depth", value=value)
        return text


@dataclass(frozen=True)
class Options:
    """Keyword arguments as one would type them, `betas=(0.9, 0.95) nesterov=True`: Python literals.

    Read as a tuple of (name, value), bounded where `rules` knows the name; whether a class
    takes it is for the group to say.
    """

    rules: Mapping[str, Rule]
    longest: int = 300

    def read(self, value: Any) -> tuple[tuple[str, Any], ...]:
        if isinstance(value, tuple):
            value = self._rewrite(value)
        if not isinstance(value, str):
            raise Wrong("not_options", value=value)
        if len(value) > self.longest:
            raise Wrong("too_long", value=value, most=self.longest)
        try:
            return self._read_text(value)
        except Wrong:
            if (typed := half_width(value)) == value:
                raise
            return self._read_text(typed)  # only now, since a literal may hold full-width characters

    def _read_text(self, value: str) -> tuple[tuple[str, Any], ...]:
        # Splits at each "name=", so that spaces inside a literal stay in it.
        start, *pairs = re.split(r"([A-Za-z_]\w*)\s*=", value)
        if start.strip():
            raise Wrong("not_options", value=value)
        parsed: dict[str, Any] = {}
        for name, literal in zip(pairs[::2], pairs[1::2], strict=True):
            if name in parsed:
                raise Wrong("option_twice", value=Shown(name))
            parsed[name] = self._read_one(name, literal.strip().rstrip(","))
        return tuple(parsed.items())

    def _rewrite(self, value: tuple[Any, ...]) -> str:
        try:
            return self.write(value)
        except (TypeError, ValueError):
            raise Wrong("not_options", value=value) from None

    def _read_one(self, name: str, literal: str) -> Any:
        try:
            value = ast.literal_eval(literal)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise Wrong("not_a_literal", value=Shown(f"{name}={literal}")) from None
        if name not in self.rules:
            return value
        try:
            return self.rules[name].read(value)
        except Wrong as wrong:
            raise Wrong(wrong.key, **wrong.values | {"value": Shown(f"{name}={literal}")}) from None

    def write(self, value: tuple[tuple[str, Any], ...]) -> str:
        return " ".join(f"{name}={setting!r}" for name, setting in value)
