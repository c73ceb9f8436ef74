"""Numbers at the edge: other dtypes, layouts and sizes, and values whose squares leave the range of float32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.assignment import assign
from core.events import GroupStep
from core.experiment import Experiment
from core.measurement import Meter
from core.measurement.norms import Reading
from core.optimizers import build_optimizers

Make = Callable[..., Experiment]


class Parts(nn.Module):
    """Parameters of one dtype: a matrix, a number without dimensions, none at all, one number in a row."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        torch.manual_seed(1)
        shapes: list[tuple[int, ...]] = [(700, 3), (), (0, 4), (1,)]
        self.parts = nn.ParameterList(torch.randn(shape, dtype=torch.complex128).to(dtype) for shape in shapes)

    def forward(self) -> Tensor:
        """Of each number the fourth power of its magnitude, so that gradients differ."""
        return torch.stack([part.abs().pow(4).sum().float() for part in self.parts]).sum()


def plain(tensor: Tensor) -> Tensor:
    """All its real numbers in double precision."""
    dense = tensor.detach().to_dense()
    return (torch.view_as_real(dense) if dense.is_complex() else dense).flatten().double()


def together(tensors: list[Tensor]) -> Tensor:
    return torch.cat([plain(tensor) for tensor in tensors]).clone()


def step_of(model: nn.Module, experiment: Experiment, steps: int = 3) -> tuple[Meter, list[Reading], Tensor, Any]:
    """The meter, what it read, and of the last step gradient, before, after and start in double precision."""
    assignment = assign(experiment, model)
    optimizers = build_optimizers(assignment)
    meter, parameters = Meter(assignment, optimizers), [row.parameter for row in assignment.of_group(0)]
    start, measured = together(parameters), []
    for _ in range(steps):
        for optimizer in optimizers:
            optimizer.zero_grad()
        model().backward()
        gradient = together([p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters])
        before = together(parameters)
        for optimizer in optimizers:
            optimizer.step()
        measured.append(meter.after_step())
    readings = meter.read(measured, [[0.01]] * steps)
    return meter, readings, start, (gradient, before, together(parameters))


def assert_exact(group: GroupStep, start: Tensor, gradient: Tensor, before: Tensor, after: Tensor) -> None:
    update = float((after - before).norm())
    assert update > 0
    assert group.gradient_norm == pytest.approx(float(gradient.norm()), rel=1e-6)
    assert group.weight_norm == pytest.approx(float(after.norm()), rel=1e-6)
    assert group.update_norm == pytest.approx(update, rel=1e-6)
    assert group.update_ratio == pytest.approx(update / float(before.norm()), rel=1e-6)
    assert group.distance == pytest.approx(float((after - start).norm() / start.norm()), rel=1e-6)
    product = float(gradient @ (after - before))
    assert group.direction == pytest.approx(product, abs=1e-5 * update * float(gradient.norm()))


DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.complex64, torch.complex128)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("optimizer", ["SGD", "RMSprop", "Adam", "AdamW"])
@pytest.mark.filterwarnings("ignore:Casting complex values to real")
def test_parameters_of_any_dtype_are_measured_as_in_double_precision(
    make: Make, dtype: torch.dtype, optimizer: str
) -> None:
    model = Parts(dtype)
    experiment = make({"name": "all", "params": ["*"], "optimizer": optimizer, "lr": 0.01})
    meter, readings, start, last = step_of(model, experiment)
    assert_exact(readings[-1].groups[0], start, *last)
    moved = (last[-1] != start).view(-1, 2 if dtype.is_complex else 1).any(dim=1).sum()
    (end,) = meter.read_end()
    assert (end.weights, end.moved, end.distance) == (2102, moved, readings[-1].groups[0].distance)


class Sparse(nn.Module):
    """An embedding whose gradient is sparse, one of its rows looked up twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.table = nn.Embedding(50, 8, sparse=True)

    def forward(self) -> Tensor:
        return self.table(torch.tensor([3, 7, 3])).square().sum()


@pytest.mark.parametrize("optimizer", ["SGD", "Adagrad"])
def test_a_sparse_gradient_is_measured_as_the_dense_one_that_it_stands_for(make: Make, optimizer: str) -> None:
    experiment = make({"name": "all", "params": ["*"], "optimizer": optimizer, "lr": 0.01})
    meter, readings, start, last = step_of(Sparse(), experiment)
    assert_exact(readings[-1].groups[0], start, *last)
    assert meter.read_end()[0].moved == 16


@pytest.mark.parametrize("scale", [1e30, 1e19, 1e-10, 1e-25])
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_values_whose_squares_leave_the_range_are_finite(make: Make, scale: float, optimizer: str) -> None:
    """A gradient of that size; also where the weights are as large."""

    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.weight = nn.Parameter(torch.randn(40, 20))
            self.factors = scale * torch.randn(40, 20)

        def forward(self) -> Tensor:
            return (self.weight * self.factors).sum()

    experiment = make({"name": "all", "params": ["*"], "optimizer": optimizer, "lr": 0.01})
    _, readings, start, last = step_of(Scaled(), experiment)
    assert all(reading.is_finite for reading in readings)
    if optimizer == "SGD" and scale > 1:  # else the update may be lost beside the weights, or divided by infinity
        assert_exact(readings[-1].groups[0], start, *last)
    assert readings[-1].groups[0].gradient_norm == pytest.approx(float(last[0].norm()), rel=1e-6)


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("place", ["gradient", "weight"])
def test_a_step_is_not_finite_only_where_a_value_is_not(make: Make, place: str, value: float) -> None:
    model = nn.Linear(30, 30, bias=False)
    assignment = assign(make(), model)
    meter = Meter(assignment, build_optimizers(assignment))
    model.weight.grad = torch.full((30, 30), 1e38)
    with torch.no_grad():
        model.weight.add_(1.0)
    assert meter.read([meter.after_step()], [[0.1]])[0].is_finite
    with torch.no_grad():
        (model.weight.grad if place == "gradient" else model.weight)[3, 4] = value
    assert not meter.read([meter.after_step()], [[0.1]])[0].is_finite
