"""Which sessions have somebody who reads what they are told."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

LISTEN_SECONDS = 5.0  # within which the stream of a call is opened
RETURN_SECONDS = 0.7  # a page closes its stream when all is answered, and opens the next at its next call
TICK = 0.1  # seconds
FORGET_SECONDS = 60.0


class Reading:
    """Which sessions have their stream open, and when others had.

    Time is counted by the event loop that opens streams: while it has no time for that, nobody is late.
    """

    def __init__(self) -> None:
        self.now = 0.0  # seconds
        self._open: Counter[str] = Counter()
        self._closed: dict[str, float] = {}  # when
        self._lock = threading.Lock()

    async def keep_time(self) -> None:
        """Runs as long as the loop does."""
        while True:
            await asyncio.sleep(TICK)
            self.now += TICK

    @contextmanager
    def open(self, session: str) -> Iterator[None]:
        """While a stream of the session is being read."""
        with self._lock:
            self._open[session] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= Counter([session])
                self._closed[session] = self.now
                for gone in [name for name, when in self._closed.items() if self.now - when > FORGET_SECONDS]:
                    del self._closed[gone]

    def is_open(self, session: str) -> bool:
        """Whether a stream of the session is being read."""
        with self._lock:
            return self._open[session] > 0

    def goes_on(self, session: str, since: float) -> bool | None:
        """Of a call that began at `since`: whether its stream is open; None while it may still be opened."""
        with self._lock:
            if self._open[session]:
                return True
            closed = self._closed.get(session, since)
        late = self.now - closed >= RETURN_SECONDS if closed > since else self.now - since >= LISTEN_SECONDS
        return False if late else None
