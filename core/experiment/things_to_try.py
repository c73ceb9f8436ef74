"""What to try with a preset: one change of it, in words and as an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.experiment.errors import ExperimentError, Problem
from core.experiment.experiment import Experiment
from core.experiment.fields import Bilingual, Words
from core.experiment.files import MAX_FILE_BYTES, read_toml

WORDS = Words(600)


@dataclass(frozen=True)
class ThingToTry:
    """What to change and what was then seen, and the preset so changed."""

    words: Bilingual
    experiment: Experiment


def load_things_to_try(path: Path, presets: Mapping[str, Experiment]) -> dict[str, ThingToTry]:
    """One for each of the presets that the TOML file names: {preset: {en, zh, change}}.

    `change` maps a setting, or a group's name, a dot and one of its fields, to the new value; "" stands for none.
    Raises ExperimentError for a preset or a group that is not there and for values outside their rules, OSError.
    """
    told = read_toml(path.read_bytes()[: MAX_FILE_BYTES + 1])
    if unknown := sorted(told.keys() - presets.keys()):
        raise ExperimentError([Problem(None, "preset", "unknown_field", {"value": unknown[0], "allowed": "-"})])
    return {name: _read(told[name], presets[name]) for name in told}


def _read(told: Mapping[str, Any], preset: Experiment) -> ThingToTry:
    raw = preset.to_dict()
    for place, value in told["change"].items():
        group, dot, field = place.rpartition(".")
        target = _group(raw, group) if dot else raw
        target[field] = value
    return ThingToTry(WORDS.read({"en": told["en"], "zh": told["zh"]}), Experiment.from_dict(raw))


def _group(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    groups: list[dict[str, Any]] = [group for group in raw["groups"] if group["name"] == name]
    if not groups:
        raise ExperimentError([Problem(None, "groups", "unknown_field", {"value": name, "allowed": "-"})])
    return groups[0]
