"""From `python app.py` to the first page and to its filled table, beside the smallest Gradio app with one."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from tests.benchmarks.row import Row
from tests.benchmarks.serving import chromium, served

TIMES = 5
OURS, SMALLEST = ("app.py",), ("-m", "tests.benchmarks.smallest")
FILLED = {OURS: "#groups .row", SMALLEST: "table td"}
DROP_CACHES = Path("/proc/sys/vm/drop_caches")  # Documentation/admin-guide/sysctl/vm.rst: 1 frees the page cache


def rows() -> list[Row]:
    """Medians of several starts, in turns; from a cold file cache only where this process may empty it."""
    with chromium() as browser:
        found = [_row("page answers", [_starts(browser, False) for _ in range(TIMES)], 0, 1.25)]
        pairs = [_starts(browser, False) for _ in range(TIMES)]
        found.append(_row("table filled in a browser", pairs, 1, 1.15))
        if os.access(DROP_CACHES, os.W_OK):
            pairs = [_starts(browser, True) for _ in range(TIMES)]
            found.append(_row("table filled in a browser, from a cold file cache", pairs, 1, 1.15))
    return found


def _row(what: str, pairs: list[list[tuple[float, float]]], which: int, goal: float) -> Row:
    ours, peer = ([pair[program][which] for pair in pairs] for program in (0, 1))
    ratio = median(a / b for a, b in zip(ours, peer, strict=True))
    return Row(f"python app.py → {what}", median(ours), median(peer), None, ratio, goal, False, "s")


def _starts(browser: Browser, is_cold: bool) -> list[tuple[float, float]]:
    """Of both programs the seconds until the page answers, and until its table is filled."""
    return [_start(program, browser, is_cold) for program in (OURS, SMALLEST)]


def _start(program: tuple[str, ...], browser: Browser, is_cold: bool) -> tuple[float, float]:
    if is_cold:
        os.sync()
        with suppress(OSError):
            DROP_CACHES.write_text("1")
    began = time.monotonic()
    with served(program) as server:
        page = browser.new_context(locale="en-US").new_page()
        page.goto(server.address)
        page.wait_for_selector(FILLED[program], state="attached")
        filled = time.monotonic() - began
        page.context.close()
        return server.seconds, filled
