"""What a step did to each group, measured on the parameters themselves; plain floats out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.assignment import Assignment
from core.events import GroupEnd
from core.measurement.chunks import (
    ROW,
    Chunk,
    as_real,
    chunk_size,
    chunks_of,
    flat_pieces,
    laid_like,
    room_for,
    rows_of,
    runs_of,
    side_by_side,
    spans_of,
)
from core.measurement.decay_part import decay_parts
from core.measurement.drift import Drift
from core.measurement.measured import Found, Layout, Measured
from core.measurement.norms import Reader, Reading
from core.measurement.past import Past
from core.measurement.sums import Strip
from core.measurement.workplace import Workplace


class Meter:
    """Measures every group of an assignment around each step of `build_optimizers`' optimizers.

    Call `after_step()` after the optimizers, while the gradients of the step are still there (no optimizer of
    torch writes to them), with copies of what they were before they were clipped, if they were; `read()` turns what
    that gave into `GroupStep`s. Nothing but `read` and `read_end` waits for the device.

    An update is the difference to the weights as the last step left them: a copy that is brought up to
    date piece by piece, while the piece is in the processor's cache. A parameter that has no gradient and to
    which nobody has written since (`Tensor._version`, torch's own count of in-place changes) is where it
    was, so it is not measured anew; `read_end` compares every bit of all of them, where they lie then.
    `decay_parts` work out, by the groups' indices, the decay parts of the updates that are split.
    """

    def __init__(self, assignment: Assignment, optimizers: Sequence[Optimizer]) -> None:
        self._groups = assignment.experiment.groups
        rows = [assignment.of_group(index) for index in range(len(self._groups))]
        self._weights = [sum(row.count for row in group) for group in rows]
        self._parameters = [row.parameter for group in rows for row in group]
        self._versions = [(parameter._version, parameter.data_ptr()) for parameter in self._parameters]
        self._group_of = [index for index, group in enumerate(rows) for _ in group]
        self.decay_parts = decay_parts(assignment, optimizers)
        self._cut()
        self._layout, self._past = Layout((), (), (), ()), Past()
        self._workplaces: list[Workplace] = []
        self._reader = Reader(assignment, torch.tensor(self._owners), Strip(self._start_pieces, [self._start]).norms())
        self._drifts = [Drift(assignment.layers_of(index)) for index in range(len(rows))]

    def _cut(self) -> None:
        """All parameters as pieces, and two copies of each: as it was at the start, and as the last step left it."""
        self._now = [as_real(parameter.detach()) for parameter in self._parameters]  # share their memory
        most = self._most = chunk_size(self._now[0].device)
        cut = [flat_pieces(tensor, most) for tensor in self._now]
        self._owners = [owner for owner, pieces in enumerate(cut) for _ in pieces]
        self._now_pieces = [piece for pieces in cut for piece in pieces]
        self._start, self._start_pieces = side_by_side(self._now_pieces)
        self._last, self._last_pieces = side_by_side(self._now_pieces)
        self._spans = spans_of(self._now_pieces)
        longest = max(rows_of(piece) for piece in self._now_pieces) * ROW
        self._scratch = self._last.new_empty(max(longest, min(most, len(self._last))))

    def _follow(self) -> list[int]:
        """To where the parameters lie now, as `parameter.data = ...` moves one; gives those that somebody wrote to."""
        versions = [(parameter._version, parameter.data_ptr()) for parameter in self._parameters]
        changed = [i for i, (old, new) in enumerate(zip(self._versions, versions, strict=True)) if old != new]
        self._versions = versions
        if any(now.data_ptr() != place for now, (_, place) in zip(self._now, versions, strict=True)):
            self._now = [laid_like(p.detach(), now) for p, now in zip(self._parameters, self._now, strict=True)]
            self._now_pieces = [piece for now in self._now for piece in flat_pieces(now, self._most)]
            self._layout = Layout((), (), (), ())
        return changed

    def after_step(self, unclipped: Mapping[nn.Parameter, Tensor] | None = None) -> Measured:
        """What the step did to every parameter that it may have touched."""
        gradients = {i: gradient for i, each in enumerate(self._parameters) if (gradient := each.grad) is not None}
        layout = self._layout_for(tuple(gradients), self._follow())
        found: Found[list[Tensor]] = Found([], [], [], [], [], [], [], [])
        clipped = {} if unclipped is None else self._by_place(gradients, layout)
        before = gradients if unclipped is None else {i: unclipped[self._parameters[i]] for i in gradients}
        by_place = self._by_place(before, layout)
        compared = self._past.begin()
        for workplace in self._workplaces:
            workplace.measure(found, by_place, clipped, self._past)
        self._past.end()
        return Measured(found, layout, compared)

    def _by_place(self, gradients: Mapping[int, Tensor], layout: Layout) -> dict[int, Tensor]:
        """The pieces of the parameters' gradients, laid as the parameters are, by place."""
        like = (laid_like(gradient, self._now[i]) for i, gradient in gradients.items())
        pieces = (piece for gradient in like for piece in flat_pieces(gradient, self._most))
        return dict(zip(layout.graded_places, pieces, strict=True))

    def _layout_for(self, graded: tuple[int, ...], changed: list[int]) -> Layout:
        """The last layout as long as the same parameters have gradients and are touched, else a new one."""
        touched = tuple(sorted({*graded, *changed}))
        if (touched, graded) != (self._layout.touched, self._layout.graded):
            has_gradient = set(graded)
            graded_places = tuple(place for place, owner in enumerate(self._owners) if owner in has_gradient)
            self._layout = Layout(touched, graded, self._chunks(set(touched), has_gradient), graded_places)
            self._workplaces = [self._workplace(chunk) for chunk in self._layout.chunks]
        return self._layout

    def _chunks(self, touched: set[int], graded: set[int]) -> tuple[Chunk, ...]:
        """The pieces of the touched parameters; those that decay apart, by group."""
        groups = [self._group_of[owner] if owner in graded else None for owner in self._owners]
        kinds = [group if group in self.decay_parts else None for group in groups]
        places = [place for place, owner in enumerate(self._owners) if owner in touched]
        return tuple(chunks_of(places, self._now_pieces, kinds))

    def _workplace(self, chunk: Chunk) -> Workplace:
        now, runs = chunk.of(self._now_pieces), runs_of(chunk.places, self._spans)
        decay_part = None if chunk.kind is None else self.decay_parts[chunk.kind]
        start, last = ([flat[run] for run in runs] for flat in (self._start, self._last))
        return Workplace(
            chunk.places,
            decay_part,
            now,
            last=Strip(chunk.of(self._last_pieces), last),
            start=Strip(chunk.of(self._start_pieces), start),
            room=Strip(room_for(now, self._scratch), room_for(last, self._scratch)),
        )

    def read(self, measured: Sequence[Measured], rates: Sequence[Sequence[float | None]]) -> list[Reading]:
        """As `Reader.read`: the next steps in plain numbers."""
        return self._reader.read(measured, rates)

    def read_end(self) -> tuple[GroupEnd, ...]:
        """How many weights of each group differ from their start, and how far the group went."""
        self._follow()
        moved = [0] * len(self._groups)
        for now, start, owner in zip(self._now_pieces, self._start_pieces, self._owners, strict=True):
            numbers = 2 if self._parameters[owner].is_complex() else 1  # of a weight
            moved[self._group_of[owner]] += int((now != start).reshape(-1, numbers).any(dim=1).sum())
        chunks = self._chunks(set(range(len(self._parameters))), set())
        ways = torch.cat([self._workplace(chunk).ways() for chunk in chunks])
        distances = self._reader.distances(ways.cpu().double())
        drifts = [drift.read() for drift in self._drifts]
        each = zip(self._groups, self._weights, moved, distances, drifts, strict=True)
        return tuple(GroupEnd(g.name, g.optimizer, count, m, way, drift) for g, count, m, way, drift in each)
