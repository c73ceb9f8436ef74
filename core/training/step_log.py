"""The steps of a run that are taken but not yet reported."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.events import Step, TensorStep
from core.measurement import Measured, Meter
from core.optimizers import Rates


class _Pending(NamedTuple):
    """A step with its numbers on the device."""

    loss: Tensor
    rates: Rates
    measured: Measured


class StepLog:
    """Keeps the steps' numbers on the device until they are told, and then brings them over together.

    `step` counts the steps that were taken, from 1; at the end it is the first one that was not finite, if any was.
    """

    def __init__(self, meter: Meter, stride: int) -> None:
        self.step = 0
        self._meter, self._stride = meter, stride
        self._pending: list[_Pending] = []

    def take(self, loss: Tensor, rates: Rates, unclipped: Mapping[nn.Parameter, Tensor] | None) -> None:
        """Measure the step that was just taken, from the batch's mean `loss` and with these rates of the groups.

        `unclipped` are the gradients before they were clipped, if they were.
        """
        self.step += 1
        self._pending.append(_Pending(loss.detach(), rates, self._meter.after_step(unclipped)))

    def tell(self) -> Generator[Step | TensorStep, None, bool]:
        """Yields the events of the steps since the last time: of each a `Step`, of every `stride`-th a `TensorStep`.

        Returns whether all steps were finite; the first that is not is the last to be told.
        """
        pending, self._pending = self._pending, []
        if not pending:
            return True
        readings = self._meter.read([each.measured for each in pending], [each.rates for each in pending])
        losses = torch.stack([each.loss for each in pending]).tolist()
        first = self.step - len(pending) + 1
        for step, (loss, reading) in enumerate(zip(losses, readings, strict=True), first):
            yield Step(step, loss, reading.groups)
            if not (math.isfinite(loss) and reading.is_finite):
                self.step = step
                return False
            if (step - 1) % self._stride == 0:
                yield TensorStep(step, reading.tensor_ratios())
        return True
