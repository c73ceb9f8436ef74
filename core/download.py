"""Files from the network, fetched in the background with progress, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

TIMEOUT = 10.0  # seconds without an answer after which a download gives up
CHUNK = 256 * 1024  # bytes


@dataclass(frozen=True)
class Source:
    """A file to have: where from, where to, and how to tell.

    `is_ready()` says that what the file is for can be used already; `is_whole(path)` compares
    an archive or file with its checksum; `unpack()` makes it usable. All may raise OSError.
    """

    url: str
    path: Path
    is_ready: Callable[[], bool]
    is_whole: Callable[[Path], bool]
    unpack: Callable[[], object]


class Download(threading.Thread):
    """Makes a source ready: checks, fetches through a neighbour file, verifies, unpacks.

    `done` of `total` bytes are here; after the thread's end `problem` says in one line why
    the source is not ready, or is None. A half file is never left under the source's path.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(daemon=True, name=f"download {source.path.name}")
        self.source = source
        self.done, self.total = 0, 0
        self.problem: str | None = None

    def run(self) -> None:
        try:
            if self.source.is_ready():
                return
            if not (self.source.path.exists() and self.source.is_whole(self.source.path)):
                self._fetch()
            self.source.unpack()
        except (OSError, HTTPException, RuntimeError, ValueError) as error:
            self.problem = _in_one_line(error)

    def _fetch(self) -> None:
        path = self.source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self._copy_to(part)
            if not self.source.is_whole(part):
                raise OSError("the file that arrived is not the one that was asked for")
            os.replace(part, path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink()

    def _copy_to(self, part: Path) -> None:
        with urllib.request.urlopen(self.source.url, timeout=TIMEOUT) as answer, part.open("wb") as file:
            self.total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                self.done += len(chunk)


def _in_one_line(error: Exception) -> str:
    """The error's kind and the system's words for it, without any path of this machine."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP error {error.code}"
    if isinstance(error, urllib.error.URLError):
        return f"no connection: {error.reason}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
