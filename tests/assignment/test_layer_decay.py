"""Layer decay and no-decay sets against timm's own groupers; depths as a group's selection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from timm.optim import param_groups_layer_decay, param_groups_weight_decay
from torch import nn

from core.assignment import Assignment, assign, preview, roles_of
from core.events import Started
from core.experiment import MAX_GROUPS, Experiment, ExperimentError
from core.optimizers import build_optimizers
from core.report.curves import chart_head
from core.training import Step, train

Make = Callable[..., Experiment]

LR, DECAY, FACTOR = 1e-3, 0.05, 0.75


def group(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "params": ["*"], "optimizer": "AdamW", "lr": LR, **fields}


NO_DECAY = [
    group("norms", role="norm", layer_decay=FACTOR),
    group("biases", role="bias", layer_decay=FACTOR),
    group("weights", weight_decay=DECAY, layer_decay=FACTOR),
]


def networks() -> dict[str, nn.Module]:
    with torch.device("meta"):
        return {
            "torchvision resnet18": torchvision.models.resnet18(),
            "timm resnet18": timm.create_model("resnet18"),
            "timm vit": timm.create_model("vit_tiny_patch16_224", depth=6),
            "timm swin": timm.create_model("swin_tiny_patch4_window7_224", depths=(2, 2, 2, 2)),
            "timm mobilenet": timm.create_model("mobilenetv2_035", depth_multiplier=0.4),
        }


NETWORKS = networks()


def treatment(groups: list[dict[str, Any]], lr: Callable[[dict[str, Any]], float]) -> dict[nn.Parameter, tuple]:  # type: ignore[type-arg]
    return {p: (lr(g), g["weight_decay"]) for g in groups for p in g["params"]}


@pytest.mark.parametrize("name", NETWORKS)
def test_rates_and_decays_are_those_of_timm(name: str, make: Make) -> None:
    """Every parameter's learning rate, to the last bit, and weight decay."""
    network = NETWORKS[name]
    as_timm = network if name.startswith("timm") else timm.create_model("resnet18")
    theirs = param_groups_layer_decay(as_timm, weight_decay=DECAY, layer_decay=FACTOR)
    names = {p: n for n, p in as_timm.named_parameters()}
    expected = {names[p]: v for p, v in treatment(theirs, lambda g: LR * g["lr_scale"]).items()}
    [optimizer] = build_optimizers(assign(make(*NO_DECAY), network))
    names = {p: n for n, p in network.named_parameters()}
    assert {names[p]: v for p, v in treatment(optimizer.param_groups, lambda g: g["lr"]).items()} == expected


@pytest.mark.parametrize(
    "name",
    [
        *("resnet18", "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t"),
        *("densenet121", "regnet_y_400mf", "vgg11_bn", "shufflenet_v2_x0_5", "maxvit_t", "squeezenet1_0"),
    ],
)
def test_norms_and_biases_are_what_timm_does_not_decay(name: str) -> None:
    with torch.device("cpu" if name.startswith("regnet") else "meta"):  # a RegNet's widths are computed in tensors
        network = torchvision.models.get_model(name)
    without, _ = param_groups_weight_decay(network, weight_decay=DECAY)
    assert without["weight_decay"] == 0
    assert {p for p, role in roles_of(network).items() if role != "weight"} == set(without["params"])


def test_a_layer_scale_of_one_dimension_is_a_weight_here() -> None:
    """timm decays nothing of one dimension; our roles go by layer and name, and this is neither norm nor bias."""
    with torch.device("meta"):
        network = timm.create_model("convnext_tiny")
    without, _ = param_groups_weight_decay(network, weight_decay=DECAY)
    ours = {p for p, role in roles_of(network).items() if role != "weight"}
    names = {p: n for n, p in network.named_parameters()}
    assert {names[p].rpartition(".")[2] for p in set(without["params"]) - ours} == {"gamma"}
    assert ours < set(without["params"])


def described(assignment: Assignment) -> list[tuple[str, str, float, int]]:
    groups = assignment.experiment.groups
    return [(g.name, g.depth, g.lr, len(assignment.of_group(i))) for i, g in enumerate(groups)]


def test_a_group_becomes_one_per_depth_head_first(make: Make) -> None:
    experiment = make({"name": "all", "params": ["*"], "lr": 0.1, "layer_decay": 0.5})
    assignment = assign(experiment, nn.Sequential(*(nn.Linear(2, 2) for _ in range(3))))
    assert described(assignment) == [("all d2", "2", 0.1, 2), ("all d1", "1", 0.05, 2), ("all d0", "0", 0.025, 2)]
    assert assignment.places == (0, 0, 0)
    assert all(g.layer_decay is None for g in assignment.experiment.groups)


def test_what_is_spread_already_stays_as_it_is(make: Make) -> None:
    once = preview(make(*NO_DECAY), NETWORKS["torchvision resnet18"])
    twice = preview(once.experiment, NETWORKS["torchvision resnet18"])
    assert len(once.experiment.groups) == 10 + 9 + 1
    assert twice.experiment == once.experiment
    assert [row.group for row in twice.rows] == [row.group for row in once.rows]


def test_steps_count_from_the_networks_head_also_where_a_group_does_not_hold_it(make: Make) -> None:
    experiment = make(group("head", depth="head"), group("rest", layer_decay=0.5))
    names = [row[:3] for row in described(assign(experiment, NETWORKS["torchvision resnet18"]))]
    assert names[:3] == [("head", "head", LR), ("rest d8", "8", LR / 2), ("rest d7", "7", LR / 4)]
    assert names[-1] == ("rest d0", "0", LR / 2**9)


@given(st.lists(st.sampled_from(["any", "weight", "norm", "bias"]), min_size=1, max_size=2, unique=True))
def test_every_parameter_stays_with_the_group_that_was_asked_for(make: Make, roles: list[str]) -> None:
    groups = [group(role, role=role, layer_decay=0.9) for role in roles] + [group("rest", layer_decay=0.8)]
    plain = preview(make(*[g | {"layer_decay": None} for g in groups]), NETWORKS["torchvision resnet18"])
    spread = preview(make(*groups), NETWORKS["torchvision resnet18"])
    assert [spread.places[row.group or 0] for row in spread.rows] == [row.group for row in plain.rows]
    assert [row.name for row in spread.of_place(0)] == [row.name for row in plain.of_group(0)]


def problems_of(experiment: Experiment, network: nn.Module) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ExperimentError) as caught:
        assign(experiment, network)
    return [(p.row, p.field, p.key) for p in caught.value.problems]


def test_too_many_depths_are_a_problem_of_the_row_that_asks_for_them(make: Make) -> None:
    deep = nn.Sequential(*(nn.Linear(1, 1) for _ in range(MAX_GROUPS + 2)))
    experiment = make(group("stem", depth="stem"), group("rest", layer_decay=0.9))
    assert problems_of(experiment, deep) == [(1, "layer_decay", "too_many_groups")]


def test_a_name_that_a_spread_group_takes_is_a_problem_of_the_row(make: Make) -> None:
    network = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    experiment = make(group("all d0", depth="stem", role="bias"), group("all", layer_decay=0.9))
    assert problems_of(experiment, network) == [(1, "name", "duplicate_name")]


def test_problems_after_the_spread_are_of_the_rows_that_were_typed(make: Make) -> None:
    experiment = make(group("all", layer_decay=0.9, role="weight"), group("b", params=["*.bais"]))
    found = problems_of(experiment, NETWORKS["torchvision resnet18"])
    assert [place for place in found if place[0] is not None] == [(1, "params", "glob_matches_nothing")]


def test_settings_that_torch_refuses_are_of_the_row_that_was_typed(make: Make) -> None:
    groups = [group("all", role="weight", layer_decay=0.9), group("b", optimizer="SGD", options="nesterov=True")]
    assignment = assign(make(*groups), NETWORKS["torchvision resnet18"])
    with pytest.raises(ExperimentError) as caught:
        build_optimizers(assignment)
    assert caught.value.row == 1


@pytest.mark.parametrize(
    ("asked", "depths"),
    [
        ("", set(range(10))),
        ("0", {0}),
        ("stem", {0}),
        ("head", {9}),
        ("9", {9}),
        ("2-4", {2, 3, 4}),
        ("7-", {7, 8, 9}),
        ("8-99", {8, 9}),
    ],
)
def test_a_depth_selects_its_blocks(asked: str, depths: set[int], make: Make) -> None:
    experiment = make(group("some", depth=asked), *([group("rest")] if asked else []))
    assignment = assign(experiment, NETWORKS["torchvision resnet18"])
    assert {row.candidate.depth for row in assignment.of_group(0)} == depths
    assert not {row.candidate.depth for row in assignment.rows if row.group == 1} & depths


@pytest.mark.parametrize(
    ("fields", "key", "value"),
    [
        ({"depth": "10"}, "depth_not_there", "9"),
        ({"depth": "3", "params": ["fc.*"]}, "depth_matches_nothing", "9"),
        ({"depth": "head", "role": "norm"}, "role_matches_nothing", "norm"),
    ],
)
def test_a_depth_that_holds_nothing_is_named(fields: dict[str, Any], key: str, value: str, make: Make) -> None:
    experiment = make(group("some", **fields), group("rest"))
    [problem] = preview(experiment, NETWORKS["torchvision resnet18"]).problems
    assert (problem.row, problem.key) == (0, key)
    assert all(value in problem.sentence(language) for language in ("en", "zh"))


def test_a_frozen_group_is_not_spread(make: Make) -> None:
    experiment = make(group("head", depth="head"), group("rest", optimizer="frozen", layer_decay=0.5))
    assert [g.name for g in assign(experiment, NETWORKS["torchvision resnet18"]).experiment.groups] == ["head", "rest"]


def test_a_run_is_the_same_as_with_the_groups_written_out(make: Make) -> None:
    def steps(*groups: dict[str, Any]) -> list[Step]:
        return [event for event in train(make(*groups), "cpu") if isinstance(event, Step)]

    rates = [0.01, 0.01 * 0.5, 0.01 * 0.5**2, 0.01 * 0.5**3]
    layers = ["fc2", "fc1", "conv2", "conv1"]
    written = [group(layer, params=[f"{layer}.*"], lr=lr) for layer, lr in zip(layers, rates, strict=True)]
    assert steps(group("all", lr=0.01, layer_decay=0.5)) == steps(*written)


def test_a_run_says_of_each_depth_which_group_was_asked_for(make: Make) -> None:
    begun = next(event for event in train(make(*NO_DECAY[2:], model="simple_cnn"), "cpu") if isinstance(event, Started))
    assert len(begun.groups) > 1
    assert {info.row for info in begun.groups} == {"weights"}
    assert json.loads(chart_head(begun, "run", "en"))["rows"] == ["weights"] * len(begun.groups)
