"""Everybody's runs: one line for page and API, each visitor's own to watch and to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from core.checking import check
from core.data import DatasetUnavailable
from core.errors import ExperimentError
from core.events import Step, TensorStep, to_json
from core.experiment import Experiment
from core.report import Report
from core.text import say
from core.training import train
from core.turns import LineFull, Turns

LONGEST_LINE = 16  # runs that wait or compute
FAILURES = (LineFull, DatasetUnavailable, RuntimeError)  # what a run may end with besides its events


class Runs:
    """The runs of one server. Visitors are told apart by their session's name and never see each other's."""

    def __init__(self) -> None:
        self._turns = Turns(LONGEST_LINE)
        self._stops: dict[str, threading.Event] = {}

    def watch(self, session: str, language: str, raw: dict[str, Any]) -> Iterator[Report]:
        """Run what a page holds; yields the one report whenever it is worth showing again."""
        report = Report(language)
        checked = check(raw)
        if checked.experiment is None or checked.problems:
            report.status = say("fix_first", language)
            yield report
            return
        stop = self._stops[session] = threading.Event()
        yield report
        try:
            yield from self._report(checked.experiment, stop, report)
        finally:
            self._stops.pop(session, None)

    def _report(self, experiment: Experiment, stop: threading.Event, report: Report) -> Iterator[Report]:
        try:
            for event in self._turns.in_turn(lambda: train(experiment, stop=stop), stop.is_set):
                if report.take(event):
                    yield report
        except FAILURES as failure:
            report.status = explain(failure, report.language)
            yield report

    def __len__(self) -> int:
        """Runs that wait or compute now."""
        return len(self._turns)

    def stop(self, session: str) -> None:
        """Ask the session's run, if it has one, to end at its next step."""
        if stop := self._stops.get(session):
            stop.set()

    def stream(self, raw: object) -> Iterator[list[dict[str, Any]]]:
        """Train an experiment; yields its events as plain JSON, in the bursts they come in.

        Raises ExperimentError, or one of FAILURES.
        """
        checked = check(raw)
        if checked.experiment is None or checked.problems:
            raise ExperimentError(checked.problems)
        experiment = checked.experiment
        burst = []
        for event in self._turns.in_turn(lambda: train(experiment), lambda: False):
            burst.append(to_json(event))
            if not isinstance(event, (Step, TensorStep)):
                yield burst
                burst = []


def explain(failure: Exception, language: str) -> str:
    """Why a run could not be had, in words for its visitor."""
    if isinstance(failure, ExperimentError):
        return "\n".join(problem.with_place(language) for problem in failure.problems)
    if isinstance(failure, LineFull):
        return say("line_full", language)
    if isinstance(failure, DatasetUnavailable):
        return say("dataset_missing", language)
    return say("run_failed", language, reason=str(failure).partition("\n")[0][:200])
