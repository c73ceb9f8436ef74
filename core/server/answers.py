"""Longer questions to the trainer: how they are answered, and which learning rates match a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core import lab
from core.events import Finished
from core.experiment import Experiment, ExperimentError, Problem
from core.report import waiting_sentence
from core.server.runs import FAILURES, Runs, explain
from core.server.visitors import Visitor
from core.text import say

# Of what is asked beside.
LABELS = {"target": "rates_target", "seconds": "map_seconds", "factors": "map_factors", "seeds": "asked_seeds"}


@dataclass(frozen=True)
class Answer:
    """What the page shows of a question: one status line, the part done (0 to 1, None at the end),
    sentences, and what was found so far, whatever was asked for."""

    status: str
    progress: float | None
    sentences: list[str] = field(default_factory=list)
    result: Any = None


def match_rates(runs: Runs, visitor: Visitor, language: str, raw: dict[str, Any], target: Any) -> Iterator[Answer]:
    """Learning rates that bring every group's update/weight to `target`."""
    return told(raw, language, lambda experiment: answers_on_size(runs, visitor, language, experiment, target))


def answers_on_size(
    runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment, target: Any
) -> Iterator[Answer]:
    """As `match_rates`, of an experiment that can run. Raises one of FAILURES."""
    for event in runs.in_turn(visitor, lambda stop: lab.compute(lab.match_size, experiment, target, stop=stop)):
        yield answer_of(event, language)


def told(raw: dict[str, Any], language: str, begin: Callable[[Experiment], Iterator[Answer]]) -> Iterator[Answer]:
    """The answers of `begin(experiment)`, or one that says why there are none."""
    checked = lab.check(raw)
    if checked.experiment is None or checked.problems:
        yield Answer(say("fix_first", language), None)
        return
    try:
        yield from begin(checked.experiment)
    except ExperimentError as error:
        yield Answer(" ".join(_with_label(problem, language) for problem in error.problems), None)
    except FAILURES as failure:
        yield Answer(explain(failure, language), None)
    except Exception:  # as in a run
        yield Answer(say("run_ended", language), None)
        raise


def _with_label(problem: Problem, language: str) -> str:
    """What is wrong, behind the words of the field where it was typed."""
    label = LABELS.get(problem.field)
    sentence = problem.sentence(language)
    return say("behind", language, label=say(label, language), text=sentence) if label else sentence


def answer_of(event: Any, language: str) -> Answer:
    """What to tell of an event that comes while a question is answered."""
    if isinstance(event, Answer):
        return event
    if isinstance(event, lab.Repeating):
        return Answer(event.sentence(language), event.done / event.total)
    if isinstance(event, lab.MatchProbe):
        return Answer(event.sentence(language), (event.round - 1 + event.done / event.total) / event.rounds)
    if isinstance(event, lab.SizeMatches):
        sentences = [suggestion.sentence(language) for suggestion in event.groups]
        return Answer(say(f"asked_{event.reason}", language), None, sentences, event)
    if isinstance(event, Finished):
        return Answer(say("asked_stopped", language), None)
    return Answer(waiting_sentence(event, language), 0.0)
