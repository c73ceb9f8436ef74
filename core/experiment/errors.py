"""What is wrong with an experiment, and where."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.text import Shown, say

# Keys of problems that keep an experiment from being run, and leave who is where, what torch uses, code and links.
ONLY_NO_RUN = ("not_trained_here", "structure_not_trained")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`row` counts groups from 0) and the sentence that says so."""

    row: int | None
    field: str
    key: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        return say(self.key, language, **self.values)

    @property
    def place(self) -> str:
        """The field by its path in an experiment."""
        return self.field if self.row is None else f"groups[{self.row}].{self.field}"

    def with_place(self, language: str = "en") -> str:
        return f"{self.place}: {self.sentence(language)}"


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


@contextmanager
def collecting(problems: list[Problem], row: int | None = None) -> Iterator[None]:
    """Inside `with`, an ExperimentError ends the block and its problems join `problems`, told of `row` if one is given.

    What the block was to make is missing then: look at `problems` first.
    """
    try:
        yield
    except ExperimentError as error:
        problems += error.problems if row is None else [replace(problem, row=row) for problem in error.problems]


def not_an_experiment(thing: object) -> ExperimentError:
    """What was given in place of an experiment, by its class."""
    value = Shown((thing if isinstance(thing, type) else type(thing)).__name__)
    return ExperimentError([Problem(None, "experiment", "not_an_experiment", {"value": value})])


def unknown_name(field: str, value: str, known: Sequence[str], most: int = 4) -> Problem:
    """`value` names nothing: those of `known` that are spelled nearly so, or else the first `most` of them."""
    near = difflib.get_close_matches(value[:100], known, n=4, cutoff=0.5) or known[:most]
    return Problem(None, field, "unknown_name", {"value": value, "near": ", ".join(near)})
