"""A run's time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Ended(Exception):
    """A run ends before its last step; `reason` is "stopped", "time_limit" or, of one that blew up, "non_finite"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Clock:
    """Starts as the run does. `limit` and `pulse`, the time between two reports, are in seconds."""

    def __init__(self, limit: float, pulse: float) -> None:
        self.limit = limit
        self._began = self._reported = time.monotonic()
        self._ends = self._began + limit
        self._pulse = pulse

    def seconds(self) -> float:
        """Since the run began; its waiting for whoever takes its events counts too."""
        return time.monotonic() - self._began

    def left(self) -> float:
        """Seconds until the limit."""
        return self._ends - time.monotonic()

    def is_over(self) -> bool:
        """Whether the limit is passed."""
        return time.monotonic() > self._ends

    def pulse_is_due(self) -> bool:
        """Whether a report is due, a pulse after the last one; if so, it counts as made."""
        now = time.monotonic()
        if now - self._reported < self._pulse:
            return False
        self._reported = now
        return True


def check(asked: Callable[[], bool], clock: Clock) -> None:
    """Raises Ended if the run was asked to stop or its time is over.

    It knows nothing of the run itself, which is to be freed as soon as it ends, without a collector of cycles.
    """
    if asked():
        raise Ended("stopped")
    if clock.is_over():
        raise Ended("time_limit")
