"""The long form: python -m tests.hostile [cases] puts so many cases (10,000) of each kind to the app, in a while."""

from __future__ import annotations

import io
import sys
import warnings
from contextlib import redirect_stdout

from hypothesis.errors import HypothesisWarning

from tests.hostile import strategies
from tests.hostile.probes import KINDS, MOST_BYTES, MOST_SECONDS, ApiCase, Tally, fuzz, served, warm_up


def tell(kind: str, tally: Tally) -> None:
    outcomes = ", ".join(f"{outcome} {count}" for outcome, count in tally.outcomes.most_common())
    print(f"| {kind} | {tally.cases} | {tally.seconds:.2f} s | {tally.bytes / 2**20:.0f} MB | {outcomes} |", flush=True)


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    warnings.simplefilter("ignore", HypothesisWarning)  # what is drawn is large on purpose
    warm_up()
    print(f"Allowed are {MOST_SECONDS:g} s of computing and {MOST_BYTES / 2**20:.0f} MB a case.\n")
    print("| kind | cases | slowest | peak memory | outcomes |\n|---|---|---|---|---|")
    for kind, (strategy, probe) in KINDS.items():
        tell(kind, fuzz(strategy, probe, cases))
    with redirect_stdout(io.StringIO()), served() as server:
        tally = fuzz(strategies.requests, ApiCase(server), cases)
    tell("API body", tally)


if __name__ == "__main__":
    main()
