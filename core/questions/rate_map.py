"""Which rate matters: every trained group's learning rate times some factors, all else as it is, a short run each."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import torch

from core.events import Progress
from core.experiment import Experiment, ExperimentError, Number, Problem, Rule, Wrong
from core.experiment.notation import Factors
from core.questions.map_events import Cell, Mapping, MapPlan, RateMap
from core.questions.side_by_side import side_by_side
from core.questions.trials import Stop, Trials, difference, is_within_bounds, scaled, seed_after, trained
from core.training import TIME_LIMIT, Ended, ShortRun, Start

FACTORS = (1 / 30, 1 / 10, 1 / 3, 3.0, 10.0, 30.0)
SEEDS = Number(1, 5, whole=True)
SECONDS = Number(10, TIME_LIMIT)
MOST_OF_LIMIT = 0.9  # of the time that is allowed: what runs take is only known from the first ones


def map_rates(
    experiment: Experiment,
    factors: Sequence[float] = FACTORS,
    seeds: int = 2,
    seconds: float = 60.0,
    device: str | torch.device | None = None,
    stop: Stop = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | MapPlan | Mapping | Cell | RateMap]:
    """Train the experiment's beginning again and again, each time with one group's rate, or all, times a factor.

    All runs of a seed start from the same weights and see the same batches; `seconds` decide how many steps each has.
    Loss and accuracy are those of up to 500 training images that no run trains on. Of a small network on a CPU two
    runs compute at a time, where that is measured to be faster: with the same floats, told in the same order.
    Yields (Progress while weights are fetched or the frozen beginning is computed), then `MapPlan`, then `Mapping`
    about five times a second and a `Cell` as each run ends, seed after seed, and at last `RateMap`. A run that is
    plainly lost is ended early.

    Raises ExperimentError: for a factor that is not from 1e-6 to 1e6, for `seeds` outside 1 to 5, `seconds` outside
    10 to 600, where no group has a rate, where ten steps a run would take longer than the limit, and what
    `core.training.Start` raises.
    """
    asked = _read(factors, seeds, seconds)
    if not [*trained(experiment)]:
        raise ExperimentError([Problem(None, "groups", "map_no_groups")])
    factors, seeds, seconds = asked
    trials = Trials(experiment, device, stop, time_limit)
    yield from _Mapper(trials, factors, seeds, min(seconds, MOST_OF_LIMIT * time_limit)).events()


def _read(factors: object, seeds: object, seconds: object) -> tuple[tuple[float, ...], int, float]:
    """All three by their rules; the factors rise, hold 1, and none is there twice."""
    read: list[Any] = []
    problems: list[Problem] = []
    rules: tuple[tuple[str, Rule, object], ...] = (
        ("factors", Factors(), factors),
        ("seeds", SEEDS, seeds),
        ("seconds", SECONDS, seconds),
    )
    for field, rule, value in rules:
        try:
            read.append(rule.read(value))
        except Wrong as wrong:
            problems.append(Problem(None, field, wrong.key, wrong.values))
    if problems:
        raise ExperimentError(problems)
    return tuple(sorted({1.0, *read[0]})), read[1], read[2]


class _Task(NamedTuple):
    """A run that is to be made: with the seed that is `more_seed` after the experiment's own."""

    more_seed: int
    row: str | None
    factor: float


class _Mapper:
    """Makes the plan, then the runs."""

    def __init__(self, trials: Trials, factors: tuple[float, ...], seeds: int, seconds: float) -> None:
        self._trials, self._factors, self._seeds, self._budget = trials, factors, seeds, seconds
        self._experiment = trials.experiment
        self._cells: list[Cell] = []

    def events(self) -> Iterator[Progress | MapPlan | Mapping | Cell | RateMap]:
        plan = MapPlan((), self._factors, (), self._seeds, 0, self._experiment.steps, 0, 0.0, 0, self._trials.classes)
        reason = "done"
        try:
            starts = yield from self._trials.starts()
            plan = self._plan()
            self._began = time.monotonic()
            yield plan
            yield from self._map(plan, starts)
        except Ended as ended:
            reason = ended.reason
        yield RateMap(plan, tuple(self._cells), reason)

    def _plan(self) -> MapPlan:
        groups = [*trained(self._experiment)]
        names: list[str | None] = [group.name for group in groups]
        rows = [None, *names] if len(names) > 1 else names
        runs = self._seeds * (1 + sum(len(self._factors_of(row)) for row in rows))
        steps = self._trials.steps_for(runs, self._budget, self._seeds - 1)
        late = {group.name for group in groups if group.start_epoch * self._experiment.steps_per_epoch >= steps}
        rows = [row for row in rows if row not in late]
        runs = self._seeds * (1 + sum(len(self._factors_of(row)) for row in rows))
        seconds = self._trials.seconds_for(runs, steps, self._seeds - 1)
        left_out = tuple(
            (group.name, "map_frozen" if group.frozen else "map_starts_later" if group.name in late else "map_lr_zero")
            for group in self._experiment.groups
            if group.name not in rows
        )
        counts = {"seeds": self._seeds, "steps": steps, "whole": self._experiment.steps, "runs": runs}
        return MapPlan(
            tuple(rows),
            self._factors,
            left_out,
            **counts,
            seconds=seconds,
            images=self._trials.held_out,
            classes=self._trials.classes,
            budget=self._budget,
        )

    def _factors_of(self, row: str | None) -> list[float]:
        """Those that lead to a rate that is allowed, without 1."""
        return [f for f in self._factors if f != 1 and is_within_bounds(self._experiment, row, f)]

    def _map(self, plan: MapPlan, starts: Sequence[Start]) -> Iterator[Progress | Mapping | Cell]:
        """All cells, seed after seed and row by row; where several runs compute at a time, none before its turn."""
        tasks = [
            _Task(more, row, factor)
            for more in range(self._seeds)
            for row, factor in ((None, 1.0), *((row, factor) for row in plan.rows for factor in self._factors_of(row)))
        ]
        coming = iter(tasks)
        runs: dict[_Task, ShortRun] = {}
        with closing(side_by_side([self._runs(coming, plan.steps, start) for start in starts])) as events:
            for event in events:
                if isinstance(event, Progress):
                    yield event
                    continue
                runs |= event
                for task in tasks[len(self._cells) :]:
                    if self._trials.clock.pulse_is_due():
                        yield self._progress(plan)
                    if task not in runs:
                        break
                    self._trials.check()
                    self._cells.append(self._cell(task, runs[task], runs[task._replace(row=None, factor=1.0)]))
                    yield self._cells[-1]

    def _runs(
        self, tasks: Iterator[_Task], steps: int, start: Start
    ) -> Generator[Progress | dict[_Task, ShortRun], None, None]:
        """The next tasks, one after the other: an empty dict with every burst of steps, one of the run as it ends."""
        seed_of_start = 0
        for task in tasks:
            if task.more_seed != seed_of_start:
                start, seed_of_start = (yield from self._trials.start(task.more_seed)), task.more_seed
            is_base = task.factor == 1
            experiment = start.experiment if is_base else scaled(start.experiment, task.row, task.factor)
            training = start.run(experiment, steps)
            while True:
                try:
                    next(training)
                except StopIteration as end:
                    yield {task: end.value}
                    break
                yield {}

    def _cell(self, task: _Task, run: ShortRun, base: ShortRun) -> Cell:
        way = difference(run, base)
        told = (way.mean, way.error) if way else (None, None)
        seed = seed_after(self._experiment, task.more_seed)
        return Cell(task.row, task.factor, seed, run.reason, run.steps, run.loss, run.accuracy, *told)

    def _progress(self, plan: MapPlan) -> Mapping:
        """The runs so far say how long the rest takes; before there is one, the plan does."""
        done, passed = len(self._cells), time.monotonic() - self._began
        each = passed / done if done else plan.seconds / plan.runs
        return Mapping(done + 1, plan.runs, max((plan.runs - done) * each - (0 if done else passed), 0.0))
