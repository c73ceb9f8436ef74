"""A chunk of parameters where it is measured: all its views of memory, made once for many steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.measurement.chunks import subtract
from core.measurement.decay_part import DecayPart
from core.measurement.measured import Found
from core.measurement.past import Past
from core.measurement.sums import Strip, dots, norms


@dataclass(frozen=True)
class Workplace:
    """The pieces of a chunk, at `places` among all pieces, and `decay_part` if their update is split.

    Of each piece: as it is `now`, as the `last` step left it, as it was at the `start`, and `room` for its decay part
    or its way from the start.
    """

    places: tuple[int, ...]
    decay_part: DecayPart | None
    now: list[Tensor]
    last: Strip
    start: Strip
    room: Strip

    def measure(
        self, found: Found[list[Tensor]], gradients: Mapping[int, Tensor], clipped: Mapping[int, Tensor], past: Past
    ) -> None:
        """Add what the step did to the pieces to what was found so far, and bring `last` and the `past` up to date.

        `gradients` has those of the pieces, by place, before they were clipped, and `clipped` those after it, if they
        were; a piece may have none.
        """
        last = self.last.pieces
        if self.decay_part is not None:
            self.room.clear_gaps()
            self.decay_part.write(self.room.pieces, last, self.places)
            found.decays.append(self.room.norms())
        torch._foreach_sub_(last, self.now)
        found.updates.append(self.last.norms())
        past.take_updates(self.places, last)  # before - after, in every step
        self._multiply(found, gradients, past)
        if own := [clipped[place] for place in self.places if place in clipped]:
            found.clipped.append(norms([gradient.to(last[0].dtype) for gradient in own]))
        if self.decay_part is not None:
            torch._foreach_add_(last, self.room.pieces)  # before - after + decay part: minus the rest of the update
            found.rests.append(self.last.norms())
        torch._foreach_copy_(last, self.now)
        found.weights.append(self.last.norms())
        found.ways.append(self._ways_of(self.last))

    def _multiply(self, found: Found[list[Tensor]], gradients: Mapping[int, Tensor], past: Past) -> None:
        """Add the gradients' norms and their products with minus the update, which lies in `last`."""
        pairs = zip(self.places, self.last.pieces, strict=True)
        graded = [(gradients[place].to(last.dtype), last) for place, last in pairs if place in gradients]
        if graded:
            own = [gradient for gradient, _ in graded]
            found.descents.append(dots(own, [last for _, last in graded]))  # brings them into the cache
            found.gradients.append(norms(own))
            past.take_gradients([place for place in self.places if place in gradients], own)

    def ways(self) -> Tensor:
        """How far the pieces are from their start now, (pieces,)."""
        self.room.clear_gaps()
        torch._foreach_copy_(self.room.pieces, self.now)
        return self._ways_of(self.room)

    def _ways_of(self, strip: Strip) -> Tensor:
        subtract(strip.runs, self.start.runs, self.room.runs)
        return self.room.norms()
