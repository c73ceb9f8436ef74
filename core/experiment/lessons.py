"""The lessons of the course: of a preset a question, three answers to choose a prediction from, and what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.experiment.errors import ExperimentError, Problem
from core.experiment.experiment import Experiment
from core.experiment.fields import Bilingual, Choice, Number, Words, Wrong
from core.experiment.files import MAX_FILE_BYTES, read_toml

WORDS = Words(1000)
ANSWERS = 3


@dataclass(frozen=True)
class Lesson:
    """A question, the answers to it, which of them is `right` (counted from 1), and what was `seen` in runs."""

    question: Bilingual
    answers: tuple[Bilingual, ...]
    right: int
    seen: Bilingual


def load_lessons(path: Path, presets: Mapping[str, Experiment]) -> dict[str, Lesson]:
    """One for each of the presets that the TOML file names, in the presets' order.

    {preset: {question, answers, right, seen}}; texts are {en, zh}. Raises ExperimentError, with the lesson's name and
    the field, for a preset that is not there, fields that are missing or more, and values outside their rules; OSError.
    """
    told = read_toml(path.read_bytes()[: MAX_FILE_BYTES + 1])
    if unknown := sorted(told.keys() - presets.keys()):
        raise ExperimentError([Problem(None, "preset", "unknown_field", {"value": unknown[0], "allowed": "-"})])
    return {name: _read(name, told[name]) for name in presets if name in told}


def _read(name: str, told: Any) -> Lesson:
    fields = tuple(Lesson.__dataclass_fields__)
    try:
        if not isinstance(told, Mapping):
            raise Wrong("not_a_table", value=told)
        for field in told:
            Choice(fields).read(field)
        answers = told.get("answers")
        if not isinstance(answers, list) or len(answers) != ANSWERS:
            raise Wrong("not_a_tuple", value=answers, count=ANSWERS)
        texts = [told.get("question"), *answers, told.get("seen")]
        question, *read, seen = (_text(text) for text in texts)
        right = Number(1, ANSWERS, whole=True).read(told.get("right"))
    except Wrong as wrong:
        raise ExperimentError([Problem(None, name, wrong.key, wrong.values)]) from None
    return Lesson(question, tuple(read), right, seen)


def _text(value: Any) -> Bilingual:
    """A text in both languages, neither of them empty."""
    text = WORDS.read(value)
    if not all(text):
        raise Wrong("empty")
    return text
