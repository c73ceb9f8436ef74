"""`python -m tests.fidelity [WORD ...]`: all cases, or those whose names hold one of the words."""

from __future__ import annotations

import sys
import time
from collections import Counter

import torch

from tests.fidelity.cases import cases
from tests.fidelity.sweep import deviation


def main(words: list[str]) -> int:
    """Print each case's deviations as they come, then the largest of all; 1 if one is too large."""
    torch.set_num_threads(1)
    began, found = time.perf_counter(), []
    for case in cases():
        if not words or any(word in case.name for word in words):
            found.append(deviation(case))
            print(found[-1].line(), flush=True)
    largest: Counter[str] = Counter()
    for each in found:
        largest |= each.largest
    print("", *(f"{key:10s} {value:.1e}" for key, value in sorted(largest.items())), sep="\n")
    far = [each.name for each in found if not each.is_small]
    print(f"{len(found)} cases, {len(far)} too far, {time.perf_counter() - began:.0f} s")
    return bool(far)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
