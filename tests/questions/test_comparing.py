"""Merging, seeds, runs in a row, and the verdict on a difference."""

from __future__ import annotations

import math
import random
import re
import statistics
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import core.training.run
from core.events import Evaluated, Event, Finished, Progress
from core.experiment import Experiment, ExperimentError, Problem
from core.questions import Repeated, Repeating, conclude, merged, repeat_both
from core.questions.comparing import SEEDS, repeat, with_seeds
from core.questions.t_test import CRITICAL_T, verdict
from core.text import LANGUAGES
from core.training import TooLong, train

Make = Callable[..., Experiment]

FROZEN = {"name": "convolutions", "params": ["conv*"], "optimizer": "frozen"}
BIASES = {"name": "biases", "params": ["*"], "role": "bias", "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
WEIGHTS = {"name": "weights", "params": ["*"], "optimizer": "Adam", "lr": 0.002}
FILTERS = {"name": "filters", "params": ["*"], "role": "weight", "optimizer": "Muon", "lr": 0.02}
DIVERGING = {"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 1000}


def results_of(events: list[Any]) -> list[Repeated]:
    return [event for event in events if isinstance(event, Repeated)]


def test_merging_keeps_the_first_trainable_groups_settings_and_all_else(make: Make) -> None:
    experiment = make(FROZEN, BIASES, WEIGHTS, seed=7)
    one = merged(experiment)
    (group,) = one.groups
    assert (group.name, group.params, group.role) == ("biases", ("*",), "any")
    assert (group.optimizer, group.lr, group.momentum) == ("SGD", 0.05, 0.9)
    assert replace(one, groups=experiment.groups) == experiment


def test_merging_takes_every_parameter_whatever_the_first_group_was_about(make: Make) -> None:
    narrow = {"name": "a", "params": ["fc*"], "optimizer": "SGD", "depth": "1-", "layer_decay": 0.5}
    (group,) = merged(make(narrow, WEIGHTS)).groups
    assert (group.params, group.role, group.depth, group.layer_decay) == (("*",), "any", "", None)


def test_a_merged_run_trains_what_was_frozen(make: Make) -> None:
    end = list(train(merged(make(FROZEN, BIASES, WEIGHTS)), "cpu"))[-1]
    assert isinstance(end, Finished)
    (group,) = end.groups
    assert group.weights == sum((28 * 16, 145 * 32, 2049 * 128, 129 * 10))
    assert group.moved > 0.5 * group.weights


def test_muon_cannot_take_all_and_the_error_names_the_parameters(make: Make) -> None:
    with pytest.raises(ExperimentError) as caught:
        merged(make(FILTERS, BIASES))
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (0, "optimizer", "cannot_merge")
    for language in LANGUAGES:
        assert "Muon" in problem.sentence(language)
        assert all(f"{layer}.bias" in problem.sentence(language) for layer in ("conv1", "conv2", "fc1", "fc2"))
    assert merged(make(BIASES, FILTERS)).groups[0].optimizer == "SGD"


def test_seeds_count_up(make: Make) -> None:
    experiment = make(seed=5)
    repeated = with_seeds(experiment, 3)
    assert [one.seed for one in repeated] == [5, 6, 7]
    assert [replace(one, seed=5) for one in repeated] == [experiment] * 3


@pytest.mark.parametrize("count", [2, 11, 3.5, "many", None])
def test_a_wrong_number_of_seeds_is_refused(make: Make, count: Any) -> None:
    with pytest.raises(ExperimentError) as caught:
        with_seeds(make(), count)
    assert [(problem.row, problem.field) for problem in caught.value.problems] == [(None, "seeds")]


def test_seeds_past_the_largest_are_refused(make: Make) -> None:
    with pytest.raises(ExperimentError):
        with_seeds(make(seed=2**31 - 2), 3)


def test_repeated_runs_end_as_each_run_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    experiments = with_seeds(make(WEIGHTS, epochs=2), 3)
    events = list(repeat(experiments, device="cpu"))
    results = results_of(events)
    assert [result.experiment for result in results] == experiments
    for result in results:
        alone = [event for event in train(result.experiment, "cpu") if isinstance(event, Evaluated)]
        assert (result.accuracy, result.reason, result.step) == (alone[-1].accuracy, "done", 8)


def test_progress_counts_the_steps_of_all_runs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    experiments = [make(WEIGHTS), make(WEIGHTS, epochs=2)]
    places = [event for event in repeat(experiments, device="cpu") if isinstance(event, Repeating)]
    assert {(place.runs, place.total) for place in places} == {(2, 12)}
    for run, numbers in ((1, range(5)), (2, range(4, 13))):
        assert sorted({place.done for place in places if place.run == run}) == list(numbers)
    assert [place.done for place in places] == sorted(place.done for place in places)
    for language in LANGUAGES:
        assert re.findall(r"\d+", Repeating(2, 3, 45, 67).sentence(language)) == ["2", "3", "45", "67"]


def test_a_stop_ends_the_whole_within_a_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    stop, results = threading.Event(), []
    for event in repeat([make(epochs=50), make(epochs=50), make()], stop, "cpu"):
        if isinstance(event, Repeating) and event.done == 3:
            stop.set()
        if isinstance(event, Repeated):
            results.append(event)
    assert [(r.accuracy, r.reason, r.step) for r in results] == [(None, "stopped", 3)] + [(None, "stopped", 0)] * 2


def test_the_time_limit_is_for_all_runs_together(make: Make) -> None:
    results = results_of(list(repeat([make(epochs=100), make()], device="cpu", time_limit=0.0)))
    assert [(result.reason, result.step) for result in results] == [("time_limit", 0)] * 2


class Trained:
    """In place of `train`: runs that end as they are told, and what they were asked."""

    def __init__(self, *ends: Finished | TooLong) -> None:
        self.ends, self.asked = list(ends), list[tuple[Any, ...]]()

    def __call__(self, experiment: Experiment, *rest: Any) -> Iterator[Event]:
        self.asked.append(rest)
        yield Progress("weights", 1, 2)
        yield Progress("training", 0, 4)
        yield Evaluated(0, 0, 2.3, 0.1)
        end = self.ends.pop(0)
        if isinstance(end, TooLong):
            raise end
        yield Evaluated(end.step, 1, 2.0, 0.4)
        yield end


TOO_LONG = TooLong([Problem(None, "epochs", "too_long_run", {"minutes": 9.0, "limit": 1.0})])


def test_what_one_run_takes_of_the_time_the_next_has_less(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Trained(Finished("done", 4, 3.0, ()), Finished("non_finite", 2, 5.0, ()), Finished("time_limit", 1, 2.0, ()))
    monkeypatch.setattr("core.questions.comparing.train", runs)
    stop = threading.Event()
    events = list(repeat([make(seed=i) for i in range(5)], stop, "cpu", 10.0))
    assert runs.asked == [("cpu", stop, 10.0), ("cpu", stop, 7.0), ("cpu", stop, 2.0)]
    assert [(r.experiment.seed, r.accuracy, r.reason, r.step) for r in results_of(events)] == [
        (0, 0.4, "done", 4),
        (1, None, "non_finite", 2),
        (2, None, "time_limit", 1),
        (3, None, "time_limit", 0),
        (4, None, "time_limit", 0),
    ]
    assert events[1] == Progress("weights", 1, 2), "a download is told as it is"


def test_a_later_run_that_cannot_end_in_time_ends_the_whole_and_the_first_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Trained(Finished("done", 4, 3.0, ()), TOO_LONG)
    monkeypatch.setattr("core.questions.comparing.train", runs)
    results = results_of(list(repeat([make(seed=i) for i in range(3)], device="cpu")))
    assert [(r.accuracy, r.reason, r.step) for r in results] == [
        (0.4, "done", 4),
        (None, "time_limit", 0),
        (None, "time_limit", 0),
    ]
    assert len(runs.asked) == 2
    monkeypatch.setattr("core.questions.comparing.train", Trained(TOO_LONG))
    with pytest.raises(TooLong):
        list(repeat([make(), make()], device="cpu"))


def test_both_settings_run_over_the_same_seeds_and_the_verdict_is_of_their_accuracies(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Trained(*[Finished("done", 4, 1.0, ())] * 6)
    monkeypatch.setattr("core.questions.comparing.train", runs)
    stop, experiment = threading.Event(), make(BIASES, WEIGHTS, seed=5)
    ends = results_of(list(repeat_both(experiment, 3, stop, "cpu", 60.0)))
    assert [end.experiment for end in ends] == [*with_seeds(experiment, 3), *with_seeds(merged(experiment), 3)]
    assert runs.asked == [("cpu", stop, 60.0 - i) for i in range(6)]
    accuracies = [0.41, 0.43, 0.45, 0.40, 0.41, 0.42]
    measured = [replace(end, accuracy=accuracy) for end, accuracy in zip(ends, accuracies, strict=True)]
    assert conclude(measured) == verdict(accuracies[:3], accuracies[3:])
    assert conclude([*measured[:5], replace(measured[5], accuracy=None)]) is None


def test_a_run_that_diverges_ends_alone_and_has_no_accuracy(make: Make) -> None:
    diverging, sound = results_of(list(repeat([make(DIVERGING, epochs=5), make()], device="cpu")))
    assert (diverging.accuracy, diverging.reason) == (None, "non_finite")
    assert sound.reason == "done" and sound.accuracy is not None


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
    assert list(CRITICAL_T) == list(range(1, SEEDS.high))


# The upper 2.5 % points of Student's t: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 30: 2.042}


@pytest.mark.parametrize(("freedom", "value"), TABLE.items())
def test_the_closed_form_gives_the_printed_table(freedom: int, value: float) -> None:
    assert central_probability(value - 5.1e-4, freedom) < 0.95 < central_probability(value + 5.1e-4, freedom)
    assert freedom not in CRITICAL_T or CRITICAL_T[freedom] == pytest.approx(value, abs=5.1e-4)


def test_the_closed_form_tends_to_the_normal_distribution() -> None:
    limit = statistics.NormalDist().inv_cdf(0.975)
    assert central_probability(limit - 1e-4, 100_000) < 0.95 < central_probability(limit + 1e-4, 100_000)


def test_a_verdict_holds_the_hand_computed_numbers() -> None:
    """Differences 1, 2, 3 points: mean 2, standard deviation 1, margin 4.303 / sqrt(3) = 2.484."""
    result = verdict([0.41, 0.43, 0.45], [0.40, 0.41, 0.42])
    assert (result.count, result.mean_a, result.mean_b) == (3, pytest.approx(0.43), pytest.approx(0.41))
    assert (result.spread_a, result.spread_b) == (pytest.approx(0.02), pytest.approx(0.01))
    assert result.difference == pytest.approx(0.02)
    assert result.margin == pytest.approx(0.02484, abs=1e-5)
    assert not result.is_larger_than_noise


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
        "3 seeds: 48.0 % ± 2.1 against 45.0 % ± 2.0; the difference of 3.0 points is larger than the noise (95 %)"
    )
    within = verdict([0.48, 0.40, 0.46], [0.45, 0.47, 0.43]).sentence
    assert "within the noise" in within("en") and "在噪声范围之内" in within("zh")
    assert "超出噪声" in larger.sentence("zh") and "48.0% ± 2.1" in larger.sentence("zh")
