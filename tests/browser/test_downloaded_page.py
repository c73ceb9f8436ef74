"""A downloaded page in a browser that has no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Request

from core.report import Report, to_html
from core.report.curves import GROUP_VIEWS
from core.text import LANGUAGES, say
from core.training import train
from tests.browser.conftest import NewPage
from tests.conftest import Make
from tests.report.test_downloads import EVIL, Run, hostile_run


@pytest.fixture
def run(make: Make) -> Run:
    return hostile_run(make)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_draws_every_trace_without_a_network(
    new_page: NewPage, run: Run, language: str, tmp_path: Path
) -> None:
    file = tmp_path / "run.html"
    file.write_text(to_html(*run, language), encoding="utf-8")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page = new_page(offline=True)
    page.on("request", note)
    page.goto(file.as_uri())
    script = "() => document.querySelectorAll('.plotly-graph-div .main-svg').length > 0"
    page.wait_for_function(script)
    views = "() => [...document.querySelectorAll('.plotly-graph-div')].map"
    points: list[list[list[Any]]] = page.evaluate(f"{views}(d => d.data.map(t => [...t.y]))")
    lines: list[int] = page.evaluate(f"{views}(d => d.querySelectorAll('.scatterlayer .js-line').length)")
    headings, title = page.locator("h2").all_inner_texts(), page.locator("h1").inner_text()
    images, tongue = page.locator("img").count(), page.evaluate("() => document.documentElement.lang")
    _, steps, evaluations = run
    assert images == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert tongue.startswith(language)
    assert title == f"a & {EVIL}"
    views_shown = [view for view in GROUP_VIEWS if view[0] != "view_clip"]  # nothing was clipped
    assert headings == [say(key, language) for key, _, _ in views_shown] + [say("view_loss", language)]
    of_groups = [1, 1, 1, 2, 2, 0, 1, 1, 1, 0]
    assert lines == [*of_groups, 3], "a frozen group has no update, gradient or lr; nothing decays; 10 steps are more"
    assert [len(view) for view in points] == [2] * len(of_groups) + [3]
    for view, (_, log, quantity) in zip(points, views_shown, strict=False):
        for index, drawn in enumerate(view):
            measured = [quantity(step.groups[index]) for step in steps]
            gaps = [value is None or (log and value == 0) for value in measured]
            points_of = zip(measured, gaps, strict=True)
            assert drawn == [None if gap else pytest.approx(value, rel=1e-3) for value, gap in points_of]
    assert points[-1][0] == pytest.approx([step.loss for step in steps], rel=1e-3)
    assert points[-1][2] == pytest.approx([100 * event.accuracy for event in evaluations], rel=1e-3)


def test_the_numbers_of_its_axes_stand_apart(new_page: NewPage, make: Make, tmp_path: Path) -> None:
    fast, slow = ({"name": f"{lr}", "params": params, "lr": lr} for lr, params in ((0.02, "fc*"), (2e-4, "*")))
    report = Report("en")
    for event in train(make(fast, slow, epochs=3)):
        report.take(event)
    assert report.started is not None
    file = tmp_path / "run.html"
    file.write_text(to_html(report.started, report.steps, report.evaluations, "en"), encoding="utf-8")
    page = new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("#view-9 .main-svg")
    for view in page.locator(".plotly-graph-div").all():
        overlaps, count = view.evaluate(OVERLAPS)
        assert (overlaps == 0 and count >= 2) or view.locator(".scatterlayer .js-line").count() == count == 0


# The vertical axis' numbers that are written over one another, and how many there are.
OVERLAPS = """(view) => {
    const boxes = [...view.querySelectorAll('.ytick text')].map((text) => text.getBoundingClientRect());
    boxes.sort((a, b) => a.top - b.top);
    return [boxes.slice(1).filter((box, i) => box.top < boxes[i].bottom - 1).length, boxes.length];
}"""
