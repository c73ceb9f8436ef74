"""What runs need from the network, made ready in the background: CIFAR-10 and pre-trained weights."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator
from pathlib import Path

from torchvision.datasets import CIFAR10
from torchvision.datasets.utils import check_integrity

from core.data import cifar10_is_here, data_dir
from core.download import Download, Source
from core.events import Event, Progress
from core.text import say
from core.weights import WeightsUnavailable, load_weights, weights_of, weights_path

_downloads: dict[Path, Download] = {}  # by file; those that failed are begun anew
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
            is_ready=lambda: _weights_are_here(model),
            is_whole=_has_the_hash_of_its_name,
            unpack=lambda: load_weights(model),
        ),
        again=True,
    )


def wait_for_weights(model: str, stop: Callable[[], bool], pulse: float) -> Generator[Event, None, str | None]:
    """Wait until the weights of `model` are here; yields Progress every `pulse` seconds.

    Returns None, or why they cannot be had.
    """
    if _weights_are_here(model):
        return None
    download = prepare_weights(model)
    while download.is_alive() and not stop():
        download.join(pulse)
        yield Progress("weights", download.done, download.total)
    if _weights_are_here(model):
        return None
    return "stopped" if download.is_alive() else download.problem


def _begin(source: Source, again: bool) -> Download:
    with _lock:
        download = _downloads.get(source.path)
        if download is None or (again and not download.is_alive()):
            download = _downloads[source.path] = Download(source)
            download.start()
        return download


def _weights_are_here(model: str) -> bool:
    try:
        load_weights(model)
    except WeightsUnavailable:
        return False
    return True


def _has_the_hash_of_its_name(path: Path) -> bool:
    """torchvision's file names end in the first 8 hexadecimal digits of the content's SHA-256."""
    expected = path.name.removeprefix(".").partition(".")[0].rpartition("-")[2]
    return hashlib.sha256(path.read_bytes()).hexdigest().startswith(expected)


def cifar10_note(download: Download, language: str) -> str:
    """One sentence on where the download of CIFAR-10 is."""
    if download.is_alive():
        key = "cifar10_loading" if download.total else "cifar10_checking"
        return say(key, language, done=download.done / 1e6, total=download.total / 1e6)
    if download.problem is not None:
        return say("cifar10_missing", language, reason=download.problem)
    return say("cifar10_here", language)
