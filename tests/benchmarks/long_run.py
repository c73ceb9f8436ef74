"""What the page costs while a very long run goes on: python -m tests.benchmarks.long_run [steps]"""

from __future__ import annotations

import sys
import time

from playwright.sync_api import CDPSession
from playwright.sync_api import Error as PlaywrightError

from core.experiment import Experiment, Group
from core.experiment.link import PARAMETER, write_link
from core.models import build_model
from tests.benchmarks.serving import served, visited
from tests.browser.actions import status
from tests.crowd.leaving import Process

GROUPS, SPEED, EVERY = 16, 200, 10.0  # groups, steps/s, seconds between two looks
BATCHES = 200  # of an epoch


def experiment(steps: int) -> Experiment:
    """Of so many steps and `GROUPS` groups."""
    rest = Group(name="rest", params=("*",), optimizer="SGD", lr=0.01)
    sizes = {"train_size": 10 * BATCHES, "test_size": 100, "batch_size": 10, "epochs": steps // BATCHES}
    small = Experiment(model="small_vit", dataset="shapes", groups=(rest,), **sizes)
    names = [name for name, _ in build_model(small, "meta").named_parameters()][: GROUPS - 1]
    single = [Group(name=f"g{place}", params=(name,), optimizer="SGD", lr=0.01) for place, name in enumerate(names)]
    return Experiment(model="small_vit", dataset="shapes", groups=(*single, rest), **sizes)


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print("| step | main thread | heap | an answer of the page | server | its memory |\n|---|---|---|---|---|---|")
    link = f"{PARAMETER}={write_link(experiment(steps))}"
    with served(("-m", "tests.benchmarks.made_up")) as server, visited(f"{server.address}?{link}") as page:
        process, cdp = Process(server), page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        page.set_default_timeout(1000 * EVERY)
        page.click("#train")
        before, computed, began = metrics(cdp), process.seconds(), time.monotonic()
        while page.locator("#stop").is_enabled() or time.monotonic() - began < EVERY:
            time.sleep(EVERY)
            asked = time.monotonic()
            try:
                text = status(page).inner_text()
            except PlaywrightError:
                text = "none"
            answered, now, seconds = time.monotonic() - asked, metrics(cdp), process.seconds()
            busy = (now["TaskDuration"] - before["TaskDuration"]) / (now["Timestamp"] - before["Timestamp"])
            load = (seconds - computed) / (now["Timestamp"] - before["Timestamp"])
            heap, memory = now["JSHeapUsedSize"] / 1e6, process.status("VmRSS") / 1024
            print(f"| {text[:24]} | {busy:.0%} | {heap:.0f} MB | {answered:.2f} s | {load:.0%} | {memory:.0f} MB |")
            before, computed = now, seconds


def metrics(cdp: CDPSession) -> dict[str, float]:
    """Chromium's own of the page: seconds of work on its main thread, bytes of its scripts."""
    return {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()
