"""Everybody's runs: one line for page and API, each visitor's own to watch and to stop."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from core import lab
from core.events import Event, Finished, Progress, Started, Step
from core.experiment import Experiment, ExperimentError, Problem
from core.report import Report
from core.server.paces import Paces
from core.server.visitors import Visitor
from core.server.waiting_line import Refused, Turns
from core.text import say

Choose = Callable[[Experiment], Experiment]  # gives for an experiment the one to compare it with
Begin = Callable[[Callable[[], bool]], Iterator[Any]]  # the events of what ends when it is told to
LONGEST_LINE = 16  # runs that wait or compute
LOOK_FOR_READERS = 0.005  # seconds between two looks at whether somebody reads

# What torch says of it on CUDA, MPS and the CPU; where a GPU is lent, only the words of an error come through.
OUT_OF_MEMORY = "out of memory|can't allocate memory"


class AlreadyRuns(Refused):
    """The visitor has another run that waits or computes."""

    key = "already_runs"


class NobodyReads(Refused):
    """Nobody has opened the stream of what is to be told."""

    key = "nobody_reads"


FAILURES = (ExperimentError, Refused, RuntimeError)  # what a run may end with besides its events


class Runs:
    """The runs of one server. Visitors never see each other's; each has one that waits or computes."""

    def __init__(self) -> None:
        self._turns = Turns(LONGEST_LINE)
        self._stops: dict[str, threading.Event] = {}
        self._paces = Paces()
        self._shown: dict[str, Report] = {}

    def watch(self, visitor: Visitor, language: str, raw: dict[str, Any]) -> Iterator[Report]:
        """Run what a page holds; yields the one report whenever it is worth showing again."""
        yield from self._watch(visitor, language, lab.check(raw))

    def _watch(self, visitor: Visitor, language: str, checked: lab.Checked) -> Iterator[Report]:
        report = Report(language)
        try:
            yield from self._watched(visitor, report, checked)
        finally:
            if self._shown.get(visitor.name) is report:
                del self._shown[visitor.name]

    def _watched(self, visitor: Visitor, report: Report, checked: lab.Checked) -> Iterator[Report]:
        if checked.experiment is None or checked.problems:
            report.fail(say("fix_first", report.language))
            yield report
            return
        experiment = checked.experiment
        yield report
        try:
            for event in self._train(visitor, experiment):
                if isinstance(event, Started):
                    self._shown[visitor.name] = report
                if report.take(event):
                    yield report
        except FAILURES as failure:
            report.fail(explain(failure, report.language))
            yield report
        except Exception:  # as where no GPU can be lent: the page shows the error's own words, if it has any
            report.fail(say("run_ended", report.language))
            yield report
            raise

    def _train(self, visitor: Visitor | None, experiment: Experiment) -> Iterator[Event]:
        """Its events once its turn has come; one that cannot end in time, by those before it, does not begin."""
        limit = lab.TIME_LIMIT
        seconds = self._paces.hopeless(experiment, limit)
        if seconds is not None:
            values = {"minutes": seconds / 60, "limit": limit / 60}
            raise ExperimentError([Problem(None, "epochs", "too_long_as_seen", values)])
        steps, speed = 0, None
        try:
            for event in self.in_turn(visitor, lambda stop: lab.compute(lab.train, experiment, stop=stop)):
                steps += isinstance(event, Step)
                if isinstance(event, Progress):
                    speed = event.steps_per_second or speed
                yield event
        finally:
            if speed:
                self._paces.take(experiment, steps, 1 / speed)

    def seconds(self, experiment: Experiment) -> float | None:
        """About how many a run of it takes, by those before it; None where there was none like it."""
        return self._paces.seconds(experiment)

    def in_turn(self, visitor: Visitor | None, begin: Begin) -> Iterator[Any]:
        """The events of `begin(stop)` once its turn has come; `stop()` is true when the visitor asks to, or has gone.

        Without a visitor nobody asks: closing the generator ends it, as it does every run. Raises AlreadyRuns where
        the visitor's last one has not ended, and NobodyReads where nobody comes to read what it tells.
        """
        if visitor is None:
            yield from self._turns.in_turn(lambda: begin(_never), _never)
            return
        asked = threading.Event()
        if self._stops.setdefault(visitor.name, asked) is not asked:
            raise AlreadyRuns
        try:
            wait_for_reader(visitor)

            def stop() -> bool:
                return asked.is_set() or visitor.reads() is False

            yield from self._turns.in_turn(lambda: begin(stop), stop)
        finally:
            del self._stops[visitor.name]

    def shown_to(self, visitor: Visitor) -> Report | None:
        """The report of the visitor's run that computes, if there is one."""
        return self._shown.get(visitor.name)

    def __len__(self) -> int:
        """Runs that wait or compute now."""
        return len(self._turns)

    def compare(
        self, visitor: Visitor, language: str, raw: dict[str, Any], last: Report | None, choose: Choose
    ) -> Iterator[tuple[Report, Report | None]]:
        """The page's run, unless `last` was it, then the one to compare it with; yields both as they grow.

        Raises ExperimentError where that one cannot run.
        """
        checked, first = lab.check(raw), last
        other = None
        if checked.experiment is not None and not checked.problems:
            other = checked_other(checked.experiment, choose)
        if last is None or not last.is_whole_run_of(checked.as_run):
            for first in self._watch(visitor, language, checked):
                yield first, None
        if other is None or first is None or not first.is_done:
            return
        for second in self._watch(visitor, language, other):
            yield first, second

    def stop(self, visitor: Visitor) -> None:
        """Ask the visitor's run, if it has one, to end at its next step."""
        if asked := self._stops.get(visitor.name):
            asked.set()

    def stream(self, experiment: Experiment, visitor: Visitor | None = None) -> Iterator[list[Event]]:
        """Train an experiment that can run; yields its events in the bursts they come in. Raises one of FAILURES.

        The last burst holds the last evaluation and the end.
        """
        burst: list[Event] = []
        for event in self._train(visitor, experiment):
            burst.append(event)
            if isinstance(event, (Started, Progress, Finished)):
                yield burst
                burst = []


def wait_for_reader(visitor: Visitor) -> None:
    """Until somebody reads what the visitor is told. Raises NobodyReads where nobody comes."""
    while (reads := visitor.reads()) is None:
        time.sleep(LOOK_FOR_READERS)
    if not reads:
        raise NobodyReads


def _never() -> bool:
    return False


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
    if isinstance(failure, Refused):
        return say(failure.key, language)
    if isinstance(failure, lab.DatasetUnavailable):
        return say("dataset_missing", language)
    if re.search(OUT_OF_MEMORY, str(failure)):
        return say("out_of_memory", language)
    return say("run_failed", language, reason=str(failure).partition("\n")[0][:200])
