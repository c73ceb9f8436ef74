"""A recording that is still being written, read as it grows."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from core.events import Event
from core.experiment import ExperimentError
from core.report.recording import RecordingReader

MOST_BYTES = 64 * 2**20  # of a file
AT_ONCE = 4 * 2**20  # bytes of it that one look reads


class Followed:
    """Follows the file at `path` for everybody who looks: `events` so far, of the `turn`-th file that was there.

    A file that is replaced, or gets shorter, begins a new turn. `problem` says what is wrong with it, None if nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = 0
        self.events: list[Event] = []
        self.problem: ExperimentError | None = None
        self._reader = RecordingReader()
        self._read = 0  # bytes
        self._file = (0, 0)
        self._rest = b""
        self._lock = Lock()

    def look(self) -> None:
        """Read what has been written since the last look, whole lines of it."""
        with self._lock:
            try:
                state = os.stat(self.path)
            except OSError:
                return
            file = (state.st_dev, state.st_ino)
            if file != self._file or state.st_size < self._read:
                self.turn, self.events, self.problem = self.turn + 1, [], None
                self._reader, self._read, self._file, self._rest = RecordingReader(), 0, file, b""
            if state.st_size == self._read or self.problem is not None or self._read >= MOST_BYTES:
                return
            self._take()

    def _take(self) -> None:
        try:
            with open(self.path, "rb") as file:
                file.seek(self._read)
                new = file.read(AT_ONCE)
        except OSError:
            return
        self._read += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        try:
            for line in lines:
                self.events += self._reader.read(line.decode(errors="replace"))
        except ExperimentError as error:
            self.problem = error
