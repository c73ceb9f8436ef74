"""What a visitor does and sees, by the names on the page."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from app import PRESETS
from core.page.filling import SETTINGS

SECONDS = 1000.0  # Playwright counts in milliseconds


def choose_preset(page: Page, title: str, groups: int, cards: int | None = None) -> None:
    """Until the table has `groups` rows and the preview `cards`: as many, unless layer decay makes more."""
    page.click("#preset input")
    page.get_by_role("option", name=title).click()
    preset = next(preset for preset in PRESETS.values() if any(title in words for words in preset.title))
    beginnings = "|".join(re.escape(summary[:20]) for summary in preset.summary)
    expect(page.locator("#about")).to_contain_text(re.compile(beginnings))
    expect(page.locator("#groups tbody tr")).to_have_count(groups)
    for row, group in enumerate(preset.groups):  # another preset may have as many, and the text comes before the table
        expect(cell(page, row, "name")).to_have_value(group.name)
    expect(page.locator("#where .group")).to_have_count(cards or groups)


def cell(page: Page, row: int, column: str) -> Locator:
    return page.locator(f'#groups [data-cell="{row}.{column}"]')


def error_of(page: Page, row: int, column: str) -> Locator:
    return page.locator(f"#groups #error-{row}-{column}")


def caution_of(page: Page, row: int, column: str) -> Locator:
    return page.locator(f"#groups #caution-{row}-{column}")


def fact(page: Page, row: int, key: str) -> Locator:
    """What the card of a group says torch will use: lr, betas, momentum, decay, size or state."""
    return page.locator("#where .group").nth(row).locator(f'[data-fact="{key}"]')


def type_into(page: Page, row: int, column: str, text: str) -> None:
    """As a person types: key by key, the field keeps the focus."""
    cell(page, row, column).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def set_number(page: Page, field: str, value: int) -> None:
    page.fill(f"#{field} input", str(value))


def open_panel(page: Page, title: str) -> None:
    """Its parts are mounted when it opens, with the server's values: what is typed sooner would be replaced."""
    page.locator("button.label-wrap", has_text=title).click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def points(page: Page) -> list[dict[str, Any]]:
    """The shown chart's traces as name, x and y, once those that have arrived are drawn."""
    page.wait_for_selector('#chart .plot:not([aria-busy="true"])', state="attached")
    script = "() => (document.querySelector('#chart .plot').data || []).map(({name, x, y}) => ({name, x, y}))"
    traces: list[dict[str, Any]] = page.evaluate(script)
    return traces


def wait_for_points(page: Page, count: int = 1, timeout: float = 60 * SECONDS) -> None:
    """Until every trace of the shown chart has `count` points."""
    script = """(count) => {
        const traces = document.querySelector('#chart .plot').data || [];
        return traces.length > 0 && traces.every((trace) => trace.x.length >= count);
    }"""
    try:
        page.wait_for_function(script, arg=count, timeout=timeout)
    except PlaywrightTimeoutError:
        raise AssertionError(f"no {count} points; the page says: {said(page)}") from None


def said(page: Page) -> dict[str, Any]:
    """What a person would look at to see why nothing comes, for a test that gave up waiting."""
    places = ["#status", "#chart .note", "#problems textarea", ".toast-wrap", "#train", "#stop"]
    read = """(places) => places.map((place) => document.querySelector(place))
        .map((found) => found && [found.innerText || found.value, found.disabled])"""
    found = dict(zip(places, page.evaluate(read, places), strict=True))
    lengths = "(document.querySelector('#chart .plot').data || []).map(({x}) => x.length)"
    found["drawn"] = page.evaluate(f"() => [!!window.Plotly, document.hidden, {lengths}]")
    return found | {"settings": settings(page)}


def show_view(page: Page, label: str) -> None:
    page.get_by_role("tab", name=label, exact=True).click()


def table(page: Page) -> list[list[str]]:
    """What every cell of the group table shows, by row."""
    read = """(rows) => rows.map((row) => [...row.querySelectorAll('[data-cell]')].map((cell) => cell.value))"""
    rows: list[list[str]] = page.locator("#groups tbody tr").evaluate_all(read)
    return rows


def settings(page: Page) -> dict[str, Any]:
    """What every setting shows, by its name."""
    found = {name: page.locator(f"#{name} input").first.input_value() for name in SETTINGS if name != "pretrained"}
    return found | {"pretrained": page.locator("#pretrained input").is_checked()}


def status(page: Page) -> Locator:
    return page.locator("#status")
