"""A chunk of parameters where it is measured: all its views of memory, made once for many steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.measurement.chunks import dots, squares, subtract
from core.measurement.decay_part import DecayPart
from core.measurement.measured import Sums


@dataclass(frozen=True)
class Workplace:
    """The pieces of a chunk, at `places` among all pieces, and `decay_part` if their update is split.

    Of each piece: as it is `now`, as the `last` step left it, and `room` for its decay part or its way from the start.
    Then the same memory with all that lies side by side in one: last, start, and the room for the way.
    """

    places: tuple[int, ...]
    decay_part: DecayPart | None
    now: list[Tensor]
    last: list[Tensor]
    room: list[Tensor]
    last_runs: list[Tensor]
    start_runs: list[Tensor]
    way_runs: list[Tensor]

    def measure(self, found: Sums[list[Tensor]], gradients: Mapping[int, Tensor]) -> None:
        """Add what the step did to the pieces to what was found so far, and bring `last` up to date.

        `gradients` has those of the pieces, by place; a piece may have none.
        """
        if self.decay_part is not None:
            self.decay_part.write(self.room, self.last, self.places)
            found.decays.extend(squares(self.room))
        torch._foreach_sub_(self.last, self.now)
        found.updates.extend(squares(self.last))
        graded = [(place, last) for place, last in zip(self.places, self.last, strict=True) if place in gradients]
        found.descents.extend(dots([gradients[place] for place, _ in graded], [last for _, last in graded]))
        if self.decay_part is not None:
            torch._foreach_add_(self.last, self.room)  # before - after + decay part: minus the rest of the update
            found.rests.extend(squares(self.last))
        torch._foreach_copy_(self.last, self.now)
        found.weights.extend(squares(self.last))
        subtract(self.last_runs, self.start_runs, self.way_runs)
        found.ways.extend(squares(self.room))
