"""Follows the advice: what Suggest proposes for a setting, trained in full over fresh seeds beside the start.

`python -m tests.verdicts.advice [WORD ...]` does so for all settings, or those whose names hold one of the words.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from dataclasses import dataclass

import torch

from core.questions import Suggestions, suggest, with_suggestions
from tests.verdicts.failing import FAILING
from tests.verdicts.reference import FILE, FRESH_SEEDS, SAME, accuracy
from tests.verdicts.sane import SANE
from tests.verdicts.setting import Setting

SECONDS = 90.0  # the default of the page and of the API
GOOD = 0.9  # of the accuracy that a search of 200 runs finds


@dataclass(frozen=True)
class Followed:
    """A setting's accuracies (0 to 1) over the fresh seeds, before and after; the same where nothing was proposed."""

    setting: Setting
    suggestions: Suggestions
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def is_no_worse(self) -> bool:
        """Whether the mean is no lower than the start's by more than two standard errors of their difference."""
        variances = statistics.variance(self.before) + statistics.variance(self.after)
        noise = 2 * math.sqrt(variances / len(FRESH_SEEDS))
        return statistics.fmean(self.after) >= statistics.fmean(self.before) - noise

    @property
    def part(self) -> float | None:
        """The accuracy after, as a part of what a search of 200 runs found; None where none was made."""
        known, e = json.loads(FILE.read_text(encoding="utf-8")), self.setting.experiment
        name = SAME.get(self.setting.name, self.setting.name)
        found = known.get(name) or (None if e.pretrained else known.get(e.model))
        return float(statistics.fmean(self.after) / found["accuracy"]) if found else None

    def lines(self) -> list[str]:
        """In words, for a terminal."""
        means = [statistics.fmean(series) for series in (self.before, self.after)]
        part = "" if self.part is None else f", {100 * self.part:.0f} % of what 200 runs find"
        mark = "no worse" if self.is_no_worse else "WORSE"
        head = f"{mark}  {self.setting.name}  {means[0]:.3f} -> {means[1]:.3f}{part}"
        return [head, *(f"    {sentence}" for sentence in self.suggestions.sentences())]


def follow(setting: Setting) -> Followed:
    """Ask for a suggestion, put it in, and train both in full."""
    found = next(event for event in suggest(setting.experiment, SECONDS, "cpu") if isinstance(event, Suggestions))
    before = tuple(accuracy(setting.experiment, seed) for seed in FRESH_SEEDS)
    if not found.is_better:
        return Followed(setting, found, before, before)
    proposed = with_suggestions(setting.experiment, found)
    return Followed(setting, found, before, tuple(accuracy(proposed, seed) for seed in FRESH_SEEDS))


def main(words: list[str]) -> None:
    """Print what came of each setting as it comes, then how often the advice was right."""
    torch.set_num_threads(1)
    began, all_ = time.perf_counter(), []
    for setting in [*FAILING, *SANE]:
        if not words or any(word in setting.name for word in words):
            all_.append(follow(setting))
            print(*all_[-1].lines(), sep="\n", flush=True)
    bad = [each for each in all_ if not each.setting.is_sane and each.part is not None]
    print(f"\n{sum(each.is_no_worse for each in all_)} of {len(all_)} no worse than the start")
    print(f"{sum((each.part or 0) >= GOOD for each in bad)} of {len(bad)} bad starts reach {100 * GOOD:.0f} %")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
