"""What a visitor does and sees, by the names on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from app import PRESETS
from core.page.filling import SETTINGS
from core.page.layout import TABS
from core.text import language_of, say

SECONDS = 1000.0  # Playwright counts in milliseconds
SMALL = {"train_size": 256, "test_size": 20, "epochs": 1}  # two steps
SMALL_RESNET = {"train_size": 64, "test_size": 10, "batch_size": 32, "epochs": 1, "image_size": 32}  # two as well

# The shown chart's lines: none while it is a recorded run; a word in the legend for an earlier run has no points.
DRAWN = """(document.querySelector('#chart .plot:not(.recorded)')?.data || [])
    .filter(({x}) => x.length !== 1 || x[0] !== null)"""

Place = Page | FrameLocator


def wait_until_filled(page: Page) -> None:
    page.wait_for_selector("#where tbody tr")


def open_settings(page: Place) -> None:
    """Their inputs are on the page once they have been opened."""
    if not page.locator("#train_size input").count():
        page.locator("#settings button.label-wrap").click()
        expect(page.locator("#train_size input")).to_be_visible()


def menu(page: Place, field: str) -> Locator:
    if field in SETTINGS:
        open_settings(page)
    return page.locator(f"#{field} input")


def choose(page: Place, field: str, name: str) -> None:
    menu(page, field).click()
    page.get_by_role("option", name=name).click()


def choose_preset(page: Page, title: str, groups: int, cards: int | None = None) -> None:
    """Until the table has `groups` rows and the preview `cards`: as many, unless layer decay makes more."""
    choose(page, "preset", title)
    preset = next(preset for preset in PRESETS.values() if any(title in words for words in preset.title))
    beginnings = "|".join(re.escape(summary[:20]) for summary in preset.summary)
    expect(page.locator("#about")).to_contain_text(re.compile(beginnings))
    expect(rows(page)).to_have_count(groups)
    for row, group in enumerate(preset.groups):  # another preset may have as many, and the text comes before the table
        expect(cell(page, row, "name")).to_have_value(group.name)
    expect(group_cards(page)).to_have_count(cards or groups)


def rows(page: Page) -> Locator:
    """Of the group table."""
    return page.locator("#groups .row")


def cell(page: Page, row: int, column: str) -> Locator:
    return page.locator(f'#groups [data-cell="{row}.{column}"]')


def show_cell(page: Page, row: int, column: str) -> Locator:
    """The cell, its row opened if it is one of those that are shown on demand."""
    if not cell(page, row, column).is_visible():
        rows(page).nth(row).locator(".more").click()
    return cell(page, row, column)


def tool(page: Page, name: str) -> Locator:
    """A button of a row by its label, as "delete group 2", its row opened."""
    row = int(name.split()[-1]) - 1
    show_cell(page, row, "role")
    return page.get_by_label(name, exact=True)


def error_of(page: Page, row: int, column: str) -> Locator:
    return page.locator(f"#groups #error-{row}-{column}")


def caution_of(page: Page, row: int, column: str) -> Locator:
    return page.locator(f"#groups #caution-{row}-{column}")


def errors(page: Page) -> Locator:
    """All that are said in the group table."""
    return page.locator("#groups .error:not(:empty)")


def group_cards(page: Page) -> Locator:
    return page.locator("#where .group")


def fact(page: Page, row: int, key: str) -> Locator:
    """What the card of a group says torch will use: lr, betas, momentum, decay, size or state."""
    return group_cards(page).nth(row).locator(f'[data-fact="{key}"]')


def type_into(page: Page, row: int, column: str, text: str) -> None:
    """As a person types: key by key, the field keeps the focus."""
    show_cell(page, row, column).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def add_group(page: Page) -> None:
    """The focus is then where its parameters are typed."""
    page.click("#groups .add")


def set_number(page: Place, field: str, value: float) -> None:
    if field in SETTINGS:
        open_settings(page)
    page.locator(f"#{field} input").fill(str(value))


def set_numbers(page: Place, **values: int) -> None:
    for field, value in values.items():
        set_number(page, field, value)


def train(page: Place, ending: str = "Finished") -> None:
    """Until the status line says so; after an earlier run it may still be of that one."""
    page.locator("#train").click()
    expect(status(page)).to_contain_text(ending, timeout=60 * SECONDS)


def link_of(page: Place) -> str:
    """Click the button; the address that is shown."""
    page.locator("#copy-link").click()
    field = page.locator("#link .link")
    expect(field).to_be_visible()
    return field.input_value()


def saved(page: Page, button: str, folder: Path) -> Path:
    """The file that the button makes the browser save."""
    with page.expect_download() as download:
        page.click(button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def width_of(page: Page) -> int:
    """Of all that is on the page: more than the window's where it scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def open_tab(page: Page, key: str) -> None:
    """One of those below the chart, by the key of its words; what has no room waits behind "more".

    Its parts are mounted when it opens, with the server's values: what is typed sooner would be replaced.
    """
    name = next(name for name, words in TABS.items() if words == key)
    tab = page.locator(f"#below [role=tab][data-tab-id={name}]")
    if not tab.count():
        title = say(key, language_of(page.evaluate("document.documentElement.lang || navigator.language")))
        page.locator("#below .overflow-menu > button").click()
        tab = page.locator("#below .overflow-dropdown button", has_text=title)
    tab.click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def points(page: Page) -> list[dict[str, Any]]:
    """The shown chart's traces as name, x and y, once those that have arrived are drawn."""
    page.wait_for_selector('#chart .plot:not([aria-busy="true"])', state="attached")
    script = f"() => {DRAWN}.map(({{name, x, y}}) => ({{name, x, y}}))"
    traces: list[dict[str, Any]] = page.evaluate(script)
    return traces


def wait_for_points(page: Page, count: int = 1, timeout: float = 60 * SECONDS) -> None:
    """Until every trace of the shown chart has `count` points."""
    script = """(count) => {
        const traces = DRAWN;
        return traces.length > 0 && traces.every((trace) => trace.x.length >= count);
    }""".replace("DRAWN", DRAWN)
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
    cells: list[list[str]] = rows(page).evaluate_all(read)
    return cells


OTHERS = ("pretrained", "structure")  # a tick, and what the page holds without an input


def settings(page: Page) -> dict[str, Any]:
    """What every setting shows, by its name."""
    open_settings(page)
    found = {name: page.locator(f"#{name} input").first.input_value() for name in SETTINGS if name not in OTHERS}
    return found | {"pretrained": page.locator("#pretrained input").is_checked()}


def status(page: Place) -> Locator:
    return page.locator("#status")
