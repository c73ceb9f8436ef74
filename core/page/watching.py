"""A training of one's own, followed while it writes its recording (`--watch`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.page.checks import Checks
from core.page.handlers import QUIET, Updates
from core.page.opening import Opening
from core.page.results import Results
from core.page.run_bar import RunBar
from core.report import Followed, Report
from core.text import language_of, say

EVERY = 1.0  # seconds


@dataclass
class _Seen:
    """How far a page has come: the report, the turn of the file and how many of its events were taken."""

    report: Report
    turn: int
    taken: int = 0


def watch(followed: Followed, opening: Opening, checks: Checks, bar: RunBar, results: Results) -> None:
    """The file's run is shown as one of the lab's is; its groups fill the page when it begins."""
    seen = gr.State(None)

    def look(state: _Seen | None, language: str) -> Updates:
        followed.look()
        events = followed.events
        if state is None or state.turn != followed.turn:
            state = _Seen(Report(language_of(language)), followed.turn)
        new = events[state.taken :]
        if followed.problem is not None and not new:
            return bar.tell(followed.problem.problems[0].sentence(language_of(language)), None) | {seen: state}
        if not new:
            return {seen: state} | ({} if events else bar.tell(say("watch_waits", language_of(language)), None))
        begins = state.taken == 0
        state.taken += len(new)
        for event in new:
            state.report.take(event)
        report = state.report
        if report.finished is None:
            step = report.steps[-1].step if report.steps else 0
            report.status, report.progress = say("watch_goes_on", report.language, step=step), 0.0
        updates = results.show(report) | bar.tell(report.status, None) | {seen: state}
        if begins and report.started is not None:
            filled = opening.fill_with(report.started.experiment.to_dict(), [], report.language)
            chart = gr.update(**{**filled[results.chart], "value": report.chart})
            updates = filled | updates | {results.chart: chart, opening.chosen: False}
        return updates

    outputs: list[Any] = [*opening.outputs, opening.chosen, *results.shown, *bar.told, seen]
    ticked = gr.Timer(EVERY).tick(look, [seen, opening.inputs.language], list(dict.fromkeys(outputs)), **QUIET)
    begun = gr.State(0)
    ticked.then(lambda state: state.turn if state else 0, seen, begun, **QUIET)
    begun.change(**checks.event)
