"""The verdict on a difference, against the distributions themselves and against draws."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from core.questions.t_test import CRITICAL_T, NONCENTRALITY, Verdict, verdict
from core.questions.variants import SEEDS


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


@pytest.mark.parametrize("freedom", range(1, 10))
def test_critical_values_leave_out_one_in_twenty_to_the_last_digits_of_a_float(freedom: int) -> None:
    """Four units in the last place of 0.95, where a change of t by two parts in 10^14 makes eight or more."""
    t = CRITICAL_T[freedom]
    exact = pytest.approx(0.95, rel=0, abs=4.5e-16)
    assert central_probability(t, freedom) == exact
    assert all(central_probability(t * factor, freedom) != exact for factor in (1 - 2e-14, 1 + 2e-14))


def test_critical_values_are_there_for_two_to_ten_seeds() -> None:
    assert list(CRITICAL_T) == list(NONCENTRALITY) == list(range(1, int(SEEDS.high)))


# The upper 2.5 % points of Student's t: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 30: 2.042}


@pytest.mark.parametrize(("freedom", "value"), TABLE.items())
def test_the_closed_form_gives_the_printed_table(freedom: int, value: float) -> None:
    assert central_probability(value - 5.1e-4, freedom) < 0.95 < central_probability(value + 5.1e-4, freedom)
    assert freedom not in CRITICAL_T or CRITICAL_T[freedom] == pytest.approx(value, abs=5.1e-4)


def test_the_closed_form_tends_to_the_normal_distribution() -> None:
    limit = statistics.NormalDist().inv_cdf(0.975)
    assert central_probability(limit - 1e-4, 100_000) < 0.95 < central_probability(limit + 1e-4, 100_000)


def noncentral_probability(t: float, freedom: int, noncentrality: float, pieces: int = 4000) -> float:
    """P(T' > t) of the noncentral t (Z + noncentrality) / (S / sqrt(freedom)): over the density of S, which is chi.

    Simpson's rule from 0 to 12, beyond which chi of so few degrees of freedom has less than 1e-20.
    """
    normal, step = statistics.NormalDist(), 12 / pieces
    scale = 2 ** (1 - freedom / 2) / math.gamma(freedom / 2)
    total = 0.0
    for piece in range(pieces + 1):
        s = piece * step
        density = scale * s ** (freedom - 1) * math.exp(-(s**2) / 2)
        weight = 1 if piece in (0, pieces) else 2 + 2 * (piece % 2)
        total += weight * density * normal.cdf(noncentrality - t * s / math.sqrt(freedom))
    return total * step / 3


@pytest.mark.parametrize("freedom", range(1, 10))
def test_a_noncentral_t_centred_so_is_larger_than_the_critical_value_in_80_of_100_cases(freedom: int) -> None:
    assert noncentral_probability(CRITICAL_T[freedom], freedom, 0.0) == pytest.approx(0.025, abs=1e-8)
    found = noncentral_probability(CRITICAL_T[freedom], freedom, NONCENTRALITY[freedom])
    assert found == pytest.approx(0.8, abs=1e-8)


def test_the_detectable_difference_is_that_of_the_usual_approximation_where_that_is_good() -> None:
    """(t of 97.5 % + t of 80 %) · s / √n, as NIST's handbook has it (7.2.2.2); 0.883 is the 80 % point for nine."""
    assert NONCENTRALITY[9] == pytest.approx(CRITICAL_T[9] + 0.883, rel=0.005)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_a_difference_as_large_as_the_detectable_one_is_found_in_80_of_100_draws(count: int) -> None:
    """4,000 draws: a share of 80 % has a standard deviation of 0.63 %."""
    draw, spread = random.Random(count), 0.01
    true = NONCENTRALITY[count - 1] * spread / math.sqrt(count)
    found = 0
    for _ in range(4000):
        b = [draw.gauss(0.45, 0.02) for _ in range(count)]
        result = verdict([x + true + draw.gauss(0, spread) for x in b], b)
        found += result.is_larger_than_noise and result.difference > 0
    assert found / 4000 == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize("count", [2, 4])
def test_the_interval_holds_the_true_difference_in_95_of_100_draws(count: int) -> None:
    draw, held = random.Random(count), 0
    for _ in range(4000):
        b = [draw.gauss(0.45, 0.02) for _ in range(count)]
        interval = verdict([x + 0.03 + draw.gauss(0, 0.01) for x in b], b).interval
        assert interval is not None
        held += interval[0] < 0.03 < interval[1]
    assert held / 4000 == pytest.approx(0.95, abs=0.0135)


def test_a_verdict_holds_the_hand_computed_numbers() -> None:
    """Differences 1, 2, 3 points: mean 2, standard deviation 1, margin 4.303 / sqrt(3), detectable 5.653 / sqrt(3)."""
    result = verdict([0.41, 0.43, 0.45], [0.40, 0.41, 0.42])
    assert (result.count, result.mean_a, result.mean_b) == (3, pytest.approx(0.43), pytest.approx(0.41))
    assert (result.spread_a, result.spread_b) == (pytest.approx(0.02), pytest.approx(0.01))
    assert result.difference == pytest.approx(0.02)
    assert result.margin == pytest.approx(0.02484, abs=1e-5)
    assert result.interval == (pytest.approx(-0.00484, abs=1e-5), pytest.approx(0.04484, abs=1e-5))
    assert result.detectable == pytest.approx(0.03264, abs=1e-5)
    assert not result.is_larger_than_noise


def test_no_accuracies_are_said_to_differ_by_more_than_100_points() -> None:
    """Differences 12 and -2 points: margin 12.706 · 7 = 88.9; twice as much leaves 100, and 16.33 · 7 = 114 detect."""
    result = verdict([0.52, 0.38], [0.40, 0.40])
    assert result.interval == (pytest.approx(-0.83943, abs=1e-5), pytest.approx(0.93943, abs=1e-5))
    assert result.detectable is None and not result.is_larger_than_noise
    wide = verdict([0.64, 0.36], [0.40, 0.40])
    assert wide.interval == (-1.0, 1.0)
    assert verdict([0.40, 0.40], [0.64, 0.36]).interval == (-1.0, 1.0)
    assert wide.sentence() == (
        "2 seeds: A 50.0 % ± 19.8, B 40.0 % ± 0.0; the difference A − B of +10.0 points (95 % interval -100.0 to "
        "+100.0) is within the noise. At this spread 2 seeds cannot reliably find any difference, however large: use "
        "more seeds."
    )
    assert "-100.0 到 +100.0" in wide.sentence("zh") and "请用更多随机种子" in wide.sentence("zh")


def test_luck_that_both_share_does_not_hide_a_difference() -> None:
    """Unpaired, the spread of 8 points would hide the 1 point that every seed shows."""
    b = [0.30, 0.38, 0.46, 0.34, 0.42]
    a = [x + more for x, more in zip(b, (0.010, 0.011, 0.009, 0.012, 0.008), strict=True)]
    assert verdict(a, b).is_larger_than_noise
    assert verdict(b, a).is_larger_than_noise
    assert not verdict(a, [b[i] for i in (3, 0, 4, 1, 2)]).is_larger_than_noise


@pytest.mark.parametrize("count", [3, 5])
def test_without_a_difference_one_verdict_in_twenty_is_wrong(count: int) -> None:
    """4,000 draws: a share of 5 % has a standard deviation of 0.34 %."""
    draw = random.Random(count)
    wrong = 0
    for _ in range(4000):
        luck = [draw.gauss(0.45, 0.02) for _ in range(count)]
        a, b = ([x + draw.gauss(0, 0.01) for x in luck] for _ in "ab")
        wrong += verdict(a, b).is_larger_than_noise
    assert wrong / 4000 == pytest.approx(0.05, abs=0.0135)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.4, 0.5, 0.6], [0.4, 0.5, 0.6]),
        ([0.1 + 0.2] * 3, [0.3] * 3),  # whose difference, 5.6e-17, is how floats round
        ([0.48, 0.50, 0.46], [0.45, 0.47, 0.43]),  # 3 points in every seed
    ],
)
def test_nothing_is_claimed_where_there_is_no_spread_to_judge_by(a: list[float], b: list[float]) -> None:
    result = verdict(a, b)
    assert not result.has_spread and not result.is_larger_than_noise
    assert result.interval is None and result.detectable is None
    assert "no spread to judge" in result.sentence("en") and "没有离散程度" in result.sentence("zh")


def test_one_image_of_ten_thousand_is_a_spread() -> None:
    assert verdict([0.4, 0.5, 0.6001], [0.4, 0.5, 0.6]).has_spread


def test_two_seeds_are_enough_for_a_verdict() -> None:
    assert verdict([0.4, 0.6], [0.4, 0.5]).count == 2


@pytest.mark.parametrize(("a", "b"), [([0.4], [0.5]), ([0.4, 0.5], [0.4]), ([], []), ([0.4] * 11, [0.5] * 11)])
def test_a_verdict_needs_pairs(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="seed"):
        verdict(a, b)


def test_the_sentence_says_it_plainly() -> None:
    larger = verdict([0.48, 0.501, 0.459], [0.45, 0.47, 0.43])
    assert larger.sentence() == (
        "3 seeds: A 48.0 % ± 2.1, B 45.0 % ± 2.0; the difference A − B of +3.0 points (95 % interval +2.8 to +3.2) "
        "is larger than the noise."
    )
    assert "超出噪声" in larger.sentence("zh") and "48.0% ± 2.1" in larger.sentence("zh")


def test_within_the_noise_is_said_to_be_no_proof_with_what_could_have_been_seen() -> None:
    """Differences 3, -7, 3 points: mean -1/3, deviation 5.774, so 14.34 to either side, and 18.85 are detectable."""
    within: Verdict = verdict([0.48, 0.40, 0.46], [0.45, 0.47, 0.43])
    assert within.sentence() == (
        "3 seeds: A 44.7 % ± 4.2, B 45.0 % ± 2.0; the difference A − B of -0.3 points (95 % interval -14.7 to +14.0) "
        "is within the noise. That is no proof that they are equal: at this spread 3 seeds find a true difference of "
        "18.8 points in 80 % of comparisons, and a smaller one less often."
    )
    assert "在噪声范围之内" in within.sentence("zh") and "18.8 个百分点" in within.sentence("zh")
