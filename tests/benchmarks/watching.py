"""A run that is watched in the page, beside the same run with nobody watching."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import torch
from playwright.sync_api import Page, expect

from app import FIRST_PRESET, PRESETS
from core.events import Finished
from core.training import train
from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import SECONDS, set_number, status

TIMES = 5
EXPERIMENT = replace(PRESETS[FIRST_PRESET], dataset="shapes", epochs=12)


def rows() -> list[Row]:
    """The browser on cores of its own, as a visitor's is; and the browser on the cores that the run computes on."""
    cores = sorted(os.sched_getaffinity(0))
    ours, theirs = set(cores[: (len(cores) + 1) // 2]), set(cores[len(cores) // 2 :])
    return [
        _row("a run watched in the page, the browser on the other core", ours, theirs, 0.9),
        _row("the same, run and browser on the same cores", set(cores), set(cores), 0.88),
    ]


def _row(what: str, ours: set[int], theirs: set[int], goal: float | None) -> Row:
    """Steps a second of the first preset, in turns; both figures are what the run itself says of its time."""
    with _on(ours), served() as server, _on(theirs), visited(server.address) as page, _on(ours):
        set_number(page, "epochs", EXPERIMENT.epochs)
        pairs = [(_watched(page), _alone()) for _ in range(TIMES + 1)][1:]
    watched, alone = (median(speeds) for speeds in zip(*pairs, strict=True))
    ratio = median(ours / peer for ours, peer in pairs)
    return Row(what, watched, alone, None, ratio, goal, True, "steps/s")


@contextmanager
def _on(cores: set[int]) -> Iterator[None]:
    """This thread, and the processes that it starts meanwhile, on these cores: sched_setaffinity(2), Linux."""
    before, threads = os.sched_getaffinity(0), torch.get_num_threads()
    os.sched_setaffinity(0, cores)
    torch.set_num_threads(len(cores))
    yield
    os.sched_setaffinity(0, before)
    torch.set_num_threads(threads)


def _watched(page: Page) -> float:
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    found = re.search(r"Finished: (\d+) steps in ([\d.]+) s", status(page).inner_text())
    assert found is not None, status(page).inner_text()
    return int(found[1]) / float(found[2])


def _alone() -> float:
    *_, end = train(EXPERIMENT)
    assert isinstance(end, Finished)
    return end.step / end.seconds
