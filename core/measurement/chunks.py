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


def chunk_size(device: torch.device) -> int:
    """How many elements are worked on together on `device`."""
    return CPU_CHUNK if device.type == "cpu" else GPU_CHUNK


def flat_pieces(tensor: Tensor, most: int) -> list[Tensor]:
    """One-dimensional views of at most `most` elements that cover a tensor in the order of its memory.

    Tensors of equal shape and strides are cut alike. One that is neither contiguous nor
    channels_last is its own and only piece.
    """
    return list(torch.split(_flat(tensor), most)) if _is_dense(tensor) else [tensor]


def _is_dense(tensor: Tensor) -> bool:
    return tensor.is_contiguous() or (tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last))


def _flat(tensor: Tensor) -> Tensor:
    """All elements in one dimension: a view in the order of memory, where that is without gaps, else a copy."""
    return tensor.as_strided((tensor.numel(),), (1,)) if _is_dense(tensor) else tensor.flatten()


@dataclass(frozen=True)
class Chunk:
    """Pieces that are worked on together: their places in the list of all pieces, and what they have in common."""

    places: tuple[int, ...]
    kind: int | None

    def of(self, pieces: Sequence[Tensor]) -> list[Tensor]:
        """The chunk's own out of all pieces."""
        return [pieces[place] for place in self.places]


def chunks_of(places: Sequence[int], pieces: Sequence[Tensor], kinds: Sequence[int | None]) -> Iterator[Chunk]:
    """The pieces at `places` in chunks: neighbours of one kind, of chunk size together unless one alone is larger."""
    most = chunk_size(pieces[0].device)
    chosen: list[int] = []
    size = 0
    for place in places:
        if chosen and (size + pieces[place].numel() > most or kinds[place] != kinds[chosen[0]]):
            yield Chunk(tuple(chosen), kinds[chosen[0]])
            chosen, size = [], 0
        chosen.append(place)
        size += pieces[place].numel()
    if chosen:
        yield Chunk(tuple(chosen), kinds[chosen[0]])


def room_for(pieces: Sequence[Tensor], scratch: Tensor) -> list[Tensor]:
    """Views of a flat scratch tensor with the pieces' shapes, side by side."""
    sizes = [piece.numel() for piece in pieces]
    parts = torch.split(scratch[: sum(sizes)], sizes)
    return [part.view(piece.shape) for part, piece in zip(parts, pieces, strict=True)]


def side_by_side(pieces: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """A copy of all pieces in one flat tensor, of a dtype that holds all of theirs, and views of it in their shapes."""
    dtype = reduce(torch.promote_types, {piece.dtype for piece in pieces})
    copy = torch.empty(sum(piece.numel() for piece in pieces), dtype=dtype, device=pieces[0].device)
    views = room_for(pieces, copy)
    torch._foreach_copy_(views, list(pieces))
    return copy, views


def runs_of(places: Sequence[int], pieces: Sequence[Tensor]) -> list[slice]:
    """Where the pieces at `places`, in order, lie in `side_by_side(pieces)`: neighbours as one slice."""
    ends = list(accumulate(piece.numel() for piece in pieces))
    runs: list[slice] = []
    for place in places:
        start, end = ends[place] - pieces[place].numel(), ends[place]
        if runs and runs[-1].stop == start:
            start = runs.pop().start
        runs.append(slice(start, end))
    return runs


def squares(pieces: list[Tensor]) -> list[Tensor]:
    """The sum of squares of each piece, without dimensions.

    On a CPU a dot product, which is faster than torch's norm, and ten times as exact at 300,000 elements.
    """
    if pieces and pieces[0].device.type == "cpu":
        return [torch.dot(flat, flat) for flat in (piece if piece.ndim == 1 else _flat(piece) for piece in pieces)]
    return list(torch._foreach_pow(torch._foreach_norm(pieces), 2)) if pieces else []


def pieces_like(tensor: Tensor, like: Tensor, most: int) -> list[Tensor]:
    """Of a tensor the same pieces as `flat_pieces(like, most)`; it is copied first if it lies otherwise in memory."""
    strides = zip(tensor.shape, tensor.stride(), like.stride(), strict=True)
    if any(own != other for size, own, other in strides if size > 1):
        tensor = torch.empty_like(like, dtype=tensor.dtype).copy_(tensor)
    return flat_pieces(tensor, most)


def dots(left: list[Tensor], right: list[Tensor]) -> list[Tensor]:
    """The dot product of each pair of pieces, without dimensions."""
    if left and left[0].device.type == "cpu":
        return [torch.dot(_one_dimension(a), _one_dimension(b)) for a, b in zip(left, right, strict=True)]
    return dots_together(left, right) if left else []


def dots_together(left: list[Tensor], right: list[Tensor]) -> list[Tensor]:
    """The same for a GPU, in a few launches for all: a sum is twice its positive part less that of magnitudes."""
    products = torch._foreach_mul(left, right)
    magnitudes = torch._foreach_norm(products, 1)
    torch._foreach_clamp_min_(products, 0.0)
    return list(torch._foreach_sub(torch._foreach_mul(torch._foreach_norm(products, 1), 2.0), magnitudes))


def _one_dimension(piece: Tensor) -> Tensor:
    return piece if piece.ndim == 1 else piece.flatten()


def subtract(left: list[Tensor], right: list[Tensor], out: list[Tensor]) -> None:
    """`left` - `right` into `out`: on a CPU in one pass over the memory, on a GPU in one launch for all pieces."""
    if out[0].device.type == "cpu":
        for a, b, result in zip(left, right, out, strict=True):
            torch.sub(a, b, out=result)
    else:
        torch._foreach_copy_(out, left)
        torch._foreach_sub_(out, right)
