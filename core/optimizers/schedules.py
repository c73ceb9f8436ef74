"""The learning rate of every group at every step, by torch's own schedulers.

A torch scheduler moves all groups of its optimizer by one schedule. So the rates are taken from
schedulers over stand-in optimizers, one for the groups of each schedule and start, and written
into the groups of the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, OneCycleLR, SequentialLR, StepLR

from core.experiment import Experiment, Group

Rates = list[float | None]  # one per step, None while the group does not train


def warmup_cosine(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Up from near 0 in a tenth of the steps, then down to 0 along a cosine."""
    warmup = max(1, steps // 10)
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    fall = CosineAnnealingLR(optimizer, T_max=max(1, steps - warmup))
    return SequentialLR(optimizer, [rise, fall], milestones=[warmup])


def step_decay(optimizer: Optimizer, steps: int) -> LRScheduler:
    """A tenth of the rate after each third of the steps."""
    return StepLR(optimizer, step_size=-(-steps // 3), gamma=0.1)


def one_cycle(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Up to each group's own rate, then down to almost 0; momentum and betas stay."""
    peaks = [group["lr"] for group in optimizer.param_groups]  # one would be for all
    return OneCycleLR(optimizer, max_lr=peaks, total_steps=steps, cycle_momentum=False)


def linear(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Down to 0 in a straight line."""
    return LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps)


SCHEDULERS: dict[str, Callable[[Optimizer, int], LRScheduler]] = {
    "warmup_cosine": warmup_cosine,
    "step": step_decay,
    "one_cycle": one_cycle,
    "linear": linear,
}


def planned_rates(experiment: Experiment) -> list[Rates]:
    """The learning rate of each group in steps 1 to `experiment.steps`; None while it does not train.

    A schedule runs over the T steps from the start of the group's `start_epoch` to the end of the
    run, `scheduler.step()` following each `optimizer.step()`, on the group's own lr:

    constant       no scheduler
    warmup_cosine  with W = max(1, T // 10): SequentialLR, milestones=[W], of
                   LinearLR(start_factor=1 / (W + 1), total_iters=W) and
                   CosineAnnealingLR(T_max=max(1, T - W)), whose eta_min is 0
    step           StepLR(step_size=ceil(T / 3), gamma=0.1)
    one_cycle      OneCycleLR(max_lr=[the group's lr], total_steps=T, cycle_momentum=False): from
                   lr / 25 up to lr in 0.3 T steps, then down to lr / 250,000; momentum and betas stay
    linear         LinearLR(start_factor=1.0, end_factor=0.0, total_iters=T): lr / T at the last step

    Exactly the floats that `train` then uses. Source of the arguments: docs.pytorch.org, torch.optim.
    """
    return [_rates_of(group, experiment) for group in experiment.groups]


def _rates_of(group: Group, experiment: Experiment) -> Rates:
    if group.frozen:
        return [None] * experiment.steps
    before = group.start_epoch * experiment.steps_per_epoch
    if group.schedule not in SCHEDULERS:
        return [None] * before + [group.lr] * (experiment.steps - before)
    alike = {g.lr for g in experiment.groups if (g.schedule, g.start_epoch) == (group.schedule, group.start_epoch)}
    return [None] * before + list(_run(group.schedule, tuple(sorted(alike)), experiment.steps - before)[group.lr])


@lru_cache(maxsize=16)
def _run(name: str, lrs: tuple[float, ...], steps: int) -> dict[float, tuple[float, ...]]:
    """What torch's scheduler makes of each lr in `steps` steps."""
    optimizer = SGD([{"params": [torch.zeros(1)], "lr": lr} for lr in lrs])
    scheduler = SCHEDULERS[name](optimizer, steps)
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
