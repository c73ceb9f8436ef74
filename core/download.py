"""Files from the network, fetched in the background with progress, whole or not at all."""

from __future__ import annotations

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

TIMEOUT = 10.0  # seconds without an answer after which a download gives up
CHUNK = 256 * 1024  # bytes


class Download(threading.Thread):
    """Fetches `url` to `path` through a neighbour file, then calls `accept(path)`, which may raise.

    `done` of `total` bytes are here; `problem` says in one line why it ended without the file.
    A half file is never left under `path`.
    """

    def __init__(self, url: str, path: Path, accept: Callable[[Path], None]):
        super().__init__(daemon=True, name=f"download {path.name}")
        self.url, self.path, self.accept = url, path, accept
        self.done, self.total = 0, 0
        self.problem: str | None = None

    def run(self) -> None:
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(part)
            os.replace(part, self.path)
            self.accept(self.path)
        except (OSError, HTTPException, RuntimeError) as error:
            self.problem = _in_one_line(error)
        finally:
            part.unlink(missing_ok=True)

    def _fetch(self, part: Path) -> None:
        with urllib.request.urlopen(self.url, timeout=TIMEOUT) as answer, part.open("wb") as file:
            self.total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                self.done += len(chunk)
        if self.total and self.done != self.total:
            raise OSError(f"only {self.done} of {self.total} bytes arrived")


def _in_one_line(error: Exception) -> str:
    """The error's kind and the system's words for it, without any path of this machine."""
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return f"no connection ({error.reason})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
