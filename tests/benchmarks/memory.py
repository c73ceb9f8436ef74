"""The server's memory after its start, at the peak of a run, and after many runs of one visitor."""

from __future__ import annotations

import subprocess
import sys
import time

from playwright.sync_api import Page, expect

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import SECONDS, set_number, status
from tests.crowd.leaving import Process

RUNS = 20
SETTLED = 12.0  # seconds after the first answer, by when torch is there
# What an app of Gradio, torch and torchvision takes that does nothing: proc(5), VmRSS.
BARE = "import gradio, torch, torchvision; print(next(l.split()[1] for l in open('/proc/self/status') if 'VmRSS' in l))"


def rows() -> list[Row]:
    """Of the first preset on fewer images."""
    bare = int(subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True).stdout) / 1000
    with served() as server:
        time.sleep(SETTLED)
        process = Process(server)
        start = process.status("VmRSS") / 1000
        with visited(server.address) as page:
            set_number(page, "train_size", 2560)
            _run(page, seed=0)
            first = process.status("VmHWM") / 1000
            for seed in range(1, RUNS):
                _run(page, seed)
            last = process.status("VmHWM") / 1000
    return [
        Row("memory of the server after its start", start, None, bare, None, 450, False, "MB"),
        Row("peak memory of the server, 1 run", first, None, bare, None, 800, False, "MB"),
        Row(f"peak memory of the server, {RUNS} runs : 1 run", last, first, None, last / first, 1.05, False, "MB"),
    ]


def _run(page: Page, seed: int) -> None:
    set_number(page, "seed", seed)
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(status(page)).to_contain_text("Finished: 60 steps")
