"""What axe-core finds serious on the page: in both themes, before a run and after one, whatever is open."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from core.page.layout import TABS
from tests.browser.actions import SMALL, error_of, open_tab, set_numbers, train, type_into, wait_for_points

SERIOUS = ("serious", "critical")
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
RUN = "(where) => axe.run(where, {resultTypes: ['violations'], preload: false}).then(({violations}) => violations)"
SWITCH = "document.body.classList.toggle('dark')"


def bring_axe(page: Page) -> None:
    page.add_style_tag(content=STILL)  # a colour on its way is not the one to judge
    page.evaluate(AXE_SCRIPT)


def violations(page: Page, where: str = "html") -> list[str]:
    """What is serious within `where`: rule, place, and why."""
    return [
        f"{found['id']} at {node['target']}: {node['failureSummary'].splitlines()[-1].strip()}"
        for found in page.evaluate(RUN, where)
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


def in_both_themes(page: Page) -> list[str]:
    """What is serious on the whole page; the theme is afterwards as it was."""
    found = violations(page)
    page.evaluate(SWITCH)
    found += violations(page)
    page.evaluate(SWITCH)
    return found


def with_all_open(page: Page, ending: str) -> list[str]:
    """After a short run that ended so, with a wrong cell, settings and a row opened, and each tab in turn."""
    set_numbers(page, **SMALL)
    train(page, ending)
    wait_for_points(page, 2)
    page.locator("#groups .more").first.click()
    type_into(page, 1, "lr", "abc")
    expect(error_of(page, 1, "lr")).not_to_be_empty()
    found = in_both_themes(page)
    for key in TABS.values():
        open_tab(page, key)
        found += violations(page, "#below")
    return found
