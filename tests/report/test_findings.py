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
from core.events import Finished, GroupEnd, GroupStep, Step
from core.experiment import Experiment
from core.report.findings import Finding, find
from core.report.summary import FAR, GUIDE
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


@pytest.mark.parametrize(
    ("ratio", "key"),
    [
        (1.01e-2, "finding_far_above"),
        (GUIDE * FAR, None),
        (GUIDE / FAR, None),
        (0.99e-2, None),
        (1.01e-4, None),
        (0.99e-4, "finding_far_below"),
        (0.0, "finding_mostly_still"),
        (None, None),
    ],
)
def test_a_median_ratio_far_from_the_guide(ratio: float | None, key: str | None) -> None:
    group = replace(HEALTHY, update_ratio=ratio)
    assert found(steps(9, group), finished(END)) == ([("a", key)] if key else [])


def test_the_median_counts_not_single_steps() -> None:
    far, near = replace(HEALTHY, update_ratio=0.5), HEALTHY
    mostly_near = [*steps(5, near), *steps(4, far)]
    mostly_far = [*steps(4, near), *steps(5, far)]
    assert found(mostly_near, finished(END)) == []
    assert found(mostly_far, finished(END)) == [("a", "finding_far_above")]
    (finding,) = find(mostly_far, finished(END))
    assert finding.values["times"] == pytest.approx(500)


@pytest.mark.parametrize(("ratio", "key", "times"), [(0.02, "times", 20), (5e-5, "part", 20)])
def test_how_far_from_the_guide_is_told(ratio: float, key: str, times: float) -> None:
    (finding,) = find(steps(9, replace(HEALTHY, update_ratio=ratio)), finished(END))
    assert finding.values[key] == pytest.approx(times)


def test_a_dead_group_hides_none_that_is_far_from_the_guide() -> None:
    still, far = replace(HEALTHY, update_norm=0.0, update_ratio=0.0), replace(HEALTHY, update_ratio=0.5)
    keys = found(steps(9, still, far), finished(replace(END, moved=0), OTHER))
    assert keys[:2] == [("a", "finding_unmoved"), ("b", "finding_far_above")]


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
    ends = finished(replace(END, weights=weights), OTHER, replace(FROZEN, weights=10**6))
    assert found(some, ends) == ([("a", "finding_one_moves_all")] if is_found else [])


def test_the_shares_of_movement_and_of_weights_are_told() -> None:
    some = steps(9, replace(HEALTHY, update_norm=4.0), replace(HEALTHY, update_norm=1.0))
    (finding,) = find(some, finished(replace(END, weights=300), replace(OTHER, weights=100)))
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


def test_the_group_whose_rate_is_far_too_high_is_named(make: Make) -> None:
    wild = {"name": "wild", "params": ["*.weight"], "optimizer": "SGD", "lr": 1000}
    tame = {"name": "tame", "params": ["*"], "optimizer": "SGD", "lr": 0.001}
    some, end = run(make(tame | {"name": "first", "params": ["conv1.bias"]}, wild, tame, epochs=20))
    assert end.reason == "non_finite"
    assert {("wild", "finding_non_finite"), ("wild", "finding_far_above")} <= set(found(some, end))


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

    assert ("all", "finding_decay_dominates") in run(100.0)
    assert ("all", "finding_decay_dominates") not in run(0.01)


def test_a_group_that_has_not_started_is_not_called_dead() -> None:
    assert found(steps(10, HEALTHY, WAITING), finished(END, replace(OTHER, moved=0))) == []


def test_a_late_group_is_judged_from_its_start() -> None:
    late = [*steps(4, HEALTHY, WAITING), *steps(6, HEALTHY, HEALTHY)]
    assert found(late, finished(END, OTHER)) == []
    dead = [*steps(4, HEALTHY, WAITING), *steps(6, HEALTHY, replace(HEALTHY, gradient_norm=0.0, update_norm=0.0))]
    assert ("b", "finding_no_gradient") in found(dead, finished(END, replace(OTHER, moved=0)))
