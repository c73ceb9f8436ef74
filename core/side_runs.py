"""Longer questions to the trainer: is a difference more than noise, and which learning rates would fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.checking import check
from core.comparing import Repeated, Repeating, merged, repeat, verdict, with_seeds
from core.errors import ExperimentError
from core.events import Finished
from core.experiment import Experiment
from core.report import waiting_sentence
from core.runs import FAILURES, Runs, explain
from core.suggesting import Probing, Suggestions, suggest
from core.text import say


@dataclass(frozen=True)
class Answer:
    """What the page shows of a question: one status line, the part done (0 to 1, None at the end),
    sentences, and the suggestions if those were asked for."""

    status: str
    progress: float | None
    sentences: list[str] = field(default_factory=list)
    suggestions: Suggestions | None = None


def compare_over_seeds(runs: Runs, session: str, language: str, raw: dict[str, Any], count: Any) -> Iterator[Answer]:
    """The page's groups against one group, each over `count` seeds: does the difference exceed the noise?"""

    def begin(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[Any]:
        return repeat([*with_seeds(experiment, count), *with_seeds(merged(experiment), count)], stop)

    ends: list[Repeated] = []
    for event in _in_turn(runs, session, language, raw, begin):
        if isinstance(event, Repeated):
            ends.append(event)
        else:
            yield _answer(event, language)
    if ends:
        yield _verdict(ends, language)


def suggest_rates(runs: Runs, session: str, language: str, raw: dict[str, Any], target: Any) -> Iterator[Answer]:
    """Learning rates that bring every group's update/weight to `target`."""

    def begin(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[Any]:
        return suggest(experiment, target, stop=stop)

    for event in _in_turn(runs, session, language, raw, begin):
        yield _answer(event, language)


def _in_turn(
    runs: Runs,
    session: str,
    language: str,
    raw: dict[str, Any],
    begin: Callable[[Experiment, Callable[[], bool]], Iterator[Any]],
) -> Iterator[Any]:
    """The events of `begin(experiment, stop)` once its turn has come, or an `Answer` that says why not."""
    checked = check(raw)
    experiment = checked.experiment
    if experiment is None or checked.problems:
        yield Answer(say("fix_first", language), None)
        return
    try:
        yield from runs.in_turn(session, lambda stop: begin(experiment, stop.is_set))
    except ExperimentError as error:
        yield Answer(" ".join(problem.sentence(language) for problem in error.problems), None)
    except FAILURES as failure:
        yield Answer(explain(failure, language), None)


def _answer(event: Any, language: str) -> Answer:
    if isinstance(event, Answer):
        return event
    if isinstance(event, Repeating):
        return Answer(event.sentence(language), event.done / event.total)
    if isinstance(event, Probing):
        return Answer(event.sentence(language), (event.round - 1 + event.done / event.total) / event.rounds)
    if isinstance(event, Suggestions):
        sentences = [suggestion.sentence(language) for suggestion in event.groups]
        return Answer(say(f"asked_{event.reason}", language), None, sentences, event)
    if isinstance(event, Finished):
        return Answer(say("asked_stopped", language), None)
    return Answer(waiting_sentence(event, language), 0.0)


def _verdict(ends: list[Repeated], language: str) -> Answer:
    half = len(ends) // 2
    ours, one = ([end.accuracy for end in part] for part in (ends[:half], ends[half:]))
    if reasons := {end.reason for end in ends} - {"done"}:
        return Answer(say(f"asked_{sorted(reasons)[-1]}", language), None)
    sentence = verdict([a for a in ours if a is not None], [b for b in one if b is not None]).sentence(language)
    return Answer(say("asked_done", language), None, [sentence])
