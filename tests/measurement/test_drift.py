"""How far buffers went, whatever a layer does with them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from core.measurement.drift import Drift


class Holder(nn.Module):
    """One buffer of the values given, and a counter."""

    def __init__(self, value: Tensor | None) -> None:
        super().__init__()
        self.value: Tensor | None
        self.register_buffer("value", value)
        self.register_buffer("table", torch.tensor([-math.inf, math.nan]))


class Counter(nn.Module):
    """Integers only."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("value", torch.tensor(4))


def in_place(layer: nn.Module, value: Tensor) -> None:
    layer.value.copy_(value)  # type: ignore[union-attr, operator]


def another_tensor(layer: nn.Module, value: Tensor) -> None:
    layer.value = value


@pytest.mark.parametrize("change", [in_place, another_tensor])
@pytest.mark.parametrize(
    ("start", "end", "drift"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([3.0, 4.0], [3.0, 6.5], 0.5),
        ([0.0, 0.0], [0.1, 0.0], 1.0),
        ([3j, 4.0], [3j, 6.5], 0.5),
    ],
)
def test_it_is_the_way_over_the_start(
    change: Callable[[nn.Module, Tensor], None], start: list[float], end: list[float], drift: float
) -> None:
    layer = Holder(torch.tensor(start))
    kept = Drift([layer, nn.ReLU()])
    change(layer, torch.tensor(end))
    assert kept.read() == drift


def test_the_last_bit_counts() -> None:
    layer = Holder(torch.ones(1000))
    kept = Drift([layer])
    layer.value = layer.value.clone()  # type: ignore[union-attr]
    layer.value[7] = math.nextafter(1.0, 2.0) if layer.value.dtype == torch.float64 else 1 + 2**-23
    assert kept.read() == pytest.approx(2**-23 / math.sqrt(1000), rel=1e-12)


def test_another_shape_and_a_first_value_are_all_new() -> None:
    grown, filled = Holder(torch.ones(2)), Holder(None)
    kept = Drift([grown]), Drift([filled])
    grown.value, filled.value = torch.ones(3), torch.ones(2)
    assert [each.read() for each in kept] == [1.0, 1.0]


def test_counters_count_only_by_themselves() -> None:
    norm, counter = nn.BatchNorm1d(2, momentum=0.0), Counter()
    kept = Drift([norm, counter])
    counter.value += 2
    assert kept.read() == 0.5
    norm.running_var.fill_(4.0)  # type: ignore[union-attr]
    assert kept.read() == pytest.approx(3.0)
    assert Drift([nn.ReLU()]).read() is None
