"""Optimizers read back: the lab's own, and those that torch alone built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Muon, Optimizer

from core.assignment import assign
from core.checking import as_run
from core.experiment import OPTIMIZER_OPTIONS, Experiment, ExperimentError, Group, Problem, load_presets
from core.experiment.from_torch import NETWORKS
from core.models import build_model
from core.optimizers import OPTIMIZERS, build_optimizers
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
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_optimizer(model, optimizers)
    for problem in caught.value.problems:
        assert all(0 < len(problem.sentence(language)) < 400 for language in LANGUAGES)
    return caught.value.problems


def round_trip(experiment: Experiment, model: nn.Module) -> Experiment:
    """What is read from an experiment's optimizers, which must build the same ones again."""
    optimizers = build_optimizers(assign(experiment, model))
    read = Experiment.from_optimizer(model, optimizers)
    assert homes(read, model) == homes(experiment, model)
    assert torch_groups(build_optimizers(assign(read, model))) == torch_groups(optimizers)
    return read


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_presets_optimizers_are_read_back(name: str) -> None:
    preset = as_run(PRESETS[name])
    read = round_trip(preset, build_model(preset, "meta"))
    assert read.model == preset.model
    assert [g.name for g in read.groups if not g.frozen] == [g.name for g in preset.groups if not g.frozen]


@pytest.mark.parametrize("name", [name for name in OPTIMIZER_OPTIONS if name in OPTIMIZERS])
def test_every_class_is_read_back_with_and_without_options(make: Make, name: str) -> None:
    values = {"betas": "(0.8, 0.95)", "eps": "1e-05", "ns_coefficients": "(3.0, -4.0, 2.0)", "ns_steps": "3"}
    values |= {"adjust_lr_fn": "'match_rms_adamw'", "alpha": "0.5", "rho": "0.5", "dampening": "0.0"}
    values |= {"lr_decay": "0.1", "initial_accumulator_value": "0.5", "momentum_decay": "0.01"}
    options = " ".join(f"{option}={values.get(option, 'True')}" for option in OPTIMIZER_OPTIONS[name])
    momentum = {"momentum": 0.7} if name in ("SGD", "RMSprop", "Muon") else {}
    plain = {"name": "plain", "params": ["fc1.weight"], "optimizer": name, "lr": 0.5}
    full = {"name": "full", "params": ["*.weight"], "optimizer": name, "weight_decay": 0.1, "options": options}
    rest = {"name": "rest", "params": ["*"], "optimizer": "frozen"}
    if name == "SGD":
        full["options"] = "nesterov=True maximize=True"
    experiment = make(plain, full | momentum, rest)
    read = round_trip(experiment, build_model(experiment, "meta"))
    assert read.groups[0].options == () and read.groups[0].momentum is None
    assert (read.groups[0].lr, read.groups[0].weight_decay, read.groups[1].weight_decay) == (0.5, 0.0, 0.1)
    assert read.groups[1].momentum == momentum.get("momentum")
    known = dict(experiment.groups[1].options) | {"dampening": 0.0}
    assert dict(read.groups[1].options).items() <= known.items()
    assert read.groups[1].options or not OPTIMIZER_OPTIONS[name]


def test_the_networks_of_the_presets_are_known_again() -> None:
    names = set(NETWORKS.values())
    assert {preset.model for preset in PRESETS.values()} <= names
    read = {}
    for name in names:
        model = on_meta(name)
        read[name] = Experiment.from_optimizer(model, SGD(model.parameters())).model
    assert read == {name: name for name in names}


def test_another_network_keeps_the_default_and_its_own_names() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    read = Experiment.from_optimizer(model, SGD(model[2].parameters(), lr=0.5), dataset="shapes", epochs=7)
    assert (read.model, read.dataset, read.epochs) == ("simple_cnn", "shapes", 7)
    assert [(g.name, g.params, g.optimizer) for g in read.groups] == [
        ("group 1", ("2.*",), "SGD"),
        ("frozen", ("*",), "frozen"),
    ]
    assert homes(read, model)["2.bias"] == "group 1"


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
    found = homes(Experiment.from_optimizer(AWKWARD, optimizers), AWKWARD)
    assert found == {name: expected[id(p)] for name, p in AWKWARD.named_parameters()}


def test_names_are_kept_and_free_ones_found() -> None:
    model = on_meta("simple_cnn")
    layers = [list(layer.parameters()) for layer in model.children()]
    groups: list[dict[str, Any]] = [{"params": layers[0], "name": "group 2"}, {"params": layers[1]}]
    read = Experiment.from_optimizer(model, [Adam(groups), SGD([{"params": layers[2], "name": "frozen"}])])
    assert [group.name for group in read.groups] == ["group 2", "group 2 (2)", "frozen", "frozen (2)"]


def test_the_rate_is_that_from_before_a_scheduler() -> None:
    model = on_meta("simple_cnn")
    optimizer = SGD(model.parameters(), lr=0.5)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.1)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    assert Experiment.from_optimizer(model, optimizer).groups[0].lr == 0.5


def test_rates_may_be_tensors() -> None:
    model = on_meta("simple_cnn")
    betas = (torch.tensor(0.5, dtype=torch.float64), torch.tensor(0.75, dtype=torch.float64))
    optimizer = Adam(model.parameters(), lr=torch.tensor(0.25), betas=betas, capturable=True, foreach=False)
    (group,) = Experiment.from_optimizer(model, optimizer).groups
    assert (group.lr, group.options) == (0.25, (("betas", (0.5, 0.75)),))


class OwnAdam(Adam):
    """Of the right name's family, but it may compute anything."""


@pytest.mark.parametrize("optimizer", [torch.optim.ASGD, torch.optim.Adamax, OwnAdam])
def test_a_class_that_the_lab_does_not_know_is_named(optimizer: Callable[..., Optimizer]) -> None:
    model = on_meta("simple_cnn")
    (problem,) = problems_of(model, [SGD(model.conv1.parameters()), optimizer(model.conv2.parameters())])
    assert (problem.row, problem.field, problem.key) == (1, "optimizer", "class_unknown")
    assert problem.sentence().startswith(f"{optimizer.__name__} is no optimizer that the lab knows")


def test_every_class_that_the_lab_does_not_know_is_named_and_those_that_it_knows_are_told() -> None:
    model = on_meta("simple_cnn")
    odd = SGD([{"params": list(model.fc1.parameters()), "max_lr": 3}])
    found = problems_of(model, [OwnAdam(model.conv1.parameters()), torch.optim.ASGD(model.conv2.parameters()), odd])
    keys = [(problem.row, problem.key) for problem in found]
    assert keys[:3] == [(0, "class_unknown"), (1, "class_unknown"), (2, "option_unknown")]
    assert "Adam, AdamW, SGD" in found[0].sentence() and "frozen" not in found[0].sentence()


@pytest.mark.parametrize("thing", [None, 3, "Adam", [None], [[]]])
def test_what_is_no_optimizer_is_named(thing: object) -> None:
    assert {problem.key for problem in problems_of(on_meta("simple_cnn"), thing)} == {"class_unknown"}


def test_an_iterator_over_something_else_is_no_optimizer() -> None:
    assert {problem.key for problem in problems_of(on_meta("simple_cnn"), iter([object()]))} == {"class_unknown"}


def test_nothing_to_read_is_an_error() -> None:
    assert [problem.key for problem in problems_of(on_meta("simple_cnn"), [])] == ["all_frozen"]


@pytest.mark.parametrize("name", ["lr_mult", "max_lr", "decoupled_weight_decay"])
def test_an_option_that_the_lab_does_not_know_is_named(name: str) -> None:
    model = on_meta("simple_cnn")
    (problem,) = problems_of(model, SGD([{"params": list(model.parameters()), name: 3}]))
    assert (problem.row, problem.field, problem.key) == (0, "options", "option_unknown")
    assert name in problem.sentence() and "dampening, nesterov, maximize" in problem.sentence()


def test_an_adamw_that_is_none_is_named() -> None:
    model = on_meta("simple_cnn")
    assert Experiment.from_optimizer(model, AdamW(model.parameters())).groups[0].options == ()
    optimizer = AdamW([{"params": list(model.parameters()), "decoupled_weight_decay": False}])
    assert [problem.key for problem in problems_of(model, optimizer)] == ["option_unknown"]


def test_a_parameter_of_another_model_is_named() -> None:
    model, other = on_meta("simple_cnn"), on_meta("simple_cnn")
    (problem,) = problems_of(model, SGD([model.conv1.weight, other.fc2.bias]))
    assert (problem.row, problem.field, problem.key) == (0, "params", "not_the_models")
    assert "(10,)" in problem.sentence()


def test_a_parameter_in_two_places_is_named() -> None:
    model = on_meta("simple_cnn")
    pair = [SGD(model.conv1.parameters()), Adagrad([torch.nn.Parameter(torch.ones(1))])]
    pair[1].param_groups[0]["params"] = [model.conv1.bias, model.fc1.bias]
    (problem,) = problems_of(model, pair)
    assert (problem.row, problem.field, problem.key) == (1, "params", "parameter_twice")
    assert problem.sentence().startswith("'conv1.bias' is in group 1 already")


def test_values_outside_the_labs_bounds_are_named_with_their_group() -> None:
    model = on_meta("simple_cnn")
    optimizer = SGD(model.parameters(), lr=1e9)
    assert [(p.row, p.field, p.key) for p in problems_of(model, optimizer)] == [(0, "lr", "out_of_bounds")]


def test_torchs_own_muon_is_read() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    read = Experiment.from_optimizer(model, Muon(model.parameters(), lr=0.02, momentum=0.9))
    (group,) = read.groups
    assert (group.optimizer, group.lr, group.weight_decay, group.momentum) == ("Muon", 0.02, 0.1, 0.9)
