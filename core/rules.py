"""How one value is read, bounded and written: the rules that the fields of an experiment carry.

Each rule has `read(value)`, which gives the canonical value or raises `Wrong`, and `write(value)`,
which gives plain JSON back. Reading what was read gives the same value.
"""

from __future__ import annotations

import ast
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.text import Shown

MOST_STARS = 6  # in one glob: names of parameters have hardly more parts, and each makes it slower to match


class Wrong(Exception):
    """A value outside its rule: the key of the sentence in `core.text`, and what fills it."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Bilingual(NamedTuple):
    """One text in both languages of the page."""

    en: str
    zh: str


class Rule(Protocol):
    """What reads a field's value, raising Wrong, and writes it as plain JSON."""

    def read(self, value: Any) -> Any: ...
    def write(self, value: Any) -> Any: ...


class _PlainRule:
    """Values that are JSON as they are."""

    def write(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Number(_PlainRule):
    """A finite number from `low` to `high`, as a number or as text; `count` asks for a tuple of them."""

    low: float
    high: float
    whole: bool = False
    optional: bool = False
    count: int | None = None

    def read(self, value: Any) -> Any:
        if self.count is not None:
            return self._read_tuple(value)
        if self.optional and (value is None or value == ""):
            return None
        number = self._to_number(value)
        if not self.low <= number <= self.high:
            raise Wrong("out_of_bounds", value=value, low=self.low, high=self.high)
        return number

    def _read_tuple(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, (tuple, list)) or len(value) != self.count:
            raise Wrong("not_a_tuple", value=value, count=self.count)
        one = Number(self.low, self.high, self.whole)
        return tuple(one.read(item) for item in value)

    def _to_number(self, value: Any) -> float:
        key = "not_whole" if self.whole else "not_a_number"
        wrong = Wrong(key, value=value, low=self.low, high=self.high)
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise wrong
        if isinstance(value, str) and len(value) > 40:
            raise wrong
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise wrong from None
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise wrong
        return int(number) if self.whole else number


@dataclass(frozen=True)
class Choice(_PlainRule):
    """One of the given words."""

    choices: tuple[str, ...]

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Wrong("not_a_choice", value=value, allowed=", ".join(self.choices))
        return value


@dataclass(frozen=True)
class Flag(_PlainRule):
    """True or False."""

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Wrong("not_a_flag", value=value)
        return value


@dataclass(frozen=True)
class Text(_PlainRule):
    """One line of 1 to `longest` characters, white space folded, without control characters."""

    longest: int
    shortest: int = 1

    def read(self, value: Any) -> str:
        if value is None:
            raise Wrong("empty")
        if not isinstance(value, str):
            raise Wrong("not_a_text", value=value)
        if len(value) > 2 * self.longest:
            raise Wrong("too_long", value=value, most=self.longest)
        line = " ".join(value.split())
        if len(line) < self.shortest:
            raise Wrong("empty")
        if len(line) > self.longest:
            raise Wrong("too_long", value=value, most=self.longest)
        if any(unicodedata.category(letter).startswith("C") for letter in line):
            raise Wrong("control_characters", value=value)
        return line


@dataclass(frozen=True)
class Words:
    """A text in English and Chinese: `{"en": ..., "zh": ...}`; one text alone serves for both."""

    longest: int

    def read(self, value: Any) -> Bilingual:
        if isinstance(value, str):
            value = Bilingual(value, value)
        if isinstance(value, Bilingual):
            value = value._asdict()
        if not isinstance(value, Mapping) or set(value) != {"en", "zh"}:
            raise Wrong("not_words", value=value)
        text = Text(self.longest, shortest=0)
        return Bilingual(text.read(value["en"]), text.read(value["zh"]))

    def write(self, value: Bilingual) -> dict[str, str]:
        return value._asdict()


@dataclass(frozen=True)
class Globs:
    """One or more globs over parameter names: a list, or one text that separates them by space or comma."""

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
        if starred := [glob for glob in globs if glob.count("*") > MOST_STARS]:
            raise Wrong("too_many_stars", value=starred[0], most=MOST_STARS)
        return globs

    def write(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


class Depth(_PlainRule):
    """A depth in the network, or several: "" (all), "3", "2-5", "4-", "stem" or "head"."""

    def read(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000:
            value = str(value)
        if not isinstance(value, str):
            raise Wrong("not_a_depth", value=value)
        text = "".join(value.split())
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
