"""The runs of one visit that can be drawn beside the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.experiment import Experiment
from core.report.report import Report

MOST_KEPT = 8


@dataclass(frozen=True)
class KeptRun:
    """A run's name, its short name for a legend, what it ran, its chart's text and its accuracy, 0 to 1."""

    name: str
    short: str
    experiment: Experiment
    chart: str
    accuracy: float | None


def keep(kept: Sequence[KeptRun], report: Report, short: str | None = None) -> list[KeptRun]:
    """`kept` with one more run, if it measured anything and is not among them; beyond MOST_KEPT the oldest goes.

    It is named by its place in the visit, which is also its short name unless one is given.
    """
    if report.started is None or not report.steps or any(run.chart == report.chart for run in kept):
        return list(kept)
    experiment = report.started.experiment
    number = 1 + max((int(run.name.split()[0].removeprefix("#")) for run in kept), default=0)
    result = "–" if report.accuracy is None else f"{100 * report.accuracy:.1f} %"
    name = f"#{number} {experiment.model}, {result}: {', '.join(group.name for group in experiment.groups)}"[:80]
    return [*kept, KeptRun(name, short or f"#{number}", experiment, report.chart, report.accuracy)][-MOST_KEPT:]


def delete(kept: Sequence[KeptRun], names: Sequence[str]) -> list[KeptRun]:
    """`kept` without the runs of these names."""
    return [run for run in kept if run.name not in names]


def beside(kept: Sequence[KeptRun], names: Sequence[str]) -> list[dict[str, str]]:
    """The runs of these names as the live chart draws them beside its own: by short name, with their text."""
    return [{"name": run.short, "text": run.chart} for run in kept if run.name in names]
