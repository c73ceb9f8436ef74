"""Questions about learning rates, answered by short runs: which rate matters, which would do better, what ranges do.

Each raises one of FAILURES; a result grows with the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core import lab
from core.events import Finished, Progress
from core.experiment import Experiment
from core.report import waiting_sentence
from core.server.answers import Answer
from core.server.runs import Runs
from core.server.visitors import Visitor
from core.text import say

Answers = Iterator[Answer]


def map_answers(
    runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment, factors: Any, seeds: Any, seconds: Any
) -> Answers:
    """Which rate matters: the map, cell by cell. Raises one of FAILURES."""
    plan, cells = None, []
    told: tuple[str, float | None]
    for event in _events(runs, visitor, lab.map_rates, experiment, factors, seeds, seconds):
        if isinstance(event, lab.MapPlan):
            plan, told = event, (event.sentence(language), 0.0)
        elif isinstance(event, lab.Cell):
            cells.append(event)
        elif isinstance(event, lab.Mapping):
            told = (event.sentence(language), (event.run - 1) / event.runs)
        elif isinstance(event, lab.RateMap):
            yield Answer(say(f"asked_{event.reason}", language), None, _of_map(event, language), event)
            return
        else:
            told = _waiting(event, language)
        sentences = [plan.sentence(language)] if plan else []
        yield Answer(*told, sentences, lab.RateMap(plan, tuple(cells), "") if plan else None)


def suggest_answers(
    runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment, seconds: Any
) -> Answers:
    """Rates that were seen to do better. Raises one of FAILURES."""
    for event in _events(runs, visitor, lab.suggest, experiment, seconds):
        if isinstance(event, lab.Suggestions):
            status = say(f"asked_{event.reason}", language)
            yield Answer(status, None, event.sentences(language), event)
        elif isinstance(event, lab.Searching):
            yield Answer(event.sentence(language), min(1 - event.seconds_left / event.seconds, 1.0))
        else:
            yield Answer(*_waiting(event, language))


def range_answers(runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment) -> Answers:
    """Range tests, one after the other. Raises one of FAILURES."""
    tests: list[lab.RangeTest] = []
    told: tuple[str, float | None] = (say("status_preparing", language), 0.0)
    for event in _events(runs, visitor, lab.test_ranges, experiment):
        if isinstance(event, lab.RangeTest):
            tests.append(event)
        elif isinstance(event, lab.Testing):
            told = (event.sentence(language), (event.test - 1 + event.step / event.steps) / event.tests)
        elif isinstance(event, lab.RangeTests):
            told = (say(f"asked_{event.reason}", language), None)
        else:
            told = _waiting(event, language)
        sentences = [test.sentence(language) for test in tests]
        yield Answer(*told, sentences, lab.RangeTests(tuple(tests), "done" if told[1] is None else ""))


def _events(runs: Runs, visitor: Visitor | None, job: Any, experiment: Experiment, *more: Any) -> Iterator[Any]:
    return runs.in_turn(visitor, lambda stop: lab.compute(job, experiment, *more, stop=stop))


def _waiting(event: Progress | Finished, language: str) -> tuple[str, float | None]:
    """What is waited for before the first run counts, and the part done; who is in line may have asked to stop."""
    if isinstance(event, Finished):
        return say("asked_stopped", language), None
    if event.doing == "frozen":
        return say("status_frozen", language, done=event.done, total=event.total), 0.0
    return say("trials_timing", language) if event.doing == "timing" else waiting_sentence(event, language), 0.0


def _of_map(rate_map: Any, language: str) -> list[str]:
    """The plan, what was left out, and what the map shows."""
    if not rate_map.plan.runs:
        return []
    left_out = (say(key, language, group=group) for group, key in rate_map.plan.left_out)
    shown = (statement.sentence(language) for statement in lab.read_map(rate_map))
    return [rate_map.plan.sentence(language), *left_out, *shown]
