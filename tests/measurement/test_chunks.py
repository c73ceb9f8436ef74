"""Pieces of parameters: views that cover their memory, chunks of one kind, and arithmetic on all of a chunk."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from core.measurement.chunks import (
    CPU_CHUNK,
    GPU_CHUNK,
    Chunk,
    as_real,
    chunk_size,
    chunks_of,
    flat_pieces,
    laid_like,
    room_for,
    runs_of,
    side_by_side,
    spans_of,
    subtract,
)


def test_a_chunk_is_as_large_as_a_processors_cache_and_larger_elsewhere() -> None:
    assert [chunk_size(torch.device(name)) for name in ("cpu", "cuda", "mps")] == [CPU_CHUNK, GPU_CHUNK, GPU_CHUNK]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("most", [5, 24])
def test_pieces_are_views_in_the_order_of_the_memory(layout: torch.memory_format, most: int) -> None:
    tensor = torch.arange(24.0).view(2, 3, 2, 2).contiguous(memory_format=layout)
    in_memory = tensor if layout == torch.contiguous_format else tensor.permute(0, 2, 3, 1)
    pieces = flat_pieces(tensor, most)
    assert [len(piece) for piece in pieces] == ([24] if most == 24 else [5, 5, 5, 5, 4])
    assert torch.equal(torch.cat(pieces), in_memory.flatten())
    pieces[0].zero_()
    assert torch.equal(in_memory.flatten()[:most], torch.zeros(most))


@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3)])
def test_tensors_of_any_dimension_are_cut(shape: tuple[int, ...]) -> None:
    assert [piece.tolist() for piece in flat_pieces(torch.arange(6).view(shape), 4)] == [[0, 1, 2, 3], [4, 5]]


def test_what_has_gaps_or_another_order_stays_whole() -> None:
    for tensor in (torch.ones(2, 3).t(), torch.ones(4, 4)[:, :2], torch.ones(2, 3, 4, 4)[:, :, ::2]):
        (piece,) = flat_pieces(tensor, 1)
        assert piece is tensor


@pytest.fixture
def rows_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measurement.chunks.ROW", 1)


@pytest.mark.usefixtures("rows_of_one")
def test_chunks_hold_neighbours_of_one_kind_up_to_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measurement.chunks.CPU_CHUNK", 10)
    pieces = [torch.ones(size) for size in (4, 6, 7, 3, 30, 2, 3, 3)]
    kinds = [None, None, None, None, None, 1, 1, None]
    found = list(chunks_of(range(8), pieces, kinds))
    assert [(chunk.places, chunk.kind) for chunk in found] == [
        ((0, 1), None),
        ((2, 3), None),
        ((4,), None),
        ((5, 6), 1),
        ((7,), None),
    ]
    assert list(chunks_of([6, 7], pieces, kinds)) == [Chunk((6,), 1), Chunk((7,), None)]
    assert list(chunks_of([], pieces, kinds)) == []
    assert [len(piece) for piece in found[0].of(pieces)] == [4, 6]


def test_a_chunk_is_as_large_as_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measurement.chunks.CPU_CHUNK", 12)
    monkeypatch.setattr("core.measurement.chunks.ROW", 4)
    pieces = [torch.ones(size) for size in (1, 5, 2, 4)]
    assert [chunk.places for chunk in chunks_of(range(4), pieces, [None] * 4)] == [(0, 1), (2, 3)]


@pytest.mark.usefixtures("rows_of_one")
def test_a_copy_side_by_side_keeps_shapes_order_and_every_bit() -> None:
    pieces = [torch.arange(3.0), torch.arange(4.0).view(2, 2).t(), torch.full((2,), 1 / 3, dtype=torch.float64)]
    flat, views = side_by_side(pieces)
    assert flat.tolist() == [0, 1, 2, 0, 2, 1, 3, 1 / 3, 1 / 3]
    assert all(torch.equal(view, piece.double()) for view, piece in zip(views, pieces, strict=True))
    views[1][0, 1] = 7.0
    assert flat[4] == 7.0
    assert pieces[1][0, 1] == 2.0


@pytest.mark.parametrize("dtypes", [(torch.bfloat16,), (torch.float16,), (torch.float16, torch.bfloat16)])
def test_a_copy_of_half_precision_is_in_single(dtypes: tuple[torch.dtype, ...]) -> None:
    assert side_by_side([torch.ones(2, dtype=dtype) for dtype in dtypes])[0].dtype == torch.float32


def test_each_piece_of_a_copy_starts_a_row_and_the_gaps_are_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measurement.chunks.ROW", 4)
    flat, views = side_by_side([torch.ones(3), torch.full((2, 3), 2.0), torch.ones(0), torch.ones(())])
    assert flat.tolist() == [1, 1, 1, 0, 2, 2, 2, 2, 2, 2, 0, 0, 1, 0, 0, 0]
    assert [view.shape for view in views] == [(3,), (2, 3), (0,), ()]
    assert runs_of([1, 2, 3], spans_of(views)) == [slice(4, 16)]
    assert runs_of([0, 3], spans_of(views)) == [slice(0, 4), slice(12, 16)]


def test_a_complex_number_is_two_real_ones_in_the_same_memory() -> None:
    tensor = torch.tensor([1 + 2j, 3 - 4j])
    real = as_real(tensor)
    assert real.tolist() == [[1, 2], [3, -4]]
    assert real.data_ptr() == tensor.data_ptr()
    assert as_real(tensor.conj()).tolist() == [[1, -2], [3, 4]]
    assert as_real(torch.ones(2)).shape == (2,)


@pytest.mark.parametrize(
    ("places", "runs"),
    [
        ((0, 1, 2, 3), [(0, 14)]),
        ((1, 2), [(2, 9)]),
        ((0, 2, 3), [(0, 2), (5, 14)]),
        ((3,), [(9, 14)]),
        ((0, 2), [(0, 2), (5, 9)]),
        ((), []),
    ],
)
@pytest.mark.usefixtures("rows_of_one")
def test_neighbours_are_one_run(places: tuple[int, ...], runs: list[tuple[int, int]]) -> None:
    pieces = [torch.full((size,), float(size)) for size in (2, 3, 4, 5)]
    found = runs_of(places, spans_of(pieces))
    assert [(run.start, run.stop) for run in found] == runs
    flat, views = side_by_side(pieces)
    assert [x for run in found for x in flat[run].tolist()] == [x for place in places for x in views[place].tolist()]


@pytest.mark.usefixtures("rows_of_one")
def test_room_is_side_by_side_in_the_shapes_of_the_pieces() -> None:
    scratch = torch.arange(9)
    first, second = room_for([torch.ones(2, 2), torch.ones(3)], scratch)
    assert (first.tolist(), second.tolist()) == ([[0, 1], [2, 3]], [4, 5, 6])
    assert first.data_ptr() == scratch.data_ptr()


class Operations(TorchDispatchMode):
    """The names of torch's operations inside `with`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(operation.overloadpacket.__name__)
        return operation(*args, **(kwargs or {}))


@pytest.mark.parametrize(("device", "names"), [("cpu", ["sub", "sub"]), ("meta", ["_foreach_copy_", "_foreach_sub_"])])
def test_a_cpu_subtracts_piece_by_piece_and_a_gpu_all_at_once(device: str, names: list[str]) -> None:
    def numbers(value: float) -> list[Tensor]:
        return [torch.full((size,), value, device=device) for size in (2, 3)]

    left, right, out = numbers(5.0), numbers(3.0), numbers(0.0)
    with Operations() as operations:
        subtract(left, right, out)
    assert operations.names == names
    assert device == "meta" or torch.cat(out).tolist() == [2.0] * 5


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("own", [torch.contiguous_format, torch.channels_last])
def test_pieces_of_another_tensor_match_those_of_the_parameter(
    layout: torch.memory_format, own: torch.memory_format
) -> None:
    parameter = torch.arange(24.0).view(2, 3, 2, 2).contiguous(memory_format=layout)
    gradient = (10 * parameter).contiguous(memory_format=own)
    pieces = flat_pieces(laid_like(gradient, parameter), 5)
    for piece, of_parameter in zip(pieces, flat_pieces(parameter, 5), strict=True):
        assert torch.equal(piece, 10 * of_parameter)


def test_pieces_of_a_sparse_gradient_are_dense_and_its_repeated_rows_are_added_up() -> None:
    gradient = torch.sparse_coo_tensor(
        torch.tensor([[2, 0, 2]]), torch.tensor([[1.0, 1], [2, 2], [3, 3]]), (3, 2), check_invariants=True
    )
    (piece,) = flat_pieces(laid_like(gradient, torch.zeros(3, 2)), 100)
    assert piece.tolist() == [2, 2, 0, 0, 4, 4]
