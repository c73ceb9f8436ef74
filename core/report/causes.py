"""What may be why a run did not learn, or not as well as it could: each told by what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.events import GroupStep
from core.report.evidence import SPIKE, Evidence, Finding, usual

# Each limit lies between what sane runs and broken ones showed (`python -m tests.verdicts`, and variants of its
# settings with other rates, optimizers and seeds).
UPWARDS, FEWEST = 0.9, 5  # of a group's steps, and at least so many: sane groups go up in at most 0.1 of theirs
LEAP = 1.0  # an update as large as the weights: Example 1, which learns, leaps by 0.75
# Of a step per weight: weights begin at 0.01 and more, but for biases, of which those behind BatchNorm begin at 0 and
# are soon many times that, by any rate
LEAST_LEAP = 0.01
# An update that should have lowered the loss, to first order, by so many times what there was, and by so large a share
# of the weights: broken runs reached 31 times and more, by 18 % and more; sane ones either less than 13 times, or (a
# ResNet's first step by SGD) 25 times by 1.7 %.
OVERSHOOT, BY = 20.0, 0.1
# Of the weights a step: AdamW loses no accuracy by 0.001, a tenth of it by 0.005, a fifth by 0.01; where only one layer
# decays, it may lose none.
DECAY_STEP = 0.005
# Of the norm at the start: a run that did not learn and in which no group went farther has hardly begun. SGD at Adam's
# usual 0.001 goes 3e-3 in 117 steps, and begins to learn at 9e-3.
NEAR_START = 1e-2
STILL_ALONE = 1e-3  # of it for the only group of a run that did not learn: not even a beginning
# Of it for one group where others moved: in sane runs the slowest went 2e-3 in 40 steps
STILL, STILL_IF_POOR = 1e-4, 3e-4
FEW = 0.01  # of all weights
CLIPPED = 0.1  # of a gradient: no more was left in any step
BY_SIZE = ("SGD", "ASGD")  # the classes whose step is as large as the gradient; the others scale it
# Of the errors of guessing: a head whose rate is too high ends with a high loss, but with 0.69 to 0.75 of them
MANY_ERRORS = 0.85


def nothing_learned(run: Evidence) -> Iterator[Finding]:
    """A run that is no better than guessing."""
    if run.has_not_learned and (learning := run.learning) is not None:
        guessing = {"chance": 100 * learning.chance, "noise": 100 * learning.noise, "guess": learning.guess}
        steps = len(run.steps) if learning.steps is None else learning.steps
        values = {"steps": steps, "accuracy": 100 * learning.accuracy, "loss": learning.loss, **guessing}
        yield Finding(None, "finding_nothing_learned", values)


def ascent(run: Evidence) -> Iterator[Finding]:
    """A group whose updates raise the loss to first order, in nearly every step."""
    for index in run.trained:
        own = run.own(index)
        rises = [step.direction for step in own if _goes_up(step)]
        if len(own) >= FEWEST and len(rises) >= UPWARDS * len(own):
            values = {"steps": len(own), "share": 100 * len(rises) / len(own), "rise": usual(rises)}
            yield Finding(run.ends[index].name, "finding_ascent", values)


def _goes_up(step: GroupStep) -> bool:
    """Whether the update raises the loss by more than its decay part could: |g · decay| ≤ |g| |decay| (Cauchy-Schwarz).

    Where a penalty as large as the gradient goes into the step, nothing is known.
    """
    if step.direction is None or step.gradient_norm is None or (step.l2_share or 0.0) >= 1:
        return False
    return step.direction > step.gradient_norm * (step.decay_norm or 0.0)


def leap(run: Evidence) -> Iterator[Finding]:
    """The first update of a harmed run that reached beyond what a gradient can tell, and its group.

    It is as large as the weights, or should have lowered the loss, to first order, by many times what there was.
    Decay is not counted.
    """
    for step in run.steps if run.is_harmed else ():
        sizes = {i: _share(step.groups[i]) for i in run.trained}
        falls = {i: -(step.groups[i].direction or 0.0) for i in run.trained}
        leapt = [i for i, size in sizes.items() if size > LEAP and not _is_small(step.groups[i])]
        too_much = [i for i, fall in falls.items() if fall > OVERSHOOT * step.loss and sizes[i] > BY]
        if leapt or too_much:
            first = max(leapt or too_much, key=lambda i: (falls[i], sizes[i]))
            values = {"percent": 100 * sizes[first], "step": step.step}
            more = {} if leapt else {"fall": falls[first], "loss": step.loss}
            yield Finding(run.ends[first].name, "finding_leap" if leapt else "finding_overshoot", values | more)
            return


def _is_small(step: GroupStep) -> bool:
    """Whether an update is none that could make weights jump; False where that is not known."""
    return step.step_per_weight is not None and step.step_per_weight < LEAST_LEAP


def _share(step: GroupStep) -> float:
    """The update without its decay, as a share of the weights; 0 where it is not known or no number."""
    if not step.update_ratio or not math.isfinite(step.update_ratio):
        return 0.0
    rest = step.update_norm if step.rest_norm is None else step.rest_norm
    return step.update_ratio * rest / step.update_norm


def spike(run: Evidence) -> Iterator[Finding]:
    """A batch loss far above that of the start."""
    if found := run.spike:
        values = {"highest": found[0], "step": found[1], "first": run.steps[0].loss, "limit": SPIKE}
        yield Finding(None, "finding_spike", values)


def dead_units(run: Evidence) -> Iterator[Finding]:
    """A layer of which nearly all ReLU outputs became zero; the first of them, as others may follow from it."""
    for layer, before, after in run.died[:1]:
        values = {"layer": layer, "before": 100 * before, "after": 100 * after}
        yield Finding(run.group_of_layer(layer), "finding_dead_units", values)


def decay(run: Evidence) -> Iterator[Finding]:
    """A group that is ruled by weight decay: it takes much of the weights in each step, or moves them most."""
    for index in run.trained:
        own, end = run.own(index), run.ends[index]
        taken = usual(step.decay_norm / _before(step) for step in own if step.decay_norm and _before(step))
        share = usual(step.decay_norm / step.rest_norm for step in own if step.decay_norm and step.rest_norm)
        if taken > DECAY_STEP and (start := _before(own[0])):
            left = {"left": 100 * own[-1].weight_norm / start, "half": _half_life(taken)}
            values = {"percent": 100 * taken, "limit": 100 * DECAY_STEP} | left
            yield Finding(end.name, "finding_decay_shrinks", values)
        elif share > 1:
            yield Finding(end.name, "finding_decay_dominates", {"share": share})


def _half_life(taken: float) -> int:
    """The steps in which that share of the weights, taken in each, is half of them: two at least, for the plural."""
    return max(2, math.ceil(math.log(0.5) / math.log1p(-taken))) if taken < 1 else 2


def _before(step: GroupStep) -> float:
    """The weights' norm before the step; 0 where it is about that, or the step was none."""
    return step.update_norm / step.update_ratio if step.update_ratio else 0.0


def penalty(run: Evidence) -> Iterator[Finding]:
    """A group whose L2 penalty is larger than its gradient in the median step: it follows the decay, not the loss."""
    for index in run.trained:
        if (share := usual(step.l2_share for step in run.own(index))) > 1:
            yield Finding(run.ends[index].name, "finding_penalty_dominates", {"share": share})


def clipped(run: Evidence) -> Iterator[Finding]:
    """Groups of SGD of which clipping left little of the gradient in every step, in a run that learned little."""
    left = {
        i: [factor for step in run.own(i) if (factor := step.clip_factor) is not None]
        for i in run.trained
        if run.has_learned_little and run.ends[i].optimizer in BY_SIZE
    }
    few = {run.ends[i].name: factors for i, factors in left.items() if factors and max(factors) < CLIPPED}
    if few:
        group, all_ = next(iter(few)) if len(few) == 1 else None, [factor for each in few.values() for factor in each]
        values = {"names": ", ".join(few), "most": 100 * max(all_), "left": 100 * usual(all_)}
        yield Finding(group, "finding_clipped", values)


def too_near(run: Evidence) -> Iterator[Finding]:
    """Groups that are as good as where they began, though they train: all of a run that did not learn, or some."""
    trained = [(i, end.distance) for i, end in enumerate(run.ends) if i in run.trained and end.distance is not None]
    farthest = max((distance for _, distance in trained), default=math.inf)
    if run.has_not_learned and (STILL_ALONE if len(trained) == 1 else 0.0) <= farthest < NEAR_START:
        yield Finding(None, "finding_near_start", {"percent": 100 * farthest})
        return
    limit = STILL_IF_POOR if run.has_learned_little else STILL
    limit = STILL_ALONE if run.has_not_learned and len(trained) == 1 else limit
    for index, distance in trained:
        if distance < limit and run.ends[index].moved and not run.has_no_gradient(index):
            lr = max(step.lr or 0.0 for step in run.own(index))
            values = {"steps": len(run.own(index)), "percent": 100 * distance, "lr": lr}
            yield Finding(run.ends[index].name, *_barely_moved(run, index, values))


def _barely_moved(run: Evidence, index: int, values: dict[str, float]) -> tuple[str, dict[str, float]]:
    """What is said of it, which depends on whether it trained all the time."""
    own = [step.step for step in run.steps if step.groups[index].lr is not None]
    if own[-1] < run.steps[-1].step:
        return "finding_froze_early", values | {"first": own[0], "last": own[-1]}
    if own[0] > run.steps[0].step:
        return "finding_started_late", values | {"first": own[0]}
    return "finding_barely_moved", values


def few_trained(run: Evidence) -> Iterator[Finding]:
    """A run that learned little, by its loss and by its answers, with hardly a weight that trains."""
    trained, weights = sum(run.ends[i].weights for i in run.trained), sum(end.weights for end in run.ends)
    is_little = run.has_learned_little and run.learning is not None and run.learning.errors > MANY_ERRORS
    if is_little and trained < FEW * weights:
        values = {"trained": trained, "weights": weights, "percent": 100 * trained / weights}
        yield Finding(None, "finding_few_trained", values)


def gradient_gone(run: Evidence) -> Iterator[Finding]:
    """Groups that lost their gradient while there was everything left to learn, and what it does not pass."""
    lost = [i for i in run.trained if run.has_lost_its_gradient(i)]
    if not lost:
        return
    names, group = [run.ends[i].name for i in lost], run.ends[lost[0]].name if len(lost) == 1 else None
    first, last = (max(run.gradients(i)[end] for i in lost) for end in (0, 1))
    values = {"names": ", ".join(names), "first": first, "last": last, "loss": usual(run.last_losses)}
    if run.died:
        layer, _, after = run.died[-1]
        yield Finding(group, "finding_gradient_blocked", values | {"layer": layer, "after": 100 * after})
    else:
        yield Finding(group, "finding_gradient_gone", values)
