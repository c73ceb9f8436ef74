"""Optimizers read back: the lab's own, and those that torch alone built."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

from core.assignment import assign
from core.checking import as_run
from core.experiment import OPTIMIZER_OPTIONS, UNKNOWN, Experiment, ExperimentError, Group, Problem, load_presets
from core.models import build_model
from core.optimizers import OPTIMIZERS, optimizers_of
from core.structures import runnable
from core.text import LANGUAGES

Make = Callable[..., Experiment]

PRESETS = load_presets(Path(__file__).parents[2] / "presets")


def on_meta(model: str) -> nn.Module:
    return build_model(Experiment(model=model, groups=(Group(name="a", params=("*",)),)), "meta")


def homes(experiment: Experiment, model: nn.Module) -> dict[str, str | None]:
    """The name of each parameter's group, None where it is frozen."""
    groups = experiment.groups
    rows = assign(experiment, model).rows
    return {row.name: None if row.group is None or groups[row.group].frozen else groups[row.group].name for row in rows}


def torch_groups(optimizers: list[Optimizer]) -> list[tuple[str, dict[str, Any]]]:
    """Every torch group with its class; parameters by name and shape."""
    return [
        (type(optimizer).__name__, group | {"params": [parameter.shape for parameter in group["params"]]})
        for optimizer in optimizers
        for group in optimizer.param_groups
    ]


def problems_of(model: nn.Module, optimizers: Any) -> tuple[Problem, ...]:
    with pytest.raises(ExperimentError) as caught, warnings.catch_warnings(action="ignore"):
        Experiment.from_optimizer(model, optimizers)
    for problem in caught.value.problems:
        assert all(0 < len(problem.sentence(language)) < 400 for language in LANGUAGES)
    return caught.value.problems


def round_trip(experiment: Experiment, model: nn.Module) -> Experiment:
    """What is read from an experiment's optimizers, which must build the same ones again."""
    optimizers = optimizers_of(assign(experiment, model))
    read = Experiment.from_optimizer(model, optimizers)
    assert homes(read, model) == homes(experiment, model)
    assert torch_groups(optimizers_of(assign(read, model))) == torch_groups(optimizers)
    return read


@pytest.mark.filterwarnings("ignore:The network is not one of the menu's")  # a structure is no network to be run
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_presets_optimizers_are_read_back(name: str) -> None:
    preset = as_run(PRESETS[name])
    read = round_trip(preset, build_model(preset, "meta"))
    assert read.model == (preset.model if name in runnable(PRESETS) else UNKNOWN)
    assert [g.name for g in read.groups if not g.frozen] == [g.name for g in preset.groups if not g.frozen]


@pytest.mark.parametrize("name", [name for name in OPTIMIZER_OPTIONS if name in OPTIMIZERS])
def test_every_class_is_read_back_with_and_without_options(make: Make, name: str) -> None:
    values = {"betas": "(0.8, 0.95)", "eps": "1e-05", "ns_coefficients": "(3.0, -4.0, 2.0)", "ns_steps": "3"}
    values |= {"adjust_lr_fn": "'match_rms_adamw'", "alpha": "0.5", "rho": "0.5", "dampening": "0.0"}
    values |= {"lr_decay": "0.1", "initial_accumulator_value": "0.5", "momentum_decay": "0.01"}
    values |= {"beta2_decay": "-0.5", "d": "2.0", "lambd": "0.1", "t0": "5.0", "etas": "(0.4, 1.3)"}
    values |= {"step_sizes": "(0.1, 2.0)"} | ({"eps": "(None, 0.1)"} if name == "Adafactor" else {})
    decay = 0.0 if name == "Rprop" else 0.1
    options = " ".join(f"{option}={values.get(option, 'True')}" for option in OPTIMIZER_OPTIONS[name])
    momentum = {"momentum": 0.7} if name in ("SGD", "RMSprop", "Muon") else {}
    plain = {"name": "plain", "params": ["fc1.weight"], "optimizer": name, "lr": 0.5}
    full = {"name": "full", "params": ["*.weight"], "optimizer": name, "weight_decay": decay, "options": options}
    rest = {"name": "rest", "params": ["*"], "optimizer": "frozen"}
    if name == "SGD":
        full["options"] = "nesterov=True maximize=True"
    experiment = make(plain, full | momentum, rest)
    read = round_trip(experiment, build_model(experiment, "meta"))
    assert read.groups[0].options == () and read.groups[0].momentum is None
    assert (read.groups[0].lr, read.groups[0].weight_decay, read.groups[1].weight_decay) == (0.5, 0.0, decay)
    assert read.groups[1].momentum == momentum.get("momentum")
    known = dict(experiment.groups[1].options) | {"dampening": 0.0}
    assert dict(read.groups[1].options).items() <= known.items()
    assert read.groups[1].options or not OPTIMIZER_OPTIONS[name]


def test_large_networks_need_few_patterns() -> None:
    model = torchvision.models.resnet18(num_classes=10)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    pair = [SGD([{"params": vectors, "name": "no decay"}]), AdamW(matrices)]
    read = Experiment.from_optimizer(model, pair)
    assert all(len(group.params) <= 6 for group in read.groups)
    found = homes(read, model)
    assert {name: found[name] == "no decay" for name, _ in model.named_parameters()} == {
        name: p.ndim < 2 for name, p in model.named_parameters()
    }


class Awkward(nn.Module):
    """Names with the letters that globs read, names within names, one parameter without a module, one tied twice."""

    def __init__(self) -> None:
        super().__init__()
        names = ("a*", "a?", "a[0]", "a", "ab", "a0", "10", "1", "!", "[!a]")
        self.heads = nn.ModuleDict({name: nn.Linear(1, 1) for name in names})
        self.scale = nn.Parameter(torch.ones(1))
        self.tied = nn.Linear(1, 1)
        self.tied.weight = self.heads["ab"].weight


AWKWARD = Awkward()


@given(st.data())
def test_any_split_of_any_names_is_read_back(data: st.DataObject) -> None:
    parameters = list(AWKWARD.parameters())
    places = data.draw(st.lists(st.integers(0, 3), min_size=len(parameters), max_size=len(parameters)))
    split = [[p for p, place in zip(parameters, places, strict=True) if place == k] for k in range(3)]
    optimizers = [Adam([{"params": own, "name": f"{k}"}]) for k, own in enumerate(split) if own]
    if not optimizers:
        return
    expected = {id(p): str(place) if place < 3 else None for p, place in zip(parameters, places, strict=True)}
    found = homes(Experiment.from_optimizer(AWKWARD, optimizers, model="resnet18"), AWKWARD)
    assert found == {name: expected[id(p)] for name, p in AWKWARD.named_parameters()}


def test_names_are_kept_and_free_ones_found() -> None:
    model = on_meta("simple_cnn")
    layers = [list(layer.parameters()) for layer in model.children()]
    groups: list[dict[str, Any]] = [{"params": layers[0], "name": "group 2"}, {"params": layers[1]}]
    read = Experiment.from_optimizer(model, [Adam(groups), SGD([{"params": layers[2], "name": "frozen"}])])
    assert [group.name for group in read.groups] == ["group 2", "group 2 (2)", "frozen", "frozen (2)"]


@pytest.mark.parametrize("thing", [[], ([], []), [[]], {}, {"lr_scheduler": {"scheduler": None}}])
def test_a_form_that_holds_no_optimizer_trains_nothing(thing: object) -> None:
    assert [problem.key for problem in problems_of(on_meta("simple_cnn"), thing)] == ["all_frozen"]


def test_the_two_the_other_way_round_are_told() -> None:
    model = on_meta("simple_cnn")
    with pytest.raises(ExperimentError, match="network: SGD is not a network; give the network first"):
        Experiment.from_optimizer(SGD(model.parameters()), model)  # type: ignore[arg-type]


def test_a_parameter_of_another_model_is_named() -> None:
    model, other = on_meta("simple_cnn"), on_meta("simple_cnn")
    (problem,) = problems_of(model, SGD([model.conv1.weight, other.fc2.bias]))
    assert (problem.row, problem.field, problem.key) == (0, "params", "not_the_models")
    assert "(10,)" in problem.sentence()


def test_an_optimizer_of_another_model_is_told_once() -> None:
    (problem,) = problems_of(on_meta("simple_cnn"), SGD(on_meta("simple_cnn").parameters()))
    assert problem.row == 0 and "(16, 3, 3, 3), (16,), " in problem.sentence() and "… (+2)" in problem.sentence()


def test_parameters_that_come_twice_are_told_together() -> None:
    model = on_meta("simple_cnn")
    (problem,) = problems_of(model, [SGD(model.parameters()), SGD(model.conv1.parameters())])
    assert problem.row == 1 and problem.sentence().startswith("“conv1.weight, conv1.bias” is in group 1 already")


def test_layers_that_have_no_shape_yet_are_read() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3))
    read = Experiment.from_optimizer(
        model, SGD([{"params": model[0].parameters()}, {"params": model[1].parameters(), "lr": 1.0}]), model="a"
    )
    assert [group.params for group in read.groups] == [("0.*",), ("1.*",)]


def test_a_parameter_in_two_places_is_named() -> None:
    model = on_meta("simple_cnn")
    pair = [SGD(model.conv1.parameters()), Adagrad([torch.nn.Parameter(torch.ones(1))])]
    pair[1].param_groups[0]["params"] = [model.conv1.bias, model.fc1.bias]
    (problem,) = problems_of(model, pair)
    assert (problem.row, problem.field, problem.key) == (1, "params", "parameter_twice")
    assert problem.sentence().startswith("“conv1.bias” is in group 1 already")


def test_values_outside_the_labs_bounds_are_named_with_their_group() -> None:
    model = on_meta("simple_cnn")
    optimizer = SGD(model.parameters(), lr=1e9)
    assert [(p.row, p.field, p.key) for p in problems_of(model, optimizer)] == [(0, "lr", "out_of_bounds")]


@pytest.fixture
def resnet() -> nn.Module:
    with torch.device("meta"):
        return torchvision.models.resnet18(num_classes=10)


def test_what_requires_no_gradient_is_frozen_though_an_optimizer_has_it(resnet: nn.Module) -> None:
    resnet.requires_grad_(False)
    resnet.fc.requires_grad_(True)
    with pytest.warns(UserWarning, match=r"60 parameters of an optimizer have requires_grad=False .* conv1.weight"):
        read = Experiment.from_optimizer(resnet, SGD(resnet.parameters()))
    trained = {name for name, home in homes(read, resnet).items() if home is not None}
    assert trained == {"fc.weight", "fc.bias"}
    assert [(g.name, g.params, g.optimizer) for g in read.groups] == [
        ("group 1", ("fc.*",), "SGD"),
        ("frozen", ("*",), "frozen"),
    ]


def test_a_named_group_of_frozen_parameters_keeps_its_name(resnet: nn.Module) -> None:
    resnet.layer1.requires_grad_(False)
    rest = [p for name, p in resnet.named_parameters() if not name.startswith("layer1")]
    groups = [{"params": list(resnet.layer1.parameters()), "name": "first block"}, {"params": rest}]
    with pytest.warns(UserWarning, match="requires_grad=False"):
        read = Experiment.from_optimizer(resnet, SGD(groups))
    assert [(g.name, g.optimizer) for g in read.groups] == [("first block", "frozen"), ("group 2", "SGD")]
    assert {name for name, home in homes(read, resnet).items() if home is None} == {
        name for name, p in resnet.named_parameters() if not p.requires_grad
    }


def test_lora_is_read_as_what_trains() -> None:
    """As peft lays it out: the base is frozen, two thin matrices beside it train, and one optimizer gets it all."""
    layer = nn.ModuleDict({"base_layer": nn.Linear(4, 4), "lora_A": nn.Linear(4, 2), "lora_B": nn.Linear(2, 4)})
    model = nn.Sequential(layer, nn.ReLU(), nn.Linear(4, 2))
    layer["base_layer"].requires_grad_(False)
    with pytest.warns(UserWarning, match=r"2 parameters .* 0.base_layer.weight, 0.base_layer.bias$"):
        read = Experiment.from_optimizer(model, AdamW(model.parameters()), model="resnet18")
    assert [name for name, home in homes(read, model).items() if home is None] == [
        "0.base_layer.weight",
        "0.base_layer.bias",
    ]


def test_a_group_without_parameters_is_told_and_left_out_where_the_others_have_all_that_train() -> None:
    model = on_meta("simple_cnn")
    with pytest.warns(UserWarning) as caught:
        read = Experiment.from_optimizer(model, SGD([{"params": model.parameters()}, {"params": []}]))
    assert [str(warning.message) for warning in caught] == [
        "Group 2 has no parameters, and the other groups have all that train; it is left out."
    ]
    assert [(group.name, group.params) for group in read.groups] == [("group 1", ("*",))]


def test_lora_as_transformers_groups_it_is_read() -> None:
    """A group with decay and one without; what LoRA adds are all matrices, so the second has none."""
    model = nn.ModuleDict({"base_layer": nn.Linear(4, 4), "lora_A": nn.Linear(4, 2, bias=False)})
    model["base_layer"].requires_grad_(False)
    thin = [*model["lora_A"].parameters()]
    for groups in ([{"params": thin}, {"params": []}], [{"params": []}, {"params": thin}]):
        with pytest.warns(UserWarning, match="has no parameters, and the other groups have all that train"):
            read = Experiment.from_optimizer(model, AdamW(groups), model="resnet18")
        assert [(g.name, g.params, g.optimizer) for g in read.groups] == [
            ("group 1", ("lora_A.weight",), "AdamW"),
            ("frozen", ("base_layer.*",), "frozen"),
        ]


def test_of_what_is_in_no_group_only_what_trains_is_named() -> None:
    model = on_meta("simple_cnn")
    model.conv1.requires_grad_(False)
    (problem,) = problems_of(model, SGD([{"params": []}, {"params": [*model.fc1.parameters()]}]))
    assert (problem.row, problem.key) == (0, "group_empty")
    assert problem.sentence().endswith("in no group: conv2.weight, conv2.bias, fc2.weight, fc2.bias")


def test_a_group_without_parameters_in_a_frozen_network_trains_nothing() -> None:
    model = on_meta("simple_cnn").requires_grad_(False)
    assert [problem.key for problem in problems_of(model, SGD([{"params": []}]))] == ["all_frozen"]


def test_a_generator_used_twice_is_told_with_what_is_in_no_group() -> None:
    model = on_meta("simple_cnn")
    weights = (p for p in model.parameters() if p.ndim > 1)
    groups = [{"params": weights, "lr": 0.1}, {"params": weights}, {"params": list(model.fc1.parameters())[1:]}]
    (problem,) = problems_of(model, SGD(groups))
    assert (problem.row, problem.field) == (1, "params")
    assert problem.sentence() == (
        "group 2 has no parameters (a generator used up?); in no group: conv1.bias, conv2.bias, fc2.bias"
    )


def test_one_group_per_tensor_becomes_one_per_setting(resnet: nn.Module) -> None:
    alone = [{"params": [p], "weight_decay": 0.0 if p.ndim < 2 else 0.05} for p in resnet.parameters()]
    read = Experiment.from_optimizer(resnet, AdamW(alone))
    assert [(g.name, g.weight_decay) for g in read.groups] == [("group 1", 0.05), ("group 2", 0.0)]
    assert {name: home == "group 1" for name, home in homes(read, resnet).items()} == {
        name: p.ndim > 1 for name, p in resnet.named_parameters()
    }


def test_names_of_parameters_are_no_names_of_groups(resnet: nn.Module) -> None:
    alone = [{"params": [p], "name": name} for name, p in resnet.named_parameters()]
    (group,) = Experiment.from_optimizer(resnet, AdamW(alone)).groups
    assert (group.name, group.params) == ("group 1", ("*",))


def test_named_groups_are_merged_only_where_there_are_too_many() -> None:
    model = nn.Sequential(*(nn.Linear(2, 2) for _ in range(150)))
    pairs = [{"params": list(layer.parameters()), "name": f"layer {i}"} for i, layer in enumerate(model)]
    for pair in pairs[75:]:
        pair["lr"] = 0.5
    read = Experiment.from_optimizer(nn.Sequential(*model[:100]), SGD(pairs[:100]), model="resnet18")
    assert [g.name for g in read.groups] == [f"layer {i}" for i in range(100)]
    with pytest.warns(
        UserWarning, match="150 groups are more than the 128 that fit, so those with equal settings were merged"
    ):
        read = Experiment.from_optimizer(model, SGD(pairs), model="resnet18")
    assert [(g.name, g.lr) for g in read.groups] == [("layer 0", 1e-3), ("layer 75", 0.5)]
    assert homes(read, model)["74.bias"] == "layer 0" and homes(read, model)["75.weight"] == "layer 75"


@pytest.mark.parametrize("network", ["vit_l_16", "vit_h_14"])
def test_a_group_per_depth_and_decay_of_a_large_transformer_is_read(network: str) -> None:
    """Two for each depth, as BEiT's fine-tuning makes them (github.com/microsoft/unilm, beit/optim_factory.py)."""
    with torch.device("meta"):
        model = torchvision.models.get_model(network, num_classes=10)
    blocks = len(model.encoder.layers)
    by_depth: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, p in model.named_parameters():
        found = name.split("encoder_layer_")[1:]
        depth = int(found[0].split(".")[0]) + 1 if found else 0 if "encoder.ln" not in name else blocks + 1
        depth = blocks + 1 if name.startswith("heads") else depth
        group = by_depth.setdefault((depth, p.ndim > 1), {"params": [], "lr": 1e-3 * 0.75 ** (blocks + 1 - depth)})
        group["params"].append(p)
        group["weight_decay"] = 0.05 if p.ndim > 1 else 0.0
    assert len(by_depth) > 50
    read = Experiment.from_optimizer(model, AdamW(list(by_depth.values())))
    assert (read.model, read.image_size, read.batch_size) == (network, 224, 20)
    assert len(read.groups) == len(by_depth)
    assert [g.lr for g in read.groups] == [group["lr"] for group in by_depth.values()]
    found = homes(read, model)
    for group, wanted in zip(read.groups, by_depth.values(), strict=True):
        own = {name for name, p in model.named_parameters() if any(p is each for each in wanted["params"])}
        assert {name for name, home in found.items() if home == group.name} == own


def test_names_are_made_to_fit_and_to_differ() -> None:
    model = on_meta("simple_cnn")
    names = ["backbone", "backbone", "a" * 41, "a" * 60]
    layers = [list(layer.parameters()) for layer in model.children()]
    optimizer = SGD([{"params": own, "name": name} for own, name in zip(layers, names, strict=True)])
    read = Experiment.from_optimizer(model, optimizer)
    assert [g.name for g in read.groups] == ["backbone", "backbone (2)", "a" * 40, "a" * 36 + " (2)"]


@pytest.mark.parametrize(("name", "title"), [(3, "3"), ("", "group 1"), ("\u200bb\n c", "b c"), (None, "group 1")])
def test_any_name_becomes_one_line(name: object, title: str) -> None:
    model = on_meta("simple_cnn")
    (group,) = Experiment.from_optimizer(model, SGD([{"params": list(model.parameters()), "name": name}])).groups
    assert group.name == title


def test_modules_may_have_any_name() -> None:
    names = ["a b", "c,d", "e\u200bf", "x" * 400]
    model = nn.Module()
    for name in names:
        model.add_module(name, nn.Linear(1, 1))
    groups = [{"params": list(model.get_submodule(name).parameters()), "lr": 10.0**-i} for i, name in enumerate(names)]
    read = Experiment.from_optimizer(model, SGD(groups[::-1]), model="resnet18")
    found = homes(read, model)
    assert [found[f"{name}.bias"] for name in names] == ["group 4", "group 3", "group 2", "group 1"]


def test_names_that_no_pattern_tells_apart_are_named() -> None:
    model = nn.Module()
    model.add_module("a b", nn.Linear(1, 1))
    model.add_module("a_b", nn.Linear(1, 1))
    groups = [{"params": list(layer.parameters()), "lr": 10.0**-i} for i, layer in enumerate(model.children())]
    (problem,) = problems_of(model, SGD(groups))
    assert (problem.row, problem.key) == (0, "names_too_alike") and "a b.weight" in problem.sentence()
