"""A tab that is in the background for ten minutes of a run, and is then shown: python -m tests.benchmarks background"""

from __future__ import annotations

import os
import time

from core.experiment.link import PARAMETER, write_link
from tests.benchmarks.long_run import experiment
from tests.benchmarks.row import Row
from tests.benchmarks.serving import chromium, served

MINUTES = float(os.environ.get("MINUTES", "10"))
STEPS = 20_000
SPEED = STEPS / (60 * MINUTES + 30)  # steps/s: the run goes on when the page is shown
# A headless browser hides no page. What Chromium does to one that is hidden is done here: no frames, and timers at the
# end of a second; once it is shown, all that is due comes. After five minutes timers that set one another, five in a
# row, wait for the end of a minute, but the chart's are set by what arrives
# (developer.chrome.com/blog/timer-throttling-in-chrome-88).
HIDE = """() => {
    let since = null;
    const [held, waiting] = [[], []];
    const [frame, timer] = [window.requestAnimationFrame.bind(window), window.setTimeout.bind(window)];
    window.requestAnimationFrame = (then) => (since === null ? frame(then) : held.push(then));
    window.setTimeout = (then, delay = 0, ...given) => {
        if (since === null) return timer(then, delay, ...given);
        const now = performance.now();
        const due = now + Math.max(0, delay);
        let isToCome = true;
        const once = () => { if (isToCome) then(...given); isToCome = false; };
        waiting.push([once, due]);
        return timer(once, Math.ceil(due / 1000) * 1000 - now);
    };
    Object.defineProperty(document, 'hidden', { get: () => since !== null });
    Object.defineProperty(document, 'visibilityState', { get: () => (since === null ? 'visible' : 'hidden') });
    window.hide = (hides) => {
        since = hides ? performance.now() : null;
        document.dispatchEvent(new Event('visibilitychange'));
        if (hides) return;
        held.splice(0).forEach((then) => frame(then));
        waiting.splice(0).forEach(([once, due]) => timer(once, due - performance.now()));
    };
}"""
# Resolves with the milliseconds from the moment when the page is shown until its chart has the steps it was told of.
SHOWN = """() => new Promise((done) => {
    const plot = document.querySelector('#chart .plot');
    const drawn = () => plot.data?.[0]?.x.at(-1) || 0;
    const before = drawn();
    window.hide(false);
    const began = performance.now();
    const look = () => {
        const told = Number(document.querySelector('#status').innerText.replaceAll(',', '').match(/[0-9]+/)[0]);
        if (drawn() >= 0.99 * told) done([performance.now() - began, before, drawn(), told]);
        else requestAnimationFrame(look);
    };
    look();
})"""


def rows() -> list[Row]:
    """In a run that lasts a little longer."""
    link = f"{PARAMETER}={write_link(experiment(STEPS))}"
    with served(("-m", "tests.benchmarks.made_up"), SPEED=str(SPEED)) as server, chromium() as browser:
        page = browser.new_page(locale="en-US")
        page.add_init_script(f"({HIDE})()")
        page.goto(f"{server.address}?{link}")
        page.wait_for_selector("#where tbody tr")
        page.wait_for_function("window.Plotly")
        page.click("#train")
        page.wait_for_selector("#stop:enabled")
        page.evaluate("window.hide(true)")
        time.sleep(60 * MINUTES)
        took, before, drawn, told = page.evaluate(SHOWN)
        assert drawn >= 0.99 * told > 0, (before, drawn, told)
    what = f"a tab in the background for {MINUTES:g} minutes of a run, then shown: drawn whole"
    return [Row(what, took / 1000, None, None, None, 1.0, False, "s")]
