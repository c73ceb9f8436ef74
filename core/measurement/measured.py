"""What the meter found in a step, by name and still on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from core.measurement.chunks import Chunk
from core.measurement.past import Compared

Part = TypeVar("Part")


class Found(NamedTuple, Generic[Part]):
    """L2 norms of pieces, by what they are of: of one step lists of tensors, a chunk each, of several (steps, n).

    At last the only sums of products: `descents`.

    gradients  of the pieces at `Layout.graded_places`, before they were clipped
    clipped    the same after it; none where nothing is clipped
    updates    after - before, of the pieces at `Layout.places`
    weights    after the step, of the same pieces
    ways       after - start, of the same pieces
    decays     of the updates' weight-decay parts, of the pieces at `Layout.split_places`
    rests      of what else is in these updates, of the same pieces
    descents   gradient times (before - after), of the pieces at `Layout.graded_places`
    """

    gradients: Part
    clipped: Part
    updates: Part
    weights: Part
    ways: Part
    decays: Part
    rests: Part
    descents: Part


@dataclass(frozen=True)
class Layout:
    """Which parameters a step touched, which had a gradient, and in what chunks their pieces were measured.

    Those that are not `touched` had no gradient, and nobody wrote to them. `graded_places` are the pieces of the
    `graded`, in their order.
    """

    touched: tuple[int, ...]
    graded: tuple[int, ...]
    chunks: tuple[Chunk, ...]
    graded_places: tuple[int, ...]

    @property
    def places(self) -> list[int]:
        """The pieces that were measured, in their order."""
        return [place for chunk in self.chunks for place in chunk.places]

    @property
    def split_places(self) -> list[int]:
        """Those of them whose update was split into its decay part and the rest."""
        return [place for chunk in self.chunks if chunk.kind is not None for place in chunk.places]


@dataclass(frozen=True)
class Measured:
    """One step's numbers, still on the device, and of what pieces they are."""

    found: Found[list[Tensor]]
    layout: Layout
    compared: Compared

    def flat(self) -> list[Tensor]:
        """All the numbers in one list of tensors (n,); `split` is the way back."""
        return [numbers for part in self.found for numbers in part]

    def split(self, rows: Tensor) -> Found[Tensor]:
        """The flat numbers of this step and others of its layout, (steps, n), by name again."""
        return Found(*torch.split(rows, [sum(map(len, part)) for part in self.found], dim=1))
