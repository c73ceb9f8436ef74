"""What updates add to the loss to first order, against a plain torch loop, for optimizers that go down and up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from core.assignment import assign
from core.events import GroupStep
from core.experiment import Experiment
from core.measurement import Meter
from core.optimizers import build_optimizers

Make = Callable[..., Experiment]

CASES: dict[str, dict[str, Any]] = {
    "SGD": {"optimizer": "SGD", "lr": 0.05},
    "SGD, momentum": {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
    "SGD, maximize": {"optimizer": "SGD", "lr": 0.05, "options": "maximize=True"},
    "Adam": {"optimizer": "Adam", "lr": 0.01},
    "Adam, L2": {"optimizer": "Adam", "lr": 0.01, "weight_decay": 0.1},
    "Adam, maximize": {"optimizer": "Adam", "lr": 0.01, "options": "maximize=True"},
    "AdamW": {"optimizer": "AdamW", "lr": 0.01, "weight_decay": 5.0},
    "RMSprop": {"optimizer": "RMSprop", "lr": 0.01},
    "Adagrad": {"optimizer": "Adagrad", "lr": 0.05},
    "Adamax": {"optimizer": "Adamax", "lr": 0.01},
    "NAdam": {"optimizer": "NAdam", "lr": 0.01},
    "Muon": {"optimizer": "Muon", "lr": 0.02, "momentum": 0.95},
}


def measured_and_expected(experiment: Experiment, steps: int = 8) -> list[tuple[tuple[GroupStep, ...], list[float]]]:
    """Of each step the measured groups and the sums of a loop that clones gradients and weights, in float64."""
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(12, 9, bias=False), nn.Tanh(), nn.Linear(9, 4, bias=False))
    assignment = assign(experiment, model)
    optimizers = build_optimizers(assignment)
    meter = Meter(assignment, optimizers)
    images, labels = torch.randn(32, 12), torch.arange(32) % 4
    found = []
    for _ in range(steps):
        model.zero_grad()
        cross_entropy(model(images), labels).backward()
        before = [
            (p, torch.zeros(()) if p.grad is None else p.grad.double().clone(), p.detach().double().clone())
            for p in model.parameters()
        ]
        for optimizer in optimizers:
            optimizer.step()
        expected = [float((grad * (p.detach().double() - old)).sum()) for p, grad, old in before]
        rates = [None if group.frozen else group.lr for group in experiment.groups]
        found.append((meter.read([meter.after_step()], [rates])[0].groups, expected))
    return found


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_sum_of_gradient_times_update(make: Make, case: str) -> None:
    first = {"name": "first", "params": "0.*", **CASES[case]}
    for (one, other), (expected, _) in measured_and_expected(
        make(first, {"name": "ice", "params": "*", "optimizer": "frozen"})
    ):
        assert one.direction == pytest.approx(expected, rel=1e-4, abs=1e-7)
        assert other.direction is None


@pytest.mark.parametrize(("case", "sign"), [("SGD", -1), ("Adam", -1), ("SGD, maximize", 1), ("Adam, maximize", 1)])
def test_its_sign_tells_descent_from_ascent(make: Make, case: str, sign: int) -> None:
    groups = make({"name": "first", "params": "0.*", **CASES[case]}, {"name": "rest", "params": "*", **CASES["SGD"]})
    for (one, other), expected in measured_and_expected(groups):
        assert one.direction is not None and one.direction * sign > 0
        assert other.direction == pytest.approx(expected[1], rel=1e-4) and expected[1] < 0
