"""The app as a program of its own, without network or CIFAR-10, and a headless Chromium that visits it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET, free_port

ROOT = Path(__file__).parents[2]
POLL = 0.01  # seconds
SLOWEST_START = 60.0  # seconds


@dataclass(frozen=True)
class Server:
    """A program that serves `address`; its first page came after `seconds`."""

    address: str
    seconds: float
    process: subprocess.Popen[bytes]


@contextmanager
def served(program: Sequence[str] = ("app.py",), **environment: str) -> Iterator[Server]:
    """`python program` with these variables in its environment, listening on a free port of this machine once it has
    answered there; ended afterwards.

    What Python compiles it keeps, as it does unless it is told not to: what is installed is compiled already.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as empty:
        away = {"https_proxy": "http://127.0.0.1:9", "DATA_DIR": empty, "GRADIO_SERVER_PORT": str(port)} | environment
        away |= {"PYTHONDONTWRITEBYTECODE": ""}
        address = f"http://127.0.0.1:{port}/"
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *program], cwd=ROOT, env=os.environ | away, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(address, began + SLOWEST_START)
            yield Server(address, time.monotonic() - began, process)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(address: str, until: float) -> None:
    while True:
        try:
            urllib.request.urlopen(address, timeout=SLOWEST_START).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(POLL)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def visited(address: str) -> Iterator[Page]:
    """The page at `address`, filled and quiet, in a browser of its own."""
    with chromium() as browser:
        page = browser.new_page(locale="en-US", viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_selector("#where tbody tr")
        page.wait_for_function("() => window.Plotly")
        yield page
