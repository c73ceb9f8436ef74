"""Fields of dataclasses that carry the rule by which a value is read, bounded and written.

Each rule has `read(value)`, which gives the canonical value or raises `Wrong`, and `write(value)`,
which gives plain JSON back. Reading what was read gives the same value.
"""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from numbers import Real
from typing import Any, NamedTuple, Protocol

from core.experiment.errors import ExperimentError, Problem

EXAMPLES = {0.001: "0.001 (1e-3)", 0.5: "0.5"}  # the first that is within bounds is told, else the upper bound
PERCENT = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?)\s*%\s*")
# As people write a number in much of Europe, or with a Chinese keyboard: 0,001 and 0。001.
DECIMAL_COMMA = re.compile(r"\s*([+-]?[0-9]*)[,。]([0-9]+(?:[eE][+-]?[0-9]+)?)\s*")
# What a Chinese keyboard gives for ASCII: full-width forms (unicode.org/charts/PDF/UFF00.pdf), and 、 between items.
# Not all that Unicode's NFKC would replace: it makes 10³ into 103.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", ord("、"): ","}


class Wrong(Exception):
    """A value outside its rule: the key of the sentence in `core.text`, and what fills it."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def half_width(text: str) -> str:
    """The text with what a Chinese keyboard gives for ASCII as ASCII."""
    return text.translate(HALF_WIDTH)


class Bilingual(NamedTuple):
    """One text in both languages of the page."""

    en: str
    zh: str


class Rule(Protocol):
    """What reads a field's value, raising Wrong, and writes it as plain JSON."""

    def read(self, value: Any) -> Any: ...
    def write(self, value: Any) -> Any: ...


class PlainRule:
    """Values that are JSON as they are."""

    def write(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Number(PlainRule):
    """A finite number from `low` to `high`, as a number or as text; `count` asks for a tuple of them."""

    low: float
    high: float
    whole: bool = False
    optional: bool = False
    count: int | None = None

    def read(self, value: Any) -> Any:
        if self.count is not None:
            return self._read_tuple(value)
        if self.optional and (value is None or (isinstance(value, str) and not value)):
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
        bounds = {"low": self.low, "high": self.high}
        example = next((text for number, text in EXAMPLES.items() if self.low <= number <= self.high), f"{self.high:g}")
        wrong = Wrong("not_whole" if self.whole else "not_a_number", value=value, example=example, **bounds)
        if isinstance(value, bool) or not isinstance(value, (Real, str)):  # numpy's numbers are Real, its bool is not
            raise wrong
        if isinstance(value, str) and len(value) > 40:
            raise wrong
        typed = half_width(value) if isinstance(value, str) else value
        if isinstance(typed, str) and not self.whole and (parts := DECIMAL_COMMA.fullmatch(typed)):
            raise Wrong("decimal_comma", value=value, point=".".join(parts.groups()))
        if isinstance(typed, str) and not self.whole and (parts := PERCENT.fullmatch(typed)):
            raise Wrong("number_in_percent", value=value, number=float(parts[1]) / 100, **bounds)
        try:
            number = float(typed)
        except (ValueError, OverflowError):
            raise wrong from None
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise wrong
        return int(number) if self.whole else number


@dataclass(frozen=True)
class Choice(PlainRule):
    """One of the given words."""

    choices: tuple[str, ...]

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Wrong("not_a_choice", value=value, allowed=", ".join(self.choices))
        return value


@dataclass(frozen=True)
class Flag(PlainRule):
    """True or False."""

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Wrong("not_a_flag", value=value)
        return value


@dataclass(frozen=True)
class Text(PlainRule):
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
        if _has_control_characters(line):
            raise Wrong("control_characters", value=value)
        return line


def _has_control_characters(line: str) -> bool:
    """Whether one of Unicode's category C is in it; what is printable has none (`str.isprintable`), and is most."""
    return not line.isprintable() and any(unicodedata.category(letter).startswith("C") for letter in line)


@dataclass(frozen=True)
class Lines(PlainRule):
    """A text of any number of lines, `longest` characters at most, without control characters; none is the default."""

    longest: int

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("not_a_text", value=value)
        if len(value) > self.longest:
            raise Wrong("too_long", value=value, most=self.longest)
        lines = [line.rstrip() for line in value.replace("\r\n", "\n").split("\n")]
        if any(_has_control_characters(line.replace("\t", " ")) for line in lines):
            raise Wrong("control_characters", value=value)
        return "".join(f"{line}\n" for line in lines if line)


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


MOST_UNKNOWN = 10  # unknown fields that are told apart


def ruled(rule: Rule, default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field whose value `rule` reads and writes."""
    return dataclasses.field(default=default, metadata={"rule": rule})


def ruled_fields(cls: type) -> list[dataclasses.Field[Any]]:
    """The fields of `cls` that carry a rule, in order."""
    return [f for f in dataclasses.fields(cls) if "rule" in f.metadata]


def parse_fields(instance: Any, **others: Rule) -> None:
    """Replace each value by what its rule, or that of `others`, reads from it; raise ExperimentError with all wrong."""
    problems = []
    for f in ruled_fields(type(instance)):
        rule = others.get(f.name, f.metadata["rule"])
        try:
            object.__setattr__(instance, f.name, rule.read(getattr(instance, f.name)))
        except Wrong as wrong:
            problems.append(Problem(None, f.name, wrong.key, wrong.values))
    if problems:
        raise ExperimentError(problems)


def write_fields(instance: Any) -> dict[str, Any]:
    """The values of the ruled fields as plain JSON."""
    return {f.name: f.metadata["rule"].write(getattr(instance, f.name)) for f in ruled_fields(type(instance))}


def unknown_fields(cls: type, raw: Mapping[Any, Any]) -> Iterator[Problem]:
    """A problem for each of the first few keys of `raw` that name no field of `cls`."""
    known = [f.name for f in dataclasses.fields(cls)]
    for name in islice((name for name in raw if name not in known), MOST_UNKNOWN):
        field = name[:40] if isinstance(name, str) and name.isprintable() else "field"
        yield Problem(None, field, "unknown_field", {"value": name, "allowed": ", ".join(known)})
