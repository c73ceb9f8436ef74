"""From `python app.py` to the first page, and to the first assignment, beside the smallest Gradio app."""

from __future__ import annotations

import time
from statistics import median

from gradio_client import Client

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served

TIMES = 3
SMALLEST = ("-m", "tests.benchmarks.smallest")


def rows() -> list[Row]:
    """Medians of several starts, in turns."""
    pairs = [(_start(), _start_of_smallest()) for _ in range(TIMES)]
    page = median(ours[0] for ours, _ in pairs)
    assigned = median(ours[1] for ours, _ in pairs)
    smallest = median(peer for _, peer in pairs)
    ratio = median(ours[0] / peer for ours, peer in pairs)
    return [
        Row("python app.py → page answers", page, smallest, None, ratio, 1.25, False, "s"),
        Row("python app.py → first assignment", assigned, smallest, None, None, 12, False, "s"),
    ]


def _start() -> tuple[float, float]:
    """Seconds until the page answers, and until the first assignment is there."""
    began = time.monotonic()
    with served() as server:
        Client(server.address, verbose=False).predict("layerwise_lr", api_name="/assign")
        return server.seconds, time.monotonic() - began


def _start_of_smallest() -> float:
    with served(SMALLEST) as server:
        return server.seconds
