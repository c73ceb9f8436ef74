"""What is wrong with an experiment, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.text import say


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`row` counts groups from 0) and the sentence that says so."""

    row: int | None
    field: str
    key: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        return say(self.key, language, **self.values)

    def with_place(self, language: str = "en") -> str:
        place = self.field if self.row is None else f"groups[{self.row}].{self.field}"
        return f"{place}: {self.sentence(language)}"


class ExperimentError(ValueError):
    """An experiment that cannot be: `problems` holds all that is wrong, `row` and `field` the first.

    `str(error)` is the English text of every problem, each with its place.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        self.row, self.field = self.problems[0].row, self.problems[0].field
        super().__init__("\n".join(problem.with_place() for problem in self.problems))

    @property
    def sentence(self) -> str:
        return self.problems[0].sentence()

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        """Pickled as its problems: runs may be in another process."""
        return ExperimentError, (self.problems,)
