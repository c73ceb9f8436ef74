"""The long forms, in a while: python -m tests.hostile puts 10,000 cases of each kind to the app, each kind in a
process of its own; python -m tests.hostile xss puts every payload into every field of the page; python -m tests.hostile
strangers does to a server what a stranger with curl can."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import warnings
from contextlib import redirect_stdout

from hypothesis.errors import HypothesisWarning
from playwright.sync_api import sync_playwright

from core.widgets.group_table import COLUMNS
from tests.benchmarks.serving import served as program
from tests.browser.conftest import CHROMIUM, QUIET, served
from tests.hostile import attack, strategies
from tests.hostile.payloads import PAYLOADS
from tests.hostile.probes import (
    KINDS,
    MOST_BYTES,
    MOST_SECONDS,
    MOST_SECONDS_OF_A_RUN,
    ApiCase,
    Tally,
    fuzz,
    warm_up,
)
from tests.hostile.strangers import of_strangers

API_BODY = "API body"


def tell(kind: str, tally: Tally) -> None:
    outcomes = ", ".join(f"{outcome} {count}" for outcome, count in tally.outcomes.most_common())
    print(f"| {kind} | {tally.cases} | {tally.seconds:.2f} s | {tally.bytes / 2**20:.0f} MB | {outcomes} |", flush=True)


def put_cases(cases: int) -> None:
    print(f"Allowed are {MOST_SECONDS:g} s of computing and {MOST_BYTES / 2**20:.0f} MB a case.\n")
    print("| kind | cases | slowest | peak memory | outcomes |\n|---|---|---|---|---|", flush=True)
    for kind in (*KINDS, API_BODY):
        subprocess.run([sys.executable, "-m", "tests.hostile", kind, "--cases", str(cases)], check=True)


def put_kind(kind: str, cases: int) -> None:
    warnings.simplefilter("ignore", HypothesisWarning)  # what is drawn is large on purpose
    warm_up()
    if kind in KINDS:
        tell(kind, fuzz(*KINDS[kind], cases))
    else:
        with redirect_stdout(io.StringIO()), served() as server:
            tally = fuzz(strategies.requests, ApiCase(server), cases, MOST_SECONDS_OF_A_RUN)
        tell(API_BODY, tally)


def put_payloads() -> bool:
    """A column at a time in all rows; then each payload in each setting, and in a key. False if one did anything."""
    with served() as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = chromium.new_page()
        watch = attack.Watch(page, server.address)
        page.goto(server.address)
        page.wait_for_selector("#where tbody tr")
        print("| field | payloads | more than text |\n|---|---|---|")
        for column in COLUMNS:
            for payloads in attack.batches():
                attack.by_file(page, payloads, [column])
            print(f"| {column} | {len(PAYLOADS)} | {watch.found()} |", flush=True)
        for place in range(len(PAYLOADS)):
            turned = PAYLOADS[place:] + PAYLOADS[:place]
            attack.import_text(page, json.dumps(attack.as_file(turned[: len(attack.SETTINGS)], ["name"])))
        print(f"| each of {', '.join(attack.SETTINGS)}, unknown keys | {len(PAYLOADS)} | {watch.found()} |")
        clean = not watch.found()
        chromium.close()
    return clean


def let_strangers_in() -> bool:
    """False if a promise was broken."""
    print("| promise | seen | kept |\n|---|---|---|")
    kept = True
    with program() as server:
        for promise in of_strangers(server):
            kept &= promise.kept
            print(f"| {promise.what} | {promise.seen} | {'yes' if promise.kept else 'no'} |", flush=True)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "xss", "strangers", *KINDS, API_BODY), default="all")
    parser.add_argument("--cases", type=int, default=10_000, help="how many of each kind")
    arguments = parser.parse_args()
    if arguments.what == "xss":
        raise SystemExit(not put_payloads())
    if arguments.what == "strangers":
        raise SystemExit(not let_strangers_in())
    if arguments.what == "all":
        put_cases(arguments.cases)
    else:
        put_kind(arguments.what, arguments.cases)


if __name__ == "__main__":
    main()
