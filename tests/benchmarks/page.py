"""What the page costs its visitor: sight, shifts, keys, clicks, bytes: python -m tests.benchmarks.page [address]

It measures the app at the address, of whatever version, or one that it starts itself, without network and CIFAR-10.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from app import PRESETS
from tests.benchmarks.serving import chromium, served
from tests.browser.actions import SECONDS, SMALL, open_tab, set_numbers, wait_for_points, wait_until_filled
from tests.browser.axe import bring_axe, in_both_themes, with_all_open

SIZES = {"1280×720": (1280, 720), "1440×900": (1440, 900), "1920×1080": (1920, 1080)}
SIZES |= {"820×1180": (820, 1180), "390×844": (390, 844)}
SETTLED = 4 * SECONDS  # Plotly's library is fetched 3 s after the page
# "before": the page of one column, as measured when the workbench was planned (table "Why" of its plan, real CIFAR-10).
BEFORE = {
    "chart visible 1 s after Train": {"1280×720": "0 px", "1440×900": "0 px", "1920×1080": "188 px", "390×844": "0 px"},
    "page height before → after a run": {"1280×720": "2,246 → 3,127 px", "390×844": "5,466 → 6,498 px"},
    "layout shift on opening": {
        **{"1280×720": "0.9–1.2", "1440×900": "0.59"},
        **{"1920×1080": "0.28–0.57", "390×844": "0.35–0.57"},
    },
}

WATCH_SHIFTS = """
window.shifted = 0;
window.shifts = [];
new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
        if (shift.hadRecentInput) continue;
        window.shifted += shift.value;
        const parts = shift.sources.map(({node, previousRect, currentRect}) => {
            const part = node && (node.id ? node : node.parentElement?.closest('[id]') || node.parentElement);
            const named = `${part?.id || part?.className}/${node?.className || node?.nodeName}`;
            return `${named} ${previousRect.y}+${previousRect.height}>${currentRect.y}+${currentRect.height}`;
        });
        window.shifts.push([shift.value.toFixed(4), performance.now() | 0, ...parts]);
    }
}).observe({type: 'layout-shift', buffered: true});
"""
# Of two parts, the pixels from the upper edge of the one to the lower edge of the other, and whether both are in sight.
SPAN = """([from, to]) => {
    const [above, below] = [from, to].map((part) => document.querySelector(part).getBoundingClientRect());
    const [top, bottom] = [Math.min(above.top, below.top), Math.max(above.bottom, below.bottom)];
    return [bottom - top, top >= 0 && bottom <= innerHeight];
}"""
SEEN = """(part) => {
    const box = document.querySelector(part).getBoundingClientRect();
    return Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0));
}"""
# Pixels that all that scrolls has been scrolled, upwards and downwards.
WATCH_SCROLLS = """() => {
    window.scrolled = 0;
    const places = new Map([[document, scrollY]]);
    document.addEventListener('scroll', ({target}) => {
        const now = target === document ? scrollY : target.scrollTop;
        window.scrolled += Math.abs(now - (places.get(target) || 0));
        places.set(target, now);
    }, true);
}"""
LR = '#groups [data-cell="0.lr"]'
HEIGHT = "document.documentElement.scrollHeight"


@contextmanager
def visited(browser: Browser, address: str, size: str = "1280×720", locale: str = "en-US") -> Iterator[Page]:
    """The page as a new visitor has it, filled and settled."""
    width, height = SIZES[size]
    context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
    page = context.new_page()
    page.add_init_script(WATCH_SHIFTS)
    page.goto(address)
    wait_until_filled(page)
    page.wait_for_timeout(SETTLED)
    yield page
    context.close()


def stop(page: Page) -> None:
    if page.locator("#stop").is_enabled():
        page.click("#stop")
    page.wait_for_selector("#train:not([disabled])", timeout=60 * SECONDS)
    page.wait_for_timeout(SECONDS)


def sights(browser: Browser, address: str, size: str) -> Iterator[tuple[str, str, str]]:
    """What one run shows and shifts on a window of that size."""
    with visited(browser, address, size) as page:
        opening, before = page.evaluate("window.shifted"), page.evaluate(HEIGHT)
        if "-v" in sys.argv:
            print(size, "opening", *page.evaluate("window.shifts"), sep="\n  ")
        page.evaluate("window.shifted = 0; window.shifts = []")
        page.click("#train")
        page.wait_for_timeout(SECONDS)
        seen = page.evaluate(SEEN, "#chart")
        wait_for_points(page, 2)
        page.wait_for_timeout(2 * SECONDS)
        span, together = page.evaluate(SPAN, [LR, "#chart"])
        stop(page)
        goal = "≥ 240 px" if size == "390×844" else "≥ 300 px"
        yield "chart visible 1 s after Train", f"{seen:.0f} px", goal
        yield (
            "from the lr cells to the chart's lower edge",
            f"{span:.0f} px, together {'yes' if together else 'no'}",
            "",
        )
        yield "page height before → after a run", f"{before:,} → {page.evaluate(HEIGHT):,} px", ""
        yield "layout shift on opening", f"{opening:.3f}", "≤ 0.1"
        yield "layout shift in a run", f"{page.evaluate('window.shifted'):.3f}", "≤ 0.05"
        if "-v" in sys.argv:
            print(size, "run", *page.evaluate("window.shifts"), sep="\n  ")


def tab_presses(page: Page) -> int:
    """Until Train has the focus."""
    for presses in range(1, 200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "train":
            return presses
    return -1


def axe(browser: Browser, address: str) -> Iterator[tuple[str, int, int]]:
    """For each language, how much is serious before a run and with all open."""
    for locale, theme, ending in (("en-US", "light", "Finished"), ("zh-CN", "dark", "完成")):
        with visited(browser, f"{address}?__theme={theme}", locale=locale) as page:
            bring_axe(page)
            yield locale, len(in_both_themes(page)), len(with_all_open(page, ending))


class Hand:
    """Counts clicks, and the pixels that have to be scrolled to reach what is clicked or looked at."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        page.evaluate(WATCH_SCROLLS)

    def click(self, part: str) -> None:
        self.clicks += 1
        self.page.locator(part).first.click()

    def look(self, part: str) -> None:
        self.page.locator(part).first.scroll_into_view_if_needed()

    def __str__(self) -> str:
        self.page.wait_for_timeout(200)
        clicks = "1 click" if self.clicks == 1 else f"{self.clicks} clicks"
        return f"{clicks}, {self.page.evaluate('window.scrolled'):.0f} px of scroll"


def jobs(browser: Browser, address: str, size: str) -> Iterator[tuple[str, str]]:
    """First run; another rate and what it does; the way of one who fine-tunes."""
    with visited(browser, address, size) as page:
        hand = Hand(page)
        hand.click("#train")
        wait_for_points(page, 2)
        hand.look("#chart .plot")
        yield "first run seen", str(hand)
        stop(page)
        hand = Hand(page)
        hand.click(LR)
        page.keyboard.press("Control+a")
        page.keyboard.type("0.02")
        hand.click("#train")
        wait_for_points(page, 2)
        hand.look("#chart .plot")
        yield "change one lr, see the effect", str(hand)
        stop(page)
    with visited(browser, address, size) as page:
        yield "preset, train, suggest, apply, train, code, copy", _fine_tune(page)


def _fine_tune(page: Page) -> str:
    preset = PRESETS["no_decay_bias"].title.en
    set_numbers(page, **SMALL)
    hand = Hand(page)
    hand.click("#preset input")
    hand.click(f'[role=option]:has-text("{preset}")')
    page.wait_for_function("(title) => document.querySelector('#preset input').value === title", arg=preset)
    page.wait_for_timeout(SECONDS)
    hand.click("#train")
    wait_for_points(page, 2)
    hand.look("#chart .plot")
    stop(page)
    open_tab(page, "suggest")
    page.fill("#suggest-seconds input", "20")  # that it is cut short is no part of the way
    hand.clicks += 1
    hand.click("#suggest-start")
    cut = ""
    try:
        page.wait_for_selector("#suggest-apply:enabled", timeout=60 * SECONDS)
        page.wait_for_selector("#train:enabled", timeout=60 * SECONDS)
        hand.click("#suggest-apply")
    except PlaywrightTimeoutError:
        cut = " + apply, which 20 s of Suggest did not offer"
        stop(page)
    hand.click("#train")
    wait_for_points(page, 2)
    hand.look("#chart .plot")
    stop(page)
    open_tab(page, "python_code")
    hand.clicks += 1
    hand.click("#code-text button")
    return f"{hand}{cut}"


def bytes_sent(browser: Browser, address: str) -> tuple[float, float]:
    """MB that are needed until the table can be used, and until the first run's chart has points.

    plotly.js is asked for when the table has been filled, and may come before that is noticed here.
    """
    page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 720}).new_page()
    network, sent, later = page.context.new_cdp_session(page), [0.0], [0.0]

    plotly: set[str] = set()

    def note(event: dict[str, Any]) -> None:
        if "plotly" in event["request"]["url"]:
            plotly.add(event["requestId"])

    def count(event: dict[str, Any]) -> None:
        size = max(0, event["encodedDataLength"]) / 1e6
        sent[0] += size
        later[0] += size * (event["requestId"] in plotly)

    network.send("Network.enable")
    network.on("Network.requestWillBeSent", note)
    network.on("Network.loadingFinished", count)
    page.goto(address)
    wait_until_filled(page)
    usable = sent[0] - later[0]
    page.click("#train")
    wait_for_points(page, 1)
    stop(page)
    return usable, sent[0]


def measure(browser: Browser, address: str) -> Iterator[tuple[str, str, str, str]]:
    """What was measured, what it was before, what it is, and what it is to be."""
    for size in SIZES:
        for what, now, goal in sights(browser, address, size):
            yield f"{what}, {size}", BEFORE.get(what, {}).get(size, ""), now, goal
    with visited(browser, address) as page:
        yield "Tab presses to Train", "76", str(tab_presses(page)), "≤ 12"
    for locale, at_first, opened in axe(browser, address):
        yield f"axe-core, serious: before a run, {locale}, both themes", "6 (light)", str(at_first), "0"
        yield f"axe-core, serious: all open, {locale}", "79 (light)", str(opened), "0"
    former = ["1 click, 972 px", "2 clicks, 2,000 px", "10 clicks, six long scrolls"]
    for size in ("1280×720", "390×844"):
        for (what, now), before in zip(jobs(browser, address, size), former, strict=True):
            yield f"{what}, {size}", before if size == "1280×720" else "", now, ""
    usable, drawn = bytes_sent(browser, address)
    yield "sent until the table is usable → a first run is drawn", "", f"{usable:.2f} → {drawn:.2f} MB", ""


def main() -> None:
    given = [argument for argument in sys.argv[1:] if argument != "-v"]
    print("| measured | before | now | goal |\n|---|---|---|---|")
    with nullcontext(given[0]) if given else served_address() as address, chromium() as browser:
        for cells in measure(browser, address):
            print(f"| {' | '.join(cells)} |", flush=True)


@contextmanager
def served_address() -> Iterator[str]:
    with served() as server:
        yield server.address


if __name__ == "__main__":
    main()
