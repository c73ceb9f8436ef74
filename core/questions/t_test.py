"""Whether a difference between two series of runs is more than noise: Student's paired t test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.text import say

# By degrees of freedom, both worked out by tests/questions/test_t_test.py: what |t| stays below with a probability of
# 95 %, and where a noncentral t must be centred (its noncentrality) to lie above that with a probability of 80 %.
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
NONCENTRALITY = {
    1: 16.334008869921,
    2: 5.653489266210,
    3: 4.255898820740,
    4: 3.761060261115,
    5: 3.513904105563,
    6: 3.366896812951,
    7: 3.269762149402,
    8: 3.200922248516,
    9: 3.149635678272,
}
LARGEST = 1.0  # difference of two accuracies that there can be
NO_SPREAD = 1e-9  # of accuracies: far below one image in ten thousand, far above how floats round


@dataclass(frozen=True)
class Verdict:
    """Two settings over `count` seeds: means and standard deviations (n - 1) of accuracy, 0 to 1.

    `difference` is mean a - mean b; `margin` is what noise alone stays below in 95 % of such
    comparisons. Where every seed shows the same difference nothing is known of the noise, and there is no interval.
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

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval, cut where accuracies cannot differ by more; None where there is no spread."""
        if not self.has_spread:
            return None
        return max(self.difference - self.margin, -LARGEST), min(self.difference + self.margin, LARGEST)

    @property
    def detectable(self) -> float | None:
        """The least true difference that so many seeds find to be larger than the noise in 80 % of comparisons.

        The minimum detectable difference of the paired t test, two-sided at 95 %, if the differences spread by s as
        measured here: noncentrality · s / √n (en.wikipedia.org/wiki/Noncentral_t-distribution, "Use in power
        analysis"; exact where s is the true spread). None where there is no spread, and where it would be no difference
        that two accuracies can have.
        """
        freedom = self.count - 1
        least = NONCENTRALITY[freedom] * self.margin / CRITICAL_T[freedom]
        return least if self.has_spread and least < LARGEST else None

    @property
    def percent(self) -> dict[str, float]:
        """All of it in percent and percentage points, as `core.text` names it."""
        values = {"a": self.mean_a, "a_spread": self.spread_a, "b": self.mean_b, "b_spread": self.spread_b}
        values["difference"] = self.difference
        if self.interval is not None:
            values |= {"low": self.interval[0], "high": self.interval[1]}
        if self.detectable is not None:
            values["detectable"] = self.detectable
        return {name: 100 * value for name, value in values.items()}

    def sentence(self, language: str = "en") -> str:
        """Plain words, in percent and percentage points."""
        key = "verdict_within"
        if not self.has_spread:
            key = "verdict_no_spread"
        elif self.is_larger_than_noise:
            key = "verdict_larger"
        elif self.detectable is None:
            key = "verdict_too_few"
        return say(key, language, count=self.count, **self.percent)


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
