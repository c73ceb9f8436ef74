"""What the meter found in a step, by name and still on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from core.measurement.chunks import Chunk

Part = TypeVar("Part")


class Sums(NamedTuple, Generic[Part]):
    """Sums of squares, by what they are of: of one step lists of tensors without dimensions, of several (steps, n).

    At last the only sums of products: `descents`.

    gradients  of the parameters `Layout.graded`
    updates    after - before, of the pieces at `Layout.places`
    weights    after the step, of the same pieces
    ways       after - start, of the same pieces
    decays     of the updates' weight-decay parts, of the pieces at `Layout.split_places`
    rests      of what else is in these updates, of the same pieces
    descents   gradient times (before - after), of the pieces at `Layout.graded_places`
    """

    gradients: Part
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
    """One step's sums, still on the device, and of what pieces they are."""

    sums: Sums[list[Tensor]]
    layout: Layout

    def flat(self) -> list[Tensor]:
        """All the sums in one list; `split` is the way back."""
        return [number for part in self.sums for number in part]

    def split(self, rows: Tensor) -> Sums[Tensor]:
        """The flat sums of this step and others of its layout, (steps, n), by name again."""
        return Sums(*torch.split(rows, [len(part) for part in self.sums], dim=1))
