"""The recorder in trainings of every kind, beside a plain reckoning in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from core.export.parts.record_groups import GroupRecorder
from tests.export.test_record_groups import Read, lines, of_kind


class Training:
    """A network, its optimizers, and what happens before and in a step."""

    def __init__(self, model: nn.Module, *optimizers: Optimizer, scale: float = 1.0) -> None:
        self.model, self.optimizers, self.scale = model, optimizers, scale

    def prepare(self) -> None:
        self.model.zero_grad()
        self.loss().backward()

    def loss(self) -> Tensor:
        return self.model(torch.randn(5, 6)).abs().square().sum() * self.scale

    def step(self) -> None:
        for optimizer in self.optimizers:
            optimizer.step()


def copies(groups: Sequence[dict[str, Any]]) -> list[list[Tensor]]:
    return [[p.detach().clone() for p in group["params"]] for group in groups]


def norm(tensors: Sequence[Tensor]) -> float:
    """In double precision."""
    flat = [t.detach().to_dense().to(torch.complex128).flatten() for t in tensors]
    return float(torch.cat([torch.zeros(1), *flat]).norm())


def differences(left: Sequence[Tensor], right: Sequence[Tensor]) -> list[Tensor]:
    return [a.detach().to(torch.complex128) - b.to(torch.complex128) for a, b in zip(left, right, strict=True)]


def check(training: Training, path: Path, steps: int = 3) -> Read:
    """Record some steps, hold every figure to what float64 gives, and give what was written."""
    groups = [group for optimizer in training.optimizers for group in optimizer.param_groups]
    start, wanted = copies(groups), []
    recorder = GroupRecorder(training.model, training.optimizers, path, every=1)
    for _ in range(steps):
        training.prepare()
        before = copies(groups)
        with recorder.step():
            training.step()
        for group, old, first in zip(groups, before, start, strict=True):
            own = group["params"]
            graded = [p.grad for p in own if p.grad is not None]
            update, way = norm(differences(own, old)), differences(own, first)
            expected = {
                "gradient_norm": norm(graded) if any(p.requires_grad for p in own) else None,
                "weight_norm": norm(own),
                "update_norm": update,
                "update_ratio": update / norm(old) if norm(old) else None,
                "distance": norm(way) / norm(first) if norm(first) else None,
                "moved": sum(int((w != 0).sum()) for w in way),
            }
            wanted.append(expected)
    recorder.close()
    read = lines(path)
    found = [group for step in of_kind(read, "Step") for group in step["groups"]]
    for own, each in zip(found, wanted, strict=True):
        for key, value in each.items():
            finite = value if value is None or math.isfinite(value) else None
            assert own[key] == (None if finite is None else pytest.approx(finite, rel=1e-6, abs=0)), key
    return read


def network(**options: Any) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 7, **options), nn.Tanh(), nn.Linear(7, 4, **options))


def test_several_optimizers_and_groups_without_names(tmp_path: Path) -> None:
    model = network()
    groups = [{"params": model[0].weight}, {"params": model[0].bias, "name": "bias", "weight_decay": 0.0}]
    training = Training(model, AdamW(groups, lr=0.1), SGD(model[2].parameters(), lr=0.01, momentum=0.9))
    started, *read = check(training, tmp_path / "run.jsonl")
    assert started["format"] == 1
    assert [group["name"] for group in started["groups"]] == ["group 0", "bias", "group 2"]
    kinds = [group["optimizer"] for group in started["groups"]]
    assert kinds == ["torch.optim.adamw.AdamW"] * 2 + ["torch.optim.sgd.SGD"]
    assert started["groups"][1]["settings"].items() >= {"lr": 0.1, "betas": [0.9, 0.999], "weight_decay": 0.0}.items()
    assert [group["lr"] for group in read[0]["groups"]] == [0.1, 0.1, 0.01]
    assert [parameter["group"] for parameter in started["parameters"]] == [0, 1, 2, 2]


def test_a_closure_that_is_called_many_times(tmp_path: Path) -> None:
    class Closed(Training):
        def prepare(self) -> None:
            self.images = torch.randn(5, 6)

        def closure(self) -> Tensor:
            self.model.zero_grad()
            loss = self.model(self.images).square().sum()
            loss.backward()
            return loss

        def step(self) -> None:
            self.optimizers[0].step(self.closure)

    model = network()
    check(Closed(model, torch.optim.LBFGS(model.parameters(), lr=0.1)), tmp_path / "run.jsonl")


def test_gradients_that_several_batches_add_up(tmp_path: Path) -> None:
    class Accumulated(Training):
        def prepare(self) -> None:
            self.model.zero_grad()
            for _ in range(3):
                self.loss().backward()

    model = network()
    read = check(Accumulated(model, AdamW(model.parameters(), lr=0.1)), tmp_path / "run.jsonl")
    assert [step["step"] for step in of_kind(read, "Step")] == [1, 2, 3]


class Scaled(Training):
    """With AMP's GradScaler, whose gradients are too large for float32 in the steps that are named."""

    scaler, skipped, count, unscales = torch.amp.GradScaler("cpu", init_scale=1024.0), (), 0, False

    def prepare(self) -> None:
        self.model.zero_grad()
        self.scaler.scale(self.loss()).backward()
        self.plain = norm([p.grad for p in self.model.parameters()]) / self.scaler.get_scale()
        self.count += 1
        if self.count in self.skipped:
            self.model[0].weight.grad[0, 0] = math.inf
        if self.unscales:
            self.scaler.unscale_(self.optimizers[0])

    def step(self) -> None:
        self.scaler.step(self.optimizers[0])
        self.scaler.update()


@pytest.mark.parametrize("unscales", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_gradients_that_a_scaler_has_scaled_and_a_step_that_it_skips(
    tmp_path: Path, unscales: bool, fused: bool
) -> None:
    model = network()
    training = Scaled(model, AdamW(model.parameters(), lr=0.1, fused=fused))
    training.scaler, training.skipped, training.unscales = torch.amp.GradScaler("cpu", 1024.0), (2,), unscales
    first, second, third = of_kind(check(training, tmp_path / "run.jsonl"), "Step")
    assert third["groups"][0]["gradient_norm"] == pytest.approx(training.plain, rel=1e-6)
    assert second["groups"][0]["gradient_norm"] is None
    assert (second["groups"][0]["update_norm"], second["groups"][0]["update_ratio"]) == (0.0, 0.0)
    assert second["groups"][0]["distance"] == first["groups"][0]["distance"] > 0


def test_complex_weights(tmp_path: Path) -> None:
    class Complex(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(6, 3, dtype=torch.complex64))

        def forward(self, images: Tensor) -> Tensor:
            return images.to(torch.complex64) @ self.weight

    model = Complex()
    read = check(Training(model, torch.optim.Adam(model.parameters(), lr=0.1)), tmp_path / "run.jsonl")
    assert read[-1]["groups"][0]["moved"] == 18


def test_weights_in_half_precision(tmp_path: Path) -> None:
    model = network().bfloat16()

    class Half(Training):
        def loss(self) -> Tensor:
            return self.model(torch.randn(5, 6).bfloat16()).float().square().sum()

    read = check(Half(model, AdamW(model.parameters(), lr=0.01)), tmp_path / "run.jsonl")
    assert read[0]["parameters"][0]["dtype"] == "torch.bfloat16"


def test_sparse_gradients_and_none(tmp_path: Path) -> None:
    class Table(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.unused = nn.Embedding(9, 4, sparse=True), nn.Linear(4, 4)

        def forward(self, images: Tensor) -> Tensor:
            return self.table(torch.tensor([1, 1, 5]))

    model = Table()
    training = Training(model, SGD(model.table.parameters(), lr=0.1), SGD(model.unused.parameters(), lr=0.1))
    read = check(training, tmp_path / "run.jsonl")
    assert read[-1]["groups"][0]["moved"] == 8
    unused = of_kind(read, "Step")[-1]["groups"][1]
    assert (unused["lr"], unused["gradient_norm"], unused["moved"]) == (0.1, 0.0, 0)


def test_frozen_and_tied_weights_and_those_in_no_group(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6), nn.BatchNorm1d(6))
    model[1].weight = model[0].weight
    model[2].requires_grad_(False)
    stranger = nn.Parameter(torch.ones(3))
    groups = [{"params": [*model[0].parameters(), stranger]}, {"params": model[2].parameters()}]
    started, *read = check(Training(model, SGD(groups, lr=0.1)), tmp_path / "run.jsonl")
    places = {p["name"]: (p["trains"], p["group"]) for p in started["parameters"]}
    assert "1.weight" not in places, "it is 0.weight"
    assert places == {
        **{"0.weight": (True, 0), "0.bias": (True, 0), "1.bias": (True, None)},
        **{"2.weight": (False, 1), "2.bias": (False, 1), "3.weight": (True, None), "3.bias": (True, None)},
        **{"4.weight": (True, None), "4.bias": (True, None)},
    }
    assert [step["groups"][1]["lr"] for step in of_kind(read, "Step")] == [None] * 3
    assert read[-1]["groups"][1]["moved"] == 0
    assert [ratio is None for ratio in of_kind(read, "TensorStep")[0]["ratios"]] == [
        place is None for _, place in places.values()
    ]


@pytest.mark.parametrize("scale", [1e-30, 1e-24, 1e15])
def test_numbers_whose_squares_float32_cannot_hold(scale: float, tmp_path: Path) -> None:
    model = network()
    check(Training(model, SGD(model.parameters(), lr=1e-6), scale=scale), tmp_path / "run.jsonl")


def test_a_million_updates_that_are_all_alike(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(6, 200_000))
    check(Training(model, torch.optim.Adam(model.parameters(), lr=1e-3)), tmp_path / "run.jsonl", steps=1)


def test_layouts_that_are_not_contiguous(tmp_path: Path) -> None:
    class Pictures(Training):
        def loss(self) -> Tensor:
            return self.model(torch.randn(2, 3, 5, 5)).square().sum()

    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1)).to(memory_format=torch.channels_last)
    model[1].weight = nn.Parameter(torch.randn(8, 2, 1, 1).transpose(0, 1))
    check(Pictures(model, AdamW(model.parameters(), lr=0.1)), tmp_path / "run.jsonl")
