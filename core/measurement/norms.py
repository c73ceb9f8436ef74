"""The numbers of `core.measurement` as plain floats: what a step did to each group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from core.assignment import Assignment
from core.events import GroupStep
from core.experiment.optimizer_classes import L2
from core.measurement.chunks import Chunk
from core.measurement.decay_part import PARTS

# A norm below this, per square root of a weight, counts as 0: ratios to it mean nothing.
ZERO_NORM = 1e-8


@dataclass(frozen=True)
class Layout:
    """Which parameters a step touched, and what its `Measured.numbers` are.

    All are sums of squares: first of the gradients of the parameters `graded`; then of every piece in `chunks`
    those of update, weights and way from the start; then of every piece in chunks with a kind those of the
    decay part, and those of the rest. Parameters that are not `touched` had no gradient, and nobody wrote to them.
    """

    touched: tuple[int, ...]
    graded: tuple[int, ...]
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Measured:
    """One step's numbers, without dimensions and still on the device, and how to read them."""

    numbers: list[Tensor]
    layout: Layout


@dataclass(frozen=True)
class Reading:
    """One step in plain numbers: its groups, and of every parameter update norm, norm before, and size.

    `is_finite` is False where one of the step's numbers is not.
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

    `owners` tells for every piece which parameter it is of, `start_squares` are the pieces' sums of squares at
    the start, without dimensions; both in the groups' order.
    """

    def __init__(self, assignment: Assignment, owners: Tensor, start_squares: list[Tensor]) -> None:
        self._groups = assignment.experiment.groups
        rows = [assignment.of_group(index) for index in range(len(self._groups))]
        self._kinds = [group.decay_kind for group in self._groups]
        self._sizes = tuple(row.count for group in rows for row in group)
        self._weights = [sum(row.count for row in group) for group in rows]
        self._owner, self._group_of = owners, torch.repeat_interleave(torch.tensor([len(group) for group in rows]))
        self._ways_now = torch.zeros(len(self._sizes)).double()
        of_pieces = torch.stack(start_squares).cpu().double()
        self._norms_now = self._ways_now.index_add(0, owners, of_pieces).sqrt_()
        self._start_norms = self.by_group(self._norms_now).tolist()

    def read(self, measured: Sequence[Measured], rates: Sequence[Sequence[float | None]]) -> list[Reading]:
        """The next steps' readings, in order, from what `after_step()` gave and each group's learning rates.

        A rate of None says that the group does not train.
        """
        if not measured:
            return []
        flat = [number for each in measured for number in each.numbers]
        numbers = torch.stack(flat).cpu().double() if flat else torch.zeros(0).double()
        read: list[Reading] = []
        for layout, alike in groupby(measured, key=lambda each: each.layout):
            count = len(list(alike))
            width = len(measured[len(read)].numbers)
            rows, numbers = numbers[: count * width].view(count, width), numbers[count * width :]
            read += self._read_alike(layout, rows, rates[len(read) : len(read) + count])
        return read

    def _read_alike(self, layout: Layout, rows: Tensor, rates: Sequence[Sequence[float | None]]) -> Iterator[Reading]:
        """The readings of steps of one layout, from their numbers (steps, width)."""
        split = [chunk for chunk in layout.chunks if chunk.kind is not None]
        of_pieces, of_split, graded = (
            self._owners(layout.chunks),
            self._owners(split),
            torch.tensor(layout.graded).long(),
        )
        widths = [len(graded), *[len(of_pieces)] * 3, *[len(of_split)] * 2]
        gradients, updates, weights, ways, decays, rests = rows.split(widths, dim=1)
        gradients = self._of_tensors(gradients, graded)
        updates = self._of_tensors(updates, of_pieces)
        weights = self._of_tensors(weights, of_pieces, self._norms_now)
        ways = self._of_tensors(ways, of_pieces, self._ways_now)
        before = torch.cat([self._norms_now[None], weights[:-1]])
        self._norms_now, self._ways_now = weights[-1], ways[-1]
        terms = torch.zeros_like(before)  # the weights where a gradient was: L2 decay adds λ times these to it
        terms[:, graded] = before[:, graded]
        decays, rests = self._of_tensors(decays, of_split), self._of_tensors(rests, of_split)
        each = (gradients, weights, updates, before, ways, decays, rests, terms)
        finite = rows.isfinite().all(dim=1).tolist()
        groups = torch.stack([self.by_group(norms) for norms in each], dim=1)  # (steps, 8, groups)
        for i, row in enumerate(groups.tolist()):
            yield Reading(self._group_steps(row, rates[i]), finite[i], updates[i], before[i], self._sizes)

    def _group_steps(self, row: list[list[float]], rates: Sequence[float | None]) -> tuple[GroupStep, ...]:
        gradients, weights, updates, before, ways, decays, rests, terms = row
        return tuple(
            GroupStep(
                lr=rates[i],
                gradient_norm=None if rates[i] is None else gradients[i],
                weight_norm=weights[i],
                update_norm=updates[i],
                update_ratio=ratio(updates[i], before[i], self._weights[i]),
                distance=ratio(ways[i], self._start_norms[i], self._weights[i]),
                **self._decay(
                    i, decays[i], rests[i] if self._kinds[i] in PARTS else updates[i], terms[i], gradients[i]
                ),
            )
            for i in range(len(self._groups))
        )

    def _decay(self, index: int, decay: float, rest: float, term: float, gradient: float) -> dict[str, float | None]:
        """The fields of a group's `GroupStep` that tell of its weight decay."""
        if self._kinds[index] != L2:
            return {"decay_norm": decay, "rest_norm": rest, "l2_share": None}
        share = self._groups[index].weight_decay * term / gradient if gradient > 0 else None
        return {"decay_norm": None, "rest_norm": None, "l2_share": share}

    def _owners(self, chunks: Sequence[Chunk]) -> Tensor:
        """Which parameter each piece of the chunks is of."""
        return self._owner[torch.tensor([place for chunk in chunks for place in chunk.places]).long()]

    def _of_tensors(self, squares: Tensor, owners: Tensor, unchanged: Tensor | None = None) -> Tensor:
        """The norm of each parameter (steps, parameters) from the squares of its pieces (steps, pieces).

        The others keep the norm that they have in `unchanged`, (parameters,), by default 0.
        """
        known = torch.zeros_like(self._norms_now) if unchanged is None else unchanged.clone()
        known[owners] = 0.0
        return known.square().repeat(len(squares), 1).index_add_(1, owners, squares).sqrt_()

    def by_group(self, each: Tensor) -> Tensor:
        """The norm of each group (..., groups) from those of all parameters (..., parameters)."""
        squares = each.new_zeros(*each.shape[:-1], len(self._groups))
        return squares.index_add_(-1, self._group_of, each.square()).sqrt_()

    def distance(self, way: float, index: int) -> float | None:
        """A group's way from its start as a part of its norm there; None where that is about 0."""
        return ratio(way, self._start_norms[index], self._weights[index])


def ratio(norm: float, base: float, weights: int) -> float | None:
    """`norm` / `base`; None where the base, of so many weights, is about 0."""
    return None if base <= ZERO_NORM * math.sqrt(weights) else norm / base
