"""The runs of one visit that can be drawn beside the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.experiment import Experiment

MOST_KEPT = 8


@dataclass(frozen=True)
class KeptRun:
    """A run's name, what it ran, its chart's text (see `core.figures`) and its accuracy, 0 to 1."""

    name: str
    experiment: Experiment
    chart: str
    accuracy: float | None


def keep(kept: Sequence[KeptRun], experiment: Experiment, chart: str, accuracy: float | None) -> list[KeptRun]:
    """`kept` with one more run, named by its place in the visit; the oldest goes when there are too many."""
    number = 1 + max((int(run.name.split()[0].removeprefix("#")) for run in kept), default=0)
    result = "–" if accuracy is None else f"{100 * accuracy:.1f} %"
    groups = ", ".join(group.name for group in experiment.groups)
    name = f"#{number} {experiment.model}, {result}: {groups}"
    return [*kept, KeptRun(name[:80], experiment, chart, accuracy)][-MOST_KEPT:]


def delete(kept: Sequence[KeptRun], names: Sequence[str]) -> list[KeptRun]:
    """`kept` without the runs of these names."""
    return [run for run in kept if run.name not in names]


def beside(kept: Sequence[KeptRun], names: Sequence[str]) -> list[dict[str, str]]:
    """The runs of these names as the live chart draws them beside its own: by number, with their text."""
    return [{"name": run.name.split()[0], "text": run.chart} for run in kept if run.name in names]
