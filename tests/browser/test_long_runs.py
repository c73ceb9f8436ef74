"""The lines of a run of thousands of steps: what is drawn is bounded, measured, and exact where one zooms in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

import app
from core import lab
from core.events import Started, Step
from core.report.chart_text import MOST_LINES
from core.report.curves import GROUP_VIEWS, chart_row
from tests.benchmarks.made_up import made_up
from tests.browser.actions import menu, points, set_numbers, show_view, train
from tests.browser.conftest import Visit

SIZES = {"train_size": 2000, "test_size": 10, "batch_size": 10, "epochs": 20}
STEPS, MOST = 4000, 2 * MOST_LINES
ZOOM = """([from, to]) => Plotly.relayout(document.querySelector('#chart .plot'),
    {'xaxis.range[0]': from, 'xaxis.range[1]': to})"""  # as dragging over the chart does


def lines(page: Page) -> list[dict[int, float]]:
    return [dict(zip(line["x"], line["y"], strict=True)) for line in points(page)]


def after_a_long_run(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(lab, "compute", made_up(4000))
    page = visit()
    set_numbers(page, **SIZES)
    train(page)
    return page


def test_a_long_line_keeps_its_extremes_and_shows_every_step_where_one_zooms_in(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = after_a_long_run(visit, monkeypatch)
    show_view(page, "update norm")
    view = [key for key, _, _ in GROUP_VIEWS].index("view_update")
    measured: list[dict[int, Any]] = [{} for _ in app.PRESETS[app.FIRST_PRESET].groups]
    for step, *views in measured_rows(menu(page, "dataset").input_value()):
        for line, value in zip(measured, views[view], strict=True):
            line[step] = value
    for drawn, line in zip(lines(page), measured, strict=True):
        assert 0.4 * MOST < len(drawn) <= MOST and drawn.items() <= line.items()
        assert {min(line.values()), max(line.values())} <= {*drawn.values()}
        assert min(drawn) < 10 and max(drawn) > STEPS - 10
    page.evaluate(ZOOM, [2000.5, 2100.5])
    page.wait_for_function("document.querySelector('#chart .plot').data[0].x.includes(2050)")
    window = range(2001, 2101)
    for drawn, line in zip(lines(page), measured, strict=True):
        assert all(drawn[step] == line[step] for step in window)
        assert len(drawn) <= MOST + len(window)
    smoothing = page.locator("#chart .smooth input")
    smoothing.fill("10")
    around = int(smoothing.input_value())
    page.wait_for_function("document.querySelector('#chart .plot').data.length === 8")
    first, smooth = lines(page)[0], lines(page)[4]
    assert smooth.keys() == first.keys()
    assert smooth[2050] == pytest.approx(geometric_mean(measured[0], range(2050 - around, 2051 + around)), rel=1e-6)


def test_a_long_run_that_a_reload_brings_back_shows_every_step_where_one_zooms_in(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = after_a_long_run(visit, monkeypatch)
    drawn = lines(page)
    page.reload()
    page.wait_for_function(f"document.querySelector('#chart .plot')?.data?.[0]?.x.length === {len(drawn[0])}")
    assert lines(page) == drawn and 2050 not in drawn[0].keys() & drawn[1].keys()
    page.evaluate(ZOOM, [2000.5, 2100.5])
    page.wait_for_function("document.querySelector('#chart .plot').data.every(({x}) => x.includes(2050))")


def geometric_mean(line: dict[int, float], steps: range) -> float:
    product = 1.0
    for step in steps:
        product *= line[step] ** (1 / len(steps))
    return product


def measured_rows(dataset: str) -> list[list[Any]]:
    """Of the same run: its noise comes from the seed."""
    raw = app.PRESETS[app.FIRST_PRESET].to_dict() | SIZES | {"dataset": dataset}
    experiment = lab.check(raw).experiment
    assert experiment is not None and experiment.steps == STEPS
    events = [*made_up(1e6)(None, experiment, stop=lambda: False)]
    assert isinstance(events[0], Started)
    return [json.loads(chart_row(event)) for event in events if isinstance(event, Step)]
