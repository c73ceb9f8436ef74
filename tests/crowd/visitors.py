"""Many visitors at once, by real clients and in real browser pages; what they saw and how long they waited."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gradio_client import Client
from gradio_client.client import Job
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
PAUSE = 4.0  # seconds between two edits of one visitor, in the mean
LOOK = 0.02  # seconds between two looks for answers


@dataclass(frozen=True)
class Size:
    """Of a crowd: how many come by the API and on pages, how often each edits, the epochs of a run, and how many of
    the runs are made again with nobody else there."""

    visitors: int
    pages: int
    edits: int
    epochs: int
    alone: int = 50

    def experiment(self, seed: int) -> dict[str, Any]:
        """A visitor's own."""
        return EXPERIMENT | {"epochs": self.epochs, "seed": seed}


@dataclass
class Seen:
    """What one visitor saw: the events of the run, the places in line, why it was refused.

    And how many seconds it took until the first word of the run came, and an edit's answer.
    """

    seed: int
    events: list[dict[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refusal: str = ""
    told_after: float = 0.0
    edits: list[float] = field(default_factory=list)

    @property
    def measured(self) -> list[dict[str, Any]]:
        """The events but for the clock."""
        kept = [event for event in self.events if event["event"] != "Progress"]
        return [{key: value for key, value in event.items() if key != "seconds"} for event in kept]


def crowd(address: str, browser: Browser, size: Size) -> tuple[list[Seen], list[Seen]]:
    """What the visitors of the API and of the page saw, who all came at once; each with a seed of its own."""
    with ThreadPoolExecutor(size.visitors) as pool:
        clients = list(pool.map(lambda _: Client(address, verbose=False), range(size.visitors)))
        opened = [_open(browser, address) for _ in range(size.pages)]
        all_here = threading.Barrier(size.visitors + 1)
        seen = [pool.submit(_visit, client, seed, size, all_here) for seed, client in enumerate(clients)]
        on_pages = _visit_pages(opened, size, all_here)
        return [future.result() for future in seen], on_pages


def bursts(job: Job) -> Iterator[list[dict[str, Any]]]:
    """A job's answers as they come. Its own iteration looks for them a thousand times a second, which takes a core."""
    count, is_over = 0, False
    while not is_over:
        is_over = job.done()
        new = job.outputs()[count:]
        yield from new
        count += len(new)
        time.sleep(LOOK)


def train_on(client: Client, experiment: dict[str, Any], told: Callable[[], None] = lambda: None) -> list[Any]:
    """All events of a run; calls `told` at the first. Raises AppError with the words of whoever is refused."""
    job = client.submit(experiment, api_name="/train")
    events: list[Any] = []
    for burst in bursts(job):
        if not events:
            told()
        events += burst
    if (failure := job.exception()) is not None:
        raise failure
    return events


def seconds_until_started(client: Client, experiment: dict[str, Any]) -> float:
    """From the call until the run's turn has come; it is left then."""
    began = time.monotonic()
    job = client.submit(experiment, api_name="/train")
    next(burst for burst in bursts(job) if any(event["event"] == "Started" for event in burst))
    job.cancel()
    return time.monotonic() - began


def _visit(client: Client, seed: int, size: Size, all_here: threading.Barrier) -> Seen:
    """Asks for a run and, once told of it, edits now and then, whether the run waits, computes or was refused."""
    seen, told = Seen(seed), threading.Event()
    editing = threading.Thread(target=_edit, args=(client, seen, size.edits, told))
    editing.start()
    all_here.wait()
    began = time.monotonic()

    def note() -> None:
        seen.told_after = time.monotonic() - began
        told.set()

    try:
        seen.events = train_on(client, size.experiment(seed), note)
    except AppError as refused:
        seen.refusal = str(refused)
        note()
    finally:
        told.set()
    editing.join()
    waiting = [event for event in seen.events if event["event"] == "Progress" and event["doing"] == "waiting"]
    seen.places = [event["place"] for event in waiting]
    return seen


def _edit(client: Client, seen: Seen, count: int, told: threading.Event) -> None:
    """Asks for assignments, as the page does after each edit."""
    chance = random.Random(seen.seed)
    told.wait()
    for turn in range(count):
        time.sleep(chance.uniform(0, 2 * PAUSE))
        began = time.monotonic()
        client.predict(EXPERIMENT | {"seed": turn, "batch_size": 16 + seen.seed}, api_name="/assign")
        seen.edits.append(time.monotonic() - began)


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(address)
    expect(page.locator("#where tbody tr")).not_to_have_count(0, timeout=60 * SECONDS)
    return page


def _visit_pages(pages: list[Page], size: Size, all_here: threading.Barrier) -> list[Seen]:
    """On every page a run, and edits while it waits and computes; the one event is what the page says at the end."""
    seen = [Seen(size.visitors + i) for i in range(len(pages))]
    for page, each in zip(pages, seen, strict=True):
        for field_name in ("train_size", "test_size", "epochs", "seed"):
            set_number(page, field_name, size.experiment(each.seed)[field_name])
        ready = status(page).inner_text()
        page.click("#train")
        expect(status(page)).not_to_have_text(ready)  # in line, before all places are taken
    all_here.wait()
    for turn in range(size.edits):
        for page, each in zip(pages, seen, strict=True):
            page.wait_for_timeout(PAUSE / len(pages) * SECONDS)
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
