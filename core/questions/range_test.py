"""The learning-rate range test, group by group: one rate rises while the others stay, and the loss is watched.

The test is L. Smith's (arXiv 1506.01186, section 3.3), its numbers are those of fastai's `lr_find`
(callback/schedule.py): 1e-7 to 10 in 100 steps, a running mean of the loss with beta 0.98, an end where that is four
times its lowest, and of what is left without the first tenth and the last five steps the rate where it falls most
steeply and a tenth of the rate where it is lowest. The steepest fall is looked for up to that lowest point: one beyond
it is the loss coming back from where too high a rate has thrown it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch.optim import Optimizer

from core.assignment import Assignment
from core.events import Progress
from core.experiment import Experiment, ExperimentError, Problem
from core.optimizers import LearningRates
from core.questions.trials import Stop, Trials, trained
from core.text import say
from core.training import BURST, TIME_LIMIT, Ended, Start

LOW, HIGH, STEPS = 1e-7, 10.0, 100
LOW_FACTOR, HIGH_FACTOR = 1e-4, 1e4  # of all groups' own rates, where all rise together
BETA, STOPPED_AT = 0.98, 4.0
SKIPPED_START, SKIPPED_END = STEPS // 10, 5


@dataclass(frozen=True)
class Testing:
    """How far the tests have come: test `test` (from 1) of `tests`, step `step` of `steps` of it."""

    test: int
    tests: int
    step: int
    steps: int

    def sentence(self, language: str = "en") -> str:
        return say("range_progress", language, **vars(self))


@dataclass(frozen=True)
class RangeTest:
    """One test: of the group `row`, or of all together (None), whose rates are then their own ones times a factor.

    `rates` (or factors) and `losses`, each batch's and as a running mean, are those of the steps that were taken.
    `steepest` is where the running mean falls most steeply on its way to its lowest, `tenth_of_lowest` a tenth of where
    it is lowest, both in the units of `rates`; None where it does not fall at all.
    """

    row: str | None
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smooth: tuple[float, ...]
    steepest: float | None
    tenth_of_lowest: float | None

    def sentence(self, language: str = "en") -> str:
        if self.row is not None and 0 < len(self.losses) <= SKIPPED_START and has_diverged(self.losses):
            return say("range_lost", language, group=self.row, steps=len(self.rates), highest=self.rates[-1])
        if self.steepest is None or self.tenth_of_lowest is None:
            return say("range_nothing", language, group=self.row or say("map_all", language))
        key = "range_all" if self.row is None else "range_group"
        values = {"steepest": self.steepest, "tenth": self.tenth_of_lowest, "lowest": 10 * self.tenth_of_lowest}
        return say(key, language, group=self.row, **values)


@dataclass(frozen=True)
class RangeTests:
    """All tests that were made; `reason` is "done", "stopped" or "time_limit"."""

    tests: tuple[RangeTest, ...]
    reason: str


def test_ranges(
    experiment: Experiment,
    device: str | torch.device | None = None,
    stop: Stop = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | Testing | RangeTest | RangeTests]:
    """A range test of every group that trains from the first step on, and first, where there are several, of all.

    Every test starts from the same weights and sees the same batches; no group freezes meanwhile, where its rate would
    not matter any more. Yields `Testing` about five times a second, each `RangeTest` as it ends, at last `RangeTests`.
    Raises what `map_rates` raises, but for its arguments.
    """
    experiment = replace(experiment, groups=tuple(replace(group, end_epoch=None) for group in experiment.groups))
    trials = Trials(experiment, device, stop, time_limit)
    names = [group.name for group in trained(experiment) if group.start_epoch == 0]
    if not names:
        raise ExperimentError([Problem(None, "groups", "map_no_groups")])
    yield from _Tester(trials, [*([None] if len(names) > 1 else []), *names]).events()


class _Rising:
    """The rates of a test's steps: that of `row` rises, the others are as planned.

    Where layer decay has spread the row over depths, each has its own part of the rate.
    """

    def __init__(self, asked: Experiment, assignment: Assignment, optimizers: list[Optimizer], row: str | None) -> None:
        self._planned, self._last = LearningRates(assignment.experiment, optimizers), assignment.experiment.steps
        self._groups = [(group, group["lr"]) for each in optimizers for group in each.param_groups]
        self._row = row
        of_row = {place: group.lr for place, group in enumerate(asked.groups) if group.name == row}
        self._times = {
            group.name: group.lr / of_row[place]
            for group, place in zip(assignment.experiment.groups, assignment.places, strict=True)
            if place in of_row
        }

    def set(self, step: int) -> None:
        self._planned.set(min(step, self._last))
        for group, own in self._groups:
            if self._row is None:
                group["lr"] = own * rate_at(step, LOW_FACTOR, HIGH_FACTOR)
            elif group["name"] in self._times:
                group["lr"] = rate_at(step, LOW, HIGH) * self._times[group["name"]]


def rate_at(step: int, low: float, high: float) -> float:
    """Of a step, counted from 1: from `low` up to `high` in `STEPS` steps, each the same factor more."""
    return float(low * (high / low) ** ((step - 1) / (STEPS - 1)))


class _Tester:
    """One test after the other, from one start."""

    def __init__(self, trials: Trials, rows: Sequence[str | None]) -> None:
        self._trials, self._rows = trials, rows
        self._done: list[RangeTest] = []

    def events(self) -> Iterator[Progress | Testing | RangeTest | RangeTests]:
        reason = "done"
        try:
            start = yield from self._trials.start()
            for row in self._rows:
                yield from self._test(start, row)
        except Ended as ended:
            reason = ended.reason
        yield RangeTests(tuple(self._done), reason)

    def _test(self, start: Start, row: str | None) -> Generator[Testing | RangeTest, None, None]:
        def rising(assignment: Assignment, optimizers: list[Optimizer]) -> _Rising:
            return _Rising(start.experiment, assignment, optimizers, row)

        training = start.run(start.experiment, STEPS, rising)
        losses: list[float] = []
        for burst in training:
            losses += burst
            if len(losses) % BURST == 0 and has_diverged(losses):
                break
            if self._trials.clock.pulse_is_due():
                yield Testing(len(self._done) + 1, len(self._rows), len(losses), STEPS)
        self._done.append(read_test(row, losses))
        yield self._done[-1]


def has_diverged(losses: Sequence[float]) -> bool:
    """Whether the running mean is four times its lowest, or no number any more."""
    smooth = running_mean(losses)
    return not math.isfinite(smooth[-1]) or smooth[-1] > STOPPED_AT * min(smooth)


def running_mean(losses: Sequence[float]) -> list[float]:
    """As fastai's AvgSmoothLoss: exponential, without the bias of its start."""
    mean, smooth = 0.0, []
    for step, loss in enumerate(losses, 1):
        mean = BETA * mean + (1 - BETA) * loss
        smooth.append(mean / (1 - BETA**step))
    return smooth


def read_test(row: str | None, losses: Sequence[float]) -> RangeTest:
    """What the losses of a test's steps show, those that are finite."""
    finite = [*losses[: next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))]]
    low, high = (LOW_FACTOR, HIGH_FACTOR) if row is None else (LOW, HIGH)
    rates = [rate_at(step, low, high) for step in range(1, len(finite) + 1)]
    smooth = running_mean(finite)
    seen = range(SKIPPED_START, len(finite) - SKIPPED_END)
    steepest = tenth = None
    if len(seen) > 1 and (lowest := min(seen, key=lambda i: smooth[i])) > seen[0]:
        slopes = {i: smooth[i + 1] - smooth[i] for i in range(seen[0], lowest)}  # the rate's logarithm grows alike
        steepest, tenth = rates[min(slopes, key=lambda i: slopes[i])], rates[lowest] / 10
    return RangeTest(row, tuple(rates), tuple(finite), tuple(smooth), steepest, tenth)
