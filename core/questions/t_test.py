"""Whether a difference between two series of runs is more than noise: Student's paired t test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.text import say

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Verdict:
    """Two settings over `count` seeds: means and standard deviations (n - 1) of accuracy, 0 to 1.

    `difference` is mean a - mean b; `margin` is what noise alone stays below in 95 % of such
    comparisons.
    """

    count: int
    mean_a: float
    spread_a: float
    mean_b: float
    spread_b: float
    difference: float
    margin: float

    @property
    def is_larger_than_noise(self) -> bool:
        return abs(self.difference) > self.margin

    def sentence(self, language: str = "en") -> str:
        """Plain words, in percent and percentage points."""
        key = "verdict_larger" if self.is_larger_than_noise else "verdict_within"
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
    Raises ValueError unless both hold the same number of values, at least 2.
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError("two series of one value per seed, at least 2 seeds")
    differences = [x - y for x, y in zip(a, b, strict=True)]
    margin = critical_t(len(a) - 1) * statistics.stdev(differences) / math.sqrt(len(a))
    spreads = statistics.stdev(a), statistics.stdev(b)
    means = statistics.fmean(a), statistics.fmean(b)
    return Verdict(len(a), means[0], spreads[0], means[1], spreads[1], statistics.fmean(differences), margin)


def critical_t(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The t that |t| stays below with that probability, for `freedom` whole degrees of freedom; by bisection."""
    low, high = 0.0, 1.0
    while central_probability(high, freedom) < confidence:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if central_probability(middle, freedom) < confidence else (low, middle)
    return high


def central_probability(t: float, freedom: int) -> float:
    """P(|T| < t) of Student's t, in closed form: Abramowitz and Stegun, 26.7.3 (odd) and 26.7.4 (even)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(1 + odd, freedom, 2):  # k is the next factor's numerator: 2/3, 4/5, ... or 1/2, 3/4, ...
        total += term
        term *= cosine**2 * k / (k + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
