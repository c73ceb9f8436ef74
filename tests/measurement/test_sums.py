"""Norms and dot products against numpy's in double and extended precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.measurement.chunks import ROW, side_by_side
from core.measurement.sums import Strip, dots, dots_together, norms
from tests.measurement.test_chunks import Operations

SIZES = (0, 1, 7, ROW - 1, ROW, ROW + 1, 5 * ROW, 5 * ROW + 3, 294_912)


def exact(piece: Tensor) -> float:
    """numpy's long double has 64 bits of fraction and an exponent of 15 bits."""
    return float(np.sqrt((piece.flatten().double().numpy().astype(np.longdouble) ** 2).sum()))


def of_strip(pieces: list[Tensor]) -> Tensor:
    flat, views = side_by_side(pieces)
    return Strip(views, [flat]).norms()


def of_two_runs(pieces: list[Tensor]) -> Tensor:
    """The second run begins with a piece of its own."""
    halves = [side_by_side(part) for part in (pieces[:4], pieces[4:])]
    views = [view for _, part in halves for view in part]
    return Strip(views, [flat for flat, _ in halves]).norms()


WAYS = pytest.mark.parametrize("compute", [norms, of_strip, of_two_runs])


def random(size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(size))


VALUES: dict[str, Callable[[int], Tensor]] = {
    "random": random,
    "with few large ones": lambda size: random(size) ** 5,
    "alike": lambda size: torch.full((size,), 0.001),
    "nearly alike": lambda size: 0.7 + 1e-4 * random(size),
    "above the root of the largest": lambda size: 1e20 * random(size),
    "near the largest": lambda size: torch.full((size,), 3e38),
    "below the root of the least": lambda size: 1e-21 * random(size),
    "the least": lambda size: torch.full((size,), 1e-45),
    "one large among least": lambda size: torch.cat([torch.full((1,), 1e30), torch.full((size,), 1e-45)])[:size],
    "zero": torch.zeros,
    "huge in float64": lambda size: 1e200 * random(size).double(),
    "tiny in float64": lambda size: 1e-200 * random(size).double(),
}


@WAYS
@pytest.mark.parametrize("values", VALUES)
def test_norms_are_exact_to_a_millionth(values: str, compute: Callable[[list[Tensor]], Tensor]) -> None:
    pieces = [VALUES[values](size) for size in SIZES]
    found = compute(pieces)
    assert found.dtype == torch.float64
    for norm, piece in zip(found.tolist(), pieces, strict=True):
        assert norm == pytest.approx(exact(piece), rel=1e-6, abs=0.0)


@WAYS
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("size", [1, 3 * ROW + 1])
def test_what_is_not_finite_stays_so_and_only_there(
    value: float, size: int, compute: Callable[[list[Tensor]], Tensor]
) -> None:
    pieces = [torch.ones(4) for _ in range(6)]
    pieces[2] = torch.ones(size)
    pieces[2][-1] = value
    found = compute(pieces).tolist()
    assert not math.isfinite(found[2])
    assert found[:2] + found[3:] == [2.0] * 5


def test_a_huge_tensor_that_cannot_be_cut_is_as_exact() -> None:
    matrix = torch.full((2000, 3000), 0.3).t()
    assert norms([matrix])[0] == pytest.approx(exact(matrix), rel=1e-6)


def test_gaps_are_cleared_of_what_others_left() -> None:
    flat, views = side_by_side([torch.ones(3), torch.ones(()), torch.ones(ROW)])
    strip = Strip(views, [flat])
    flat.fill_(9.0)
    for view in views:
        view.fill_(1.0)
    strip.clear_gaps()
    assert strip.norms().square().tolist() == pytest.approx([3, 1, ROW])


def test_a_gpu_adds_up_in_double_precision_in_one_launch() -> None:
    flat, views = side_by_side([torch.ones(3, device="meta"), torch.ones(2, 2, device="meta")])
    with Operations() as operations:
        found = Strip(views, [flat]).norms()
    assert [name for name in operations.names if name != "stack"] == ["_foreach_norm"]
    assert (found.shape, found.dtype) == ((2,), torch.float64)


@pytest.mark.parametrize("compute", [dots, dots_together])
def test_dot_products_are_those_in_double_precision(compute: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    left, right = ([torch.randn(*shape, generator=generator) for shape in ((1000,), (3, 4), (1,))] for _ in range(2))
    expected = [float((a.double() * b.double()).sum()) for a, b in zip(left, right, strict=True)]
    assert compute(left, right).tolist() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_product_beyond_single_precision_is_finite() -> None:
    left, right = torch.tensor([1e30, 1e30]), torch.tensor([1e20, -1e20])
    assert dots([left, left[:1]], [right, right[:1]]).tolist() == pytest.approx([0.0, 1e50])
