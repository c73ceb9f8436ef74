"""From the last key typed into a cell to the assignment, or the error, that it makes: in a real browser."""

from __future__ import annotations

from statistics import median

from playwright.sync_api import Page

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import type_into

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
        return [_row(page, model) for model in ("simple_cnn", "resnet18")]


def _row(page: Page, model: str) -> Row:
    if model != "simple_cnn":
        page.fill("#model input", model)
        page.get_by_role("option", name=model, exact=True).click()
        type_into(page, 0, "params", "*")
        for _ in range(3):
            page.locator("#groups tbody tr").last.get_by_role("button", name="delete").click()
        page.wait_for_function("() => document.querySelectorAll('#where .group').length === 1")
    took = []
    for time in range(TIMES):
        took += [_edit(page, f"0.00{time + 2}", LR, f"0.00{time + 2}"), _edit(page, "-1", ERROR, "-1")]
    return Row(f"edit of a cell → assignment, errors: {model}", median(took), None, None, None, GOAL, False, "ms")


def _edit(page: Page, text: str, selector: str, shown: str) -> float:
    page.evaluate(AWAIT_TEXT, [selector, shown])
    page.locator('#groups [data-cell="0.lr"]').select_text()
    page.keyboard.type(text, delay=BETWEEN_KEYS)
    return float(page.evaluate("() => window.edited"))
