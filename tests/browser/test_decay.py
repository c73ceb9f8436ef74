"""The view of decay's part in each update, drawn while a run goes on."""

from __future__ import annotations

from playwright.sync_api import expect

import app
from core.text import say
from tests.browser.actions import (
    SECONDS,
    SMALL,
    choose_preset,
    open_tab,
    points,
    set_numbers,
    show_view,
    train,
    wait_for_points,
)
from tests.browser.conftest import Visit


def test_weights_have_a_line_of_decay_and_biases_none(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    set_numbers(page, train_size=512, test_size=20, epochs=2)
    train(page)
    show_view(page, "decay / update")
    wait_for_points(page, 8)
    weights, biases = points(page)
    assert (weights["name"], biases["name"]) == ("weights", "biases")
    assert weights["x"] == biases["x"] == list(range(1, 9))
    assert all(0 < y < 0.1 for y in weights["y"])
    assert biases["y"] == [None] * 8
    expect(page.locator("#chart .scatterlayer .js-line")).to_have_count(1)


def test_a_run_without_decay_says_why_the_view_is_empty(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    set_numbers(page, **SMALL)
    page.click("#train")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_be_visible(timeout=60 * SECONDS)
    show_view(page, say("view_decay", "zh"))
    expect(page.locator("#chart .annotation-text")).to_have_text(say("no_decay", "zh"))
