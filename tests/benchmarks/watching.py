"""A run that is watched in the page, beside the same run with nobody watching."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median

from playwright.sync_api import Page, expect

from app import FIRST_PRESET, PRESETS
from core.events import Finished
from core.training import train
from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import SECONDS, set_number, status

TIMES = 3
EXPERIMENT = replace(PRESETS[FIRST_PRESET], dataset="shapes", epochs=4)


def rows() -> list[Row]:
    """Steps a second of the first preset, in turns; both figures are what the run itself says of its time."""
    with served() as server, visited(server.address) as page:
        set_number(page, "epochs", EXPERIMENT.epochs)
        pairs = [(_watched(page), _alone()) for _ in range(TIMES + 1)][1:]
    watched, alone = (median(speeds) for speeds in zip(*pairs, strict=True))
    ratio = median(ours / peer for ours, peer in pairs)
    return [Row("a run watched in the page", watched, alone, None, ratio, 0.9, True, "steps/s")]


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
