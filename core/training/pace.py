"""How long a run will take at least, by what it has measured of itself."""

from __future__ import annotations

import math

from core.experiment import Experiment, ExperimentError, Problem

JUDGED_AFTER = 3  # steps
MOST_STEP = 10.0  # seconds: a run is stopped between two layers, and those of such a step take up to a second
FORWARDS = 3  # forward passes that a training step takes at least; one where a group is frozen, which may be nearly all
LONG_CHUNK = 1.0  # seconds that warming up, or a machine that is busy for a moment, may take of the first ones
WATCHED = 0.01  # part of its limit that a run is watched before it is judged: the machine may be busy for a moment


class TooLong(ExperimentError):
    """The run cannot end within its time limit."""


class Pace:
    """Compares a run's own measurements with its limit; every `take_...` raises TooLong.

    The fastest measurement always counts, so a run is refused only if it could not end in time
    even at that speed throughout, and only after it was watched for a while. The very first forward
    pass does not count: it warms up.
    """

    def __init__(self, experiment: Experiment, limit: float) -> None:
        self._experiment, self._limit = experiment, limit  # seconds
        self._chunks = self._steps = 0
        self._in_chunks = self._in_steps = 0.0  # seconds that were measured
        self._judged = False  # by its steps, which is done once
        self._per_image = self._per_prefixed = self._per_step = math.inf  # seconds, the fastest so far

    def take_chunk(self, images: int, seconds: float) -> None:
        """A forward pass for evaluation. Before the first step, training's forward passes count too."""
        if self._steps == 0:
            self._judge_step(images, seconds)
        self._chunks += 1
        if self._chunks == 1:
            return
        self._in_chunks += seconds
        self._per_image = min(self._per_image, seconds / images)
        if self._steps == 0 and self._long_enough(self._in_chunks):
            e = self._experiment
            self._judge(self._per_image * ((e.epochs + 1) * e.test_size + e.steps * e.batch_size))

    def take_prefix(self, images: int, total: int, seconds: float) -> None:
        """A forward pass through the frozen beginning, of those that it takes once for `total` images."""
        self._chunks += 1
        if self._chunks == 1:
            return
        self._in_chunks += seconds
        self._per_prefixed = min(self._per_prefixed, seconds / images)
        if self._long_enough(self._in_chunks):
            self._judge(total * self._per_prefixed)

    def take_step(self, seconds: float, so_far: float) -> None:
        """A training step, `so_far` seconds after the run began."""
        self._steps += 1
        self._in_steps += seconds
        self._per_step = min(self._per_step, seconds)
        if not self._judged and self._steps >= JUDGED_AFTER and self._long_enough(self._in_steps):
            self._judged, e = True, self._experiment
            evaluations = e.epochs * e.test_size * self._per_image if math.isfinite(self._per_image) else 0.0
            self._judge(so_far + (e.steps - self._steps) * self._per_step + evaluations)

    def steps_per_second(self) -> float | None:
        """The mean of all steps so far; None before the first."""
        return self._steps / self._in_steps if self._steps else None

    def _long_enough(self, seconds: float) -> bool:
        return seconds >= WATCHED * self._limit

    def _judge_step(self, images: int, seconds: float) -> None:
        """By the seconds of a forward pass, even if some of them were not its own."""
        e = self._experiment
        passes = e.batch_size / images * (1 if any(group.frozen for group in e.groups) else FORWARDS)
        if (seconds - LONG_CHUNK) * passes > MOST_STEP:
            values = {"seconds": seconds * passes, "most": MOST_STEP}
            raise TooLong([Problem(None, "batch_size", "too_long_step", values)])

    def _judge(self, seconds: float) -> None:
        if seconds > self._limit:
            values = {"minutes": seconds / 60, "limit": self._limit / 60}
            raise TooLong([Problem(None, "epochs", "too_long_run", values)])
