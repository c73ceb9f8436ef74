"""Learning rates that bring every group's updates to a target share of its weights, found by measuring."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from core.checking import as_run
from core.events import Finished, Progress, Step
from core.experiment import Experiment, ExperimentError, Group, Number, Problem, Wrong, ruled_fields
from core.questions.size_match import MatchProbe, SizeMatch, SizeMatches
from core.training import TIME_LIMIT, train

TARGET = Number(1e-6, 1e-1)  # the shares of the weights that can be asked for
PROBE_STEPS = 120  # of the run's own at most; the first 20 alone mislead, as ratios grow two- to fourfold after them
ROUNDS = 6  # probes at most, the one before any change included
NEAR = 1.1  # a median this near to the target, as a factor, is left alone
REACHED = 1.5  # and this near is good enough in the end
LARGEST_CHANGE = 100.0  # of a learning rate between two probes, as a factor
FAR_ENOUGH = math.log(1.25)  # two rates this near, in logarithms, tell nothing of how the median follows
DEAF = 0.2  # a median that follows its lr with a smaller power than this does not follow it
_LR: Number = next(f.metadata["rule"] for f in ruled_fields(Group) if f.name == "lr")


def match_size(
    experiment: Experiment,
    target: float,
    device: str | torch.device | None = None,
    stop: threading.Event | Callable[[], bool] | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | MatchProbe | SizeMatches]:
    """Search for the learning rates that bring each group's median update/weight ratio to `target` (no unit).

    Trains the experiment itself from its start, for its first 120 steps at most, with its own batches and
    schedule; what it finds holds for these steps. Groups that start later are left alone. Scales each
    rate by target/median and trains again, until all medians are within
    10 % or six such probes were made: the ratio depends on the rate of the group and on those of
    the others, and not in proportion. Yields `MatchProbe` five times a second (and `Progress`
    while weights are fetched), at last one `SizeMatches`; its medians are of the last probe.

    Raises ExperimentError for a target outside 1e-6 to 1e-1, and what `train` raises.
    """
    try:
        target = TARGET.read(target)
    except Wrong as wrong:
        raise ExperimentError([Problem(None, "target", wrong.key, wrong.values)]) from None
    yield from _Search(as_run(experiment), target, device, stop, time_limit).events()


def with_matches(experiment: Experiment, suggestions: SizeMatches) -> Experiment:
    """The experiment, layer decay spread over depths, with the suggested rates; groups go by their names."""
    rates = {s.group: s.lr_after for s in suggestions.groups if s.refusal_key is None and s.lr_after is not None}
    groups = (replace(g, lr=rates[g.name]) if g.name in rates else g for g in as_run(experiment).groups)
    return replace(experiment, groups=tuple(groups))


class _Measured(NamedTuple):
    """A group in one probe."""

    lr: float
    ratio: float | None  # the median
    has_gradient: bool


class _Search:
    """The probes made so far, and the groups that cannot be helped."""

    def __init__(
        self,
        experiment: Experiment,
        target: float,
        device: str | torch.device | None,
        stop: threading.Event | Callable[[], bool] | None,
        time_limit: float,
    ) -> None:
        self.asked, self.target = replace(experiment, test_size=10), target
        self.steps = min(experiment.steps, PROBE_STEPS)
        self.device, self.time_left = device, time_limit
        self.stop = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
        self.probes: list[list[_Measured]] = []
        self.refused: dict[int, str] = {}
        self.reason = "done"

    def events(self) -> Iterator[Progress | MatchProbe | SizeMatches]:
        current = self.asked
        for round_ in range(ROUNDS):
            yield from self._probe(current)
            if self.reason != "done":
                break
            self._refuse(late=round_ == ROUNDS - 2)
            changed = tuple(replace(g, lr=self._next_rate(i)) for i, g in enumerate(current.groups))
            if changed == current.groups:
                break
            current = replace(current, groups=changed)
        yield SizeMatches(self.target, self.reason, self._results())

    def _probe(self, experiment: Experiment) -> Generator[Progress | MatchProbe, None, None]:
        steps: list[Step] = []
        ends = time.monotonic() + self.time_left

        def is_over() -> bool:
            return len(steps) >= self.steps or self.stop() or time.monotonic() > ends

        limit = self.time_left * experiment.steps / self.steps  # of the whole run, which is judged by it
        for event in train(experiment, self.device, is_over, limit):
            if isinstance(event, Step):
                steps.append(event)
            elif isinstance(event, Finished):
                self.reason, self.time_left = self._reason_of(event, len(steps)), self.time_left - event.seconds
            elif isinstance(event, Progress):
                yield self._place(event, min(len(steps), self.steps))
        if self.reason == "done":
            groups = enumerate(experiment.groups)
            self.probes.append([_measure(steps[: self.steps], i, g.lr) for i, g in groups])

    def _reason_of(self, end: Finished, taken: int) -> str:
        """Why a probe ended; more steps than it needs come in a burst, whatever they are."""
        if taken > self.steps or (taken == self.steps and end.reason == "stopped"):
            return "done"
        return "time_limit" if end.reason == "stopped" and not self.stop() else end.reason

    def _place(self, event: Progress, done: int) -> Progress | MatchProbe:
        return event if event.doing == "weights" else MatchProbe(len(self.probes) + 1, ROUNDS, done, self.steps)

    def _refuse(self, late: bool) -> None:
        """Note why groups cannot be helped; once `late` or at the end of all rates, also that one came nowhere near."""
        for index, group in enumerate(self.asked.groups):
            now = self.probes[-1][index]
            key = "match_starts_later" if self._is_late(group) else _why_not(group, now)
            if key == "match_no_ratio" and self.probes[0][index].ratio is not None:
                key = "match_deaf"  # a rate so small that weights which start at 0 stay there
            if key is None and (late or self._next_rate(index) == now.lr) and not self._is_within(index, REACHED):
                power = _power([probe[index] for probe in self.probes])
                key = "match_deaf" if power is not None and power < DEAF else "match_not_reached"
            if key is not None:
                self.refused.setdefault(index, key)

    def _is_late(self, group: Group) -> bool:
        return group.start_epoch * self.asked.steps_per_epoch >= self.steps

    def _is_within(self, index: int, factor: float) -> bool:
        ratio = self.probes[-1][index].ratio
        return ratio is not None and self.target / factor <= ratio <= self.target * factor

    def _next_rate(self, index: int) -> float:
        """The rate for the next probe, from the last one or two: a secant between logarithms."""
        if index in self.refused:
            return self.asked.groups[index].lr
        now, ratio = self.probes[-1][index], self.probes[-1][index].ratio
        if ratio is None or self._is_within(index, NEAR):
            return now.lr
        power = 1.0
        if (seen := _power([probe[index] for probe in self.probes])) is not None:
            power = min(max(seen, 0.5), 2.0)
        change: float = (self.target / ratio) ** (1 / power)
        return min(max(now.lr * min(max(change, 1 / LARGEST_CHANGE), LARGEST_CHANGE), _LR.low), _LR.high)

    def _results(self) -> tuple[SizeMatch, ...]:
        if self.reason not in ("done", "non_finite"):
            return ()
        return tuple(self._result(index, group) for index, group in enumerate(self.asked.groups))

    def _result(self, index: int, group: Group) -> SizeMatch:
        if group.frozen:
            return SizeMatch(group.name, None, None, None, None, "match_frozen")
        before = self.probes[0][index].ratio if self.probes else None
        if self._is_late(group):
            return SizeMatch(group.name, group.lr, None, group.lr, None, "match_starts_later", self.steps)
        if self.reason == "non_finite":
            return SizeMatch(group.name, group.lr, before, group.lr, None, "match_non_finite")
        last, key = self.probes[-1][index], self.refused.get(index)
        held_for = (self.steps, self.asked.steps) if key is None else ()
        return SizeMatch(group.name, group.lr, before, last.lr, last.ratio, key, *held_for)


def _measure(steps: Sequence[Step], index: int, lr: float) -> _Measured:
    rows = [row for step in steps if (row := step.groups[index]).lr is not None]  # since the group started
    ratios = [row.update_ratio for row in rows if row.update_ratio is not None]
    return _Measured(lr, statistics.median(ratios) if ratios else None, any(row.gradient_norm for row in rows))


def _why_not(group: Group, now: _Measured) -> str | None:
    """The key of the reason why this group's rate can be scaled by no probe, or None."""
    if group.frozen:
        return "match_frozen"
    if group.lr == 0:
        return "match_lr_zero"
    if now.ratio is None:
        return "match_no_ratio"
    if not now.has_gradient or now.ratio == 0:
        return "match_no_gradient"
    return None


def _power(probes: Sequence[_Measured]) -> float | None:
    """p where, between the last two probes, the median went as lr to the power p; None where it cannot be told.

    The very first probe does not count: other groups' rates may be wild there and drown this one's effect.
    """
    if len(probes) < 3:
        return None
    before, now = probes[-2:]
    if not before.ratio or not now.ratio or not before.lr or not now.lr:
        return None
    way = math.log(now.lr / before.lr)
    return math.log(now.ratio / before.ratio) / way if abs(way) > FAR_ENOUGH else None
