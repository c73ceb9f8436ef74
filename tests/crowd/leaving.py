"""Visitors that leave in the middle of a run, in each way there is, and what the server's process does then."""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from gradio_client import Client
from playwright.sync_api import Browser, expect

from tests.benchmarks.serving import Server
from tests.browser.actions import SECONDS, set_number
from tests.crowd.visitors import EXPERIMENT

LONG = EXPERIMENT | {"epochs": 100, "train_size": 5000}
LATEST = 2.0  # seconds after a visitor came, the longest until they leave
LOOK = 0.1  # seconds between two looks at the server's clock
IDLE = 0.3  # of a core: an idle server takes less
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """The server's process as Linux counts it: proc(5)."""

    def __init__(self, server: Server) -> None:
        self._folder = Path(f"/proc/{server.process.pid}")

    def seconds(self) -> float:
        """Processor time so far."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def status(self, key: str) -> int:
        """A number of its status: "Threads", or kB of "VmHWM", the most memory so far."""
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))

    def open_files(self) -> int:
        """Files, sockets and pipes."""
        return len(list((self._folder / "fd").iterdir()))

    def seconds_until_idle(self, most: float = 10.0) -> float:
        """How long it goes on computing from now, at most `most`."""
        began, last = time.monotonic(), self.seconds()
        while time.monotonic() - began < most:
            time.sleep(LOOK)
            now = self.seconds()
            if now - last < IDLE * LOOK:
                return time.monotonic() - began - LOOK
            last = now
        return most


def stop_by_client(server: Server, stay: float) -> None:
    """A visitor of the API cancels; a job that has no answer yet is not known to the server by its name."""
    job = Client(server.address, verbose=False).submit(LONG, api_name="/train")
    while not job.outputs():
        time.sleep(0.01)
    time.sleep(stay)
    job.cancel()


def kill_client(server: Server, stay: float) -> None:
    """The connection of a client breaks, as when its process is killed."""
    address = urlsplit(server.address)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/gradio_api/call/v2/train", json.dumps({"experiment": LONG}), headers)
    event = json.loads(connection.getresponse().read())["event_id"]
    connection.request("GET", f"/gradio_api/call/train/{event}")
    stream = connection.getresponse()
    time.sleep(stay)
    stream.close()
    connection.close()


def close_tab(browser: Browser) -> Callable[[Server, float], None]:
    """A tab is closed while it shows a run."""

    def leave(server: Server, stay: float) -> None:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(server.address)
        expect(page.locator("#where tbody tr")).not_to_have_count(0, timeout=60 * SECONDS)
        set_number(page, "epochs", LONG["epochs"])
        page.click("#train")
        page.wait_for_timeout(stay * SECONDS)
        context.close()

    return leave


def cycles(server: Server, ways: list[Callable[[Server, float], None]], count: int, seed: int = 0) -> list[float]:
    """For `count` visitors, each leaving in one of the ways: the seconds that the server goes on computing."""
    process, chance = Process(server), random.Random(seed)
    went_on = []
    for turn in range(count):
        ways[turn % len(ways)](server, chance.uniform(0.0, LATEST))
        went_on.append(process.seconds_until_idle())
    return went_on
