"""Pre-trained weights brought to this machine before a run needs them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator
from pathlib import Path

from core.download import Download
from core.events import Event, Progress
from core.models import WEIGHTS, WeightsUnavailable, load_weights, weights_path

_downloads: dict[str, Download] = {}  # by model; those that failed are begun anew
_lock = threading.Lock()


def fetch_weights(model: str, stop: Callable[[], bool], pulse: float) -> Generator[Event, None, str | None]:
    """Wait until the weights of `model` are here; yields Progress every `pulse` seconds of a download.

    Returns None, or why they cannot be had.
    """
    try:
        load_weights(model)
        return None
    except WeightsUnavailable:
        download = begin_download(model)
    while download.is_alive() and not stop():
        download.join(pulse)
        yield Progress("weights", download.done, download.total)
    return "stopped" if download.is_alive() else download.problem


def begin_download(model: str) -> Download:
    """The download of the weights of `model`, begun unless it is under way."""
    with _lock:
        if model not in _downloads or not _downloads[model].is_alive():
            _downloads[model] = Download(WEIGHTS[model].url, weights_path(model), _accept)
            _downloads[model].start()
        return _downloads[model]


def _accept(path: Path) -> None:
    """torchvision's file names end in the first hexadecimal digits of the content's SHA-256."""
    expected = path.stem.rpartition("-")[2]
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(expected):
        path.unlink()
        raise OSError("the file that arrived is not the one that was asked for")
