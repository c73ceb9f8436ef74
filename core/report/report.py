"""A run's events as the page shows them: the chart's text, one status line, the summary's rows."""

from __future__ import annotations

import secrets
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import merge
from operator import attrgetter

from core.events import Evaluated, Event, Finished, FrozenPart, Progress, Silent, Started, Step, TensorStep
from core.experiment import Experiment
from core.report.chart_text import ChartText
from core.report.curves import chart_head
from core.report.evidence import Finding, evidence_of
from core.report.findings import judge
from core.report.recorded_groups import OWN
from core.report.summary import GroupSummary, frozen_part, made_with, summarise
from core.text import percent, say

step_of = attrgetter("step")
MOST_SENT = 8e6  # characters a second that a page reads: Gradio looks through all of a text whenever it has grown


class Report:
    """Takes events one by one; what it shows is then up to date, and what was measured is kept.

    `chart` only ever grows at its end within a run, so that what is sent is what was added.
    `progress` is the part of the steps that is done, 0 to 1, None outside a run.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.run = ""  # its name in the chart's text
        self._chart = ChartText()
        self._sent, self._sent_at = "", 0.0
        self.status = say("status_preparing", language)
        self.made_with = ""
        self.progress: float | None = 0.0
        self.rows: list[list[str]] = []
        self.summaries: list[GroupSummary] = []
        self.found: list[Finding] = []
        self.findings: list[str] = []
        self.started: Started | None = None
        self.steps: list[Step] = []
        self.columns: list[TensorStep] = []
        self.evaluations: list[Evaluated] = []
        self.silences: list[Silent] = []
        self.finished: Finished | None = None
        self._told_problem: str | None = None  # the reason that was told last

    @property
    def chart(self) -> str:
        """The text of the live chart."""
        return self._chart.text

    def growing_chart(self) -> str:
        """`chart`, or while the run goes on what it was a moment ago: the longer it is, the more seldom it grows."""
        now = time.monotonic()
        if self.progress is None or now - self._sent_at >= len(self._sent) / MOST_SENT:
            self._sent, self._sent_at = self.chart, now
        return self._sent

    def chart_detail(self, view: str, first: int, last: int) -> str:
        """Lines of the live chart for one view, by its name in addresses, and the steps from `first` to `last`: every
        one of them, or where they are too many for the chart their stretches."""
        lines = ChartText(view=view)
        for event in merge(*(within(each, first, last) for each in (self.steps, self.evaluations)), key=step_of):
            lines.add(event)
        lines.close()
        return lines.text

    @property
    def _tested(self) -> Evaluated | None:
        """The last evaluation of the network once it had trained: that before the first step tells nothing of a run."""
        return self.evaluations[-1] if self.evaluations and self.evaluations[-1].step else None

    @property
    def accuracy(self) -> float | None:
        """After the last epoch that ended, 0 to 1."""
        return self._tested.accuracy if self._tested else None

    @property
    def accuracy_text(self) -> str:
        """The same in percent; a dash where no epoch ended."""
        return "–" if self.accuracy is None else say("percent", self.language, number=f"{100 * self.accuracy:.1f}")

    @property
    def loss(self) -> float | None:
        """The mean cross-entropy then."""
        return self._tested.loss if self._tested else None

    def is_of(self, experiment: Experiment | None) -> bool:
        """Whether this is a run of `experiment`."""
        return self.started is not None and self.started.experiment == experiment

    def is_whole_run_of(self, experiment: Experiment | None) -> bool:
        """Whether this is a run of `experiment`, from its start to its end."""
        return self.is_done and self.is_of(experiment)

    @property
    def is_done(self) -> bool:
        """Whether the run went to its end."""
        return self.finished is not None and self.finished.reason == "done"

    def events(self) -> list[Event]:
        """What was taken, as it came, but for progress and what was said of the frozen part."""
        during: list[Step | TensorStep | Evaluated | Silent] = [*self.steps, *self.columns]
        during += [*self.evaluations, *self.silences]
        during.sort(key=lambda event: event.step)  # stable: of one step in this order
        return [*([self.started] if self.started else []), *during, *([self.finished] if self.finished else [])]

    def take(self, event: Event) -> bool:
        """Take one event; True if now is a good moment to show what has changed."""
        if isinstance(event, Step):
            self.steps.append(event)
            self._chart.add(event)
            return False
        if isinstance(event, TensorStep):
            self.columns.append(event)
            return False
        if isinstance(event, Silent):
            self.silences.append(event)
            return False
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Evaluated):
            self.evaluations.append(event)
            self._chart.add(event)
            return event.step > 0  # what is measured before the first step is told with it, which it would hold up
        elif isinstance(event, Progress):
            self.status = self._progress(event)
        elif isinstance(event, FrozenPart):
            if event.problem is None or event.problem != self._told_problem:  # said once, not at every new start
                self.made_with += f"\n\n{frozen_part(event, self.language)}"
            self._told_problem = event.problem
        else:
            self._finish(event)
        return True

    def fail(self, sentence: str) -> None:
        """The run ended without `Finished`; `sentence` says why."""
        self.status, self.progress = sentence, None

    def cut_off(self, is_watched: bool) -> None:
        """Whoever watched the run may have left in its midst, which ends it: that is said then."""
        left = self.finished is not None and self.finished.reason == "stopped" and not is_watched
        if left or self.progress is not None:
            self.fail(say("chart_kept", self.language))

    def _start(self, event: Started) -> None:
        self.started = event
        self.run = secrets.token_hex(8)
        self._chart = ChartText(chart_head(event, self.run, self.language))
        self.made_with = "\n\n".join(made_with(event, self.language))

    def _progress(self, event: Progress) -> str:
        if event.doing in ("waiting", "weights"):
            return waiting_sentence(event, self.language)
        if event.doing == "frozen":
            self.progress = event.done / event.total
            return say("status_frozen", self.language, done=event.done, total=event.total)
        if event.steps_per_second is None or event.seconds_left is None:
            return say("status_evaluating", self.language, done=event.done, total=event.total)
        speed = {"speed": event.steps_per_second, "left": event.seconds_left}
        steps = {"step": len(self.steps), "total": self._total}
        self.progress = len(self.steps) / self._total
        return say("status_training", self.language, **steps, **speed, accuracy=self.accuracy_text)

    @property
    def _model(self) -> str:
        """The network if it started from random weights, as those did whose updates are known."""
        return self.started.experiment.model if self.started and self.started.weights == "random" else ""

    @property
    def _total(self) -> int:
        return self.started.steps if self.started else 0

    def _finish(self, event: Finished) -> None:
        self.finished, self.progress = event, None
        self._chart.close()
        self.status = self._end_in_words(event)
        self.summaries = summarise(self.steps, event, self._model)
        for group in self.summaries:
            end, ratio = group.end, group.median_ratio
            distance, median = self._percent(end.distance, 4), self._percent(ratio, 3)
            numbers = [f"{end.weights:,}", distance, median]
            self.rows.append([end.name, *numbers, group.badge(self.language), group.reading(self.language)])
        if event.step and self.started is not None:
            self.found = judge(evidence_of(self.started, self.steps, self.evaluations, self.silences, event))
            sentences = [finding.sentence(self.language) for finding in self.found]
            self.findings = sentences or [self._all_is_well()]

    def _end_in_words(self, event: Finished) -> str:
        values = {"step": event.step, "total": self._total, "seconds": event.seconds}
        if self.started is not None and self.started.weights == OWN:
            return say("recorded" if event.reason == "done" else "recorded_so_far", self.language, **values)
        return say(f"finished_{event.reason}", self.language, **values, accuracy=self.accuracy_text)

    def _percent(self, part: float | None, digits: int) -> str:
        return "–" if part is None else say("percent", self.language, number=percent(100 * part, digits))

    def _all_is_well(self) -> str:
        """With what the run came to, since who reads it wants to know that first."""
        if len(self.evaluations) < 2:
            return say("no_findings", self.language)
        first, last = self.evaluations[0], self.evaluations[-1]
        values = {"before": 100 * first.accuracy, "after": 100 * last.accuracy}
        return say("no_findings_but", self.language, **values, loss_before=first.loss, loss_after=last.loss)


def within(events: Sequence[Step | Evaluated], first: int, last: int) -> Sequence[Step | Evaluated]:
    """Of events in the order of their steps those from the step `first` to `last`."""
    return events[bisect_left(events, first, key=step_of) : bisect_right(events, last, key=step_of)]


def waiting_sentence(event: Progress, language: str) -> str:
    """What a run waits for: its turn, or a download of weights."""
    if event.doing == "waiting":
        return say("status_waiting", language, place=event.place)
    return say("status_weights", language, done=event.done / 1e6, total=event.total / 1e6)
