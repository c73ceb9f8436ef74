"""Everybody's runs: one line for page and API, each visitor's own to watch and to stop."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from core import lab
from core.events import Event, Finished, Progress, Started
from core.experiment import Experiment, ExperimentError, Problem
from core.report import Report
from core.server.waiting_line import LineFull, Turns
from core.text import say

Choose = Callable[[Experiment], Experiment]  # gives for an experiment the one to compare it with
LONGEST_LINE = 16  # runs that wait or compute
FAILURES = (ExperimentError, LineFull, RuntimeError)  # what a run may end with besides its events

# What torch says of it on CUDA, MPS and the CPU; where a GPU is lent, only the words of an error come through.
OUT_OF_MEMORY = "out of memory|can't allocate memory"


class Runs:
    """The runs of one server. Visitors are told apart by their session's name and never see each other's."""

    def __init__(self) -> None:
        self._turns = Turns(LONGEST_LINE)
        self._stops: dict[str, threading.Event] = {}

    def watch(self, session: str, language: str, raw: dict[str, Any]) -> Iterator[Report]:
        """Run what a page holds; yields the one report whenever it is worth showing again."""
        yield from self._watch(session, language, lab.check(raw))

    def _watch(self, session: str, language: str, checked: lab.Checked) -> Iterator[Report]:
        report = Report(language)
        if checked.experiment is None or checked.problems:
            report.fail(say("fix_first", language))
            yield report
            return
        experiment = checked.experiment
        yield report
        try:
            for event in self.in_turn(session, lambda stop: lab.compute(lab.train, experiment, stop=stop.is_set)):
                if report.take(event):
                    yield report
        except FAILURES as failure:
            report.fail(explain(failure, report.language))
            yield report
        except Exception:  # as where no GPU can be lent: the page shows the error's own words, if it has any
            report.fail(say("run_ended", language))
            yield report
            raise

    def in_turn(self, session: str | None, begin: Callable[[threading.Event], Iterator[Any]]) -> Iterator[Any]:
        """The events of `begin(stop)` once its turn has come; `stop` is set when the session asks to.

        Without a session nobody asks: closing the generator ends it, as it does every run.
        """
        stop = threading.Event()
        if session is not None:
            self._stops[session] = stop
        try:
            yield from self._turns.in_turn(lambda: begin(stop), stop.is_set)
        finally:
            if session is not None:
                self._stops.pop(session, None)

    def __len__(self) -> int:
        """Runs that wait or compute now."""
        return len(self._turns)

    def compare(
        self, session: str, language: str, raw: dict[str, Any], last: Report | None, choose: Choose
    ) -> Iterator[tuple[Report, Report | None]]:
        """The page's run, unless `last` was it, then the one to compare it with; yields both as they grow.

        Raises ExperimentError where that one cannot run.
        """
        checked, first = lab.check(raw), last
        other = None
        if checked.experiment is not None and not checked.problems:
            other = checked_other(checked.experiment, choose)
        if last is None or not last.is_whole_run_of(checked.as_run):
            for first in self._watch(session, language, checked):
                yield first, None
        if other is None or first is None or not first.is_done:
            return
        for second in self._watch(session, language, other):
            yield first, second

    def stop(self, session: str) -> None:
        """Ask the session's run, if it has one, to end at its next step."""
        if stop := self._stops.get(session):
            stop.set()

    def stream(self, experiment: Experiment) -> Iterator[list[Event]]:
        """Train an experiment that can run; yields its events in the bursts they come in. Raises one of FAILURES.

        The last burst holds the last evaluation and the end.
        """
        burst: list[Event] = []
        for event in self.in_turn(None, lambda stop: lab.compute(lab.train, experiment, stop=stop.is_set)):
            burst.append(event)
            if isinstance(event, (Started, Progress, Finished)):
                yield burst
                burst = []


def checked_other(experiment: Experiment, choose: Choose) -> lab.Checked:
    """What `choose` gives for the experiment, with its seed.

    Raises ExperimentError unless it can run; its fields are said to be the other's.
    """
    checked = lab.check_experiment(replace(choose(experiment), seed=experiment.seed))
    if checked.problems:
        raise of_other(checked.problems)
    return checked


def of_other(problems: Sequence[Problem]) -> ExperimentError:
    """The problems as those of the experiment that another one is compared with."""
    places = ["other" if problem.place == "experiment" else f"other.{problem.place}" for problem in problems]
    return ExperimentError([replace(p, row=None, field=place) for p, place in zip(problems, places, strict=True)])


def explain(failure: Exception, language: str) -> str:
    """Why a run could not be had, in words for its visitor."""
    if isinstance(failure, ExperimentError):
        return "\n".join(problem.with_place(language) for problem in failure.problems)
    if isinstance(failure, LineFull):
        return say("line_full", language)
    if isinstance(failure, lab.DatasetUnavailable):
        return say("dataset_missing", language)
    if re.search(OUT_OF_MEMORY, str(failure)):
        return say("out_of_memory", language)
    return say("run_failed", language, reason=str(failure).partition("\n")[0][:200])
