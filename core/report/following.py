"""A recording that is still being written, read as it grows."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

from core.events import Event
from core.experiment import ExperimentError, Problem
from core.report.recording import RecordingReader

MOST_BYTES = 64 * 2**20  # of a file
AT_ONCE = 4 * 2**20  # bytes of it that one look reads
KNOWN_AGAIN = 512  # the last bytes read, by which a file is known again


class Followed:
    """Follows the file at `path` for everybody who looks: `events` so far, of the `turn`-th file that was there.

    A file that is replaced, written anew or gets shorter begins a new turn, as one does whose first event later ones
    correct. `problem` says what is wrong with it, None if nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = 0
        self.problem: ExperimentError | None = None
        self._file = (0, 0)
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self.events: list[Event] = []
        self._reader = RecordingReader()
        self._is_readable = True
        self._read = 0  # bytes
        self._last = self._rest = b""

    def look(self) -> None:
        """Read what has been written since the last look, whole lines of it."""
        with self._lock:
            try:
                self._look()
            except FileNotFoundError:
                return
            except OSError as error:  # a folder, or nobody's to read: perhaps not for long
                self.problem = _wrong("recording_closed", reason=str(error.strerror))
            except ExperimentError as error:
                self.problem, self._is_readable = error, False

    def _look(self) -> None:
        state = os.stat(self.path)
        file = (state.st_dev, state.st_ino)
        if file != self._file or state.st_size < self._read:
            self._begin(file)
        if state.st_size == self._read:
            return
        with open(self.path, "rb") as opened:
            opened.seek(self._read - len(self._last))
            if opened.read(len(self._last)) != self._last:  # written anew, and longer already
                self._begin(file)
                opened.seek(0)
            if not self._is_readable:
                return
            self.problem = None
            if self._read >= MOST_BYTES:
                raise _wrong("recording_large", most=MOST_BYTES // 2**20)
            new = opened.read(AT_ONCE)
        self._read += len(new)
        self._last = (self._last + new)[-KNOWN_AGAIN:]
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            self.events += self._reader.read(line.decode(errors="replace"))
        if self.events and self.events[0] is not self._reader.started and self._reader.started is not None:
            self.events[0], self.turn = self._reader.started, self.turn + 1

    def _begin(self, file: tuple[int, int]) -> None:
        self.turn, self._file, self.problem = self.turn + 1, file, None
        self._forget()


def _wrong(key: str, **values: Any) -> ExperimentError:
    return ExperimentError([Problem(None, "file", key, values)])
