"""What is worth a look in a run, whether or not it learned."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.events import GroupStep, Step
from core.experiment import FROZEN
from core.report.evidence import PART, Evidence, Finding, usual
from core.report.summary import summarise

# "Half to ten times" the usual norm still converge when norms are clipped there (arXiv 1211.5063, section 3.2):
# beyond ten times it is no noise of the batches.
GROWTH = 10.0
# Nearly all, as the update norms' squares add up over groups; and only of note where the group
# does not hold nearly all trained weights anyway.
MOST = 0.9
SHRUNK = 0.5  # of a gradient: less is left in the median of the steps that are told of


def not_finite(run: Evidence) -> Iterator[Finding]:
    """Which group left the finite numbers first; if several in one step, which led the step before."""
    found = next(((i, names) for i, step in enumerate(run.steps) if (names := _broken(step, run))), None)
    if run.finished.reason != "non_finite" or found is None:
        return
    place, names = found
    values = {"step": run.steps[place].step, "names": ", ".join(names)}
    before = dict(zip(_names(run), run.steps[place - 1].groups, strict=True)) if place else {}
    ratios = {name: before[name].update_ratio or 0.0 for name in names if name in before}
    leader = max(ratios, key=lambda name: ratios[name], default=None)
    if len(names) == 1:
        yield Finding(names[0], "finding_non_finite", values)
    elif leader is None:
        yield Finding(None, "finding_non_finite_all", values)
    else:
        yield Finding(leader, "finding_non_finite_led", values | {"ratio": ratios[leader]})


def _broken(step: Step, run: Evidence) -> list[str]:
    """The groups whose gradient or update is not finite in a step."""

    def is_broken(group: GroupStep) -> bool:
        return not all(math.isfinite(norm) for norm in (group.gradient_norm or 0.0, group.update_norm))

    return [name for name, group in zip(_names(run), step.groups, strict=True) if is_broken(group)]


def exploding(run: Evidence) -> Iterator[Finding]:
    """A group whose gradient norm's median grew tenfold from the first fifth of the run to the last.

    Not in a run that learned: its gradients may grow too, away from a flat start. Where that is not known, as of a
    training that was recorded elsewhere, not in one whose loss fell.
    """
    part = len(run.steps) // PART
    parts = (run.steps[:part], run.steps[-part:])
    losses = [usual(step.loss for step in some) for some in parts]
    is_well = run.has_learned or (run.learning is None and losses[1] < losses[0])
    for index in run.trained if part and not is_well else ():
        first, last = (usual(step.groups[index].gradient_norm for step in some) for some in parts)
        if first > 0 and last > GROWTH * first:
            values = {"first": first, "last": last, "times": last / first, "limit": GROWTH}
            yield Finding(run.ends[index].name, "finding_exploding", values)


def dead(run: Evidence) -> Iterator[Finding]:
    """A trained group that got no gradient in any step, or of which no weight moved."""
    for index in run.trained:
        end = run.ends[index]
        values = {"steps": len(run.own(index)), "weights": end.weights}
        if run.has_no_gradient(index):
            yield Finding(end.name, "finding_no_gradient", values)
        elif end.moved == 0:
            yield Finding(end.name, "finding_unmoved", values)


def mostly_still(run: Evidence) -> Iterator[Finding]:
    """A trained group that moved, but not in half of its steps; those without gradients have their own rules."""
    groups = summarise(run.steps, run.finished)
    for index in run.trained:
        is_dead = groups[index].end.moved == 0 or run.has_no_gradient(index) or run.has_lost_its_gradient(index)
        if groups[index].median_ratio == 0 and not is_dead:
            yield Finding(groups[index].end.name, "finding_mostly_still", {})


def one_moves_all(run: Evidence) -> Iterator[Finding]:
    """A group that does nearly all the movement without holding nearly all the trained weights.

    Only where nothing was learned: a new head on a trained network moves so, and learns.
    """
    moves = {i: sum(step.groups[i].update_norm ** 2 for step in run.steps) for i in run.trained}
    whole, weights = sum(moves.values()), sum(run.ends[i].weights for i in run.trained)
    if not run.has_not_learned or len(moves) < 2 or not 0 < whole < math.inf:
        return
    for i, move in moves.items():
        share, size = move / whole, run.ends[i].weights / weights
        if share > MOST and size < MOST:
            values = {"share": 100 * share, "size": 100 * size, "limit": 100 * MOST}
            yield Finding(run.ends[i].name, "finding_one_moves_all", values)


def shrunk_by_another(run: Evidence) -> Iterator[Finding]:
    """A group but for which the gradients' norm would have stayed within its limit, in steps that so left the others
    with less than half of their gradients in the median: clipped by the norm of each group, they would have kept all.
    """
    if (limit := run.shared_limit) is None or len(run.trained) < 2:
        return
    for index in run.trained:
        left = [factor for step in run.steps if (factor := _left_because_of(step, index, limit)) is not None]
        if left and usual(left) < SHRUNK:
            values = {"count": len(left), "steps": len(run.steps), "limit": limit, "left": 100 * usual(left)}
            yield Finding(run.ends[index].name, "finding_shrinks_others", values)


def _left_because_of(step: Step, index: int, limit: float) -> float | None:
    """What clipping left of the gradients in a step in which only this group's took their norm beyond the limit."""
    squares = [(group.gradient_norm or 0.0) ** 2 for group in step.groups]
    others = sum(squares) - squares[index]
    return step.groups[index].clip_factor if 0 < others <= limit**2 < sum(squares) else None


def drifting(run: Evidence) -> Iterator[Finding]:
    """A group whose running statistics changed and nothing else: where it is frozen, any change is one too many, but
    for one that was asked for.
    """
    for end in run.ends:
        if end.drift and end.optimizer == FROZEN:
            key = "finding_drift_on_purpose" if run.frozen_norm == "train" else "finding_drift"
            yield Finding(end.name, key, {"percent": 100 * end.drift})
        elif end.drift and end.moved == 0:
            yield Finding(end.name, "finding_drift_unmoved", {"percent": 100 * end.drift})


def _names(run: Evidence) -> list[str]:
    return [end.name for end in run.ends]
