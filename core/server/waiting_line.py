"""One run at a time computes; the others wait in the order they came."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from core.events import Event, Finished, Progress

LOOK_EVERY = 0.25  # seconds between two looks at whether to stop waiting
LONGEST_SILENCE = 1.0  # seconds without a word to a run that waits; who is gone is noticed when told something


class Refused(RuntimeError):
    """A run or a call is not taken; its words have the `key`."""

    key = ""


class LineFull(Refused):
    """More runs wait than the line holds."""

    key = "line_full"


class Turns:
    """A line of runs, of which the first computes. `most` is the line's length, that one included.

    A place is given back only when the run's generator has ended, so a run that was asked to
    stop never computes beside the next one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: deque[object] = deque()
        self._moved = threading.Condition()

    def in_turn(self, run: Callable[[], Iterator[Event]], stop: Callable[[], bool]) -> Iterator[Event]:
        """The events of `run()`, after a `Progress("waiting")` whenever its place changes until its turn has come.

        While it stays the same, it is reported again after a second. Raises LineFull at the first event asked for.
        `stop()` ends the waiting.
        """
        ticket = self._join()
        try:
            while place := self._place(ticket):
                if stop():
                    yield Finished("stopped", 0, 0.0, ())
                    return
                yield Progress("waiting", place=place)
                self._wait(ticket, place, stop)
            yield from run()
        finally:
            self._leave(ticket)

    def __len__(self) -> int:
        """Runs that wait or compute now."""
        return len(self._line)

    def _join(self) -> object:
        with self._moved:
            if len(self._line) >= self._most:
                raise LineFull
            ticket = object()
            self._line.append(ticket)
            return ticket

    def _place(self, ticket: object) -> int:
        with self._moved:
            return self._line.index(ticket)

    def _wait(self, ticket: object, place: int, stop: Callable[[], bool]) -> None:
        until = time.monotonic() + LONGEST_SILENCE
        with self._moved:
            while self._line.index(ticket) == place and not stop() and time.monotonic() < until:
                self._moved.wait(LOOK_EVERY)

    def _leave(self, ticket: object) -> None:
        with self._moved:
            self._line.remove(ticket)
            self._moved.notify_all()
