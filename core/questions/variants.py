"""What an experiment is compared with: the same with one group, or with one of its groups frozen; and the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.assignment import preview
from core.experiment import FROZEN, Experiment, ExperimentError, Number, Problem, Wrong
from core.experiment.errors import unknown_name
from core.models import meta_model

EVERYTHING: dict[str, Any] = {"params": ("*",), "role": "any", "depth": "", "layer_decay": None}
EVERYTHING |= {"start_epoch": 0, "end_epoch": None}
SEEDS = Number(1, 10, whole=True)  # how many seeds can be asked for


def merged(experiment: Experiment) -> Experiment:
    """The experiment with one group: every parameter under the first trainable group's settings and name.

    What frozen groups held is trained too, in all epochs. Model, data, sizes and seed stay, so the starting
    weights and the batches are the same. Raises ExperimentError, naming the parameters, where
    that group's optimizer is Muon: it takes no parameters of fewer than two dimensions.
    """
    row, first = next((row, group) for row, group in enumerate(experiment.groups) if not group.frozen)
    one = replace(experiment, groups=(replace(first, **EVERYTHING),))
    if problems := preview(one, meta_model(one)).problems:
        values = {"optimizer": first.optimizer, "names": problems[0].values["names"]}
        raise ExperimentError([Problem(row, "optimizer", "cannot_merge", values)])
    return one


def with_frozen(experiment: Experiment, name: str) -> Experiment:
    """The experiment with the group `name` frozen as it starts, and all else as it was.

    Normalisation layers that are frozen with it behave as the experiment's `frozen_norm` says. Raises
    ExperimentError unless there is such a group, and in every epoch another one trains.
    """
    names = [group.name for group in experiment.groups]
    if name not in names:
        raise ExperimentError([unknown_name("groups", name, names)])
    row = names.index(name)
    groups = list(experiment.groups)
    groups[row] = replace(groups[row], optimizer=FROZEN, momentum=None, options=())
    try:
        return replace(experiment, groups=tuple(groups))
    except ExperimentError:
        raise ExperimentError([Problem(row, "optimizer", "cannot_freeze", {"group": name})]) from None


def frozen_in_turn(experiment: Experiment) -> dict[str, Experiment]:
    """`with_frozen` for each trained group that can be, by its name; raises its ExperimentError where none can."""
    variants: dict[str, Experiment] = {}
    problems: list[Problem] = []
    for group in experiment.groups:
        if not group.frozen:
            try:
                variants[group.name] = with_frozen(experiment, group.name)
            except ExperimentError as error:
                problems += error.problems
    if not variants:
        raise ExperimentError(problems)
    return variants


def over_seeds(variants: Sequence[Experiment], count: int) -> list[Experiment]:
    """All variants with the first one's seed, then all with the next, `count` seeds in all.

    Variants that differ only in their groups share starting weights, images and batches within a seed.
    Raises ExperimentError unless `count` is 1 to 10, and the last seed is still one.
    """
    try:
        count = SEEDS.read(count)
    except Wrong as wrong:
        raise ExperimentError([Problem(None, "seeds", wrong.key, wrong.values)]) from None
    seeds = range(variants[0].seed, variants[0].seed + count)
    return [replace(variant, seed=seed) for seed in seeds for variant in variants]
