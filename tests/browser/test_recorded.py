"""The recorded run of a preset: faint before the first run, gone with it, and none where the page is not the preset."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

import app
from core.experiment.link import write_link
from core.report import recorded_chart
from tests.browser.actions import (
    SECONDS,
    SMALL,
    choose_preset,
    points,
    set_numbers,
    show_view,
    train,
    wait_for_points,
)
from tests.browser.conftest import NewPage, Server, Visit

FAINT = """() => (document.querySelector('#chart .plot.recorded')?.data || [])
    .filter(({y}) => y.length > 1).map(({name, x, y, opacity}) => ({name, x, y, opacity}))"""


def faint(page: Page) -> list[dict[str, Any]]:
    """The lines of a recorded run, once they are drawn."""
    page.wait_for_function(f"({FAINT})().length > 0", timeout=60 * SECONDS)
    lines: list[dict[str, Any]] = page.evaluate(FAINT)
    return lines


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "press Train for your own run"), ("zh-CN", "点击“训练”得到您自己的结果")]
)
def test_it_is_there_before_a_run_and_gone_with_it(visit: Visit, locale: str, words: str) -> None:
    page = visit(locale=locale)
    lines = faint(page)
    assert [line["name"] for line in lines] == ["conv1", "conv2", "fc1", "fc2"]
    assert {line["opacity"] for line in lines} == {0.45}
    assert lines[0]["x"][:11] == [*range(1, 11), 12]
    expect(page.locator("#chart .note")).to_contain_text(words)
    expect(page.locator("#chart .plot")).to_be_visible()
    expect(page.locator("#chart .stale")).to_be_hidden()
    assert points(page) == [], "no run of the visitor's own"
    assert page.locator("#chart .plot").bounding_box()["height"] > 250  # type: ignore[index]

    set_numbers(page, **SMALL)
    page.click("#train")
    wait_for_points(page, 2)
    drawn = points(page)
    assert [trace["name"] for trace in drawn] == ["conv1", "conv2", "fc1", "fc2"], "none beside it, dashed"
    assert {len(trace["x"]) for trace in drawn} == {2}
    assert page.evaluate(FAINT) == []
    expect(page.locator("#chart .note")).to_be_empty()


def test_each_preset_has_its_own_and_those_of_pretrained_weights_none(visit: Visit) -> None:
    page = visit("?tab=loss")
    assert [line["name"] for line in faint(page)] == ["loss, batch", "loss, test", "accuracy, test (right axis)"]
    choose_preset(page, app.PRESETS["frozen_resnet"].title.en, 2)
    expect(page.locator("#chart .note")).to_contain_text("Press Train")
    expect(page.locator("#chart .plot")).to_be_hidden()
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    show_view(page, "update / weight")
    page.wait_for_function("document.querySelector('#chart .plot').data[0].name === 'weights'")
    assert [line["name"] for line in faint(page)] == ["weights", "biases"]
    page.click("#chart .scale")
    page.wait_for_function("document.querySelector('#chart .plot').layout.yaxis.type === 'linear'")
    page.click("#chart .places")
    page.wait_for_function("document.querySelector('#chart .plot').data[0].x.at(-1) === 116 / 39")
    page.locator("#chart .smooth input").fill("5")
    page.wait_for_function("document.querySelector('#chart .plot').data.length === 4")
    assert {round(line["opacity"], 3) for line in faint(page)} == {0.135, 0.45}


def test_a_run_stays_when_another_preset_is_chosen(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    drawn = points(page)
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(page.locator("#chart .stale")).to_be_visible()
    assert points(page) == drawn
    expect(page.locator("#chart .note")).to_be_empty()


def test_a_link_that_differs_from_the_preset_has_none(visit: Visit) -> None:
    preset = app.PRESETS["layerwise_lr"]
    raw = preset.to_dict() | {"seed": 5}
    page = visit(f"?preset=layerwise_lr&c={write_link(type(preset).from_dict(raw))}")
    expect(page.locator("#chart .note")).to_contain_text("the charts grow here")
    assert recorded_chart("layerwise_lr", preset, "en"), "which the preset itself has"


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", "正在加载图表库（1.4 MB）…")])
def test_while_the_chart_library_is_on_its_way_that_is_said(
    new_page: NewPage, server: Server, locale: str, words: str
) -> None:
    page = new_page(locale=locale)
    held: list[Route] = []
    page.route("**/plotly.min.js", lambda route: held.append(route))
    page.goto(server.address)
    expect(page.locator("#chart .note")).to_have_text(words, timeout=60 * SECONDS)
    expect(page.locator("#chart .plot")).to_be_hidden()
    until = time.monotonic() + 30
    while not held and time.monotonic() < until:
        page.wait_for_timeout(100)
    held[0].continue_()
    faint(page)
    expect(page.locator("#chart .note")).not_to_have_text(words)
    expect(page.locator("#chart .plot")).to_be_visible()


def test_a_chart_library_that_does_not_come_is_said(new_page: NewPage, server: Server) -> None:
    page = new_page()
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(server.address)
    expect(page.locator("#chart .note")).to_contain_text("could not be loaded", timeout=60 * SECONDS)
