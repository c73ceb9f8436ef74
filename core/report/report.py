"""A run's events as the page shows them: the chart's text, one status line, the summary's rows."""

from __future__ import annotations

import secrets

from core.events import Evaluated, Event, Finished, FrozenPart, Progress, Silent, Started, Step, TensorStep
from core.experiment import Experiment
from core.report.curves import chart_head, chart_row
from core.report.evidence import Finding, evidence_of
from core.report.findings import judge
from core.report.summary import frozen_part, made_with, summarise
from core.text import say


class Report:
    """Takes events one by one; what it shows is then up to date, and what was measured is kept.

    `chart` only ever grows at its end within a run, so that what is sent is what was added.
    `progress` is the part of the steps that is done, 0 to 1, None outside a run.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.chart = ""
        self.status = say("status_preparing", language)
        self.made_with = ""
        self.progress: float | None = 0.0
        self.rows: list[list[str]] = []
        self.found: list[Finding] = []
        self.findings: list[str] = []
        self.started: Started | None = None
        self.steps: list[Step] = []
        self.columns: list[TensorStep] = []
        self.evaluations: list[Evaluated] = []
        self.silences: list[Silent] = []
        self.finished: Finished | None = None

    @property
    def accuracy(self) -> float | None:
        """The last evaluation's, 0 to 1."""
        return self.evaluations[-1].accuracy if self.evaluations else None

    @property
    def loss(self) -> float | None:
        """The last evaluation's mean cross-entropy."""
        return self.evaluations[-1].loss if self.evaluations else None

    def is_whole_run_of(self, experiment: Experiment | None) -> bool:
        """Whether this is a run of `experiment`, from its start to its end."""
        return self.is_done and self.started is not None and self.started.experiment == experiment

    @property
    def is_done(self) -> bool:
        """Whether the run went to its end."""
        return self.finished is not None and self.finished.reason == "done"

    def take(self, event: Event) -> bool:
        """Take one event; True if now is a good moment to show what has changed."""
        if isinstance(event, Step):
            self.steps.append(event)
            self.chart += chart_row(event)
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
            self.chart += chart_row(event)
        elif isinstance(event, Progress):
            self.status = self._progress(event)
        elif isinstance(event, FrozenPart):
            self.made_with += f"\n\n{frozen_part(event, self.language)}"
        else:
            self._finish(event)
        return True

    def fail(self, sentence: str) -> None:
        """The run ended without `Finished`; `sentence` says why."""
        self.status, self.progress = sentence, None

    def _start(self, event: Started) -> None:
        self.started = event
        self.chart = chart_head(event, secrets.token_hex(8), self.language)
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
        return say("status_training", self.language, **steps, **speed, accuracy=self._accuracy_text())

    @property
    def _model(self) -> str:
        """The network if it started from random weights, as those did whose updates are known."""
        return self.started.experiment.model if self.started and self.started.weights == "random" else ""

    @property
    def _total(self) -> int:
        return self.started.steps if self.started else 0

    def _accuracy_text(self) -> str:
        return "–" if self.accuracy is None else f"{100 * self.accuracy:.1f} %"

    def _finish(self, event: Finished) -> None:
        self.finished, self.progress = event, None
        values = {"step": event.step, "total": self._total, "seconds": event.seconds}
        self.status = say(f"finished_{event.reason}", self.language, **values, accuracy=self._accuracy_text())
        for group in summarise(self.steps, event, self._model):
            end, ratio = group.end, group.median_ratio
            distance = "–" if end.distance is None else f"{100 * end.distance:.4g} %"
            median = "–" if ratio is None else f"{ratio:.2e}"
            numbers = [f"{end.weights:,}", distance, median]
            self.rows.append([end.name, *numbers, group.badge(self.language), group.reading(self.language)])
        if event.step and self.started is not None:
            self.found = judge(evidence_of(self.started, self.steps, self.evaluations, self.silences, event))
            sentences = [finding.sentence(self.language) for finding in self.found]
            self.findings = sentences or [say("no_findings", self.language)]


def waiting_sentence(event: Progress, language: str) -> str:
    """What a run waits for: its turn, or a download of weights."""
    if event.doing == "waiting":
        return say("status_waiting", language, place=event.place)
    return say("status_weights", language, done=event.done / 1e6, total=event.total / 1e6)
