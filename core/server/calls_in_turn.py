"""Calls that are answered at once, by everybody in parallel, and of each visitor one after the other."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from core.server.runs import wait_for_reader
from core.server.visitors import Visitor
from core.server.waiting_line import Refused

MOST_AT_ONCE = 8  # calls of one visitor that wait or compute


class TooManyCalls(Refused):
    """A visitor has more calls in flight than are answered."""

    key = "too_many_calls"


class CallsInTurn:
    """A visitor's own calls wait for each other, not for those of others; what nobody reads is not computed."""

    def __init__(self) -> None:
        self._in_flight: Counter[str] = Counter()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, visitor: Visitor) -> Iterator[None]:
        """Inside `with` the call is answered. Raises TooManyCalls, and NobodyReads where nobody comes to read it."""
        turn = self._enter(visitor.name)
        try:
            wait_for_reader(visitor)
            with turn:
                yield
        finally:
            self._leave(visitor.name)

    def _enter(self, name: str) -> threading.Lock:
        with self._lock:
            if self._in_flight[name] >= MOST_AT_ONCE:
                raise TooManyCalls
            self._in_flight[name] += 1
            return self._turns[name]

    def _leave(self, name: str) -> None:
        with self._lock:
            self._in_flight -= Counter([name])
            if not self._in_flight[name]:
                self._turns.pop(name, None)
