"""Two variants' runs beside each other, and what is said of them."""

from __future__ import annotations

import pytest

from core.questions import Paired, Repeated, paired
from core.questions.t_test import verdict
from tests.conftest import Make


def ends(make: Make, *accuracies: float | None, reason: str = "non_finite") -> tuple[Repeated, ...]:
    """One end for each accuracy; `reason` where there is none."""
    return tuple(
        Repeated(make(seed=seed), accuracy, reason if accuracy is None else "done", 4)
        for seed, accuracy in enumerate(accuracies)
    )


def test_each_other_variant_stands_beside_the_first_in_the_order_of_the_runs(make: Make) -> None:
    a0, b0, c0, a1, b1, c1 = ends(make, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    assert paired([a0, b0, c0, a1, b1, c1], 3) == [Paired((a0, a1), (b0, b1)), Paired((a0, a1), (c0, c1))]
    assert paired([a0, b0, c0, a1], 3) == [Paired((a0, a1), (b0,)), Paired((a0, a1), (c0,))]
    assert paired([], 2) == [Paired((), ())]


def test_the_verdict_is_that_of_the_seeds_with_which_both_are_done(make: Make) -> None:
    a, b = ends(make, 0.4, 0.5, 0.6, reason="stopped"), ends(make, 0.3, 0.45, None, reason="stopped")
    assert Paired(a, b).verdict == verdict([0.4, 0.5], [0.3, 0.45])
    assert Paired(a, b[:2]).verdict == verdict([0.4, 0.5], [0.3, 0.45])
    assert Paired(a, b).sentence() == verdict([0.4, 0.5], [0.3, 0.45]).sentence()


def test_there_is_none_where_a_run_diverged_since_its_seed_may_not_be_left_out(make: Make) -> None:
    pair = Paired(ends(make, 0.4, 0.5, 0.6), ends(make, 0.3, None, 0.5))
    assert pair.verdict is None
    for language, words in (("en", "in 1 of the runs a loss"), ("zh", "有 1 次运行")):
        assert words in pair.sentence(language) and words in pair.sentence_if_frozen(language)


def test_one_seed_gives_both_numbers_and_no_verdict(make: Make) -> None:
    pair = Paired(ends(make, 0.48), ends(make, 0.45))
    assert pair.verdict is None
    assert pair.sentence() == (
        "1 seed: A 48.0 %, B 45.0 %, a difference A − B of +3.0 points. One seed cannot tell whether that is noise: "
        "repeat over more seeds."
    )
    assert "无法判断这是不是噪声" in pair.sentence("zh")
    assert pair.sentence_if_frozen().startswith("Frozen, accuracy goes from 48.0 % to 45.0 %. One seed cannot tell")


def test_with_too_few_seeds_to_find_any_difference_more_are_asked_for(make: Make) -> None:
    pair = Paired(ends(make, 0.52, 0.38), ends(make, 0.40, 0.40))
    assert pair.sentence_if_frozen() == (
        "Within the noise: frozen, accuracy goes from 45.0 % to 40.0 %. At this spread 2 seeds cannot reliably find "
        "any difference, however large: use more seeds."
    )
    assert "请用更多随机种子" in pair.sentence_if_frozen("zh")


def test_nothing_is_said_before_both_have_ended_once(make: Make) -> None:
    assert Paired(ends(make, 0.48), ()).sentence() == ""
    assert Paired(ends(make, None, reason="stopped"), ends(make, None, reason="stopped")).sentence_if_frozen() == ""


@pytest.mark.parametrize(
    ("frozen", "sentence"),
    [
        (
            (0.38, 0.401, 0.359),
            "Earns its training: frozen, accuracy falls from 48.0 % to 38.0 %, by 10.0 points "
            "(95 % interval 9.8 to 10.2), more than the noise.",
        ),
        (
            (0.58, 0.601, 0.559),
            "Better frozen: accuracy rises from 48.0 % to 58.0 %, by 10.0 points "
            "(95 % interval 9.8 to 10.2), more than the noise.",
        ),
        (
            (0.53, 0.45, 0.46),
            "Within the noise: frozen, accuracy goes from 48.0 % to 48.0 %. No proof that training it is of no use: at "
            "this spread 3 seeds find a true difference of 16.3 points in 80 % of comparisons.",
        ),
        (
            (0.43, 0.45, 0.41),
            "Frozen, accuracy goes from 48.0 % to 43.0 %, by the same in every one of 3 seeds: there is no spread to "
            "judge it by.",
        ),
    ],
)
def test_whether_a_group_earns_its_training_is_said_plainly(
    make: Make, frozen: tuple[float, ...], sentence: str
) -> None:
    """Differences 5, -5, 0 points: deviation 5, and 5.653 · 5 / √3 = 16.3 are detectable."""
    pair = Paired(ends(make, 0.48, 0.50, 0.46), ends(make, *frozen))
    assert pair.sentence_if_frozen() == sentence
    assert pair.sentence_if_frozen("zh") != sentence
