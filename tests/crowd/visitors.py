"""Many visitors at once, by real clients and in real browser pages; what they saw and how long they waited."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import SECONDS, set_number, status, type_into

EXPERIMENT: dict[str, Any] = {
    "dataset": "shapes",
    "train_size": 640,
    "test_size": 100,
    "epochs": 2,
    "groups": [
        {"name": "convolutions", "params": "conv*", "optimizer": "Adam"},
        {"name": "rest", "params": "*", "optimizer": "SGD", "lr": 0.01, "momentum": 0.9},
    ],
}
PAUSE = 4.0  # seconds between two edits of one visitor


@dataclass
class Seen:
    """What one visitor saw: the events of the run, the places in line, why it was refused; seconds an edit took."""

    seed: int
    events: list[dict[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refusal: str = ""
    edits: list[float] = field(default_factory=list)

    @property
    def measured(self) -> list[dict[str, Any]]:
        """The events but for the clock."""
        kept = [event for event in self.events if event["event"] != "Progress"]
        return [{key: value for key, value in event.items() if key != "seconds"} for event in kept]


def crowd(address: str, browser: Browser, visitors: int, pages: int) -> tuple[list[Seen], list[Seen]]:
    """What the visitors of the API and of the page saw, who all came at once; each with a seed of its own."""
    with ThreadPoolExecutor(visitors) as pool:
        clients = list(pool.map(lambda _: Client(address, verbose=False), range(visitors)))
        opened = [_open(browser, address) for _ in range(pages)]
        all_here = threading.Barrier(visitors + 1)
        seen = [pool.submit(_visit, client, seed, all_here) for seed, client in enumerate(clients)]
        on_pages = _visit_pages(opened, visitors, all_here)
        return [future.result() for future in seen], on_pages


def run_alone(client: Client, seed: int) -> Seen:
    """The run of a visitor when nobody else is there."""
    return Seen(seed, train_on(client, EXPERIMENT | {"seed": seed}))


def train_on(client: Client, experiment: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of a run. Raises AppError with the words of whoever is refused."""
    job = client.submit(experiment, api_name="/train")
    events = [event for burst in job for event in burst]
    if (failure := job.exception()) is not None:
        raise failure
    return events


def _visit(client: Client, seed: int, all_here: threading.Barrier) -> Seen:
    """A run and, while it waits and computes, an edit every few seconds."""
    seen = Seen(seed)
    all_here.wait()
    with _editing(client, seen):
        try:
            seen.events = train_on(client, EXPERIMENT | {"seed": seed})
        except AppError as refused:
            seen.refusal = str(refused)
    waiting = [event for event in seen.events if event["event"] == "Progress" and event["doing"] == "waiting"]
    seen.places = [event["place"] for event in waiting]
    return seen


@contextmanager
def _editing(client: Client, seen: Seen) -> Iterator[None]:
    """Meanwhile another thread asks for assignments, as the page does after each edit; once more at the least."""
    ended = threading.Event()

    def edit() -> None:
        for turn in range(1000):
            began = time.monotonic()
            client.predict(EXPERIMENT | {"seed": turn, "batch_size": 16 + seen.seed}, api_name="/assign")
            seen.edits.append(time.monotonic() - began)
            if ended.wait(PAUSE):
                return

    thread = threading.Thread(target=edit)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(address)
    expect(page.locator("#where tbody tr")).not_to_have_count(0, timeout=60 * SECONDS)
    return page


def _visit_pages(pages: list[Page], first_seed: int, all_here: threading.Barrier) -> list[Seen]:
    """On every page a run, and edits while it waits and computes; the one event is what the page says at the end."""
    seen = [Seen(first_seed + i) for i in range(len(pages))]
    for page, each in zip(pages, seen, strict=True):
        for field_name in ("train_size", "test_size", "epochs"):
            set_number(page, field_name, EXPERIMENT[field_name])
        set_number(page, "seed", each.seed)
        page.click("#train")
    all_here.wait()
    for turn in range(3):
        for page, each in zip(pages, seen, strict=True):
            each.places += [int(place) for place in re.findall(r"(\d+) ahead of you", status(page).inner_text())]
            each.edits.append(_edit_on_page(page, f"0.0{turn + 1}{each.seed}1"))
    for page, each in zip(pages, seen, strict=True):
        expect(page.locator("#train")).to_be_enabled(timeout=300 * SECONDS)
        each.events = [{"event": "status", "text": status(page).inner_text()}]
    return seen


def _edit_on_page(page: Page, rate: str) -> float:
    """Seconds from the last key to the learning rate in the assignment below."""
    type_into(page, 0, "lr", rate)
    began = time.monotonic()
    expect(page.locator('#where [data-fact="lr"]').first).to_contain_text(rate, timeout=30 * SECONDS)
    return time.monotonic() - began
