"""Whether a difference between two series of runs is more than noise: Student's paired t test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.text import say

# What |t| stays below with a probability of 95 %, by degrees of freedom: tests/test_comparing.py works them out.
CRITICAL_T = {
    1: 12.706204736174678,
    2: 4.30265272974946,
    3: 3.1824463052837064,
    4: 2.7764451051977934,
    5: 2.570581835636313,
    6: 2.4469118511449666,
    7: 2.3646242515927836,
    8: 2.3060041352041662,
    9: 2.2621571627982044,
}
NO_SPREAD = 1e-9  # of accuracies: far below one image in ten thousand, far above how floats round


@dataclass(frozen=True)
class Verdict:
    """Two settings over `count` seeds: means and standard deviations (n - 1) of accuracy, 0 to 1.

    `difference` is mean a - mean b; `margin` is what noise alone stays below in 95 % of such
    comparisons. Where every seed shows the same difference nothing is known of the noise.
    """

    count: int
    mean_a: float
    spread_a: float
    mean_b: float
    spread_b: float
    difference: float
    margin: float

    @property
    def has_spread(self) -> bool:
        """Whether the difference varies from seed to seed, so that it can be judged."""
        return self.margin > NO_SPREAD

    @property
    def is_larger_than_noise(self) -> bool:
        """Whether the difference exceeds the margin; never where there is no spread to judge by."""
        return self.has_spread and abs(self.difference) > self.margin

    def sentence(self, language: str = "en") -> str:
        """Plain words, in percent and percentage points."""
        key = "verdict_larger" if self.is_larger_than_noise else "verdict_within"
        key = key if self.has_spread else "verdict_no_spread"
        means = {"a": 100 * self.mean_a, "b": 100 * self.mean_b}
        spreads = {"a_spread": 100 * self.spread_a, "b_spread": 100 * self.spread_b}
        return say(key, language, count=self.count, **means, **spreads, difference=100 * abs(self.difference))


def verdict(a: Sequence[float], b: Sequence[float]) -> Verdict:
    """Compare accuracies (0 to 1) of two settings, `a[i]` and `b[i]` from the same seed.

    The paired t test, two-sided at 95 %: a seed fixes starting weights, images and batches for
    both settings, so its luck is shared and drops out of `a[i] - b[i]`; Welch's test would count
    it as noise of both and miss differences that are there. Were the pairs unrelated, the test
    would still be valid, only with fewer degrees of freedom.
    Source: en.wikipedia.org/wiki/Student's_t-test, "Dependent t-test for paired samples".
    Raises ValueError unless both hold the same number of values, 2 to 10.
    """
    freedom = len(a) - 1
    if len(a) != len(b) or freedom not in CRITICAL_T:
        raise ValueError("two series of one value per seed, 2 to 10 seeds")
    differences = [x - y for x, y in zip(a, b, strict=True)]
    margin = CRITICAL_T[freedom] * statistics.stdev(differences) / math.sqrt(len(a))
    spreads = statistics.stdev(a), statistics.stdev(b)
    means = statistics.fmean(a), statistics.fmean(b)
    return Verdict(len(a), means[0], spreads[0], means[1], spreads[1], statistics.fmean(differences), margin)
