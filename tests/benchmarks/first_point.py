"""From the click on Train to the first point on the chart, once a run has been there before."""

from __future__ import annotations

from statistics import median

from playwright.sync_api import Page

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import SECONDS

TIMES = 20

# Clicks on Train; resolves with the seconds until a chart that was not there before has a point.
FIRST_POINT = """() => new Promise((done) => {
    const plot = document.querySelector('#chart .plot');
    const before = plot.layout?.uirevision;
    const clicked = performance.now();
    const look = () => {
        if (plot.data?.[0]?.x.length && plot.layout.uirevision !== before) done((performance.now() - clicked) / 1000);
        else requestAnimationFrame(look);
    };
    document.querySelector('#train').click();
    look();
})"""


def rows() -> list[Row]:
    """The median and the slowest of several runs of the first preset."""
    with served() as server, visited(server.address) as page:
        took = [_first_point(page) for _ in range(TIMES + 1)][1:]
    what = "click on Train → first point on the chart, warm"
    return [
        Row(f"{what}: median", median(took), None, None, None, 0.35, False, "s"),
        Row(f"{what}: slowest", max(took), None, None, None, 0.8, False, "s"),
    ]


def _first_point(page: Page) -> float:
    seconds = float(page.evaluate(FIRST_POINT))
    page.click("#stop")
    page.wait_for_selector("#train:not([disabled])", timeout=60 * SECONDS)
    return seconds
