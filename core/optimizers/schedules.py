"""The learning rate of every group at every step, by torch's own schedulers.

A torch scheduler moves all groups of its optimizer by one schedule. So the rates are taken from
schedulers over stand-in optimizers, one for the groups of each schedule and start, and written
into the groups of the real ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch.optim import SGD, Optimizer

from core.experiment import Experiment, Group
from core.optimizers.schedulers import SCHEDULERS

Rates = list[float | None]  # one per step, None while the group does not train


def planned_rates(experiment: Experiment) -> list[Rates]:
    """The learning rate of each group in steps 1 to `experiment.steps`; None while it does not train.

    A schedule runs over the T steps from the start of the group's `start_epoch` to the end of the
    run, `scheduler.step()` following each `optimizer.step()`, on the group's own lr; a group that freezes
    has no rate from its `end_epoch` on. Lengths are shares of T, of whole steps and one at least, unless they
    are 0; a floor is a share of the group's own lr, never one rate for all. By default:

    constant         no scheduler
    warmup_cosine    with W = `warmup` 0.1 of T: SequentialLR, milestones=[W], of
                     LinearLR(start_factor=1 / (W + 1), total_iters=W) and
                     CosineAnnealingLR(T_max=max(1, T - W)); with a `floor` the same cosine by LambdaLR
    linear           LinearLR(start_factor=1.0, end_factor=`floor` 0, total_iters=T - W): lr / T at the last
                     step; W = `warmup` 0 of T before, as above (github.com/huggingface/transformers,
                     get_linear_schedule_with_warmup, but that it begins at 0)
    step             StepLR(step_size=ceil(T / 3), gamma=`gamma` 0.1)
    multi_step       MultiStepLR(milestones=`milestones` (0.5, 0.75) of T, gamma=`gamma` 0.1), as DenseNet
                     was trained (arXiv:1608.06993, 4.2)
    one_cycle        OneCycleLR(max_lr=[the group's lr], total_steps=T, pct_start=`warmup` 0.3,
                     cycle_momentum=False): from lr / 25 up to lr, then down to lr / 250,000; momentum and betas stay
    exponential      ExponentialLR(gamma=`floor` 0.01 ** (1 / T))
    cosine_restarts  `cycles` 3 cosines, each `growth` times as long as the one before, 1 by default, as
                     CosineAnnealingWarmRestarts(T_0, T_mult=growth) has them, down to `floor` 0 (SGDR,
                     arXiv:1608.03983)
    wsd              LambdaLR: up in `warmup` 0.05 of T, then constant, and straight down to `floor` 0 in the last
                     `decay` 0.2 of T: lr / (0.2 T) at the last step (warm-up, stable, decay: arXiv:2404.06395,
                     4.2, whose own decay is exponential)

    Exactly the floats that `train` then uses. Source of the arguments: docs.pytorch.org, torch.optim.
    """
    return [_rates_of(group, experiment) for group in experiment.groups]


def _rates_of(group: Group, experiment: Experiment) -> Rates:
    if group.frozen:
        return [None] * experiment.steps
    before = group.start_epoch * experiment.steps_per_epoch
    if group.schedule not in SCHEDULERS:
        rates: Rates = [None] * before + [group.lr] * (experiment.steps - before)
    else:
        alike = {g.lr for g in experiment.groups if _course(g) == _course(group)}
        lrs, settings = tuple(sorted(alike)), group.schedule_options
        rates = [None] * before + list(_run(group.schedule, settings, lrs, experiment.steps - before)[group.lr])
    if group.end_epoch is None:
        return rates
    end = group.end_epoch * experiment.steps_per_epoch
    return rates[:end] + [None] * (experiment.steps - end)


def _course(group: Group) -> tuple[object, ...]:
    """What decides how a group's rate changes, but for the rate itself."""
    return group.schedule, group.schedule_options, group.start_epoch


@lru_cache(maxsize=16)
def _run(
    name: str, settings: tuple[tuple[str, Any], ...], lrs: tuple[float, ...], steps: int
) -> dict[float, tuple[float, ...]]:
    """What torch's scheduler makes of each lr in `steps` steps."""
    optimizer = SGD([{"params": [torch.zeros(1)], "lr": lr} for lr in lrs])
    scheduler = SCHEDULERS[name](optimizer, steps, **dict(settings))
    optimizer.step()  # has nothing to do; without it torch warns of a scheduler that steps first
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(steps - 1):
        scheduler.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
    return dict(zip(lrs, zip(*rates, strict=True), strict=True))


class LearningRates:
    """The learning rates of a run's torch groups, set before a step as planned and read after it."""

    def __init__(self, experiment: Experiment, optimizers: list[Optimizer]) -> None:
        of_torch = {group["name"]: group for optimizer in optimizers for group in optimizer.param_groups}
        self._groups = [of_torch.get(group.name) for group in experiment.groups]
        planned = zip(self._groups, experiment.groups, planned_rates(experiment), strict=True)
        self._scheduled = [(of, rates) for of, group, rates in planned if of and group.schedule in SCHEDULERS]

    def set(self, step: int) -> None:
        """Write the rates of a step, counted from 1, into the groups that have a schedule and train in it."""
        for group, rates in self._scheduled:
            if (rate := rates[step - 1]) is not None:
                group["lr"] = rate

    def read(self) -> Rates:
        """The rate that each torch group has now; None for those whose parameters need no gradient."""
        return [None if group is None or not _trains(group) else group["lr"] for group in self._groups]


def _trains(group: dict[str, Any]) -> bool:
    return bool(group["params"][0].requires_grad)
