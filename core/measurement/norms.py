"""From the norms of single pieces to plain floats: what a step did to each group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from core.assignment import Assignment
from core.events import GroupStep
from core.experiment.optimizer_classes import L2
from core.measurement.compared import Comparer
from core.measurement.decay_part import PARTS
from core.measurement.measured import Found, Layout, Measured

Numbers = TypeVar("Numbers")

# A norm below this, per square root of a weight, counts as 0: ratios to it mean nothing.
ZERO_NORM = 1e-8


class Norms(NamedTuple, Generic[Numbers]):
    """L2 norms in a step: of one group plain floats, of all parameters in several steps (steps, parameters).

    `before` is of the weights before the step, `weight` of those after it, `way` of their difference to the start.
    `clipped` is of the gradient after clipping, the gradient's own where nothing is clipped.
    `decay` and `rest` are the parts of the update, 0 where it is not split; `decayed` is of the weights before the
    step that had a gradient: L2 decay adds λ times these to it.
    """

    gradient: Numbers
    clipped: Numbers
    before: Numbers
    weight: Numbers
    update: Numbers
    way: Numbers
    decay: Numbers
    rest: Numbers
    decayed: Numbers


@dataclass(frozen=True)
class Reading:
    """One step in plain numbers: its groups, and of every parameter update norm, norm before, and size.

    `is_finite` is False where a gradient or a weight after the step is not.
    """

    groups: tuple[GroupStep, ...]
    is_finite: bool
    updates: Tensor
    before: Tensor
    sizes: tuple[int, ...]

    def tensor_ratios(self) -> tuple[float | None, ...]:
        """Every parameter's update norm / norm before, in the groups' order; None where the latter is about 0."""
        return tuple(map(ratio, self.updates.tolist(), self.before.tolist(), self.sizes))


class Reader:
    """Reads the steps of one run in their order; all of it in double precision on the CPU.

    `owners` tells for every piece which parameter it is of, `start_norms` (pieces,) are the pieces' norms at the
    start; both in the groups' order.
    """

    def __init__(self, assignment: Assignment, owners: Tensor, start_norms: Tensor) -> None:
        self._groups = assignment.experiment.groups
        rows = [assignment.of_group(index) for index in range(len(self._groups))]
        self._clips = assignment.experiment.clip != "none"
        self._kinds = [group.decay_kind for group in self._groups]
        self._sizes = tuple(row.count for group in rows for row in group)
        self._weights = [sum(row.count for row in group) for group in rows]
        self._owner, self._group_of = owners, torch.repeat_interleave(torch.tensor([len(group) for group in rows]))
        self._comparer = Comparer(self._group_of[owners], self._weights)
        self._ways_now = torch.zeros(len(self._sizes)).double()
        self._norms_now = together(start_norms.cpu().double(), owners, len(self._sizes))
        self._start_norms = self.by_group(self._norms_now).tolist()

    def read(self, measured: Sequence[Measured], rates: Sequence[Sequence[float | None]]) -> list[Reading]:
        """The next steps' readings, in order, from what `after_step()` gave and each group's learning rates.

        A rate of None says that the group does not train.
        """
        numbers, compared = _bring_over(measured)
        readings: list[Reading] = []
        for layout, alike in groupby(measured, key=lambda each: each.layout):
            steps = slice(len(readings), len(readings) + len(list(alike)))
            rows = torch.stack(numbers[steps])  # (steps, n)
            found = measured[steps.start].split(rows)
            norms, directions = self._norms(found, layout), self._directions(found, layout).tolist()
            finite = torch.cat([found.gradients, found.weights], dim=1).isfinite().all(dim=1).tolist()
            readings += self._readings(norms, directions, finite, rates[steps])
        each = zip(readings, measured, compared, strict=True)
        return [replace(own, groups=self._comparer.compare(own.groups, m.compared, n)) for own, m, n in each]

    def _directions(self, found: Found[Tensor], layout: Layout) -> Tensor:
        """Σ gradient · (after - before) of each group in the next steps, (steps, groups)."""
        of_groups = found.descents.new_zeros(len(found.descents), len(self._groups))
        return of_groups.index_add_(1, self._group_of[self._owners(list(layout.graded_places))], -found.descents)

    def _norms(self, found: Found[Tensor], layout: Layout) -> Norms[Tensor]:
        """The norms of all parameters in the next steps, which have one layout."""
        graded = self._owners(list(layout.graded_places))
        owners, of_split = self._owners(layout.places), self._owners(layout.split_places)
        weight = self._of_tensors(found.weights, owners, self._norms_now)
        way = self._of_tensors(found.ways, owners, self._ways_now)
        before = torch.cat([self._norms_now[None], weight[:-1]])
        self._norms_now, self._ways_now = weight[-1], way[-1]
        return Norms(
            gradient=(gradient := self._of_tensors(found.gradients, graded)),
            clipped=self._of_tensors(found.clipped, graded) if self._clips else gradient,
            before=before,
            weight=weight,
            update=self._of_tensors(found.updates, owners),
            way=way,
            decay=self._of_tensors(found.decays, of_split),
            rest=self._of_tensors(found.rests, of_split),
            decayed=torch.zeros_like(before).index_copy_(1, graded, before[:, graded]),
        )

    def _readings(
        self,
        norms: Norms[Tensor],
        directions: list[list[float]],
        finite: list[bool],
        rates: Sequence[Sequence[float | None]],
    ) -> Iterator[Reading]:
        of_groups = torch.stack([self.by_group(each) for each in norms], dim=-1).tolist()  # (steps, groups, norms)
        for i, row in enumerate(of_groups):
            each_group = enumerate(zip(row, directions[i], rates[i], strict=True))
            groups = tuple(self._group_step(k, Norms(*own), way, rate) for k, (own, way, rate) in each_group)
            yield Reading(groups, finite[i], norms.update[i], norms.before[i], self._sizes)

    def _group_step(self, index: int, norms: Norms[float], direction: float, rate: float | None) -> GroupStep:
        weights, decay = self._weights[index], self._decay(index, norms)
        own = norms.update if decay["rest_norm"] is None else decay["rest_norm"]
        return GroupStep(
            lr=rate,
            gradient_norm=None if rate is None else norms.gradient,
            weight_norm=norms.weight,
            update_norm=norms.update,
            update_ratio=ratio(norms.update, norms.before, weights),
            distance=ratio(norms.way, self._start_norms[index], weights),
            direction=None if rate is None else direction,
            step_per_weight=None if rate is None or not weights else own / math.sqrt(weights),
            clip_factor=norms.clipped / norms.gradient if self._clips and rate is not None and norms.gradient else None,
            **decay,
        )

    def _decay(self, index: int, norms: Norms[float]) -> dict[str, float | None]:
        """The fields of a group's `GroupStep` that tell of its weight decay."""
        if self._kinds[index] == L2:
            term = self._groups[index].weight_decay * norms.decayed
            share = term / norms.clipped if norms.clipped > 0 else None
            return {"decay_norm": None, "rest_norm": None, "l2_share": share}
        rest = norms.rest if self._kinds[index] in PARTS else norms.update
        return {"decay_norm": norms.decay, "rest_norm": rest, "l2_share": None}

    def _owners(self, places: list[int]) -> Tensor:
        """Which parameter each of these pieces is of."""
        return self._owner[torch.tensor(places).long()]

    def _of_tensors(self, norms: Tensor, owners: Tensor, unchanged: Tensor | None = None) -> Tensor:
        """The norm of each parameter (steps, parameters) from those of its pieces (steps, pieces).

        The others keep the norm that they have in `unchanged`, (parameters,), by default 0.
        """
        found = together(norms, owners, len(self._sizes))
        if unchanged is None:
            return found
        known = unchanged.repeat(len(norms), 1)
        known[:, owners] = found[:, owners]
        return known

    def by_group(self, each: Tensor) -> Tensor:
        """The norm of each group (..., groups) from those of all parameters (..., parameters)."""
        return together(each, self._group_of, len(self._groups))

    def distances(self, ways: Tensor) -> list[float | None]:
        """Each group's way from its start as a part of its norm there, from the ways of all pieces (pieces,).

        None where that norm is about 0.
        """
        of_groups = self.by_group(together(ways, self._owner, len(self._sizes))).tolist()
        return list(map(ratio, of_groups, self._start_norms, self._weights))


def together(norms: Tensor, owners: Tensor, count: int) -> Tensor:
    """The L2 norm of what each of `count` owners has, (..., count), from the norms of its parts (..., parts)."""
    return norms.new_zeros(*norms.shape[:-1], count).index_add_(-1, owners, norms.square()).sqrt_()


def _bring_over(measured: Sequence[Measured]) -> tuple[list[Tensor], list[Tensor]]:
    """Each step's numbers (n,), and those of what it was compared with, in double precision on the CPU.

    All are brought there together.
    """
    flat = [part for each in measured for part in (each.flat(), each.compared.flat())]
    every = [numbers for part in flat for numbers in part]
    numbers = torch.cat(every).cpu().double() if every else torch.zeros(0).double()
    parts = [*torch.split(numbers, [sum(map(len, part)) for part in flat])]
    return parts[::2], parts[1::2]


def ratio(norm: float, base: float, weights: int) -> float | None:
    """`norm` / `base`; None where the base, of so many weights, is about 0."""
    return None if base <= ZERO_NORM * math.sqrt(weights) else norm / base
