"""Parameters as flat pieces in chunks, so that whole-network arithmetic stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

import torch
from torch import Tensor

# Elements of a chunk. On a CPU four such arrays of float32, 5 MB, stay in its cache while they are worked on;
# on a GPU a chunk is one launch per operation, and only its scratch space is bounded, to 64 MB.
CPU_CHUNK, GPU_CHUNK = 300_000, 2**24
# Elements that are added up in one go: the norm of so many float32 is right within 5e-7.
ROW = 512


def chunk_size(device: torch.device) -> int:
    """How many elements are worked on together on `device`."""
    return CPU_CHUNK if device.type == "cpu" else GPU_CHUNK


def as_real(tensor: Tensor) -> Tensor:
    """Its numbers as real ones: of complex numbers both parts, in a last dimension of 2. Shares their memory."""
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def flat_pieces(tensor: Tensor, most: int) -> list[Tensor]:
    """One-dimensional views of at most `most` elements that cover a tensor in the order of its memory.

    Tensors of equal shape and strides are cut alike. One that is neither contiguous nor
    channels_last is its own and only piece.
    """
    if not _is_dense(tensor):
        return [tensor]
    flat = tensor.as_strided((tensor.numel(),), (1,))
    return list(torch.split(flat, most)) if len(flat) > most else [flat]


def _is_dense(tensor: Tensor) -> bool:
    return tensor.is_contiguous() or (tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last))


@dataclass(frozen=True)
class Chunk:
    """Pieces that are worked on together: their places in the list of all pieces, and what they have in common."""

    places: tuple[int, ...]
    kind: int | None

    def of(self, pieces: Sequence[Tensor]) -> list[Tensor]:
        """The chunk's own out of all pieces."""
        return [pieces[place] for place in self.places]


def chunks_of(places: Sequence[int], pieces: Sequence[Tensor], kinds: Sequence[int | None]) -> Iterator[Chunk]:
    """The pieces at `places` in chunks: neighbours of one kind, of chunk size together unless one alone is larger.

    Sizes are those of whole rows.
    """
    most = chunk_size(pieces[0].device)
    chosen: list[int] = []
    size = 0
    for place in places:
        if chosen and (size + _length(pieces[place]) > most or kinds[place] != kinds[chosen[0]]):
            yield Chunk(tuple(chosen), kinds[chosen[0]])
            chosen, size = [], 0
        chosen.append(place)
        size += _length(pieces[place])
    if chosen:
        yield Chunk(tuple(chosen), kinds[chosen[0]])


def rows_of(piece: Tensor) -> int:
    """How many rows a piece takes, the last one perhaps in part."""
    return -(-piece.numel() // ROW)


def _length(piece: Tensor) -> int:
    """Elements of a piece's rows."""
    return ROW * rows_of(piece)


def room_for(pieces: Sequence[Tensor], scratch: Tensor) -> list[Tensor]:
    """Views of a flat scratch tensor with the pieces' shapes, side by side, each from the start of a row on."""
    lengths = [_length(piece) for piece in pieces]
    parts = torch.split(scratch[: sum(lengths)], lengths)
    return [part[: piece.numel()].view(piece.shape) for part, piece in zip(parts, pieces, strict=True)]


def side_by_side(pieces: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """A copy of all pieces in one flat tensor, as `room_for` lays them, and views of it in their shapes.

    Its dtype, float32 at least, holds all of theirs. What is left over of the rows is 0.
    """
    dtype = reduce(torch.promote_types, {piece.dtype for piece in pieces}, torch.float32)
    lengths = [*map(_length, pieces)]
    copy = torch.empty(sum(lengths), dtype=dtype, device=pieces[0].device)
    for part, piece in zip(torch.split(copy, lengths), pieces, strict=True):
        part[piece.numel() :].zero_()
    views = room_for(pieces, copy)
    torch._foreach_copy_(views, list(pieces))
    return copy, views


def spans_of(pieces: Sequence[Tensor]) -> list[slice]:
    """Where each of the pieces lies in `side_by_side(pieces)`."""
    ends = list(accumulate(map(_length, pieces)))
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def runs_of(places: Sequence[int], spans: Sequence[slice]) -> list[slice]:
    """The spans at `places`, in order: neighbours as one slice."""
    runs: list[slice] = []
    for span in (spans[place] for place in places):
        start = runs.pop().start if runs and runs[-1].stop == span.start else span.start
        runs.append(slice(start, span.stop))
    return runs


def laid_like(tensor: Tensor, like: Tensor) -> Tensor:
    """A tensor as real numbers, so that `flat_pieces` cuts it as it cuts `like`; copied if it lies otherwise."""
    tensor = as_real(tensor.to_dense())
    if tensor.stride() != like.stride():
        strides = zip(tensor.shape, tensor.stride(), like.stride(), strict=True)
        if any(own != other for size, own, other in strides if size > 1):
            tensor = torch.empty_like(like, dtype=tensor.dtype).copy_(tensor)
    return tensor


def subtract(left: list[Tensor], right: list[Tensor], out: list[Tensor]) -> None:
    """`left` - `right` into `out`: on a CPU in one pass over the memory, on a GPU in one launch for all pieces."""
    if out[0].device.type == "cpu":
        for a, b, result in zip(left, right, out, strict=True):
            torch.sub(a, b, out=result)
    else:
        torch._foreach_copy_(out, left)
        torch._foreach_sub_(out, right)
