"""Norms as exact as sums in double precision, at about the price of single precision; and dot products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.measurement.chunks import ROW, rows_of

# The mean square from which on float32 loses nothing by squares below its least normal number, 1.2e-38.
LEAST_MEAN_SQUARE = 1e-31


def norms(pieces: list[Tensor]) -> Tensor:
    """The L2 norm of each piece, (pieces,): in float64 on the CPU, or on the pieces' device.

    Within 1e-6 of a sum in float64, also where squares leave the range of the pieces' dtype. A CPU adds up row by row:
    300,000 float32 that are all alike, which Adam's first updates are, would be off by 1e-4 in one torch.dot. A GPU
    adds up in float64, in one launch for all; one that has no float64, in float32.
    """
    if not _are_on_cpu(pieces):
        return _on_gpu(pieces, 2)
    return _checked([_square(piece.flatten()) for piece in pieces], pieces)


@dataclass(frozen=True)
class Strip:
    """Views of `pieces` that lie in `runs` of memory as `side_by_side` lays them: each starts a row, gaps are 0."""

    pieces: list[Tensor]
    runs: list[Tensor]

    @cached_property
    def _rows(self) -> list[Tensor]:
        return [run.view(len(run) // ROW, ROW) for run in self.runs]

    @cached_property
    def _owners(self) -> Tensor:
        """Of every row the piece that it is of."""
        return torch.repeat_interleave(torch.tensor([rows_of(piece) for piece in self.pieces]))

    @cached_property
    def _gaps(self) -> list[Tensor]:
        sizes = [(piece, piece.numel(), rows_of(piece) * ROW) for piece in self.pieces]
        return [
            piece.as_strided((length - size,), (1,), int(piece.storage_offset()) + size)
            for piece, size, length in sizes
            if length > size
        ]

    def clear_gaps(self) -> None:
        """After others have used this memory."""
        if self._gaps:
            torch._foreach_zero_(self._gaps)

    def norms(self) -> Tensor:
        """As the function `norms`, of these pieces; on a CPU all rows in one call."""
        if not _are_on_cpu(self.runs):
            return norms(self.pieces)
        of_rows = [torch.linalg.vector_norm(rows, dim=1) for rows in self._rows]
        squares = (of_rows[0] if len(of_rows) == 1 else torch.cat(of_rows)).double().square_()
        sums = squares.new_zeros(len(self.pieces)).index_add_(0, self._owners, squares)
        return _checked(sums.tolist(), self.pieces)


def _square(flat: Tensor) -> float:
    """The sum of squares: of a long piece from the norms of its rows, and of what is left over."""
    if flat.numel() <= ROW:
        return torch.dot(flat, flat).item()
    whole = flat.numel() // ROW * ROW
    of_rows = _square(torch.linalg.vector_norm(flat[:whole].view(-1, ROW), dim=1))
    return of_rows if whole == flat.numel() else of_rows + _square(flat[whole:])


def _checked(squares: list[float], pieces: list[Tensor]) -> Tensor:
    """The norms; those whose squares left the range of float32 are worked out again."""
    return torch.tensor(
        [
            math.sqrt(square) if LEAST_MEAN_SQUARE * piece.numel() <= square < math.inf else _scaled_norm(piece)
            for square, piece in zip(squares, pieces, strict=True)
        ],
        dtype=torch.float64,
    )


def _scaled_norm(piece: Tensor) -> float:
    """As a norm in float64 whose squares cannot leave its range; what is not finite stays so."""
    low, high = torch.aminmax(piece)
    largest = max(-float(low), float(high))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(torch.linalg.vector_norm(piece.double() / largest))


def dots(left: list[Tensor], right: list[Tensor]) -> Tensor:
    """The dot product of each pair of pieces, (pairs,), as `norms` gives its numbers.

    Within 1e-4 of the product of both norms, most often within 1e-6; infinite only where it is so in float64.
    """
    if not _are_on_cpu(left):
        return dots_together(left, right)
    pairs = zip(left, right, strict=True)
    return torch.tensor([_dot(a.flatten(), b.flatten()) for a, b in pairs], dtype=torch.float64)


def _dot(left: Tensor, right: Tensor) -> float:
    product = torch.dot(left, right).item()
    return product if math.isfinite(product) else torch.dot(left.double(), right.double()).item()


def dots_together(left: list[Tensor], right: list[Tensor]) -> Tensor:
    """The same for a GPU, in a few launches for all: a sum is twice its positive part less that of magnitudes.

    Single products that float32 cannot hold are infinite.
    """
    products = list(torch._foreach_mul(left, right))
    magnitudes = _on_gpu(products, 1)
    torch._foreach_clamp_min_(products, 0.0)
    return 2 * _on_gpu(products, 1) - magnitudes


def _on_gpu(pieces: list[Tensor], order: int) -> Tensor:
    dtype = torch.float32 if pieces[0].device.type == "mps" else torch.float64
    return torch.stack(torch._foreach_norm(pieces, order, dtype=dtype))


def _are_on_cpu(tensors: list[Tensor]) -> bool:
    return tensors[0].device.type == "cpu"
