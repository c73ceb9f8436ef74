"""Short runs for a question: what they share, how long they take, and how two of them differ."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from core.data import Dataset, class_count, dataset_problems
from core.events import Progress
from core.experiment import Experiment, ExperimentError, Group, Number, Problem, ruled_fields
from core.models import model_problems
from core.questions.side_by_side import side_by_side
from core.training import PULSE, Clock, ShortRun, Start, check, choose_device, wait_for_weights

HELD_OUT = 500  # images to judge by: a mean loss is then known to some 0.05, a difference of two runs to some 0.02
LOSS_GAIN = 0.02  # nats below a constant guess that count as learning, as in the findings
LEAST_STEPS = 10  # of a run: with fewer, rates that differ threefold can hardly be told apart
ENOUGH_STEPS, PATIENCE = 25, 3  # for so many steps a question may take so many times longer, which is told before
WARMING, TIMED = 5, 15  # steps of the runs that are timed, the first one for nothing
BOUNDS: dict[str, Number] = {
    field.name: field.metadata["rule"] for field in ruled_fields(Group) if field.name in ("lr", "weight_decay")
}

SEEDS = 2**31  # the seeds after the largest one begin at 0 again

Stop = threading.Event | Callable[[], bool] | None


class Trials:
    """One question's runs: whether it is to stop, its time, and what a run takes.

    `experiment` is checked as `train` does. Raises ExperimentError.
    """

    def __init__(
        self, experiment: Experiment, device: str | torch.device | None, stop: Stop, time_limit: float
    ) -> None:
        if problems := (*model_problems(experiment), *dataset_problems(experiment)):
            raise ExperimentError(problems)
        self.experiment, self.held_out = experiment, HELD_OUT  # fewer where fewer are left
        self.classes = class_count(experiment.dataset)
        self.clock = Clock(time_limit, PULSE)
        self._device = torch.device(device or choose_device())
        self._asked: Callable[[], bool] = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
        self._per_step = self._per_run = self._per_start = 0.0  # seconds
        self._making = threading.Lock()
        self._made: tuple[Experiment, Dataset] | None = None

    def start(self, more_seed: int = 0) -> Generator[Progress, None, Start]:
        """A start of the runs with the seed `seed + more_seed`; yields Progress of a download and a frozen part.

        Several threads may ask at a time, each for a start of its own; those of the same seed share their images.
        """
        if self.experiment.pretrained:
            yield from wait_for_weights(self.experiment.model, self._asked, PULSE)
        began = time.monotonic()
        experiment = replace(self.experiment, seed=seed_after(self.experiment, more_seed))
        with self._making:
            data = self._made[1] if self._made and self._made[0] == experiment else None
            start = Start(experiment, self._device, HELD_OUT, self._asked, self.clock, data)
            self._made = (experiment, start.data)
        self.held_out = start.held_out
        yield from start.prepare()
        if data is None:
            self._per_start = time.monotonic() - began
        return start

    def starts(self) -> Generator[Progress, None, list[Start]]:
        """As many starts with the experiment's own seed as there are best to be runs at a time, measured here."""
        starts = [(yield from self.start())]
        yield from self.time_runs(starts)
        has_cores = self._device.type == "cpu" and torch.get_num_threads() > 1
        if has_cores and starts[0].may_gain_beside_another:
            alone, seconds = (self._per_step, self._per_run), self.seconds_for(1, TIMED)
            starts.append((yield from self.start()))
            yield from self.time_runs(starts)
            if self.seconds_for(1, TIMED) > seconds:
                self._per_step, self._per_run = alone
                starts.pop()
        return starts

    def time_runs(self, starts: Sequence[Start]) -> Iterator[Progress]:
        """Measure what a run takes while one from each start computes. Yields before, and as they go on."""
        yield Progress("timing")
        timed: list[tuple[float, float]] = []
        yield from side_by_side([_timed(start, timed) for start in starts])
        self._per_step, self._per_run = (statistics.fmean(each) / len(starts) for each in zip(*timed, strict=True))

    def check(self) -> None:
        """Raises Ended if the question was asked to stop or its time is over."""
        check(self._asked, self.clock)

    def seconds_for(self, runs: int, steps: int, starts: int = 0) -> float:
        """What so many runs of so many steps take, and so many further starts, by those that were timed."""
        return runs * (self._per_run + steps * self._per_step) + starts * self._per_start

    def steps_for(self, runs: int, seconds: float, starts: int = 0) -> int:
        """How many steps each of so many runs, from so many further starts, can have in that time.

        At most as many as the experiment has. Where they would be fewer than `ENOUGH_STEPS`, the time is up to
        `PATIENCE` times as long; they are at least `LEAST_STEPS`.

        Raises ExperimentError where not even that fits into the time that is left.
        """
        least, most = min(LEAST_STEPS, self.experiment.steps), self.experiment.steps
        if (need := self.seconds_for(runs, least, starts)) > self.clock.left():
            values = {"runs": runs, "steps": least, "minutes": need / 60, "limit": self.clock.limit / 60}
            raise ExperimentError([Problem(None, "model", "trials_too_long", values)])
        steps, patient = (
            int(((limit - starts * self._per_start) / runs - self._per_run) / self._per_step)
            for limit in (seconds, PATIENCE * seconds)
        )
        return min(max(steps, min(patient, ENOUGH_STEPS), least), most)


def _timed(start: Start, timed: list[tuple[float, float]]) -> Generator[Progress, None, None]:
    """Appends what a step from there takes and what a run takes beside its steps, in seconds.

    The first run, which warms up, does not count. With rates of 0, so that none is lost before its end, and with
    epochs for as many steps.
    """
    standing = with_values(start.experiment, {group.name: 0.0 for group in trained(start.experiment)})
    enough = -(-TIMED // standing.steps_per_epoch)
    standing = replace(standing, epochs=max(standing.epochs, enough))
    for steps in (WARMING, TIMED):
        training, bursts, burst = start.run(standing, steps), [], [0.0]
        while burst:
            began = time.monotonic()
            burst = [*next(training, ())]
            bursts.append((time.monotonic() - began, len(burst)))
            yield Progress("timing")
        inner = bursts[1:-1] or bursts[:1]  # the first one begins the run, the last one judges it
        per_step = sum(seconds for seconds, _ in inner) / sum(count for _, count in inner)
        per_run = max(sum(seconds for seconds, _ in bursts) - steps * per_step, 0.0)
    timed.append((per_step, per_run))


def seed_after(experiment: Experiment, more_seed: int) -> int:
    """The experiment's seed and so many more."""
    return (experiment.seed + more_seed) % SEEDS


def scaled(experiment: Experiment, name: str | None, factor: float, field: str = "lr") -> Experiment:
    """The experiment with a field, "lr" or "weight_decay", of the group called `name`, or of all, times `factor`.

    To three digits, as the table shows it: what was run and what is proposed are the same numbers.
    Raises ExperimentError where a value leaves its bounds.
    """
    return with_values(experiment, _scaled(experiment, name, factor, field), field)


def with_values(experiment: Experiment, values: dict[str, float], field: str = "lr") -> Experiment:
    """The experiment with new values of a field, to three digits, by the groups' names."""
    changes: dict[str, dict[str, Any]] = {name: {field: _three_digits(value)} for name, value in values.items()}
    groups = (replace(group, **changes.get(group.name, {})) for group in experiment.groups)
    return replace(experiment, groups=tuple(groups))


def trained(experiment: Experiment, name: str | None = None) -> Iterator[Group]:
    """The groups that train and whose rate can be scaled; only the one called `name`, if it is given."""
    for group in experiment.groups:
        if not group.frozen and group.lr > 0 and name in (None, group.name):
            yield group


def is_within_bounds(experiment: Experiment, name: str | None, factor: float, field: str = "lr") -> bool:
    """Whether every value that `scaled` gives is within its rule."""
    rule = BOUNDS[field]
    values = _scaled(experiment, name, factor, field).values()
    return all(rule.low <= _three_digits(value) <= rule.high for value in values)


def _scaled(experiment: Experiment, name: str | None, factor: float, field: str) -> dict[str, float]:
    return {group.name: getattr(group, field) * factor for group in trained(experiment, name)}


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


@dataclass(frozen=True)
class Difference:
    """How much higher one run's loss is than another's, over the same held-out images, and its standard error."""

    mean: float
    error: float


def difference(run: ShortRun, other: ShortRun) -> Difference | None:
    """Of two runs that share their start; None unless both were done.

    The images are paired: what makes an image hard for both drops out.
    """
    if run.losses is None or other.losses is None:
        return None
    each = (run.losses - other.losses).double()
    return Difference(float(each.mean()), float(each.std()) / math.sqrt(len(each)))
