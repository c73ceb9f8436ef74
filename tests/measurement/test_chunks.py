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
    chunk_size,
    chunks_of,
    dots,
    dots_together,
    flat_pieces,
    pieces_like,
    room_for,
    runs_of,
    side_by_side,
    squares,
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


def test_a_copy_side_by_side_keeps_shapes_order_and_every_bit() -> None:
    pieces = [torch.arange(3.0), torch.arange(4.0).view(2, 2).t(), torch.full((2,), 1 / 3, dtype=torch.float64)]
    flat, views = side_by_side(pieces)
    assert flat.tolist() == [0, 1, 2, 0, 2, 1, 3, 1 / 3, 1 / 3]
    assert all(torch.equal(view, piece.double()) for view, piece in zip(views, pieces, strict=True))
    views[1][0, 1] = 7.0
    assert flat[4] == 7.0
    assert pieces[1][0, 1] == 2.0
    small = [torch.ones(2, dtype=dtype) for dtype in (torch.float16, torch.bfloat16)]
    assert side_by_side(small)[0].dtype == torch.float32


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
def test_neighbours_are_one_run(places: tuple[int, ...], runs: list[tuple[int, int]]) -> None:
    pieces = [torch.full((size,), float(size)) for size in (2, 3, 4, 5)]
    found = runs_of(places, pieces)
    assert [(run.start, run.stop) for run in found] == runs
    flat, views = side_by_side(pieces)
    assert [x for run in found for x in flat[run].tolist()] == [x for place in places for x in views[place].tolist()]


def test_room_is_side_by_side_in_the_shapes_of_the_pieces() -> None:
    scratch = torch.arange(9)
    first, second = room_for([torch.ones(2, 2), torch.ones(3)], scratch)
    assert (first.tolist(), second.tolist()) == ([[0, 1], [2, 3]], [4, 5, 6])
    assert first.data_ptr() == scratch.data_ptr()


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_squares_on_a_cpu_are_dot_products_and_on_a_gpu_one_launch_for_all(device: str) -> None:
    pieces = [torch.ones(3, device=device), torch.ones(2, 2, device=device)]
    with Operations() as operations:
        found = squares(pieces)
    assert [number.shape for number in found] == [(), ()]
    assert {"dot", "_foreach_norm"} & {*operations.names} == {"dot" if device == "cpu" else "_foreach_norm"}
    assert squares([]) == []


@pytest.mark.parametrize("piece", [torch.arange(24.0).view(4, 6)[:, ::2], torch.arange(6.0).view(2, 3).t()])
def test_squares_of_what_has_gaps_or_another_order_are_of_its_own_elements(piece: Tensor) -> None:
    assert squares([piece])[0] == piece.square().sum()


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


@pytest.mark.parametrize("compute", [dots, dots_together])
def test_dot_products_are_those_in_double_precision(compute: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    left, right = ([torch.randn(*shape, generator=generator) for shape in ((1000,), (3, 4), (1,))] for _ in range(2))
    expected = [float((a.double() * b.double()).sum()) for a, b in zip(left, right, strict=True)]
    assert [float(each) for each in compute(left, right)] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_there_may_be_nothing_to_multiply() -> None:
    assert dots([], []) == []


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("own", [torch.contiguous_format, torch.channels_last])
def test_pieces_of_another_tensor_match_those_of_the_parameter(
    layout: torch.memory_format, own: torch.memory_format
) -> None:
    parameter = torch.arange(24.0).view(2, 3, 2, 2).contiguous(memory_format=layout)
    gradient = (10 * parameter).contiguous(memory_format=own)
    for piece, of_parameter in zip(pieces_like(gradient, parameter, 5), flat_pieces(parameter, 5), strict=True):
        assert torch.equal(piece, 10 * of_parameter)
