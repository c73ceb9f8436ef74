"""`python -m tests.verdicts [WORD ...]`: all settings, or those whose names hold one of the words."""

from __future__ import annotations

import sys
import time

import torch

from tests.verdicts.failing import FAILING
from tests.verdicts.judging import judge, score
from tests.verdicts.sane import SANE


def main(words: list[str]) -> None:
    """Print a verdict for each setting as it comes, then the score of both halves."""
    torch.set_num_threads(1)
    began, verdicts = time.perf_counter(), []
    for setting in [*FAILING, *SANE]:
        if not words or any(word in setting.name for word in words):
            verdicts.append(judge(setting))
            print(*verdicts[-1].lines(), sep="\n", flush=True)
    print("", *score(verdicts), f"{time.perf_counter() - began:.0f} s", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
