"""Dataclasses whose fields carry the rules of `core.rules`: the one table that reads, bounds and writes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from core.errors import ExperimentError, Problem
from core.rules import Rule, Wrong

MOST_UNKNOWN = 10  # unknown fields that are told apart


def ruled(rule: Rule, default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field whose value `rule` reads and writes."""
    return dataclasses.field(default=default, metadata={"rule": rule})


def ruled_fields(cls: type) -> list[dataclasses.Field[Any]]:
    """The fields of `cls` that carry a rule, in order."""
    return [f for f in dataclasses.fields(cls) if "rule" in f.metadata]


def parse_fields(instance: Any) -> None:
    """Replace each value by what its rule reads from it; raise ExperimentError with all that fail."""
    problems = []
    for f in ruled_fields(type(instance)):
        try:
            object.__setattr__(instance, f.name, f.metadata["rule"].read(getattr(instance, f.name)))
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
