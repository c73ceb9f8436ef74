"""Files from the network, fetched in the background with progress, whole or not at all: CIFAR-10 and weights."""

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

from torchvision.datasets import CIFAR10
from torchvision.datasets.utils import check_integrity

from core.resources.cifar10 import cifar10_is_here, data_dir
from core.resources.weights import WeightsUnavailable, is_whole, load_weights, weights_of, weights_path

TIMEOUT = 10.0  # seconds without an answer after which a download gives up
CHUNK = 256 * 1024  # bytes


@dataclass(frozen=True)
class Source:
    """A file to fetch: where from, where to, and how to tell that it is right.

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
                raise OSError("not the right file")
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
        error = error.reason if isinstance(error.reason, Exception) else error
        return "no answer in time" if isinstance(error, TimeoutError) else "no connection"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, (ConnectionError, HTTPException)):
        return "no connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


DOWNLOADS: dict[Path, Download] = {}  # by file; those that failed are begun anew
_lock = threading.Lock()


def prepare_cifar10(again: bool = False) -> Download:
    """The download of CIFAR-10 into the data directory: begun at the first call, then the same one.

    torchvision reads, verifies and unpacks; a broken or half copy is mended. One that failed is
    begun anew if `again`.
    """
    root = data_dir()
    return _begin(
        Source(
            url=CIFAR10.url,
            path=root / CIFAR10.filename,
            is_ready=cifar10_is_here,
            is_whole=lambda path: check_integrity(path, CIFAR10.tgz_md5),
            unpack=lambda: CIFAR10(root, download=True),
        ),
        again,
    )


def prepare_weights(model: str) -> Download:
    """The download of the pre-trained weights of `model`, begun unless it is under way."""
    weights = weights_of(model)
    assert weights is not None, "model_problems() has found the name"
    return _begin(
        Source(
            url=weights.url,
            path=weights_path(model),
            is_ready=lambda: weights_are_here(model),
            is_whole=is_whole,
            unpack=lambda: load_weights(model),
        ),
        again=True,
    )


def _begin(source: Source, again: bool) -> Download:
    with _lock:
        download = DOWNLOADS.get(source.path)
        if download is None or (again and not download.is_alive()):
            download = DOWNLOADS[source.path] = Download(source)
            download.start()
        return download


def weights_are_here(model: str) -> bool:
    """Whether the weight file of `model` is on this machine and can be read."""
    try:
        load_weights(model)
    except WeightsUnavailable:
        return False
    return True
