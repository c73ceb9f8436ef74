"""Puts payloads into the page as a table, a link and a file, and finds out whether one was more than text there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from core.experiment import Experiment
from core.experiment.link import write_link
from core.models import build_model
from core.widgets.group_table import COLUMNS
from tests.browser.actions import SECONDS, open_tab
from tests.hostile.payloads import PAYLOADS

LONGEST_NAME = 40
AT_ONCE = 40  # groups; small_vit has 80 parameters to put into them
SLOW = 30 * SECONDS  # 40 groups at once, on a machine that does other things too
SETTINGS = ("model", "dataset", "frozen_norm", "train_size", "image_size", "epochs", "seed", "title", "summary")

# Whatever a payload calls is noted; so is every attribute that would run code.
HOOK = """window.owned = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print']) window[name] = (...told) => owned.push(name + told);
undefined;
"""
FOUND = """() => {
    const found = [...window.owned];
    const loading = /^(src|srcset|srcdoc|href|xlink:href|action|formaction|data|poster|style|background)$/i;
    for (const node of document.querySelectorAll('*')) for (const {name, value} of node.attributes) {
        const runs = /^on/i.test(name) || loading.test(name);
        if (runs && /alert|c\\.test/.test(value)) found.push(`${name}=${value}`);
    }
    if (document.title !== 'Param Group Lab') found.push(document.title);
    return found;
}"""
TYPE = """(payloads) => {
    const rows = [...document.querySelectorAll('#groups tbody tr')];
    rows.forEach((row, place) => row.querySelectorAll('input').forEach((input) => {
        input.value = payloads[place % payloads.length];
        input.dispatchEvent(new InputEvent('input', {bubbles: true}));
    }));
}"""


class Watch:
    """Notes what a page asks of strangers, and the dialogs that it opens; none gets an answer."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self._own, self._seen = page, (address, "data:", "blob:"), list[str]()
        page.add_init_script(HOOK)
        page.on("dialog", lambda dialog: (self._seen.append(dialog.message), dialog.dismiss())[1])
        page.on("popup", lambda popup: self._seen.append(popup.url))
        page.context.route("**", self._let_through)

    def _let_through(self, route: Route, request: Request) -> None:
        if request.url.startswith(self._own):
            route.fallback()
            return
        self._seen.append(request.url)
        route.abort()

    def found(self) -> list[str]:
        """What ran or was asked for since the page was opened, and what waits in its attributes."""
        return self._seen + self.page.evaluate(FOUND)


def batches(payloads: Sequence[str] = PAYLOADS) -> list[Sequence[str]]:
    return [payloads[start : start + AT_ONCE] for start in range(0, len(payloads), AT_ONCE)]


def names() -> list[str]:
    """The payloads that a group's name may be, each once."""
    return list(dict.fromkeys(" ".join(p.split()) for p in PAYLOADS if len(p) <= LONGEST_NAME))


def as_file(payloads: Sequence[str], fields: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """An experiment with a payload per group in all of the fields, and in its settings and keys."""
    groups = [{"name": f"g{row}", "params": "*"} | dict.fromkeys(fields, p) for row, p in enumerate(payloads)]
    settings = dict(zip(SETTINGS, payloads, strict=False))
    return settings | {payload[:20]: 1 for payload in payloads[:5]} | {"groups": groups}


def as_run(payloads: Sequence[str]) -> Experiment:
    """A run of two steps with a group of each name, and one parameter in each."""
    sizes = {"model": "small_vit", "dataset": "shapes", "train_size": 64, "test_size": 10, "batch_size": 32}
    whole = Experiment.from_dict(sizes | {"epochs": 1, "groups": [{"name": "all", "params": "*"}]})
    parameters = [name for name, _ in build_model(whole, "meta").named_parameters()][: len(payloads)]
    parameters[-1] = "*"
    groups = [{"name": n, "params": p, "lr": 1e-4} for n, p in zip(payloads, parameters, strict=True)]
    return Experiment.from_dict(whole.to_dict() | {"groups": groups})


def import_text(page: Page, text: str) -> None:
    """By the panel, until the page says what came of it."""
    if not page.locator("#import-box textarea").is_visible():
        open_tab(page, "import_panel")
    page.evaluate("() => document.querySelectorAll('#imported li').forEach((line) => line.remove())")
    page.fill("#import-box textarea", text)
    page.click("#import-box .import")
    expect(page.locator("#imported li").first).to_be_visible(timeout=SLOW)


def by_file(page: Page, payloads: Sequence[str], fields: Sequence[str] = COLUMNS) -> None:
    import_text(page, json.dumps(as_file(payloads, fields)))
    expect(page.locator("#groups .row")).to_have_count(len(payloads), timeout=SLOW)
    expect(page.locator("#groups .error:not(:empty)").first).to_be_visible(timeout=SLOW)


def by_table(page: Page, payloads: Sequence[str]) -> None:
    """Typed into every cell of as many rows as there are."""
    page.evaluate(TYPE, payloads)
    expect(page.locator("#groups .error:not(:empty)").first).to_be_visible(timeout=SLOW)


def by_link(page: Page, address: str, payloads: Sequence[str]) -> None:
    """Opened with names, a model and a dataset that are payloads; then run, and looked at from all sides."""
    spoilt = {"model": payloads[0], "dataset": payloads[-1]}
    page.goto(f"{address}?c={write_link(Experiment.from_dict(as_run(payloads).to_dict() | spoilt))}")
    expect(page.locator("#opened li").nth(1)).to_be_visible(timeout=SLOW)
    expect(page.locator("#groups .row")).to_have_count(len(payloads), timeout=SLOW)


def run(page: Page, payloads: Sequence[str]) -> None:
    """Trains groups of these names, and opens what shows them: every chart with its hover text, every panel."""
    import_text(page, as_run(payloads).to_toml())
    expect(page.locator("#where .group")).to_have_count(len(payloads), timeout=SLOW)
    page.click("#train")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_be_visible(timeout=60 * SECONDS)
    open_tab(page, "python_code")
    open_tab(page, "heatmap")
    expect(page.locator("#heatmap .main-svg").first).to_be_visible(timeout=SLOW)
    open_tab(page, "planned")
    expect(page.locator("#planned .main-svg").first).to_be_visible(timeout=SLOW)
    page.evaluate("() => Plotly.Fx.hover(document.querySelector('#chart .plot'), [{curveNumber: 0, pointNumber: 0}])")
    expect(page.locator("#chart .hoverlayer text").first).to_be_attached(timeout=SLOW)
