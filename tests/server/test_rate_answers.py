"""Questions about learning rates, as the page asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.experiment import Experiment
from core.server import Answer, Runs, map_answers, range_answers, suggest_answers
from core.server.visitors import Visitor
from core.text import say
from tests.conftest import Make
from tests.server.test_runs import TWO

ME = Visitor("me")
Ask = Callable[[Runs, Experiment], Iterator[Answer]]
QUESTIONS: dict[str, Ask] = {
    "map": lambda runs, experiment: map_answers(runs, ME, "en", experiment, "3", 1, 10),
    "suggest": lambda runs, experiment: suggest_answers(runs, ME, "en", experiment, 10),
    "ranges": lambda runs, experiment: range_answers(runs, ME, "en", experiment),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_who_stops_while_waiting_in_line_is_told_so(make: Make, ask: Ask) -> None:
    runs = Runs()
    other: Any = runs.in_turn(Visitor("another"), lambda stop: iter([1, 2]))
    next(other)
    answers = ask(runs, make(*TWO))
    assert next(answers).status.startswith("Waiting in line: 1 ahead")
    runs.stop(ME)
    *_, last = answers
    assert (last.status, last.progress) == (say("asked_stopped"), None)
    other.close()
    assert len(runs) == 0
