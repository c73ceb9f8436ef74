"""What is worth saying about a run: sentences with their number and the rule behind them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.events import Finished, GroupStep, Step
from core.experiment import FROZEN
from core.report.summary import summarise
from core.text import say

# "Half to ten times" the usual norm still converge when norms are clipped there (arXiv 1211.5063, section 3.2):
# beyond ten times it is no noise of the batches.
GROWTH = 10.0
PART = 5  # first and last fifth: long enough for a median, short enough to be start and end
# Nearly all, as the update norms' squares add up over groups; and only of note where the group
# does not hold nearly all trained weights anyway.
MOST = 0.9
LOSS_GAIN = 0.02  # nats below a constant guess that count as learning: what a few lucky batches do not give
BEGINNING, LEAP = 10, 1.0  # steps, and an update as large as the weights: Example 1, which learns, leaps by 0.75
NEAR_START = 1e-3  # of the norm at the start: a run in which no group went farther has hardly begun


@dataclass(frozen=True)
class Finding:
    """One thing that was measured and is worth a look; `group` is None where it concerns the whole run.

    A sentence holds group names as they were typed: show it as text, not as markup.
    """

    group: str | None
    key: str
    values: Mapping[str, Any]

    def sentence(self, language: str) -> str:
        return say(self.key, language, group=self.group, **self.values)


@dataclass(frozen=True)
class Learning:
    """How well a run did in the end: on `test_size` images of so many `classes`, accuracy (0 to 1) and mean loss."""

    accuracy: float
    loss: float
    classes: int
    test_size: int

    @property
    def chance(self) -> float:
        """The accuracy of guessing, as all classes are equally frequent."""
        return 1 / self.classes

    @property
    def noise(self) -> float:
        """What guessing stays within, to both sides, in 997 of 1000 cases: three standard deviations."""
        return 3 * math.sqrt(self.chance * (1 - self.chance) / self.test_size)

    @property
    def guess(self) -> float:
        """The mean cross-entropy of giving every class the same probability."""
        return math.log(self.classes)

    @property
    def is_none(self) -> bool:
        """Whether it is no better than guessing, by accuracy and by loss."""
        return self.accuracy <= self.chance + self.noise and not self.loss < self.guess - LOSS_GAIN


Look = Callable[[Sequence[Step], Finished], Iterator[Finding]]


def find(steps: Sequence[Step], finished: Finished, learning: Learning | None = None) -> list[Finding]:
    """All findings of a run from its `Step`s and its end; empty when all is well or no step was taken.

    Whether it learned at all comes first, where `learning` is known.
    """
    if not steps:
        return []
    first = [*_nothing_learned(steps, finished, learning)] if learning else []
    return [*first, *(finding for look in LOOKS for finding in look(steps, finished))]


def _nothing_learned(steps: Sequence[Step], finished: Finished, learning: Learning) -> Iterator[Finding]:
    """A run that is no better than guessing, and what was measured of it that may be why."""
    if not learning.is_none or finished.reason == "non_finite":
        return
    guessing = {"chance": 100 * learning.chance, "noise": 100 * learning.noise, "guess": learning.guess}
    values = {"steps": len(steps), "accuracy": 100 * learning.accuracy, "loss": learning.loss, **guessing}
    yield Finding(None, "finding_nothing_learned", values)
    leaps = {i: _largest_leap(steps[:BEGINNING], i) for i in _trained(steps, finished)}
    leader = max(leaps, key=lambda i: leaps[i][0], default=None)
    if leader is not None and leaps[leader][0] > LEAP:
        share, step = leaps[leader]
        yield Finding(finished.groups[leader].name, "finding_leap", {"percent": 100 * share, "step": step})
    elif (farthest := max((end.distance or 0.0 for end in finished.groups), default=0.0)) < NEAR_START:
        yield Finding(None, "finding_near_start", {"percent": 100 * farthest})


def _largest_leap(steps: Sequence[Step], index: int) -> tuple[float, int]:
    """A group's largest update as a share of its weights, and in which step that was."""
    leaps = [(step.groups[index].update_ratio or 0.0, step.step) for step in steps]
    return max((leap for leap in leaps if math.isfinite(leap[0])), default=(0.0, 0))


def _not_finite(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """Which group left the finite numbers first; if several in one step, which led the step before."""
    found = next(((i, names) for i, step in enumerate(steps) if (names := _broken(step, finished))), None)
    if finished.reason != "non_finite" or found is None:
        return
    place, names = found
    values = {"step": steps[place].step, "names": ", ".join(names)}
    before = dict(zip(_names(finished), steps[place - 1].groups, strict=True)) if place else {}
    ratios = {name: before[name].update_ratio or 0.0 for name in names if name in before}
    leader = max(ratios, key=lambda name: ratios[name], default=None)
    if len(names) == 1:
        yield Finding(names[0], "finding_non_finite", values)
    elif leader is None:
        yield Finding(None, "finding_non_finite_all", values)
    else:
        yield Finding(leader, "finding_non_finite_led", values | {"ratio": ratios[leader]})


def _broken(step: Step, finished: Finished) -> list[str]:
    """The groups whose gradient or update is not finite in a step."""

    def is_broken(group: GroupStep) -> bool:
        return not all(math.isfinite(norm) for norm in (group.gradient_norm or 0.0, group.update_norm))

    return [name for name, group in zip(_names(finished), step.groups, strict=True) if is_broken(group)]


def _exploding(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A group whose gradient norm's median grew tenfold from the first fifth of the run to the last."""
    part = len(steps) // PART
    for index in _trained(steps, finished) if part else ():
        first, last = (_usual_gradient(some, index) for some in (steps[:part], steps[-part:]))
        if first and last and last > GROWTH * first:
            values = {"first": first, "last": last, "times": last / first, "limit": GROWTH}
            yield Finding(finished.groups[index].name, "finding_exploding", values)


def _usual_gradient(steps: Sequence[Step], index: int) -> float | None:
    norms = [norm for step in steps if (norm := step.groups[index].gradient_norm) is not None]
    finite = [norm for norm in norms if math.isfinite(norm)]
    return statistics.median(finite) if finite else None


def _dead(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A trained group that got no gradient in any step, or of which no weight moved."""
    for index in _trained(steps, finished):
        end = finished.groups[index]
        values = {"steps": len(steps), "weights": end.weights}
        if _has_no_gradient(steps, index):
            yield Finding(end.name, "finding_no_gradient", values)
        elif end.moved == 0:
            yield Finding(end.name, "finding_unmoved", values)


def _has_no_gradient(steps: Sequence[Step], index: int) -> bool:
    norms = [norm for step in steps if (norm := step.groups[index].gradient_norm) is not None]
    return bool(norms) and all(norm == 0 for norm in norms)


def _mostly_still(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A trained group that moved, but not in half of its steps or more; the dead have their own rule."""
    groups = summarise(steps, finished)
    for index in _trained(steps, finished):
        dead = groups[index].end.moved == 0 or _has_no_gradient(steps, index)
        if groups[index].median_ratio == 0 and not dead:
            yield Finding(groups[index].end.name, "finding_mostly_still", {"ratio": 0.0})


def _one_moves_all(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A group that does nearly all the movement without holding nearly all the trained weights."""
    trained = _trained(steps, finished)
    moves = {i: sum(step.groups[i].update_norm ** 2 for step in steps) for i in trained}
    whole, weights = sum(moves.values()), sum(finished.groups[i].weights for i in trained)
    if len(trained) < 2 or not 0 < whole < math.inf:
        return
    for i in trained:
        share, size = moves[i] / whole, finished.groups[i].weights / weights
        if share > MOST and size < MOST:
            values = {"share": 100 * share, "size": 100 * size, "limit": 100 * MOST}
            yield Finding(finished.groups[i].name, "finding_one_moves_all", values)


def _decay_dominates(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A group whose updates are mostly weight decay: the median step's decay part is larger than the rest."""
    for index in _trained(steps, finished):
        own = [step.groups[index] for step in steps if step.groups[index].lr is not None]
        shares = [g.decay_norm / g.rest_norm for g in own if g.decay_norm is not None and g.rest_norm]
        if shares and (share := statistics.median(shares)) > 1:
            yield Finding(finished.groups[index].name, "finding_decay_dominates", {"share": share})


def _penalty_dominates(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A group whose L2 penalty is larger than its gradient in the median step: it follows the decay, not the loss."""
    for index in _trained(steps, finished):
        shares = [share for step in steps if (share := step.groups[index].l2_share) is not None]
        if shares and (share := statistics.median(shares)) > 1:
            yield Finding(finished.groups[index].name, "finding_penalty_dominates", {"share": share})


def _drifting(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A frozen group whose running statistics changed: any change is one too many."""
    for end in finished.groups:
        if end.optimizer == FROZEN and end.drift:
            yield Finding(end.name, "finding_drift", {"percent": 100 * end.drift})


def _names(finished: Finished) -> list[str]:
    return [end.name for end in finished.groups]


def _trained(steps: Sequence[Step], finished: Finished) -> list[int]:
    """The groups that trained in one step at least: neither frozen nor still to start."""
    return [i for i in range(len(finished.groups)) if any(step.groups[i].lr is not None for step in steps)]


# What is asked of every run, the gravest first.
LOOKS: tuple[Look, ...] = (
    *(_not_finite, _exploding, _dead, _mostly_still),
    *(_one_moves_all, _decay_dominates, _penalty_dominates, _drifting),
)
