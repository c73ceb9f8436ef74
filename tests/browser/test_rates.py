"""Which rate matters, what would do better, and range tests, as a visitor asks for them."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from core.questions import coordinate_search, rate_map, suggesting, trials
from tests.browser.actions import SECONDS, cell, errors, fact, open_tab, set_numbers, status, type_into, width_of
from tests.browser.conftest import Visit

TINY = {"train_size": 256, "test_size": 20, "batch_size": 32, "epochs": 2}  # 16 steps
RATES = ["0.001", "0.001", "0.01", "0.01"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images to judge by, and budgets of this process's own computing: others may use the machine too."""
    computing = SimpleNamespace(monotonic=time.process_time)
    for module in (rate_map, suggesting, coordinate_search, trials):
        monkeypatch.setattr(module, "time", computing)
    monkeypatch.setattr(trials, "HELD_OUT", 200)


def rates(page: Page) -> list[str]:
    return [cell(page, row, "lr").input_value() for row in range(4)]


def draw_map(page: Page, factors: str = "1/10 10") -> None:
    """With one seed in ten seconds, until it says what it shows."""
    page.locator("#factors :is(input, textarea)").fill(factors)
    set_numbers(page, **{"map-seeds": 1, "map-seconds": 10})
    page.click("#map-start")
    expect(status(page)).to_contain_text("Done.", timeout=90 * SECONDS)
    expect(page.locator("#map-start")).to_be_enabled()


@pytest.fixture
def page(visit: Visit) -> Page:
    """With the panel of the map open, by its link, and few small images."""
    page = visit("?open=map")
    expect(page.locator("#map-start")).to_be_visible()
    set_numbers(page, **TINY)
    return page


def test_a_cell_of_the_map_puts_its_rates_into_the_table_and_back_by_pointer_and_keyboard(page: Page) -> None:
    draw_map(page)
    grid = page.locator("#map-grid")
    expect(grid.locator("thead th")).to_have_text(["learning rate", "× 1/10", "× 1", "× 10"])
    expect(grid.locator("tbody th")).to_have_text(["all groups together", "conv1", "conv2", "fc1", "fc2"])
    expect(grid.locator("button")).to_have_count(15)
    expect(page.locator("#map-shown li").first).to_contain_text("11 runs of the first 16 of 16 steps")
    grid.locator('[data-cell="fc1.10"]').click()
    expect(cell(page, 2, "lr")).to_have_value("0.1")
    expect(page.locator("#map-put")).to_contain_text("In the table now: fc1 0.1")
    expect(fact(page, 2, "lr")).to_have_text("0.1")
    page.click("#map-undo")
    expect(cell(page, 2, "lr")).to_have_value("0.01")
    assert rates(page) == RATES

    grid.locator('[data-cell=".1/10"]').focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(grid.locator('[data-cell=".10"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(page, 0, "lr")).to_have_value("0.01")
    assert rates(page) == ["0.01", "0.01", "0.1", "0.1"], "all groups move"


def test_a_wrong_factor_is_named_and_nothing_is_run(page: Page) -> None:
    page.locator("#factors :is(input, textarea)").fill("1/0")
    page.click("#map-start")
    expect(status(page)).to_contain_text("“1/0” is out of bounds")
    expect(page.locator("#map-grid button")).to_have_count(0)


def test_a_map_is_stopped_and_keeps_the_cells_that_it_has(page: Page) -> None:
    set_numbers(page, train_size=4000, epochs=5, **{"map-seconds": 300})
    page.click("#map-start")
    expect(page.locator("#map-grid button").nth(1)).to_be_visible(timeout=60 * SECONDS)
    page.click("#stop")
    expect(status(page)).to_contain_text("Stopped as you asked", timeout=5 * SECONDS)
    assert page.locator("#map-grid button").count() >= 2


def test_rates_that_do_better_than_a_bad_start_are_put_into_the_table(visit: Visit) -> None:
    page = visit("?open=suggest")
    expect(page.locator("#suggest-start")).to_be_visible()
    set_numbers(page, train_size=320, test_size=20, batch_size=16, epochs=3, **{"suggest-seconds": 25})
    for row in range(4):
        type_into(page, row, "lr", "3")
    page.click("#suggest-start")
    expect(status(page)).to_contain_text("Done.", timeout=120 * SECONDS)
    expect(page.locator("#suggestions li").first).to_contain_text("Over 3 other seeds")
    page.click("#suggest-apply")
    expect(page.locator("#suggest-put")).to_contain_text("In the table now: conv1")
    assert all(float(rate) < 3 for rate in rates(page))
    expect(errors(page)).to_have_count(0)
    page.click("#suggest-undo")
    expect(cell(page, 0, "lr")).to_have_value("3")


def test_range_tests_are_drawn_and_told_in_chinese_on_a_phone(visit: Visit) -> None:
    page = visit("?open=range", width=390, locale="zh-CN")
    expect(page.locator("#range-start")).to_be_visible()
    set_numbers(page, **TINY | {"batch_size": 8})  # each of the five tests has a hundred steps
    page.click("#range-start")
    expect(status(page)).to_contain_text("完成", timeout=90 * SECONDS)
    expect(page.locator("#range-shown li")).to_have_count(5)
    expect(page.locator("#range-shown")).to_contain_text("所有组一起：")
    expect(page.locator("#range-plot .scatterlayer .trace").first).to_be_attached(timeout=20 * SECONDS)
    assert width_of(page) == 390


def test_panels_stay_closed_where_the_link_names_none(visit: Visit) -> None:
    page = visit("?open=nothing")
    expect(page.locator("#map-start")).to_be_hidden()
    open_tab(page, "map")
    expect(page.locator("#map-start")).to_be_visible()
