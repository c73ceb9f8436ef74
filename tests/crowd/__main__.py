"""Crowds, and visitors who leave, against the app as a program: python -m tests.crowd"""

from __future__ import annotations

import argparse
from itertools import chain

from tests.benchmarks.serving import chromium, served
from tests.crowd.promises import of_crowd, of_leaving
from tests.crowd.soak import of_soak
from tests.crowd.visitors import Size

EDITS, EPOCHS = 10, 24  # so that runs go on computing while all edit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=50, help="how many at once, by the API")
    parser.add_argument("--pages", type=int, default=5, help="how many more in a browser")
    parser.add_argument("--cycles", type=int, default=200, help="how many leave, one after the other")
    parser.add_argument("--runs", type=int, default=100, help="how many run for the same ten clients")
    parser.add_argument("--edits", type=int, default=2000, help="how often these edit meanwhile")
    arguments = parser.parse_args()
    print("| promise | seen | kept |\n|---|---|---|")
    kept = True
    with served() as server, chromium() as browser:
        crowd = of_crowd(server, browser, Size(arguments.visitors, arguments.pages, EDITS, EPOCHS))
        soak = of_soak(server, arguments.runs, arguments.edits)
        for promise in chain(soak, crowd, of_leaving(server, browser, arguments.cycles)):
            print(f"| {promise.what} | {promise.seen} | {'yes' if promise.kept else 'NO'} |", flush=True)
            kept = kept and promise.kept
    raise SystemExit(not kept)


if __name__ == "__main__":
    main()
