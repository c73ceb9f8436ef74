"""From the last key typed into a cell to the assignment, or the error, that it makes: in a real browser."""

from __future__ import annotations

from statistics import median

from playwright.sync_api import Page

from app import PRESETS
from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import cell, choose_preset

TIMES = 5
BETWEEN_KEYS = 100  # milliseconds, of a quick typist
GOAL = 150.0  # milliseconds
LR, ERROR = '#where [data-fact="lr"]', "#groups #error-0-lr"

# Resolves with the milliseconds from the last key to the first change that leaves `text` in `selector`.
AWAIT_TEXT = """([selector, text]) => {
    window.edited = new Promise((done) => {
        let typed = 0;
        document.addEventListener('input', () => { typed = performance.now(); }, true);
        const look = () => {
            if (document.querySelector(selector).textContent.startsWith(text)) done(performance.now() - typed);
        };
        new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
    });
}"""


def rows() -> list[Row]:
    """The median over edits that are right and edits that are wrong, for each network."""
    with served() as server, visited(server.address) as page:
        found = [_row(page, "simple_cnn")]
        choose_preset(page, PRESETS["frozen_resnet"].title.en, groups=2)
        return [*found, _row(page, "resnet18")]


def _row(page: Page, model: str) -> Row:
    took = []
    for last in range(1, TIMES + 1):
        took.append(_edit(page, f"0.02{last}", LR, f"0.02{last}"))
        took.append(_edit(page, f"-{last}", ERROR, f"'-{last}'"))
    return Row(f"edit of a cell → assignment, errors: {model}", median(took), None, None, None, GOAL, False, "ms")


def _edit(page: Page, text: str, selector: str, shown: str) -> float:
    page.evaluate(AWAIT_TEXT, [selector, shown])
    cell(page, 0, "lr").select_text()
    page.keyboard.type(text, delay=BETWEEN_KEYS)
    return float(page.evaluate("() => window.edited"))
