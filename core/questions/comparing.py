"""Experiments one after the other, over several seeds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from core.events import Evaluated, Event, Finished, Progress, Step
from core.experiment import Experiment
from core.questions.variants import over_seeds
from core.text import say
from core.training import TIME_LIMIT, TooLong, train


def repeat_all(
    experiment: Experiment,
    others: Sequence[Experiment],
    count: int,
    stop: threading.Event | Callable[[], bool] | None = None,
    device: str | torch.device | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | Repeating | Repeated]:
    """`repeat` the experiment and the others, over `count` seeds in the order of `over_seeds`.

    What ends early so leaves whole seeds.
    """
    yield from repeat(over_seeds([experiment, *others], count), stop, device, time_limit)


@dataclass(frozen=True)
class Repeating:
    """How far the whole has come: in run `run` (from 1) of `runs`; `done` of `total` steps of all runs together."""

    run: int
    runs: int
    done: int
    total: int

    def sentence(self, language: str = "en") -> str:
        return say("comparing_progress", language, run=self.run, runs=self.runs, done=self.done, total=self.total)


@dataclass(frozen=True)
class Repeated:
    """One run's end. `accuracy` (0 to 1) is that of its last epoch; None unless `reason` is "done".

    `reason` and `step` are as in `Finished`; runs that were not begun have the reason that ended
    the whole, and step 0.
    """

    experiment: Experiment
    accuracy: float | None
    reason: str
    step: int


def repeat(
    experiments: Sequence[Experiment],
    stop: threading.Event | Callable[[], bool] | None = None,
    device: str | torch.device | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | Repeating | Repeated]:
    """Train the experiments one after the other; yields `Repeating` about five times a second.

    Each run's end is one `Repeated`, in the experiments' order, always one per experiment.
    (`Progress` comes only while weights are fetched.) `stop` ends the whole at the next step, as
    do `time_limit` seconds of computing, of all runs together. A run whose numbers stop being
    finite ends alone. Each run's floats are those of `train` alone. Raises what `train` raises.
    """
    done, total, over = 0, sum(experiment.steps for experiment in experiments), ""
    for run, experiment in enumerate(experiments, 1):
        if over:
            yield Repeated(experiment, None, over, 0)
            continue
        place = Repeating(run, len(experiments), done, total)
        yield place
        try:
            finished, accuracy = yield from _watch(train(experiment, device, stop, time_limit), place)
        except TooLong:
            if run == 1:
                raise
            finished, accuracy = Finished("time_limit", 0, 0.0, ()), None
        done, time_limit = done + experiment.steps, time_limit - finished.seconds
        over = finished.reason if finished.reason in ("stopped", "time_limit") else ""
        yield Repeated(experiment, accuracy if finished.reason == "done" else None, finished.reason, finished.step)


def _watch(
    events: Iterator[Event], start: Repeating
) -> Generator[Progress | Repeating, None, tuple[Finished, float | None]]:
    """One run's progress as a part of the whole; returns its end and its last accuracy."""
    accuracy, steps = None, 0
    for event in events:
        if isinstance(event, Step):
            steps = event.step
        elif isinstance(event, Evaluated):
            accuracy = event.accuracy
        elif isinstance(event, Progress):
            yield event if event.doing == "weights" else replace(start, done=start.done + steps)
        elif isinstance(event, Finished):
            return event, accuracy
    raise RuntimeError("a run without an end")
