"""The app with runs whose steps are made up, as many and as fast as asked for: python -m tests.benchmarks.made_up

What a very long run costs page and server is seen so without training one. `SPEED` in the environment is in steps/s.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import app
from core import lab
from core.events import Event, Finished, GroupStep, Progress, Started, Step
from core.experiment import Experiment
from core.training import PULSE, train


def made_up(speed: float) -> Callable[..., Iterator[Event]]:
    """As `lab.compute(lab.train, experiment, stop=stop)`; so many steps a second, all like the first but for noise."""

    def compute(job: object, experiment: Experiment, *, stop: Callable[[], bool]) -> Iterator[Event]:
        small = replace(experiment, epochs=1, train_size=experiment.batch_size)
        started, first, end = (_first_of(small, kind) for kind in (Started, Step, Finished))
        yield replace(started, experiment=experiment, steps=experiment.steps)
        began, told, noise = time.monotonic(), 0, random.Random(experiment.seed)
        while told < experiment.steps and not stop():
            time.sleep(PULSE)
            due = min(experiment.steps, math.ceil((time.monotonic() - began) * speed))
            for number in range(told + 1, due + 1):
                yield replace(first, step=number, groups=tuple(_noisy(group, noise) for group in first.groups))
            told = due
            left = (experiment.steps - told) / speed
            yield Progress("training", told, experiment.steps, steps_per_second=speed, seconds_left=left)
        yield replace(end, step=told, reason="done" if told == experiment.steps else "stopped")

    return compute


def _first_of(experiment: Experiment, kind: type) -> Any:
    return next(event for event in train(experiment, "cpu") if isinstance(event, kind))


def _noisy(group: GroupStep, noise: random.Random) -> GroupStep:
    measured = ("gradient_norm", "update_norm", "update_ratio", "distance")
    values = {name: getattr(group, name) for name in measured}
    return replace(group, **{name: value and value * math.exp(noise.gauss(0, 0.3)) for name, value in values.items()})


if __name__ == "__main__":
    lab.compute = made_up(float(os.environ.get("SPEED", "200")))  # type: ignore[assignment]
    app.main()
