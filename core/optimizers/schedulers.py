"""The schedulers that a group can ask for, by torch's own classes; an exported script holds the same functions.

Lengths are shares of the steps, and a floor is a share of each group's own rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)


def share_of(steps: int, share: float) -> int:
    """That share of the steps: at least one, unless it is 0."""
    return max(1, int(share * steps)) if share else 0


def after_warmup(optimizer: Optimizer, steps: int, fall: LRScheduler) -> LRScheduler:
    """Up from near 0 in that many steps, then as `fall` has it."""
    if steps == 0:
        return fall
    rise = LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)
    return SequentialLR(optimizer, [rise, fall], milestones=[steps])


def warmup_cosine(
    optimizer: Optimizer,
    steps: int,
    warmup: float = 0.1,
    floor: float = 0.0,
) -> LRScheduler:
    """Up from near 0 in a share of the steps, then down along a cosine.

    It ends at the floor, a share of each group's own rate; eta_min would be one for all.
    """
    rise = share_of(steps, warmup)
    length = max(1, steps - rise)

    def factor(step: int) -> float:
        cosine = math.cos(math.pi * min(step, length) / length)
        return floor + (1 - floor) * (1 + cosine) / 2

    if floor:
        return after_warmup(optimizer, rise, LambdaLR(optimizer, factor))
    return after_warmup(optimizer, rise, CosineAnnealingLR(optimizer, T_max=length))


def linear(
    optimizer: Optimizer,
    steps: int,
    warmup: float = 0.0,
    floor: float = 0.0,
) -> LRScheduler:
    """Up from near 0 in a share of the steps, if any, then straight down.

    It ends at the floor, a share of each group's own rate.
    """
    rise = share_of(steps, warmup)
    length = max(1, steps - rise)
    fall = LinearLR(optimizer, start_factor=1.0, end_factor=floor, total_iters=length)
    return after_warmup(optimizer, rise, fall)


def step_decay(optimizer: Optimizer, steps: int, gamma: float = 0.1) -> LRScheduler:
    """`gamma` times the rate after each third of the steps."""
    return StepLR(optimizer, step_size=-(-steps // 3), gamma=gamma)


def multi_step(
    optimizer: Optimizer,
    steps: int,
    milestones: tuple[float, ...] = (0.5, 0.75),
    gamma: float = 0.1,
) -> LRScheduler:
    """`gamma` times the rate from each of these shares of the steps on."""
    drops = [share_of(steps, share) for share in milestones]
    return MultiStepLR(optimizer, milestones=drops, gamma=gamma)


def one_cycle(optimizer: Optimizer, steps: int, warmup: float = 0.3) -> LRScheduler:
    """Up to each group's own rate in a share of the steps, then down to almost 0.

    Momentum and betas stay.
    """
    peaks = [group["lr"] for group in optimizer.param_groups]  # one would be for all
    if warmup * steps == 1:
        warmup = 0.0  # torch divides by the one step's length, 0
    return OneCycleLR(
        optimizer,
        max_lr=peaks,
        total_steps=steps,
        pct_start=warmup,
        cycle_momentum=False,
    )


def exponential(optimizer: Optimizer, steps: int, floor: float = 0.01) -> LRScheduler:
    """Down by the same factor in each step, to a share of each group's own rate."""
    return ExponentialLR(optimizer, gamma=floor ** (1 / steps))


def cosine_restarts(
    optimizer: Optimizer,
    steps: int,
    cycles: int = 3,
    growth: int = 1,
    floor: float = 0.0,
) -> LRScheduler:
    """Down along cosines that begin anew, each `growth` times as long as the last."""
    first = math.ceil(steps / sum(growth**cycle for cycle in range(cycles)))

    def factor(step: int) -> float:
        length = first
        while step >= length:
            step, length = step - length, length * growth
        cosine = math.cos(math.pi * step / length)
        return floor + (1 - floor) * (1 + cosine) / 2

    return LambdaLR(optimizer, factor)


def wsd(
    optimizer: Optimizer,
    steps: int,
    warmup: float = 0.05,
    decay: float = 0.2,
    floor: float = 0.0,
) -> LRScheduler:
    """Warm up, stay, and in the last share of the steps straight down.

    It ends at the floor, a share of each group's own rate.
    """
    rise, fall = share_of(steps, warmup), share_of(steps, decay)

    def factor(step: int) -> float:
        up = min(1.0, (step + 1) / (rise + 1))
        down = min(1.0, (steps - step) / fall) if fall else 1.0
        return min(up, floor + (1 - floor) * down)

    return LambdaLR(optimizer, factor)


SCHEDULERS: dict[str, Callable[..., LRScheduler]] = {
    "warmup_cosine": warmup_cosine,
    "step": step_decay,
    "one_cycle": one_cycle,
    "linear": linear,
    "multi_step": multi_step,
    "exponential": exponential,
    "cosine_restarts": cosine_restarts,
    "wsd": wsd,
}
