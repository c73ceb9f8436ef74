"""What is worth saying about a run: sentences with their number and the rule behind them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.events import Finished, GroupStep, Step
from core.experiment import FROZEN
from core.report.summary import FAR, GUIDE, summarise
from core.text import say

# "Half to ten times" the usual norm still converge when norms are clipped there (arXiv 1211.5063, section 3.2):
# beyond ten times it is no noise of the batches.
GROWTH = 10.0
PART = 5  # first and last fifth: long enough for a median, short enough to be start and end
# Nearly all, as the update norms' squares add up over groups; and only of note where the group
# does not hold nearly all trained weights anyway.
MOST = 0.9


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


Look = Callable[[Sequence[Step], Finished], Iterator[Finding]]


def find(steps: Sequence[Step], finished: Finished) -> list[Finding]:
    """All findings of a run from its `Step`s and its end; empty when all is well or no step was taken."""
    return [finding for rule in RULES for finding in rule(steps, finished)] if steps else []


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


def _far_from_guide(steps: Sequence[Step], finished: Finished) -> Iterator[Finding]:
    """A group whose median update/weight is far above or below the guide; the dead have their own rule."""
    groups = summarise(steps, finished)
    for index in _trained(steps, finished):
        ratio, dead = groups[index].median_ratio, groups[index].end.moved == 0 or _has_no_gradient(steps, index)
        if ratio is None or dead:
            continue
        values = {"ratio": ratio, "guide": GUIDE, "limit": FAR}
        if ratio > GUIDE * FAR:
            yield Finding(groups[index].end.name, "finding_far_above", values | {"times": ratio / GUIDE})
        elif ratio == 0:
            yield Finding(groups[index].end.name, "finding_mostly_still", values)
        elif ratio < GUIDE / FAR:
            yield Finding(groups[index].end.name, "finding_far_below", values | {"part": GUIDE / ratio})


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
RULES: tuple[Look, ...] = (
    *(_not_finite, _exploding, _dead, _far_from_guide),
    *(_one_moves_all, _decay_dominates, _drifting),
)
