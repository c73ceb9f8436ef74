"""Other runs beside this one."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import SECONDS, points, set_number, status, type_into, wait_for_points
from tests.browser.conftest import Visit


def train(page: Page) -> None:
    page.click("#train")
    expect(status(page)).to_contain_text("Preparing", timeout=5 * SECONDS)
    expect(status(page)).to_contain_text("Finished", timeout=60 * SECONDS)


def test_an_earlier_run_can_be_drawn_beside_the_next_and_deleted(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 256)
    train(page)
    first = points(page)
    page.get_by_role("button", name="Compare with other runs").click()
    expect(page.locator("#earlier input")).to_have_count(1)
    type_into(page, 0, "lr", "0.1")
    train(page)
    expect(page.locator("#earlier input")).to_have_count(2)
    page.locator("#earlier label", has_text="#1").click()
    page.wait_for_function("() => document.querySelector('#chart .plot').data.length === 8")
    beside = points(page)[4:]
    assert [trace["name"] for trace in beside] == [f"{trace['name']} · #1" for trace in first]
    assert [trace["y"] for trace in beside] == [trace["y"] for trace in first]
    assert points(page)[0]["y"] != first[0]["y"]
    page.locator("#delete-ticked").click()
    expect(page.locator("#earlier input")).to_have_count(1)
    page.wait_for_function("() => document.querySelector('#chart .plot').data.length === 4")
    wait_for_points(page, 6)
