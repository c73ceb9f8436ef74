"""The server's peak memory after many runs of one visitor, beside the one after the first."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.benchmarks.row import Row
from tests.benchmarks.serving import Server, served, visited
from tests.browser.actions import SECONDS, set_number, status

RUNS = 20


def rows() -> list[Row]:
    """Of the first preset on fewer images."""
    with served() as server, visited(server.address) as page:
        set_number(page, "train_size", 2560)
        _run(page, seed=0)
        first = _peak(server)
        for seed in range(1, RUNS):
            _run(page, seed)
        last = _peak(server)
    return [Row(f"peak memory of the server, {RUNS} runs : 1 run", last, first, None, last / first, 1.05, False, "MB")]


def _run(page: Page, seed: int) -> None:
    set_number(page, "seed", seed)
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(status(page)).to_contain_text("Finished: 60 steps")


def _peak(server: Server) -> float:
    """MB, as Linux counts the resident set's high-water mark: proc(5), VmHWM."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
