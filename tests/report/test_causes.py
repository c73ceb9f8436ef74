"""Each likely cause on both sides of its limit, and which one is named first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.events import GroupStep, Silent, Step
from core.report.evidence import Finding
from core.report.findings import find
from core.report.learning import Learning
from tests.report.test_findings import CHANCE, END, FROZEN, HEALTHY, OTHER, STILL, check_sentences, finished, steps

GOOD = Learning(accuracy=0.5, loss=1.4, classes=10, test_size=1000)
LITTLE = Learning(accuracy=0.2, loss=2.2, classes=10, test_size=1000)  # the batches say so too: their loss is 2.2
GROUP_OF = {"conv.weight": "a", "conv.bias": "a", "fc.weight": "b"}


def told(
    run: Sequence[Step],
    learning: Learning | None = GOOD,
    silences: Sequence[Silent] = (),
    ends: Any = None,
) -> list[Finding]:
    """The findings but for the first, which says that nothing was learned."""
    names = ends or finished(END, OTHER)
    findings = find(run, names, learning, silences, GROUP_OF)
    for finding in findings:
        check_sentences(finding)
    return [finding for finding in findings if finding.key != "finding_nothing_learned"]


def keys(findings: Sequence[Finding]) -> list[tuple[str | None, str]]:
    return [(finding.group, finding.key) for finding in findings]


def losses(run: Sequence[Step], *values: float) -> list[Step]:
    """The same steps with these losses, the last of which goes on."""
    return [replace(step, loss=values[min(i, len(values) - 1)]) for i, step in enumerate(run)]


def up(count: int, of: int, rise: float = 0.01, **fields: Any) -> list[Step]:
    """Steps of which so many raise the loss by the second group."""
    groups = [replace(HEALTHY, direction=rise if i < count else -rise, **fields) for i in range(of)]
    return [Step(i, 2.0, (replace(HEALTHY, direction=-rise), group)) for i, group in enumerate(groups, 1)]


@pytest.mark.parametrize(("count", "of", "is_found"), [(10, 10, True), (9, 10, True), (8, 10, False), (4, 4, False)])
def test_a_group_that_goes_up_in_nearly_all_steps_ascends(count: int, of: int, is_found: bool) -> None:
    findings = told(up(count, of))
    assert keys(findings) == ([("b", "finding_ascent")] if is_found else [])
    if is_found:
        assert findings[0].values == {"steps": of, "share": 100 * count / of, "rise": 0.01}


def test_what_decay_may_have_raised_is_no_ascent() -> None:
    """|g| · |decay| is 1 · 0.005: below that the rest of the update may well descend."""
    assert keys(told(up(10, 10, 0.004, decay_norm=0.005, rest_norm=0.01))) == []
    assert keys(told(up(10, 10, 0.006, decay_norm=0.005, rest_norm=0.01))) == [("b", "finding_ascent")]


def test_under_a_penalty_as_large_as_the_gradient_nothing_is_known_of_ascent() -> None:
    assert keys(told(up(10, 10, l2_share=1.0))) == []
    assert keys(told(up(10, 10, l2_share=0.9))) == [("b", "finding_ascent")]


def leaping(*sizes: tuple[float, float]) -> list[Step]:
    """Steps with these update/weight of both groups, then healthy ones, of batches from which little was learned."""
    groups = [tuple(replace(HEALTHY, update_ratio=size, direction=-size) for size in both) for both in sizes]
    return losses([Step(i, 2.2, both) for i, both in enumerate([*groups, *[(HEALTHY, HEALTHY)] * 9], 1)], 2.2)


def test_the_first_group_to_leap_is_named_where_little_was_learned() -> None:
    """Not the one that leapt farthest: what it did first may have made the other leap."""
    run = leaping((0.9, 0.5), (0.5, 1.1), (40.0, 2.0))
    (finding,) = told(run, LITTLE)
    assert (finding.group, finding.key, finding.values) == (
        "b",
        "finding_leap",
        {"percent": pytest.approx(110), "step": 2},
    )
    assert keys(told(losses(run, 2.2, 1.5))) == [], "a run that learned may leap"
    assert keys(told(leaping((0.9, 0.5)), LITTLE)) == []


@pytest.mark.parametrize(("per_weight", "is_found"), [(0.003, False), (0.03, True), (None, True)])
def test_biases_that_begin_at_zero_do_not_leap_by_a_small_step(per_weight: float | None, is_found: bool) -> None:
    """Those of resnet18 under Adam at 0.003 change by 256 % of their own size in the first step, all but one at 0."""
    biases = replace(HEALTHY, update_norm=0.2, update_ratio=2.56, step_per_weight=per_weight)
    run = losses([Step(1, 2.2, (HEALTHY, biases)), *steps(9, HEALTHY, HEALTHY)[1:]], 2.2)
    assert keys(told(run, LITTLE)) == ([("b", "finding_leap")] if is_found else [])


def test_an_update_that_is_mostly_decay_is_no_leap() -> None:
    shrunk = replace(HEALTHY, update_norm=10.0, update_ratio=5.0, decay_norm=9.9, rest_norm=0.5)
    assert ("a", "finding_leap") not in keys(told(losses(steps(9, shrunk, HEALTHY), 2.2), LITTLE))
    leapt = replace(shrunk, decay_norm=0.5, rest_norm=9.9)
    assert keys(told(losses(steps(9, leapt, HEALTHY), 2.2), LITTLE))[0] == ("a", "finding_leap")


@pytest.mark.parametrize(
    ("fall", "size", "is_found"), [(45.0, 0.11, True), (43.0, 0.11, False), (45.0, 0.09, False), (500.0, 0.5, True)]
)
def test_an_update_that_promised_many_times_the_loss_went_too_far(fall: float, size: float, is_found: bool) -> None:
    """20 times 2.2 are 44."""
    far = replace(HEALTHY, update_norm=10 * size, update_ratio=size, direction=-fall)
    run = losses([*steps(9, HEALTHY, HEALTHY), Step(10, 2.2, (HEALTHY, far))], 2.2)
    findings = told(run, LITTLE)
    assert keys(findings) == ([("b", "finding_overshoot")] if is_found else [])
    if is_found:
        assert findings[0].values == {"percent": pytest.approx(100 * size), "step": 10, "fall": fall, "loss": 2.2}
    assert keys(told(losses(run, 2.2, 1.4))) == []


@pytest.mark.parametrize(("highest", "is_found"), [(7.0, True), (6.9, False)])
def test_a_batch_loss_far_above_that_of_the_start_is_a_blow_up(highest: float, is_found: bool) -> None:
    """Three times a constant guess of ln 10 are 6.91, also where the start lies below."""
    run = losses(steps(10, HEALTHY, HEALTHY), 1.9, highest, 1.5)
    findings = told(run)
    assert keys(findings) == ([(None, "finding_spike")] if is_found else [])
    if is_found:
        assert findings[0].values == {"highest": highest, "step": 2, "first": 1.9, "limit": 3.0}
        assert keys(told([replace(run[0], groups=(HEALTHY, replace(HEALTHY, update_ratio=1.5))), *run[1:]])) == [
            ("b", "finding_leap"),
            (None, "finding_spike"),
        ]


def silent(before: float, after: float) -> tuple[Silent, Silent]:
    return Silent(0, (("conv", 0.4), ("fc", before))), Silent(9, (("conv", 0.5), ("fc", after)))


@pytest.mark.parametrize(
    ("before", "after", "is_found"), [(0.5, 1.0, True), (0.5, 0.98, True), (0.5, 0.97, False), (0.99, 1.0, False)]
)
def test_units_that_died_are_told_with_their_layer(before: float, after: float, is_found: bool) -> None:
    findings = told(steps(9, HEALTHY, HEALTHY), GOOD, silent(before, after))
    assert keys(findings) == ([("b", "finding_dead_units")] if is_found else [])
    if is_found:
        assert findings[0].values == {"layer": "fc", "before": 100 * before, "after": 100 * after}
    assert keys(told(steps(9, HEALTHY, HEALTHY), GOOD, silent(before, after)[:1])) == []


@pytest.mark.parametrize(("taken", "is_found"), [(0.0051, True), (0.0049, False)])
def test_decay_that_takes_much_of_the_weights_is_named_however_large_the_rest(taken: float, is_found: bool) -> None:
    group = GroupStep(0.01, 1.0, 5.0, 1.0, 0.1, 0.5, decay_norm=10 * taken, rest_norm=10.0)
    findings = told(steps(9, HEALTHY, group))
    assert keys(findings) == ([("b", "finding_decay_shrinks")] if is_found else [])
    if is_found:
        values = {"percent": pytest.approx(100 * taken), "left": pytest.approx(50.0), "limit": 0.5, "half": 136}
        assert findings[0].values == values
        assert (1 - taken) ** 136 < 0.5 < (1 - taken) ** 135


def test_decay_says_how_fast_it_forgets_and_not_that_all_was_lost() -> None:
    """simple_cnn whose fc1 lost 0.6 % of its weights a step, and one that lost 0.96 % of all, learned as without."""
    for taken, half in [(0.006, 116), (0.5, 2), (0.9, 2), (1.0, 2)]:
        group = GroupStep(0.01, 1.0, 5.0, 1.0, 0.1, 0.5, decay_norm=10 * taken, rest_norm=10.0)
        (finding,) = told(steps(9, HEALTHY, group))
        assert finding.values["half"] == half
        assert "wipes out" not in finding.sentence("en")


@pytest.mark.parametrize(
    ("most", "optimizer", "is_found"), [(0.09, "SGD", True), (0.11, "SGD", False), (0.09, "Adam", False)]
)
def test_clipping_that_leaves_little_in_every_step_is_named_where_the_step_follows_the_gradient(
    most: float, optimizer: str, is_found: bool
) -> None:
    """Adam divides by the gradient's size, so that clipping takes nothing from its steps."""
    clipped = [replace(HEALTHY, clip_factor=factor) for factor in (most, 0.01, 0.01)]
    run = losses([Step(i, 2.3, (each, each)) for i, each in enumerate(clipped, 1)], 2.3)
    ends = finished(replace(END, optimizer=optimizer), replace(OTHER, optimizer="Adam"))
    findings = told(run, LITTLE, ends=ends)
    assert keys(findings) == ([("a", "finding_clipped")] if is_found else [])
    if is_found:
        assert findings[0].values == {"names": "a", "most": pytest.approx(9), "left": pytest.approx(1)}
        assert keys(told(run, LITTLE)) == [(None, "finding_clipped")], "said once of both"
        assert keys(told(losses(run, 1.4), GOOD, ends=ends)) == []


def test_a_single_group_that_went_nowhere_is_named() -> None:
    run = losses(steps(9, replace(HEALTHY, distance=5e-4)), 2.3)
    findings = told(run, CHANCE, ends=finished(replace(END, distance=5e-4)))
    assert keys(findings) == [("a", "finding_barely_moved")]
    assert findings[0].values == {"steps": 9, "percent": pytest.approx(0.05), "lr": 0.01}


@pytest.mark.parametrize(("distance", "is_found"), [(3.2e-3, True), (9.9e-3, True), (1.1e-2, False)])
@pytest.mark.parametrize("count", [1, 2])
def test_a_run_that_did_not_learn_and_went_hardly_anywhere_says_how_far(
    distance: float, is_found: bool, count: int
) -> None:
    """As SGD at a rate that is Adam's: 0.001."""
    run, ends = losses(steps(9, *[HEALTHY] * count), 2.3), [replace(each, distance=distance) for each in (END, OTHER)]
    findings = told(run, CHANCE, ends=finished(*ends[:count]))
    assert keys(findings) == ([(None, "finding_near_start")] if is_found else [])
    assert [finding.values for finding in findings if is_found] == [{"percent": 100 * distance}] * is_found
    assert keys(told(losses(run, 1.4), GOOD, ends=finished(*ends[:count]))) == [], "a run that learned may stay near"


@pytest.mark.parametrize(
    ("distance", "learning", "is_found"),
    [(9e-5, GOOD, True), (2e-4, GOOD, False), (2e-4, LITTLE, True), (4e-4, LITTLE, False)],
)
def test_a_group_that_stayed_where_it_was_while_others_moved_is_named(
    distance: float, learning: Learning, is_found: bool
) -> None:
    run = losses(steps(9, HEALTHY, HEALTHY), learning.loss)
    findings = told(run, learning, ends=finished(END, replace(OTHER, distance=distance)))
    assert keys(findings) == ([("b", "finding_barely_moved")] if is_found else [])


def test_a_run_in_which_hardly_a_weight_trains_says_so_if_it_learned_little() -> None:
    run, ends = losses(steps(9, HEALTHY, STILL), 2.2), finished(END, replace(FROZEN, weights=10_000))
    (finding,) = told(run, LITTLE, ends=ends)
    assert (finding.group, finding.key) == (None, "finding_few_trained")
    assert finding.values == {"trained": 100, "weights": 10_100, "percent": pytest.approx(100 / 101)}
    assert keys(told(losses(run, 1.4), GOOD, ends=ends)) == [], "as a new head does on a trained network"
    assert keys(told(run, LITTLE, ends=finished(END, replace(FROZEN, weights=9_900)))) == []
    wild = replace(LITTLE, accuracy=0.38, loss=9.0)
    assert keys(told(losses(run, 2.2, 9.0), wild, ends=ends)) == [(None, "finding_spike")], (
        "0.38 of its answers are right"
    )


def test_gradients_that_are_gone_are_told_with_the_layer_that_they_do_not_pass() -> None:
    gone = replace(HEALTHY, gradient_norm=9e-4, update_ratio=0.0, update_norm=0.0)
    run = losses([*steps(3, HEALTHY, HEALTHY), *steps(12, gone, HEALTHY)], 2.2)
    findings = told(run, LITTLE)
    assert keys(findings) == [("a", "finding_gradient_gone")]
    assert findings[0].values == {"names": "a", "first": 1.0, "last": 9e-4, "loss": 2.2}
    assert keys(told(losses(run, 1.4))) == [("a", "finding_mostly_still")], "a network that has learned all"
    blocked = told(run, LITTLE, silent(0.5, 1.0))
    assert keys(blocked) == [("b", "finding_dead_units"), ("a", "finding_gradient_blocked")]
    assert (blocked[1].values["layer"], blocked[1].values["after"]) == ("fc", 100.0)


def test_a_sign_error_comes_before_the_blow_up_that_it_leads_to() -> None:
    run = [replace(step, groups=(replace(HEALTHY, update_ratio=30.0), step.groups[1])) for step in up(9, 9)]
    assert keys(told(losses(run, 2.2, 90.0), LITTLE))[:2] == [("b", "finding_ascent"), ("a", "finding_leap")]


def test_gradients_that_grew_in_a_run_that_learned_do_not_explode() -> None:
    large = replace(HEALTHY, gradient_norm=50.0)
    run = losses([*steps(5, HEALTHY, HEALTHY), *steps(5, large, HEALTHY)], 2.3)
    assert keys(told(run, GOOD)) == []
    for learning in (CHANCE, None):
        assert keys(told(run, learning)) == [("a", "finding_exploding")]
