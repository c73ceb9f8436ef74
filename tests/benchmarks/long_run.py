"""What the page costs while a very long run goes on: python -m tests.benchmarks.long_run [steps]"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from playwright.sync_api import CDPSession

from core.experiment import Experiment, Group
from core.experiment.link import PARAMETER, write_link
from core.models import build_model
from tests.benchmarks.row import Row
from tests.benchmarks.serving import served, visited
from tests.browser.actions import status
from tests.crowd.leaving import Process

GROUPS, STEPS, EVERY = 16, 20_000, 10.0  # groups, steps at 200/s, seconds between two looks
FIRST = 2000  # steps, after which the page is to take no more memory
BATCHES = 200  # of an epoch

# From then on `window.drawings` holds the milliseconds that each drawing of the chart took.
WATCH_DRAWINGS = """() => {
    window.drawings = [];
    for (const name of ['react', 'extendTraces']) {
        const draw = Plotly[name];
        Plotly[name] = (...given) => {
            const began = performance.now();
            const drawn = draw(...given);
            window.drawings.push(performance.now() - began);
            return drawn;
        };
    }
}"""


def experiment(steps: int) -> Experiment:
    """Of so many steps and `GROUPS` groups."""
    rest = Group(name="rest", params=("*",), optimizer="SGD", lr=0.01)
    sizes = {"train_size": 10 * BATCHES, "test_size": 100, "batch_size": 10, "epochs": steps // BATCHES}
    small = Experiment(model="small_vit", dataset="shapes", groups=(rest,), **sizes)
    names = [name for name, _ in build_model(small, "meta").named_parameters()][: GROUPS - 1]
    single = [Group(name=f"g{place}", params=(name,), optimizer="SGD", lr=0.01) for place, name in enumerate(names)]
    return Experiment(model="small_vit", dataset="shapes", groups=(*single, rest), **sizes)


class Look(NamedTuple):
    """What a page costs since the last look: parts of a core, MB, seconds."""

    step: int
    main_thread: float
    heap: float
    answer: float
    server: float
    memory: float


def looks(steps: int) -> Iterator[Look | list[float]]:
    """One each `EVERY` seconds of such a run; at last how many ms each drawing of the chart took."""
    link = f"{PARAMETER}={write_link(experiment(steps))}"
    with served(("-m", "tests.benchmarks.made_up")) as server, visited(f"{server.address}?{link}") as page:
        process, cdp = Process(server), page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        page.set_default_timeout(1000 * EVERY)
        page.evaluate(WATCH_DRAWINGS)
        page.click("#train")
        before, computed, began = metrics(cdp), process.seconds(), time.monotonic()
        while page.locator("#stop").is_enabled() or time.monotonic() - began < EVERY:
            time.sleep(EVERY)
            asked = time.monotonic()
            text = status(page).inner_text()
            answered, now, seconds = time.monotonic() - asked, metrics(cdp), process.seconds()
            apart = now["Timestamp"] - before["Timestamp"]
            busy = (now["TaskDuration"] - before["TaskDuration"]) / apart
            cdp.send("HeapProfiler.collectGarbage")
            heap, memory = metrics(cdp)["JSHeapUsedSize"] / 1e6, process.status("VmRSS") / 1024
            step = int(re.search(r"\d+", text.replace(",", ""))[0])  # type: ignore[index]  # every status has it
            yield Look(step, busy, heap, answered, (seconds - computed) / apart, memory)
            before, computed = metrics(cdp), process.seconds()
        yield page.evaluate("window.drawings")


def rows() -> list[Row]:
    """Of a run of `STEPS` steps: the most at any time of it, and whether memory grows behind the first `FIRST` steps.

    It goes up and down as lines are thinned, so the most of each half is compared.
    """
    *seen, drawings = looks(STEPS)
    found = [look for look in seen if isinstance(look, Look)]
    early = max(look.heap for look in found if FIRST <= look.step < STEPS / 2)
    late = max(look.heap for look in found if look.step >= STEPS / 2)
    what = f"the page in a run of {STEPS:,} steps, {GROUPS} groups"
    busiest, slowest = max(look.main_thread for look in found), max(look.answer for look in found)
    assert isinstance(drawings, list)
    return [
        Row(f"{what}: main thread, at most", 100 * busiest, None, None, None, 30, False, "%"),
        Row(
            f"{what}: drawing, 95 of 100",
            sorted(drawings)[len(drawings) * 95 // 100],
            None,
            None,
            None,
            50,
            False,
            "ms",
        ),
        Row(f"{what}: an answer, the slowest", 1000 * slowest, None, None, None, None, False, "ms"),
        Row(f"{what}: memory, its second half : its first", late, early, None, late / early, 1.1, False, "MB"),
    ]


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    print("| step | main thread | heap | an answer of the page | server | its memory |\n|---|---|---|---|---|---|")
    for look in looks(steps):
        if not isinstance(look, Look):
            drawings = sorted(look)
            print(f"{len(drawings)} drawings: median {median(drawings):.0f} ms, slowest {drawings[-1]:.0f} ms")
            continue
        page, server = f"{look.main_thread:.0%} | {look.heap:.0f} MB | {look.answer:.2f} s", f"{look.server:.0%}"
        print(f"| {look.step:,} | {page} | {server} | {look.memory:.0f} MB |", flush=True)


def metrics(cdp: CDPSession) -> dict[str, float]:
    """Chromium's own of the page: seconds of work on its main thread, bytes of its scripts."""
    return {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()
