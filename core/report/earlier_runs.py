"""The runs of one visit that can be drawn beside the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.experiment import Experiment
from core.experiment.differences import differences
from core.report.report import Report
from core.text import say

MOST_KEPT = 8
LONGEST_NAME = 80  # characters
NOISE = 3.0  # standard deviations of a difference of accuracies, by the number of test images


@dataclass(frozen=True)
class KeptRun:
    """A run's name, its short name for a legend, what it ran, its chart's text, its last accuracy (0 to 1) and loss."""

    name: str
    short: str
    experiment: Experiment
    chart: str
    accuracy: float | None
    loss: float | None = None


def keep(kept: Sequence[KeptRun], report: Report, short: str | None = None) -> list[KeptRun]:
    """`kept` with one more run, if it measured anything and is not among them; beyond MOST_KEPT the oldest goes.

    It is named by its place in the visit, which is also its short name unless one is given, by its accuracy, and by
    what differs from the run before it; the first one by its network and groups.
    """
    if report.started is None or not report.steps or any(run.chart == report.chart for run in kept):
        return list(kept)
    experiment = report.started.experiment
    number = 1 + max((int(run.name.split()[0].removeprefix("#")) for run in kept), default=0)
    result = report.accuracy_text
    name = f"#{number} {experiment.model}, {result}: {', '.join(group.name for group in experiment.groups)}"
    separator = ", "
    changes = differences(kept[-1].experiment, experiment, is_change=True) if kept else []
    if changes:
        separator = say("semicolon", report.language)
        name = f"#{number} {result}: {separator.join(getattr(change, report.language) for change in changes)}"
    name = _cut(name, separator, len(name.partition(": ")[0]))
    return [*kept, KeptRun(name, short or f"#{number}", experiment, report.chart, report.accuracy, report.loss)][
        -MOST_KEPT:
    ]


def _cut(name: str, separator: str, start: int) -> str:
    """The name, or as much of one that is too long as ends in the last separator behind `start`, and an ellipsis."""
    if len(name) <= LONGEST_NAME:
        return name
    end = name.rfind(separator, start, LONGEST_NAME - 1)
    return name[: LONGEST_NAME - 1 if end < 0 else end + len(separator)] + "…"


def better_before(kept: Sequence[KeptRun], report: Report, language: str) -> list[str]:
    """That an earlier run with other learning rates did better, if one did: which rates, and by how much.

    Only runs count that differ from this one in nothing but rates, and whose accuracy was higher by more than the
    test images' noise and whose loss was lower; of several the best.
    """
    if report.started is None or not report.is_done or report.accuracy is None:
        return []
    ours = report.started.experiment
    better = [run for run in kept if run.chart != report.chart and _is_better(run, report, ours)]
    if not better:
        return []
    best = max(better, key=lambda run: run.accuracy or 0.0)
    pairs = [(now, then) for now, then in zip(ours.groups, best.experiment.groups, strict=True) if now.lr != then.lr]
    ways = {now.lr > then.lr for now, then in pairs}
    key = "earlier_mixed" if len(ways) > 1 else "earlier_too_high" if True in ways else "earlier_too_low"
    rates = say("semicolon", language).join(f"{now.name} {now.lr:.3g} → {then.lr:.3g}" for now, then in pairs)
    values = {"run": best.short, "now": 100 * report.accuracy, "then": 100 * (best.accuracy or 0.0)}
    return [say(key, language, rates=rates, **values)]


def _is_better(run: KeptRun, report: Report, ours: Experiment) -> bool:
    if run.accuracy is None or run.loss is None or report.accuracy is None or report.loss is None:
        return False
    images = ours.test_size
    variance = sum(share * (1 - share) for share in (run.accuracy, report.accuracy)) / images
    is_higher = run.accuracy - report.accuracy > NOISE * variance**0.5
    return is_higher and run.loss < report.loss and run.experiment != ours and _alike(run.experiment) == _alike(ours)


def _alike(experiment: Experiment) -> Experiment:
    """The experiment but for its learning rates."""
    return replace(experiment, groups=tuple(replace(group, lr=0.0) for group in experiment.groups))


def delete(kept: Sequence[KeptRun], names: Sequence[str]) -> list[KeptRun]:
    """`kept` without the runs of these names."""
    return [run for run in kept if run.name not in names]


def beside(kept: Sequence[KeptRun], names: Sequence[str]) -> list[dict[str, str]]:
    """The runs of these names as the live chart draws them beside its own: by short name, with their text."""
    return [{"name": run.short, "text": run.chart} for run in kept if run.name in names]
