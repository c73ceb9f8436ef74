"""From `python app.py` to the first page, beside the smallest Gradio app."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served

TIMES = 3
OURS, SMALLEST = ("app.py",), ("-m", "tests.benchmarks.smallest")


def rows() -> list[Row]:
    """Medians of several starts, in turns."""
    pairs = [(_start(OURS), _start(SMALLEST)) for _ in range(TIMES)]
    page, smallest = (median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = median(ours / peer for ours, peer in pairs)
    return [Row("python app.py → page answers", page, smallest, None, ratio, 1.25, False, "s")]


def _start(program: tuple[str, ...]) -> float:
    """Seconds until the page answers."""
    with served(program) as server:
        return server.seconds
