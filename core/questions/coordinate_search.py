"""A search for learning rates, and for less weight decay, by short runs: all groups together, then one by one."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from core.experiment import Experiment
from core.questions.trials import LOSS_GAIN, Trials, difference, is_within_bounds, scaled, trained
from core.text import say
from core.training import BURST, ShortRun, Start

ERRORS, LEAST_GAIN = 1.0, 0.01  # standard errors by the images, and nats, that a step gains: the end is tried again
STILL = 1e-3  # nats: no difference
LITTLE = 0.1  # nats below it: a start that has learned no more may have one group that spoils it
NEAR, FAR = 3.0, 10.0  # factors: on a slope, and where it is flat
LIGHTER = (1e-1, 1e-3)  # of a weight decay
DECADES, FARTHEST = 3, 13  # that are looked through at once where nothing learns, and at most


@dataclass(frozen=True)
class Searching:
    """How far a search has come: so many `runs`, the lowest loss so far, the seconds that it may still take.

    `trying_again` says that what was found is being tried with other seeds.
    """

    runs: int
    loss: float | None
    seconds_left: float
    seconds: float
    trying_again: bool = False

    def sentence(self, language: str = "en") -> str:
        if self.trying_again:
            return say("suggest_again", language, left=self.seconds_left)
        loss = "–" if self.loss is None else f"{self.loss:.3f}"
        return say("suggest_searching", language, runs=self.runs, loss=loss, left=self.seconds_left)


Runs = Generator[Searching, None, ShortRun]
Found = Generator[Searching, None, None]


class CoordinateSearch:
    """Looks for `seconds`, with runs of `steps` steps from `start`; `found` are the rates at each stage's end.

    `whole` and `kept` are for what is told: the time of all, and what of it comes after the search.
    A rate is kept only if its run's loss is lower than the best one's by a standard error over the same images.
    """

    def __init__(self, start: Start, trials: Trials, steps: int, seconds: float, whole: float, kept: float) -> None:
        self._start, self._trials, self._steps = start, trials, steps
        self._ends, self._whole, self._kept = time.monotonic() + seconds, whole, kept
        self._guess = math.log(trials.classes)
        self._known: dict[Experiment, ShortRun] = {}
        self._losses: dict[Experiment, list[float]] = {}
        self.stages: list[Experiment] = []

    @property
    def runs(self) -> int:
        """How many runs were made."""
        return len(self._known)

    def proposals(self) -> Iterator[Experiment]:
        """What is better than the start, the best first: after all groups, then after all together."""
        better = [stage for stage in dict.fromkeys(reversed(self.stages)) if stage != self._start.experiment]
        yield from better

    def events(self) -> Found:
        """The search. The first stage moves all groups together, the next ones each by itself, until nothing moves."""
        self._best = self._start.experiment
        yield from self._run(self._best)
        begun = self._steps / self._best.steps_per_epoch  # epochs, the last one perhaps in part
        names = [group.name for group in trained(self._best) if group.start_epoch < begun]
        if not names:
            return
        together = None if len(names) > 1 else names[0]
        yield from self._lighten(names)
        if not self._learns(self._best, LITTLE):
            yield from self._find_a_beginning(together, names)
        yield from self._move(together)
        yield from self._lighten(names)
        self.stages.append(self._best)
        while not self._is_over() and len(names) > 1:
            before = self._best
            for name in names:
                yield from self._move(name)
            self.stages.append(self._best)
            if self._best == before:
                return

    def _lighten(self, names: Sequence[str]) -> Found:
        """Less weight decay, of each group that has some and, where nothing is learned then, of all."""
        decaying = [group.name for group in self._best.groups if group.name in names and group.weight_decay > 0]
        for name in (*decaying, None) if len(decaying) > 1 else decaying:
            if name is None and self._learns(self._best):
                return
            origin = self._best
            for factor in LIGHTER:
                yield from self._try(name, factor, origin, "weight_decay")
                if self._learns(origin, LITTLE) and self._best == origin:
                    break  # where something is learned, a decay that matters shows at once

    def _find_a_beginning(self, together: str | None, names: Sequence[str]) -> Found:
        """Rates with which anything is learned: all groups' far away, or a single one's that spoils it, far lower."""
        start = self._best
        yield from self._look_far(together)
        for name in names if together is None else ():
            for decade in range(1, DECADES + 1):
                yield from self._try(name, FAR**-decade, start)

    def _move(self, name: str | None) -> Found:
        """Move the rate of a group, or of all, to where the loss is lowest near by; far away where nothing learns."""
        if not self._learns(self._best):
            yield from self._look_far(name)
        if not self._learns(self._best):
            return
        for way in (1 / NEAR, NEAR):
            moved = yield from self._walk(name, way)
            if moved:
                return
        if name is not None:
            yield from self._leave_flat_ground(name)

    def _walk(self, name: str | None, factor: float) -> Generator[Searching, None, bool]:
        """As long as the loss falls, the second step and those after it longer; returns whether it did at all."""
        before, far = self._best, FAR if factor > 1 else 1 / FAR
        if not (yield from self._try(name, factor)):
            return False
        while (yield from self._try(name, far)):
            pass
        yield from self._try(name, factor)
        return self._best != before

    def _look_far(self, name: str | None) -> Found:
        """Decade after decade, both ways, then two at a time the way in which runs are not lost, until one learns."""
        origin = self._best
        for sign in (-1, 1):
            for decade in range(1, DECADES + 1):
                yield from self._try(name, FAR ** (sign * decade), origin)
                if sign < 0 and self._is_still(scaled_or_none(origin, name, FAR**-decade), origin):
                    break  # what moved nothing moves even less with lower rates
        if self._learns(self._best):
            return
        for sign in (1, -1):
            for decade in range(DECADES, FARTHEST, 2):
                before = scaled_or_none(origin, name, FAR ** (sign * decade))
                if self._learns(self._best) or not self._was_done(before):
                    break
                yield from self._try(name, FAR ** (sign * (decade + 2)), origin)

    def _leave_flat_ground(self, name: str) -> Found:
        """A rate so small that three times more changes nothing: up, a hundredfold at a time, while that stays so."""
        origin = self._best
        factor = NEAR
        while self._is_flat(scaled_or_none(origin, name, factor), origin):
            factor *= FAR**2
            yield from self._try(name, factor, origin)
        if self._best != origin:
            for way in (1 / NEAR, NEAR):
                yield from self._walk(name, way)

    def _try(
        self, name: str | None, factor: float, origin: Experiment | None = None, field: str = "lr"
    ) -> Generator[Searching, None, bool]:
        """Run it, unless the time is over; whether it is now the best."""
        origin = origin or self._best
        if self._is_over() or not is_within_bounds(origin, name, factor, field):
            return False
        candidate = scaled(origin, name, factor, field)
        run = yield from self._run(candidate)
        if not self._is_better(run):
            return False
        self._best = candidate
        return True

    def _run(self, experiment: Experiment) -> Runs:
        if experiment in self._known:
            return self._known[experiment]
        training = self._start.run(experiment, self._steps)
        losses: list[float] = []
        while True:
            try:
                losses += next(training)
            except StopIteration as end:
                run: ShortRun = end.value
                break
            if self._is_hopeless(losses):
                run = ShortRun("lost", len(losses))
                break
            if self._trials.clock.pulse_is_due():
                yield self._progress()
        self._known[experiment], self._losses[experiment] = run, losses
        return run

    def _is_hopeless(self, losses: Sequence[float]) -> bool:
        """Whether a run has learned nothing in half of its steps, where the best one had."""
        now, half = len(losses), self._steps // 2
        if now % BURST or now < half or self._best not in self._known or not self._learns(self._best):
            return False
        window = slice(now - max(1, half // 2), now)
        ours, best = (statistics.fmean(each[window]) for each in (losses, self._losses[self._best]))
        return ours > self._guess - LOSS_GAIN > best

    def _progress(self) -> Searching:
        best = self._known.get(self._best)
        left = max(self._ends - time.monotonic(), 0.0) + self._kept
        return Searching(len(self._known) + 1, best.loss if best else None, left, self._whole)

    def _is_over(self) -> bool:
        return time.monotonic() > self._ends

    def _is_better(self, run: ShortRun) -> bool:
        best = self._known[self._best]
        if run.loss is None or best.loss is None:
            return best.loss is None and run.loss is not None
        way = difference(run, best)
        return way is not None and way.mean < -max(ERRORS * way.error, LEAST_GAIN)

    def _learns(self, experiment: Experiment, gain: float = LOSS_GAIN) -> bool:
        loss = self._known[experiment].loss
        return loss is not None and loss < self._guess - gain

    def _was_done(self, experiment: Experiment | None) -> bool:
        return experiment in self._known and self._known[experiment].reason == "done"

    def _is_flat(self, experiment: Experiment | None, origin: Experiment) -> bool:
        """Whether a rate that was run gives the same loss as another one, as far as the images can tell."""
        if experiment not in self._known:
            return False
        way = difference(self._known[experiment], self._known[origin])
        return way is not None and abs(way.mean) <= max(ERRORS * way.error, LEAST_GAIN)

    def _is_still(self, experiment: Experiment | None, origin: Experiment) -> bool:
        """Whether a tenth of the rate, or less, makes no difference at all."""
        if experiment not in self._known:
            return False
        way = difference(self._known[experiment], self._known[origin])
        return way is not None and abs(way.mean) < STILL


def scaled_or_none(experiment: Experiment, name: str | None, factor: float) -> Experiment | None:
    """As `scaled`; None where a rate would leave its bounds."""
    return scaled(experiment, name, factor) if is_within_bounds(experiment, name, factor) else None
