"""Each finding on both sides of its threshold, and in real runs that deserve it or do not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

import core.training.run
from core.events import Evaluated, Finished, GroupEnd, GroupStep, Step
from core.experiment import Experiment
from core.report.evidence import Evidence, Finding
from core.report.findings import find, find_in, judge
from core.report.learning import Learning
from core.text import LANGUAGES
from core.training import train

Make = Callable[..., Experiment]

HEALTHY = GroupStep(lr=0.01, gradient_norm=1.0, weight_norm=10.0, update_norm=0.01, update_ratio=1e-3, distance=0.1)
STILL = GroupStep(lr=None, gradient_norm=None, weight_norm=10.0, update_norm=0.0, update_ratio=0.0, distance=0.0)
END = GroupEnd(name="a", optimizer="SGD", weights=100, moved=100, distance=0.1, drift=None)
OTHER = replace(END, name="b")
FROZEN = replace(END, name="ice", optimizer="frozen", moved=0, distance=0.0, drift=0.0)


def steps(count: int, *groups: GroupStep) -> list[Step]:
    return [Step(i, 2.0, groups) for i in range(1, count + 1)]


def finished(*ends: GroupEnd, reason: str = "done") -> Finished:
    return Finished(reason, 10, 1.0, ends)


def found(steps: Sequence[Step], end: Finished) -> list[tuple[str | None, str]]:
    findings = find(steps, end)
    for finding in findings:
        check_sentences(finding)
    return [(finding.group, finding.key) for finding in findings]


def check_sentences(finding: Finding) -> None:
    """Every sentence names its group and holds a number, in both languages."""
    for language in LANGUAGES:
        sentence = finding.sentence(language)
        assert (finding.group or "") in sentence
        assert any(letter.isdigit() for letter in sentence)
    assert finding.sentence("en") != finding.sentence("zh")


def test_a_healthy_run_gives_no_finding() -> None:
    assert found(steps(10, HEALTHY, HEALTHY, STILL), finished(END, OTHER, FROZEN)) == []


def test_nothing_is_found_where_nothing_was_measured() -> None:
    unmoved = replace(END, moved=0, distance=0.0)
    assert find([], finished(unmoved, replace(FROZEN, drift=0.5), reason="stopped")) == []
    assert find([], Finished("stopped", 0, 0.0, ())) == []


@pytest.mark.parametrize("ratio", [1e-9, 1e-4, 1e-3, 1e-2, 0.5, 30.0, None])
def test_the_size_of_updates_alone_is_no_finding(ratio: float | None) -> None:
    """Good runs lie at all of these, at some age and in some layer."""
    assert found(steps(9, replace(HEALTHY, update_ratio=ratio)), finished(END)) == []


def test_a_group_that_stands_still_in_half_of_its_steps_is_told_of() -> None:
    still = replace(HEALTHY, update_norm=0.0, update_ratio=0.0)
    assert found([*steps(5, still), *steps(4, HEALTHY)], finished(END)) == [("a", "finding_mostly_still")]
    assert found([*steps(4, still), *steps(5, HEALTHY)], finished(END)) == []


def test_a_dead_group_is_not_called_mostly_still_too() -> None:
    still = replace(HEALTHY, update_norm=0.0, update_ratio=0.0)
    assert found(steps(9, still), finished(replace(END, moved=0))) == [("a", "finding_unmoved")]


CHANCE = Learning(accuracy=0.1, loss=2.31, classes=10, test_size=1000)


@pytest.mark.parametrize(
    ("learning", "is_none"),
    [
        (CHANCE, True),
        (replace(CHANCE, accuracy=0.128), True),  # 0.1 + 3 · sqrt(0.1 · 0.9 / 1000) = 0.1285
        (replace(CHANCE, accuracy=0.129), False),
        (replace(CHANCE, loss=2.29), True),  # ln 10 - 0.02 = 2.2826
        (replace(CHANCE, loss=2.28), False),
        (replace(CHANCE, loss=math.nan), True),
        (replace(CHANCE, accuracy=0.13, classes=5, loss=1.7), True),  # of five classes a fifth is chance
        (replace(CHANCE, accuracy=0.9, classes=2, loss=0.33, class_counts=(900, 100)), True),  # as the first class has
        (replace(CHANCE, accuracy=0.9, classes=2, loss=0.30, class_counts=(900, 100)), False),  # its entropy is 0.325
        (replace(CHANCE, accuracy=0.93, classes=2, loss=0.33, class_counts=(900, 100)), False),
    ],
)
def test_a_run_that_is_no_better_than_guessing_says_so_first(learning: Learning, is_none: bool) -> None:
    assert learning.is_none is is_none
    findings = find(steps(9, HEALTHY), finished(END), learning)
    assert [finding.key for finding in findings][:1] == (["finding_nothing_learned"] if is_none else [])
    for finding in findings:
        check_sentences(finding)


def test_what_was_tested_before_the_first_step_tells_nothing_of_what_was_learned(make: Make) -> None:
    events = list(train(make({"name": "all", "params": "*", "lr": 1e-7}, epochs=2)))
    second, third = (place for place, event in enumerate(events) if isinstance(event, Evaluated) and event.step)
    end = next(event for event in events if isinstance(event, Finished))
    whole = events[second].step  # type: ignore[union-attr]

    def told(until: int) -> list[Any]:
        cut = [event for event in events[:until] if not isinstance(event, Finished)]
        found = find_in([*cut, replace(end, reason="stopped")])
        return [finding.values["steps"] for finding in found if finding.key == "finding_nothing_learned"]

    assert told(second) == [], "its accuracy is that of the weights that it began with"
    assert told(third) == [whole], "not of the steps that came after that test"
    assert told(len(events)) == [2 * whole]


def test_a_run_that_did_not_learn_names_the_group_that_leapt_at_the_start() -> None:
    leap = Step(3, 2.0, (HEALTHY, replace(HEALTHY, update_ratio=4.0)))
    run = [*steps(2, HEALTHY, HEALTHY), leap]
    told = find(run, finished(END, OTHER), CHANCE)
    assert [(finding.group, finding.key) for finding in told] == [
        (None, "finding_nothing_learned"),
        ("b", "finding_leap"),
    ]
    assert told[1].values == {"percent": 400.0, "step": 3}
    assert find(run, finished(END, OTHER), replace(CHANCE, accuracy=0.5)) == []


def test_a_run_that_went_nowhere_says_how_far() -> None:
    near = finished(replace(END, distance=1e-5), replace(OTHER, distance=2e-5))
    told = find(steps(9, HEALTHY, HEALTHY), near, CHANCE)
    assert [finding.key for finding in told] == ["finding_nothing_learned", "finding_near_start"]
    assert told[1].values["percent"] == pytest.approx(2e-3)


def test_a_penalty_larger_than_the_gradient_is_named_as_decay() -> None:
    heavy = replace(HEALTHY, l2_share=3.0, update_ratio=0.5)
    assert found(steps(9, heavy), finished(END)) == [("a", "finding_penalty_dominates")]
    assert found(steps(9, replace(HEALTHY, l2_share=0.99)), finished(END)) == []


def test_a_ratio_that_is_no_number_does_not_disturb_the_median() -> None:
    ratios = [1e-3, math.nan, 1e-3, 1e-3, 0.5]
    some = [Step(i, 2.0, (replace(HEALTHY, update_ratio=ratio),)) for i, ratio in enumerate(ratios, 1)]
    assert found(some, finished(END)) == []


def test_a_group_without_gradient_is_dead_in_every_step_only() -> None:
    dead = replace(HEALTHY, gradient_norm=0.0)
    assert found(steps(9, dead), finished(END)) == [("a", "finding_no_gradient")]
    assert found([*steps(9, dead), *steps(1, HEALTHY)], finished(END)) == []


def test_a_trained_group_that_does_not_move_is_dead_a_frozen_one_is_not() -> None:
    still = replace(HEALTHY, update_norm=0.0, update_ratio=0.0)
    assert found(steps(9, still), finished(replace(END, moved=0))) == [("a", "finding_unmoved")]
    assert found(steps(9, HEALTHY), finished(replace(END, moved=1))) == []
    assert found(steps(9, STILL, HEALTHY), finished(FROZEN, END)) == []


def growing(first: float, last: float, count: int = 10) -> list[Step]:
    norms = [first] * (count // 5) + [1.0] * (count - 2 * (count // 5)) + [last] * (count // 5)
    return [Step(i, 2.0, (replace(HEALTHY, gradient_norm=norm),)) for i, norm in enumerate(norms, 1)]


@pytest.mark.parametrize(
    ("first", "last", "explodes"),
    [(1.0, 10.1, True), (1.0, 10.0, False), (2.0, 19.9, False), (0.0, 50.0, False), (10.1, 1.0, False)],
)
def test_a_gradient_that_grew_tenfold_explodes(first: float, last: float, explodes: bool) -> None:
    for count in (5, 10, 25):
        some = growing(first, last, count)
        assert found(some, finished(END)) == ([("a", "finding_exploding")] if explodes else [])
    assert found(growing(first, last)[:4], finished(END)) == [], "too short for fifths"


def test_a_gradient_that_grows_while_the_loss_falls_explodes_not() -> None:
    some = [replace(step, loss=1 / step.step) for step in growing(2.0, 50.0)]
    assert found(some, finished(END)) == []


def test_how_much_a_gradient_grew_is_told() -> None:
    (finding,) = find(growing(2.0, 50.0), finished(END))
    assert (finding.values["first"], finding.values["last"], finding.values["times"]) == (2.0, 50.0, 25.0)


def test_one_spike_is_no_explosion() -> None:
    some = growing(1.0, 1.0, 15)
    some[-1] = replace(some[-1], groups=(replace(HEALTHY, gradient_norm=500.0),))
    assert found(some, finished(END)) == []


def diverged(*last: GroupStep, before: Sequence[GroupStep] = ()) -> list[Step]:
    return [*steps(3, *(before or [HEALTHY] * len(last))), Step(4, math.nan, last)]


def test_the_group_that_left_the_finite_numbers_first_is_named() -> None:
    broken = replace(HEALTHY, update_norm=math.inf, update_ratio=math.inf)
    some = diverged(HEALTHY, broken)
    assert found(some, finished(END, OTHER, reason="non_finite")) == [("b", "finding_non_finite")]
    assert "step 4" in find(some, finished(END, OTHER, reason="non_finite"))[0].sentence("en")
    assert found(steps(4, HEALTHY, HEALTHY), finished(END, OTHER, reason="non_finite")) == []


def test_of_several_that_of_the_largest_step_before_is_named() -> None:
    broken = replace(HEALTHY, gradient_norm=math.nan, update_norm=math.nan, update_ratio=math.nan)
    some = diverged(broken, broken, before=(HEALTHY, replace(HEALTHY, update_ratio=7.5e-3)))
    (finding,) = find(some, finished(END, OTHER, reason="non_finite"))
    assert (finding.group, finding.values["names"], finding.values["ratio"]) == ("b", "a, b", 7.5e-3)
    (first_step,) = find([some[-1]], finished(END, OTHER, reason="non_finite"))
    assert (first_step.group, first_step.key) == (None, "finding_non_finite_all")
    check_sentences(finding)
    check_sentences(first_step)


def test_the_step_right_before_tells_which_group_led() -> None:
    broken = replace(HEALTHY, gradient_norm=math.nan, update_norm=math.nan, update_ratio=math.nan)
    unknown, some, much = (replace(HEALTHY, update_ratio=ratio) for ratio in (None, 2e-3, 5e-3))
    ends = finished(END, OTHER, reason="non_finite")
    for earlier, before, leader in [
        ((some, much), (much, some), "a"),
        ((much, some), (some, much), "b"),
        ((much, some), (unknown, some), "b"),
    ]:
        (finding,) = find([Step(1, 2.0, earlier), Step(2, 2.0, before), Step(3, math.nan, (broken, broken))], ends)
        assert (finding.group, finding.values["names"]) == (leader, "a, b")


@pytest.mark.parametrize(
    ("other", "weights", "is_found"),
    [(0.0033, 100, True), (0.0034, 100, False), (0.0033, 890, True), (0.0033, 901, False)],
    ids=["90.2 %", "89.6 %", "of 89.9 % of the weights", "of 90.01 % of the weights"],
)
def test_one_group_that_does_nearly_all_the_movement(other: float, weights: int, is_found: bool) -> None:
    """The squares count: 0.01² of 0.01² + 0.0033² are 90.2 %."""
    some = steps(9, HEALTHY, replace(HEALTHY, update_norm=other), STILL)
    ends = finished(replace(END, weights=weights), OTHER, replace(FROZEN, weights=1000))
    told = [(finding.group, finding.key) for finding in find(some, ends, CHANCE)]
    assert told[1:] == ([("a", "finding_one_moves_all")] if is_found else [])
    assert found(some, ends) == [], "where nothing shows that little was learned"


def test_the_shares_of_movement_and_of_weights_are_told() -> None:
    some = steps(9, replace(HEALTHY, update_norm=4.0), replace(HEALTHY, update_norm=1.0))
    _, finding = find(some, finished(replace(END, weights=300), replace(OTHER, weights=100)), CHANCE)
    assert finding.values == {"share": pytest.approx(100 * 16 / 17), "size": 75.0, "limit": 90.0}


def test_where_nothing_moves_nobody_does_most_of_it() -> None:
    still, ends = replace(HEALTHY, update_norm=0.0), finished(replace(END, moved=0), replace(OTHER, moved=0))
    assert found(steps(9, still, still), ends) == [("a", "finding_unmoved"), ("b", "finding_unmoved")]


def test_the_only_trained_group_may_do_all_the_movement() -> None:
    assert found(steps(9, HEALTHY, STILL), finished(END, replace(FROZEN, weights=10**6))) == []


@pytest.mark.parametrize(("end", "is_found"), [(FROZEN, False), (replace(FROZEN, drift=None), False), (END, False)])
def test_drift_is_a_finding_of_frozen_groups_only(end: GroupEnd, is_found: bool) -> None:
    frozen = end.optimizer == "frozen"
    assert found(steps(9, STILL if frozen else HEALTHY), finished(end)) == []
    drifted = replace(end, drift=0.372)
    assert found(steps(9, STILL if frozen else HEALTHY), finished(drifted)) == (
        [("ice", "finding_drift")] if frozen else []
    )
    if frozen:
        assert "changed by 37.2 %" in find(steps(9, STILL), finished(drifted))[0].sentence("en")


# Real runs.


def run(experiment: Experiment) -> tuple[list[Step], Finished]:
    events = list(train(experiment, "cpu"))
    assert isinstance(events[-1], Finished)
    return [event for event in events if isinstance(event, Step)], events[-1]


def test_a_healthy_real_run_gives_no_finding(make: Make) -> None:
    everything = {"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 0.02}
    assert found(*run(make(everything, train_size=320, epochs=2))) == []


@pytest.mark.parametrize(("frozen_norm", "expected"), [("train", [("backbone", "finding_drift")]), ("eval", [])])
def test_the_pitfall_of_frozen_norms_is_found(
    make: Make, frozen_norm: str, expected: list[tuple[str | None, str]]
) -> None:
    head = {"name": "head", "params": ["fc.*"], "optimizer": "SGD", "lr": 0.001}
    backbone = {"name": "backbone", "params": ["*"], "optimizer": "frozen"}
    sizes: dict[str, Any] = {"model": "resnet18", "train_size": 24, "batch_size": 8, "test_size": 10}
    assert found(*run(make(head, backbone, frozen_norm=frozen_norm, **sizes))) == expected


def test_statistics_that_move_where_no_weight_does_are_found(make: Make) -> None:
    head = {"name": "head", "params": ["fc.*"], "optimizer": "SGD", "lr": 0.001}
    still = {"name": "still", "params": ["*"], "optimizer": "SGD", "lr": 0.0}
    sizes: dict[str, Any] = {"model": "resnet18", "train_size": 24, "batch_size": 8, "test_size": 10}
    assert ("still", "finding_drift_unmoved") in found(*run(make(head, still, **sizes)))


def test_the_group_whose_rate_blows_the_run_up_is_named(make: Make) -> None:
    wild = {"name": "wild", "params": ["*.weight"], "optimizer": "SGD", "lr": 1000}
    tame = {"name": "tame", "params": ["*"], "optimizer": "SGD", "lr": 0.001}
    some, end = run(make(tame | {"name": "first", "params": ["conv1.bias"]}, wild, tame, epochs=20))
    assert end.reason == "non_finite"
    assert found(some, end)[0] == ("wild", "finding_non_finite")


def test_a_group_behind_a_dead_relu_is_found(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every unit of fc1 is below 0 for every image, so nothing before it gets a gradient."""

    def build(experiment: Experiment, *rest: Any) -> nn.Module:
        model = original(experiment, *rest)
        with torch.no_grad():
            model.get_submodule("fc1").bias.fill_(-1000.0)
        return model

    original = core.training.run.build_model
    monkeypatch.setattr(core.training.run, "build_model", build)
    head = {"name": "head", "params": ["fc2.*"], "optimizer": "SGD", "lr": 0.01}
    dead = {"name": "dead", "params": ["*"], "optimizer": "SGD", "lr": 0.01, "weight_decay": 0.1}
    assert ("dead", "finding_no_gradient") in found(*run(make(head, dead, epochs=2)))
    found_dead = found(*run(make(head, dead | {"weight_decay": 0.0}, epochs=2)))
    assert [finding for finding in found_dead if finding[0] == "dead"] == [("dead", "finding_no_gradient")]


def test_a_rate_of_zero_is_found(make: Make) -> None:
    still = {"name": "still", "params": ["conv*"], "optimizer": "SGD", "lr": 0.0}
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.01}
    some, end = run(make(still, rest, epochs=2))
    assert [finding for finding in found(some, end) if finding[0] == "still"] == [("still", "finding_unmoved")]


WAITING = replace(STILL, decay_norm=0.0, rest_norm=0.0)


@pytest.mark.parametrize(("decay", "keys"), [(0.0099, []), (0.0101, [("a", "finding_decay_dominates")])])
def test_decay_that_moves_more_than_the_gradient_is_found(decay: float, keys: list[tuple[str, str]]) -> None:
    group = replace(HEALTHY, decay_norm=decay, rest_norm=0.01)
    assert found(steps(10, group), finished(END)) == keys


def test_a_real_run_under_heavy_decay_is_found_and_a_light_one_is_not(make: Make) -> None:
    def run(decay: float) -> list[tuple[str | None, str]]:
        group = {"name": "all", "params": "*", "optimizer": "AdamW", "lr": 1e-3, "weight_decay": decay}
        *events, end = train(make(group, epochs=3))
        assert isinstance(end, Finished)
        return found([event for event in events if isinstance(event, Step)], end)

    assert ("all", "finding_decay_shrinks") in run(100.0)
    assert not {key for _, key in run(0.01)} & {"finding_decay_shrinks", "finding_decay_dominates"}


def test_a_group_that_has_not_started_is_not_called_dead() -> None:
    assert found(steps(10, HEALTHY, WAITING), finished(END, replace(OTHER, moved=0))) == []


def test_a_late_group_is_judged_from_its_start() -> None:
    late = [*steps(4, HEALTHY, WAITING), *steps(6, HEALTHY, HEALTHY)]
    assert found(late, finished(END, OTHER)) == []
    dead = [*steps(4, HEALTHY, WAITING), *steps(6, HEALTHY, replace(HEALTHY, gradient_norm=0.0, update_norm=0.0))]
    assert ("b", "finding_no_gradient") in found(dead, finished(END, replace(OTHER, moved=0)))


@pytest.mark.parametrize(("frozen_norm", "key"), [("train", "finding_drift_on_purpose"), ("eval", "finding_drift")])
def test_statistics_that_drift_as_set_are_told_as_such(frozen_norm: str, key: str) -> None:
    run = Evidence(steps(9, HEALTHY, STILL), finished(END, replace(FROZEN, drift=0.372)), frozen_norm=frozen_norm)
    (finding,) = judge(run)
    check_sentences(finding)
    assert (finding.group, finding.key) == ("ice", key)
    assert ("on purpose" in finding.sentence("en")) == ("按设置" in finding.sentence("zh")) == (frozen_norm == "train")


def test_a_group_that_starts_late_is_not_said_to_have_had_all_steps() -> None:
    slow, end = replace(HEALTHY, distance=1e-6), replace(END, name="late", distance=1e-6)
    late = [Step(i, 2.0, (HEALTHY, STILL if i < 5 else slow)) for i in range(1, 10)]
    assert found(late, finished(OTHER, end)) == [("late", "finding_started_late")]
    assert "starts in step 5 only, as set; in the 5 steps" in find(late, finished(OTHER, end))[0].sentence("en")
    assert found(steps(9, HEALTHY, slow), finished(OTHER, end)) == [("late", "finding_barely_moved")]


def test_a_group_that_hardly_moved_is_not_said_to_stand_still_too() -> None:
    still = replace(HEALTHY, update_norm=0.0, update_ratio=0.0, distance=1e-6)
    moves = replace(still, update_norm=1e-6, update_ratio=1e-7)
    near = replace(END, distance=1e-6)
    run = [*steps(5, replace(HEALTHY), still), *steps(4, HEALTHY, moves)]
    assert found(run, finished(OTHER, near)) == [("a", "finding_barely_moved")]
    assert found(run, finished(OTHER, END)) == [("a", "finding_mostly_still")]


def test_of_a_run_that_ended_before_it_began_there_is_nothing_to_say() -> None:
    assert find_in([Finished("stopped", 0, 0.1, ())]) == []


def spiking(norms: Sequence[tuple[float, float]], limit: float | None = 1.0) -> Evidence:
    """A run of two groups with these gradient norms, clipped by the norm of both together."""
    taken = []
    for number, pair in enumerate(norms, 1):
        factor = None if limit is None else min(1.0, limit / (math.hypot(*pair) + 1e-6))
        groups = tuple(replace(HEALTHY, gradient_norm=norm, clip_factor=factor) for norm in pair)
        taken.append(Step(number, 2.0, groups))
    return Evidence(taken, finished(END, OTHER), shared_limit=limit)


def shrinking(run: Evidence) -> list[Finding]:
    return [finding for finding in judge(run) if finding.key == "finding_shrinks_others"]


def test_a_group_whose_spike_shrinks_the_others_is_named() -> None:
    (finding,) = shrinking(spiking([(0.5, 0.5), (9.9999, 0.5), (0.5, 0.5), (4.0, 0.5)]))
    assert (finding.group, finding.values["count"], finding.values["steps"]) == ("a", 2, 4)
    left = (1 / math.hypot(9.9999, 0.5) + 1 / math.hypot(4.0, 0.5)) / 2
    assert finding.values["left"] == pytest.approx(100 * left, rel=1e-5)
    check_sentences(finding)


@pytest.mark.parametrize(
    ("norms", "limit"),
    [
        ([(0.5, 0.5), (0.7, 0.6)], 1.0),  # within the limit
        ([(5.0, 5.0), (9.0, 2.0)], 1.0),  # the others are beyond it, too
        ([(1.2, 0.5), (1.5, 0.5)], 1.0),  # more than half is left
        ([(9.0, 0.5), (9.0, 0.5)], None),  # nothing is clipped, or each group by itself
        ([(9.0, 0.0), (9.0, 0.0)], 1.0),  # there is nothing else to shrink
    ],
)
def test_no_group_is_named_for_clipping_that_the_others_would_have_had_or_hardly_felt(
    norms: list[tuple[float, float]], limit: float | None
) -> None:
    assert shrinking(spiking(norms, limit)) == []


@pytest.mark.parametrize(("clip", "named"), [("norm", ["loud"]), ("norm_per_group", []), ("value", [])])
def test_a_real_group_that_shrinks_another_is_named_where_one_norm_is_shared(
    make: Make, clip: str, named: list[str]
) -> None:
    loud = {"name": "loud", "params": ["fc*"], "optimizer": "SGD", "lr": 1e-3}
    quiet = {"name": "quiet", "params": ["*.bias"], "optimizer": "SGD", "lr": 1e-3}
    rest = {"name": "rest", "params": ["*"], "optimizer": "frozen"}
    events = list(train(make(quiet, loud, rest, clip=clip, clip_at=0.3), "cpu"))
    assert [f.group for f in find_in(events) if f.key == "finding_shrinks_others"] == named
    steps = [event for event in events if isinstance(event, Step)]
    assert all((step.groups[0].gradient_norm or 0.0) < 0.3 for step in steps)  # alone it is never clipped
