"""What torch will use: read from its own optimizers, compared with real steps of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import Optimizer

from core.assignment import Assignment, assign
from core.checking import check
from core.experiment import MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS, Experiment
from core.models import build_model
from core.optimizers import OPTIMIZERS, ResolvedGroup, build_optimizers, resolve
from core.optimizers.resolved import state_bytes

Make = Callable[..., Experiment]

# Every option that changes what an optimizer keeps, each alone and together with the others.
KEPT: dict[str, list[dict[str, Any]]] = {
    "Adam": [{}, {"options": "amsgrad=True"}, {"options": "decoupled_weight_decay=True", "weight_decay": 0.1}],
    "AdamW": [{}, {"options": "amsgrad=True maximize=True", "weight_decay": 0.1}],
    "SGD": [{}, {"momentum": 0}, {"momentum": 0.9}, {"momentum": 0.9, "options": "nesterov=True"}, {"lr": 0}],
    "RMSprop": [{}, {"momentum": 0.5}, {"options": "centered=True"}, {"momentum": 0.5, "options": "centered=True"}],
    "Adamax": [{}, {"options": "betas=(0.5, 0.9)", "weight_decay": 0.1}],
    "Adagrad": [{}, {"options": "initial_accumulator_value=0.5 lr_decay=0.1"}],
    "NAdam": [{}, {"options": "decoupled_weight_decay=True", "weight_decay": 0.1}],
    "RAdam": [{}, {"options": "decoupled_weight_decay=True", "weight_decay": 0.1}],
    "Adadelta": [{}, {"options": "rho=0.8"}],
    "Muon": [{}, {"momentum": 0}, {"options": "nesterov=False ns_steps=1"}],
    "Adafactor": [{}, {"options": "beta2_decay=-0.5 eps=(1e-8, 0.01) d=2", "weight_decay": 0.1}],
    "ASGD": [{}, {"options": "t0=1 alpha=0.5", "weight_decay": 0.1}],
    "Rprop": [{}, {"options": "etas=(0.6, 1.1) step_sizes=(1e-5, 1)"}],
}
CASES = [(name, fields) for name, cases in KEPT.items() for fields in cases]

# Copies of each weight that torch keeps, and float32 scalars for each tensor, counted in its source.
COPIES = {"Adam": (2, 1), "AdamW": (2, 1), "SGD": (0, 0), "RMSprop": (1, 1), "Adagrad": (1, 1), "NAdam": (2, 2)}
COPIES |= {"RAdam": (2, 1), "Adadelta": (2, 1), "Muon": (1, 0), "Adamax": (2, 1), "ASGD": (1, 3), "Rprop": (2, 1)}

DECOUPLED = [
    {"optimizer": "AdamW"},
    {"optimizer": "Muon"},
    {"optimizer": "Adafactor"},
    *({"optimizer": name, "options": "decoupled_weight_decay=True"} for name in ("Adam", "NAdam", "RAdam")),
]
COUPLED = ("Adam", "SGD", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adadelta", "Adamax", "ASGD")


def groups_of(optimizer: str, **fields: Any) -> list[dict[str, Any]]:
    """One group of all weights and one of the rest, which Muon cannot take."""
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "momentum": 0.9}
    return [{"name": "weights", "params": ["*"], "role": "weight", "optimizer": optimizer, **fields}, rest]


def built(experiment: Experiment, device: str = "meta") -> tuple[Assignment, list[Optimizer]]:
    assignment = assign(experiment, build_model(experiment, device))
    return assignment, build_optimizers(assignment)


def resolved(experiment: Experiment) -> list[ResolvedGroup]:
    return resolve(*built(experiment))


def measured_bytes(experiment: Experiment) -> dict[str, int]:
    """Bytes in `optimizer.state` by group, after one real step with random gradients on the CPU."""
    assignment, optimizers = built(experiment, "cpu")
    for parameter in assignment.model.parameters():
        parameter.grad = torch.randn_like(parameter)
    sizes = {}
    for optimizer in optimizers:
        optimizer.step()
        for group in optimizer.param_groups:
            kept = [value for p in group["params"] for value in optimizer.state[p].values()]
            sizes[group["name"]] = sum(v.untyped_storage().nbytes() for v in kept if isinstance(v, Tensor))
    return sizes


def test_the_cases_are_all_of_torchs_classes() -> None:
    assert set(KEPT) == set(OPTIMIZERS) == {*COPIES, "Adafactor"}


def test_adafactor_keeps_a_row_and_a_column_of_each_matrix(make: Make) -> None:
    """Of a filter of 64 x 3 x 7 x 7 a column of each of its 192 matrices, and a row: arXiv:1804.04235, section 3."""
    (group,) = resolved(make({"name": "all", "params": ["*"], "optimizer": "Adafactor"}, model="resnet18"))
    network = build_model(make(*groups_of("SGD"), model="resnet18"), "meta")
    shapes = [p.shape for p in network.parameters()]
    kept = [s.numel() // s[-1] + s.numel() // s[-2] if len(s) > 1 else s.numel() for s in shapes]
    assert group.state_bytes == 4 * sum(kept) + 4 * len(shapes) < 4 * group.weights


@pytest.mark.parametrize(("name", "fields"), CASES)
def test_the_states_bytes_are_those_after_a_real_step(make: Make, name: str, fields: dict[str, Any]) -> None:
    experiment = make(*groups_of(name, **fields))
    assert {group.name: group.state_bytes for group in resolved(experiment)} == measured_bytes(experiment)


@pytest.mark.parametrize("name", COPIES)
def test_the_states_bytes_of_resnet18_by_hand(make: Make, name: str) -> None:
    group, rest = resolved(make(*groups_of(name), model="resnet18"))
    copies, scalars = COPIES[name]
    assert (group.tensors, group.weights) == (21, 11_172_032)
    assert group.state_bytes == 4 * (copies * group.weights + scalars * group.tensors)
    assert rest.state_bytes == 4 * rest.weights


def test_amsgrad_and_centered_keep_more(make: Make) -> None:
    def kept(name: str, **fields: Any) -> int:
        return resolved(make(*groups_of(name, **fields)))[0].state_bytes

    copy = 4 * 268_464
    assert kept("Adam", options="amsgrad=True") - kept("Adam") == copy
    assert kept("RMSprop", momentum=0.5, options="centered=True") - kept("RMSprop") == 2 * copy


def test_several_groups_of_one_class_are_told_apart(make: Make) -> None:
    low = {"name": "low", "params": ["conv*"], "optimizer": "SGD", "momentum": 0.9}
    high = {"name": "high", "params": ["*"], "optimizer": "SGD", "momentum": 0}
    first, second = resolved(make(low, high))
    assert (first.momentum, first.state_bytes) == (0.9, 4 * first.weights)
    assert (second.momentum, second.state_bytes) == (0, 0)


@pytest.mark.parametrize("fields", DECOUPLED, ids=lambda fields: fields["optimizer"])
def test_shrink_is_what_a_step_without_gradient_takes_away(make: Make, fields: dict[str, Any]) -> None:
    experiment = make(*groups_of(**fields, lr=0.01, weight_decay=0.5))
    shrink = resolved(experiment)[0].shrink
    assignment, (optimizer, _) = built(experiment, "cpu")
    before = {row.name: row.parameter.detach().double() for row in assignment.of_group(0)}
    for row in assignment.of_group(0):
        row.parameter.grad = torch.zeros_like(row.parameter)
    optimizer.step()
    for row in assignment.of_group(0):
        lost = 1 - row.parameter.detach().double().norm() / before[row.name].norm()
        assert shrink == pytest.approx(float(lost), rel=1e-4)
    assert shrink == 0.005


@pytest.mark.parametrize("name", COUPLED)
def test_without_decoupling_there_is_no_shrink(make: Make, name: str) -> None:
    group = resolved(make(*groups_of(name, lr=0.01, weight_decay=0.5)))[0]
    assert (group.shrink, group.weight_decay) == (None, 0.5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_are_torchs_own(make: Make, name: str) -> None:
    """Momentum and betas that nobody asked for, from a constructor of torch's class itself."""
    matrix = torch.nn.Parameter(torch.zeros(2, 2))
    defaults = getattr(torch.optim, name)([matrix]).param_groups[0]
    group = resolved(make(*groups_of(name)))[0]
    assert (group.momentum, group.betas) == (defaults.get("momentum"), defaults.get("betas"))
    assert (group.momentum is not None) == (name in MOMENTUM_OPTIMIZERS)
    assert (group.betas is not None) == ("betas" in OPTIMIZER_OPTIONS[name])
    assert group.optimizer == name


def test_settings_are_read_from_torch_and_not_from_the_request(make: Make) -> None:
    assignment, (adamw, sgd) = built(make(*groups_of("AdamW", lr=0.1, weight_decay=0.2)))
    adamw.param_groups[0].update(lr=0.5, betas=(0.1, 0.2), weight_decay=0.4)
    sgd.param_groups[0].update(momentum=0.3)
    first, second = resolve(assignment, [adamw, sgd])
    assert (first.lr, first.betas, first.weight_decay, first.shrink) == (0.5, (0.1, 0.2), 0.4, 0.2)
    assert second.momentum == 0.3


def test_a_frozen_group_has_no_settings_and_no_state(make: Make) -> None:
    frozen = {"name": "frozen ones", "params": ["conv*"], "optimizer": "frozen"}
    first, second = resolved(make(frozen, {"name": "rest", "params": ["*"]}))
    nothing = dict.fromkeys(("lr", "weight_decay", "shrink", "momentum", "betas")) | {"state_bytes": 0}
    assert nothing.items() <= asdict(first).items()
    assert (first.name, first.optimizer, first.tensors, first.weights) == ("frozen ones", "frozen", 4, 5088)
    assert first.share + second.share == pytest.approx(1)
    assert first.share == 5088 / 268_650


def test_resolving_changes_neither_model_nor_optimizers(make: Make) -> None:
    assignment, optimizers = built(make(*groups_of("Adagrad")), "cpu")
    before = {name: p.clone() for name, p in assignment.model.named_parameters()}
    states = [{p: {k: v.clone() for k, v in s.items()} for p, s in o.state.items()} for o in optimizers]
    resolve(assignment, optimizers)
    assert all(torch.equal(p, before[name]) and p.grad is None for name, p in assignment.model.named_parameters())
    for optimizer, state in zip(optimizers, states, strict=True):
        assert set(optimizer.state) == set(state)
        assert all(torch.equal(v, state[p][k]) for p, s in optimizer.state.items() for k, v in s.items())
    assert len(states[0]) == 4


def test_a_group_without_parameters_keeps_nothing() -> None:
    optimizer = torch.optim.Adam([{"params": []}])
    assert state_bytes(optimizer, optimizer.param_groups[0]) == 0


def test_half_precision_halves_the_copies() -> None:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(10, dtype=torch.bfloat16))])
    assert state_bytes(optimizer, optimizer.param_groups[0]) == 2 * 2 * 10 + 4


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resnet18_is_resolved_while_one_types(make: Make, name: str) -> None:
    assignment, optimizers = built(make(*groups_of(name), model="resnet18"))
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        resolve(assignment, optimizers)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.03


def test_the_validator_tells_what_torch_will_use_unless_something_is_wrong(make: Make) -> None:
    raw = make(*groups_of("AdamW")).to_dict()
    checked = check(raw)
    assert checked.experiment is not None
    assert list(checked.groups) == resolved(checked.experiment)
    raw["groups"][0]["params"] = ["nothing"]
    wrong = check(raw)
    assert wrong.problems
    assert wrong.groups == ()
