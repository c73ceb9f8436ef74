"""The finished runs of a visit, for its own page to have them again after a reload."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.report import KeptRun, Report

MOST_CHARACTERS = 64 * 2**20  # of all visits' charts; what else is kept of a run is about three times its chart
LONGEST_NAME = 64
SECONDS = 1800  # that the runs of a visit are kept after the last one


@dataclass(frozen=True)
class Visit:
    """The runs that can be drawn beside the next one, and the last run's report."""

    kept: Sequence[KeptRun]
    last: Report | None
    since: float = field(default_factory=time.monotonic)  # seconds

    @property
    def characters(self) -> int:
        """Of its charts."""
        return sum(len(run.chart) for run in self.kept) + (4 * len(self.last.chart) if self.last else 0)


class Visits:
    """By names that browsers make up at random, and tell nobody else; beyond `most` characters the oldest go."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, kept: Sequence[KeptRun], last: Report | None) -> None:
        """These in place of what was kept under that name; nothing under a name that is too long, or empty."""
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            return
        with self._lock:
            self._visits.pop(name, None)
            if kept or last:
                self._visits[name] = Visit(tuple(kept), last)
            self._forget()

    def recall(self, name: str) -> Visit | None:
        """What was kept under that name, if it still is."""
        with self._lock:
            self._forget()
            return self._visits.get(name)

    def _forget(self) -> None:
        """The oldest stand first."""
        characters = sum(visit.characters for visit in self._visits.values())
        while self._visits:
            oldest = next(iter(self._visits.values()))
            if characters <= self._most and time.monotonic() - oldest.since <= SECONDS:
                return
            characters -= oldest.characters
            self._visits.popitem(last=False)
