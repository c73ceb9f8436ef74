"""From a key typed into a cell to the frame that shows it, and to what the server answers: in a real browser."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from playwright.sync_api import Page
from torchvision.models import resnet18

from app import PRESETS
from core.experiment import Experiment, Group
from core.experiment.link import PARAMETER, write_link
from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import cell, choose_preset, wait_until_filled

TIMES = 5
BETWEEN_KEYS = 100  # milliseconds, of a quick typist
GOAL = 150.0  # milliseconds
FRAME = 50.0  # milliseconds: three frames
SETTLED = 4000.0  # milliseconds, after which Plotly's library has come
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


# From then on `window.painted` holds the milliseconds from each key to the end of the frame that shows it.
WATCH_FRAMES = """() => {
    window.painted = [];
    document.addEventListener('input', ({timeStamp}) => requestAnimationFrame(() => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => window.painted.push(performance.now() - timeStamp);
        port2.postMessage(0);
    }), true);
}"""


def rows() -> list[Row]:
    """The median over edits that are right and edits that are wrong, for each network."""
    with served() as server, visited(server.address) as page:
        found = [_row(page, "simple_cnn")]
        choose_preset(page, PRESETS["frozen_resnet"].title.en, groups=2)
        found.append(_row(page, "resnet18"))
        for count in (4, 40):
            page.goto(f"{server.address}?{PARAMETER}={write_link(_groups(count))}")
            wait_until_filled(page)
            page.wait_for_function("(count) => document.querySelectorAll('#groups .row').length === count", arg=count)
            page.wait_for_timeout(SETTLED)
            found += _rows_of_many(page, count)
    return found


def _groups(count: int) -> Experiment:
    """A ResNet-18's parameters dealt to so many groups."""
    names = [name for name, _ in resnet18().named_parameters()]
    groups = (Group(name=f"g{i}", params=tuple(names[i::count]), optimizer="Adam", lr=0.01) for i in range(count))
    return replace(PRESETS["frozen_resnet"], pretrained=False, groups=tuple(groups))


def _rows_of_many(page: Page, count: int) -> list[Row]:
    page.evaluate(WATCH_FRAMES)
    answered = [_edit(page, f"0.02{last}", LR, f"0.02{last}") for last in range(1, TIMES + 1)]
    painted = page.evaluate("() => window.painted")
    return [
        Row(f"key typed → frame painted, {count} groups", median(painted), None, None, None, FRAME, False, "ms"),
        Row(f"key typed → answer shown, {count} groups", median(answered), None, None, None, None, False, "ms"),
    ]


def _row(page: Page, model: str) -> Row:
    took = []
    for last in range(1, TIMES + 1):
        took.append(_edit(page, f"0.02{last}", LR, f"0.02{last}"))
        took.append(_edit(page, f"-{last}", ERROR, f"“-{last}”"))
    return Row(f"edit of a cell → assignment, errors: {model}", median(took), None, None, None, GOAL, False, "ms")


def _edit(page: Page, text: str, selector: str, shown: str) -> float:
    page.evaluate(AWAIT_TEXT, [selector, shown])
    cell(page, 0, "lr").select_text()
    page.keyboard.type(text, delay=BETWEEN_KEYS)
    return float(page.evaluate("() => window.edited"))
