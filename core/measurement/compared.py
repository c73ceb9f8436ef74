"""From pieces' numbers to plain floats: how groups' updates lie to those before, and their gradients to one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from core.events import GroupStep
from core.measurement.past import Compared, ends_window, is_compared
from core.measurement.sums import LEAST_MEAN_SQUARE


class Comparer:
    """Takes the steps of one run in their order.

    `group_of` tells of every piece which group it is of, `weights` how many weights each group has.
    """

    def __init__(self, group_of: Tensor, weights: Sequence[int]) -> None:
        self._group_of, self._weights = group_of, weights
        self._updates = [0.0] * len(weights)  # norms, of the step before
        self._gradients = [0.0] * len(weights)  # sums of the window's norms; not a number if a step had none

    def compare(self, groups: tuple[GroupStep, ...], compared: Compared, numbers: Tensor) -> tuple[GroupStep, ...]:
        """The next step's groups with what it was compared with; `numbers` are those of `compared.flat()`."""
        products, sums = torch.split(numbers, [len(compared.product_places), len(compared.sum_places)])
        updates = [group.update_norm for group in groups]
        own = [math.nan if group.gradient_norm is None else group.gradient_norm for group in groups]
        self._gradients = [total + norm for total, norm in zip(self._gradients, own, strict=True)]
        if is_compared(compared.step):
            cosines = self._cosines(updates, self._of_groups(products, compared.product_places))
            groups = tuple(replace(group, cosine=cosine) for group, cosine in zip(groups, cosines, strict=True))
        if ends_window(compared.step):
            agreements = self._agreements(self._of_groups(sums.square(), compared.sum_places))
            groups = tuple(replace(g, gradient_agreement=own) for g, own in zip(groups, agreements, strict=True))
            self._gradients = [0.0] * len(self._weights)
        self._updates = updates
        return groups

    def _of_groups(self, numbers: Tensor, places: Sequence[int]) -> list[float]:
        """The sum of each group's numbers."""
        owners = self._group_of[torch.tensor(places).long()]
        return numbers.new_zeros(len(self._weights)).index_add_(0, owners, numbers).tolist()

    def _cosines(self, updates: Sequence[float], products: Sequence[float]) -> list[float | None]:
        each = zip(products, updates, self._updates, self._weights, strict=True)
        return [_cosine(product, now * before, LEAST_MEAN_SQUARE * count) for product, now, before, count in each]

    def _agreements(self, squares: Sequence[float]) -> list[float | None]:
        each = zip(squares, self._gradients, strict=True)
        return [min(1.0, math.sqrt(square) / total) if total > 0 else None for square, total in each]


def _cosine(product: float, norms: float, least: float) -> float | None:
    """None where one of the updates is 0 or not finite, or both are so small that float32 does not hold products."""
    return max(-1.0, min(1.0, product / norms)) if least < norms < math.inf else None
