"""The exported `build_optimizers`: executed on a network, it gives the groups that the app gives."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import nn
from torch.optim import Optimizer

from core.assignment import NORM_LAYERS, assign
from core.experiment import Experiment, ExperimentError, load_presets
from core.export import to_optimizers
from core.export.groups import optimizer_groups_of
from core.export.optimizers import optimizers_of
from core.models import build_model
from core.optimizers import build_optimizers
from tests.export.test_script import schedules_and_starts

Make = Callable[..., Experiment]
PRESETS = load_presets(Path(__file__).parents[2] / "presets")

BY_ROLE = (
    {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "SGD"},
    {"name": "biases", "params": ["*"], "role": "bias", "optimizer": "SGD"},
    {"name": "weights", "params": ["*"], "optimizer": "AdamW", "weight_decay": 0.05},
)


def build(experiment: Experiment, model: nn.Module) -> list[Optimizer]:
    """What the exported function makes of a model."""
    names: dict[str, Any] = {}
    exec(to_optimizers(experiment), names)
    optimizers: list[Optimizer] = names["build_optimizers"](model)
    return optimizers


def described(optimizers: list[Optimizer], model: nn.Module) -> dict[str, tuple[str, dict[str, Any], set[str]]]:
    """Class, hyper-parameters and parameter names of every group by its name."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    groups = [(type(optimizer).__name__, group) for optimizer in optimizers for group in optimizer.param_groups]
    rest = ("params", "param_names", "name", "fused")  # how fast a step is computed is left to the reader
    return {
        group["name"]: (
            kind,
            {key: value for key, value in group.items() if key not in rest},
            {names[parameter] for parameter in group["params"]},
        )
        for kind, group in groups
    }


def assert_same_groups(experiment: Experiment, model: nn.Module) -> None:
    exported = described(build(experiment, model), model)
    trains = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    assignment = assign(experiment, model)
    app = described(build_optimizers(assignment), model)
    assert exported.keys() == app.keys()
    for name, (kind, settings, parameters) in app.items():
        assert exported[name] == (kind.replace("MatrixMuon", exported[name][0]), settings, parameters)
    idle = [index for index, group in enumerate(assignment.experiment.groups) if group.frozen]
    frozen = {row.name for index in idle for row in assignment.of_group(index)}
    assert {name for name, trained in trains.items() if not trained} == frozen


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_gives_the_apps_groups(name: str) -> None:
    assert_same_groups(PRESETS[name], build_model(PRESETS[name], "meta"))


def test_options_and_depths_give_the_apps_groups(make: Make) -> None:
    options = schedules_and_starts(make)
    assert_same_groups(options, build_model(options))
    groups = [
        {"name": "head", "params": ["*"], "depth": "head", "optimizer": "RAdam", "options": "betas=(0.8, 0.9)"},
        {"name": "stem", "params": ["*"], "depth": "stem", "role": "norm", "optimizer": "frozen"},
        {"name": "blocks", "params": ["*"], "layer_decay": 0.7, "optimizer": "AdamW"},
    ]
    by_depth = make(*groups, model="resnet18")
    assert_same_groups(by_depth, build_model(by_depth, "meta"))
    shapes = [{"name": "a", "params": ["*"], "role": "matrix"}, {"name": "b", "params": ["*"], "role": "vector"}]
    by_shape = make({"name": "norms", "params": ["*"], "role": "norm"}, *shapes, model="resnet18")
    assert_same_groups(by_shape, build_model(by_shape, "meta"))


def test_the_state_that_adagrad_starts_with_is_each_groups_own(make: Make) -> None:
    experiment = schedules_and_starts(make)
    model = build_model(experiment)
    filled = [
        float(state["sum"].flatten()[0])
        for optimizer in build(experiment, model)
        if isinstance(optimizer, torch.optim.Adagrad)
        for state in optimizer.state.values()
    ]
    assert filled == pytest.approx([0.1, 0.5])


def test_convolution_filters_get_a_muon_that_takes_them(make: Make) -> None:
    filters = {"name": "filters", "params": ["conv*"], "role": "weight", "optimizer": "Muon"}
    matrices = {"name": "matrices", "params": ["fc*"], "role": "weight", "optimizer": "Muon"}
    rest = {"name": "rest", "params": ["*"]}
    assert "class MatrixMuon" in to_optimizers(make(filters, matrices, rest))
    plain = make(matrices, rest)
    assert "MatrixMuon" not in to_optimizers(plain) and "optim.Muon" in to_optimizers(plain)
    model = build_model(plain)
    assert type(build(plain, model)[0]) is torch.optim.Muon


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "convnext_tiny", "vit_b_16"])
def test_rules_by_role_fit_other_networks(make: Make, name: str) -> None:
    experiment = make(*BY_ROLE, model="resnet18", image_size=64)
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    groups = described(build(experiment, model), model)
    layers = [module for module in model.named_modules() if isinstance(module[1], NORM_LAYERS)]
    norms = {f"{path}.{own}" for path, layer in layers for own, _ in layer.named_parameters(recurse=False)}
    assert groups["norms"][2] == norms
    biases = {own for own, _ in model.named_parameters() if own.endswith("bias")}
    assert groups["biases"][2] == biases - norms
    assert groups["weights"][2] == {own for own, _ in model.named_parameters()} - norms - biases


class Tied(nn.Module):
    """Two layers of one weight, and a normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.second = nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 4)
        self.second.weight = self.first.weight


def test_what_comes_frozen_is_in_no_optimizer() -> None:
    """Muon refuses biases, which are no matrices, even those that never train."""
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    for layer in model:
        layer.bias.requires_grad_(False)
    for experiment in (
        Experiment.from_dict({"groups": [{"name": "all", "params": ["*"], "optimizer": "Muon"}]}),
        Experiment.from_dict({"groups": [{"name": "all", "params": ["*"], "optimizer": "Muon", "layer_decay": 0.5}]}),
    ):
        (muon,) = built_for(experiment, model)
        assert {id(p) for g in muon.param_groups for p in g["params"]} == {id(layer.weight) for layer in model}
        assignment = assign(experiment, model)
        app = described(build_optimizers(assignment), model)
        assert {name: own for name, (_, _, own) in app.items()} == {
            name: own for name, (_, _, own) in described([muon], model).items()
        }
        literals = [literal["params"] for groups in optimizer_groups_of(assignment) for literal in groups.literals]
        assert sorted(name for own in literals for name in own) == ["0.weight", "1.weight"], "a script's too"


def test_tied_weights_are_updated_once(make: Make) -> None:
    model = Tied()
    groups = described(build(make(*BY_ROLE, model="resnet18"), model), model)
    assert groups["weights"][2] == {"first.weight"}
    assert groups["biases"][2] == {"first.bias", "second.bias"}


def test_nothing_is_left_over_or_empty_in_silence(make: Make) -> None:
    by_layer = [{"name": layer, "params": [f"{layer}.*"]} for layer in ("conv1", "conv2", "fc1", "fc2")]
    experiment = make(*by_layer)
    model = build_model(experiment)
    model.extra = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"in no group: extra\.weight, extra\.bias"):
        build(experiment, model)
    del model.extra, model.conv2
    with pytest.raises(ValueError, match="without parameters: conv2"):
        build(experiment, model)
    model.conv2 = nn.Conv2d(2, 2, 3).requires_grad_(False)
    assert "conv2" in described(build(experiment, model), model)


def test_what_the_function_leaves_out_is_said(make: Make) -> None:
    code = to_optimizers(schedules_and_starts(make))
    assert "# a: lr followed the schedule one_cycle in the run; here it is constant." in code
    assert "# c: frozen until epoch 1, from 0, in the run; here it trains at once." in code
    assert "# d" not in code


def built_for(experiment: Experiment, model: nn.Module) -> list[Optimizer]:
    names: dict[str, Any] = {}
    exec(to_optimizers(experiment, model), names)
    optimizers: list[Optimizer] = names["build_optimizers"](model)
    return optimizers


class Stranger(nn.Module):
    """A network that the lab knows nothing of, with a norm of its own and a tied head."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
        self.norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight


def test_a_network_at_hand_gives_the_groups_that_were_read() -> None:
    model = Stranger()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim < 2]
    theirs = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=0.5
    )
    with pytest.warns(UserWarning, match="not one of the menu's"):
        experiment = Experiment.from_optimizer(model, theirs)
    (ours,) = built_for(experiment, model)
    for mine, wanted in zip(ours.param_groups, theirs.param_groups, strict=True):
        assert {id(p) for p in mine["params"]} == {id(p) for p in wanted["params"]}
        assert (mine["lr"], mine["weight_decay"], mine["betas"]) == (0.5, wanted["weight_decay"], (0.9, 0.999))


@pytest.mark.parametrize("rule", [{"depth": "head"}, {"layer_decay": 0.5}])
def test_a_tied_weight_goes_with_its_first_name_where_modules_are_named(make: Make, rule: dict[str, Any]) -> None:
    model = Stranger()
    model.head.bias = nn.Parameter(torch.zeros(7))
    head = {"name": "head", "params": ["*"], "optimizer": "AdamW", "lr": 0.1} | rule
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW", "lr": 0.2}
    experiment = make(head, *([rest] if "depth" in rule else []), model="mine")
    expected = [g for optimizer in build_optimizers(assign(experiment, model)) for g in optimizer.param_groups]
    groups = [g for optimizer in built_for(experiment, model) for g in optimizer.param_groups]
    assert {g["name"]: (g["lr"], g["params"]) for g in groups} == {g["name"]: (g["lr"], g["params"]) for g in expected}


def test_of_a_network_known_by_one_name_each_the_code_asks_for_that_name(make: Make) -> None:
    """The page knows no second name of the embedding, which the encoder's pattern would take."""
    listed = ["shared.weight 32 8", "encoder.0.weight 8 8", "encoder.1.weight 8 8"]
    structure = {"model": "mine", "structure": "\n".join(listed)}
    encoder = {"name": "encoder", "params": ["encoder.*"], "optimizer": "frozen"}
    experiment = make(encoder, {"name": "rest", "params": ["*"], "optimizer": "AdamW"}, **structure)
    model = nn.Module()
    model.shared = nn.Embedding(32, 8)
    model.encoder = nn.ModuleList([nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False)])
    model.encoder.embed_tokens = model.shared
    names: dict[str, Any] = {}
    exec(to_optimizers(experiment), names)
    (optimizer,) = names["build_optimizers"](model)
    assert [p for group in optimizer.param_groups for p in group["params"]] == [model.shared.weight]
    assert model.shared.weight.requires_grad and not model.encoder[0].weight.requires_grad


def test_a_wrapped_network_gives_code_for_the_bare_one() -> None:
    model = torchvision.models.resnet18(num_classes=10)
    wrapped = nn.DataParallel(model)
    optimizer = torch.optim.SGD([{"params": list(model.fc.parameters()), "name": "head"}])
    experiment = Experiment.from_optimizer(wrapped, optimizer)
    assert [group.params for group in experiment.groups] == [("fc.*",), ("*",)]
    rows = {row.name: row.group for row in assign(experiment, wrapped).rows}
    assert (rows["fc.weight"], rows["conv1.weight"]) == (0, 1)
    names: dict[str, Any] = {}
    exec(to_optimizers(experiment, wrapped), names)
    (ours,) = names["build_optimizers"](model)
    assert [id(p) for p in ours.param_groups[0]["params"]] == [id(p) for p in model.fc.parameters()]


def test_a_class_that_no_run_can_use_is_imported_from_where_it_is(make: Make) -> None:
    rows = [("conv1.*", "torch.optim.ASGD", "t0=5.0"), ("conv2.*", "timm.optim.lion.Lion", "betas=(0.9, 0.98)")]
    groups = [{"name": n, "params": [n], "optimizer": o, "options": more, "lr": 0.25} for n, o, more in rows]
    experiment = make(*groups, {"name": "rest", "params": ["*"], "optimizer": "SGD"})
    code = to_optimizers(experiment)
    assert "\nimport timm.optim.lion\n" in code
    asgd, lion, sgd = build(experiment, build_model(experiment))
    assert [type(each).__name__ for each in (asgd, lion, sgd)] == ["ASGD", "Lion", "SGD"]
    assert (asgd.param_groups[0]["t0"], lion.param_groups[0]["betas"]) == (5.0, (0.9, 0.98))
    assert lion.param_groups[0]["lr"] == 0.25


@pytest.mark.parametrize("name", ["optim", "nn.steps"])
def test_a_module_of_a_name_that_the_code_has_from_torch_hides_nothing(
    make: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, _, inner = name.partition(".")
    for path in filter(None, (package, inner and name)):
        monkeypatch.setitem(sys.modules, path, ModuleType(path))
    monkeypatch.setattr(sys.modules[name], "Steps", type("Steps", (torch.optim.SGD,), {}), raising=False)
    rows = [("conv1.*", f"{name}.Steps"), ("conv2.*", "torch.optim.ASGD"), ("*", "SGD")]
    experiment = make(*({"name": glob, "params": [glob], "optimizer": each} for glob, each in rows))
    built = build(experiment, build_model(experiment))
    assert [type(each).__name__ for each in built] == ["Steps", "ASGD", "SGD"]


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_each_lbfgs_stays_an_optimizer_of_its_own(rate: float) -> None:
    """It takes a single group, and its line search looks at all parameters together."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    theirs = [torch.optim.LBFGS(model[0].parameters()), torch.optim.LBFGS(model[1].parameters(), lr=rate)]
    with pytest.warns(UserWarning, match="not one of the menu's"):
        experiment = Experiment.from_optimizer(model, theirs)
    ours = built_for(experiment, model)
    assert [type(each) for each in ours] == [torch.optim.LBFGS] * 2
    assert [each.param_groups[0]["params"] for each in ours] == [[*layer.parameters()] for layer in model]
    assert [each.param_groups[0]["lr"] for each in ours] == [1.0, rate]


def test_a_class_that_nobody_named_gives_no_code(make: Make) -> None:
    experiment = make({"name": "all", "params": ["*"], "optimizer": "unknown"})
    for model in (None, build_model(experiment)):
        with pytest.raises(ExperimentError, match="which optimizer this group has is not known"):
            to_optimizers(experiment, model)


def test_a_network_at_hand_is_checked_as_assign_does(make: Make) -> None:
    with pytest.raises(ExperimentError, match=r"“fc1.\*” matches no parameter|fc1"):
        to_optimizers(make({"name": "all", "params": ["fc1.*"]}), Stranger())


def test_the_code_for_a_wrapped_network_fits_it_and_the_one_inside(make: Make) -> None:
    norms, rest = BY_ROLE[0], {"name": "rest", "params": ["*"], "layer_decay": 0.5}
    bare = torchvision.models.resnet18()
    for wrapped in (nn.DataParallel(bare), torch.compile(bare)):
        assignment = assign(make({"name": "head", "params": ["fc.*"]}, norms, rest), wrapped)
        code = optimizers_of(assignment)
        names: dict[str, Any] = {}
        exec(code, names)
        assert '"fc.*"' in code and '"module.' not in code and "_orig_mod." not in code
        for network in (wrapped, bare):
            groups = [g for optimizer in names["build_optimizers"](network) for g in optimizer.param_groups]
            expected = [g for optimizer in build_optimizers(assignment) for g in optimizer.param_groups]
            assert {g["name"]: g["params"] for g in groups} == {g["name"]: g["params"] for g in expected}


class OwnNorm(nn.Module):
    """A normalisation of a class that no list has."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))


def test_rules_by_role_know_norms_of_any_class(make: Make) -> None:
    model = nn.Sequential(nn.Linear(4, 4), OwnNorm())
    assert described(build(make(*BY_ROLE, model="resnet18"), model), model)["norms"][2] == {"1.weight"}


def test_a_script_names_parameters_as_the_network_that_it_makes_has_them(make: Make) -> None:
    """It makes the network by the same function, wrappers and all."""
    wrapped = nn.DataParallel(torchvision.models.resnet18())
    assignment = assign(make({"name": "head", "params": ["fc.*"]}, {"name": "rest", "params": ["*"]}), wrapped)
    found = [literal["params"] for groups in optimizer_groups_of(assignment) for literal in groups.literals]
    assert found[0] == ["module.fc"] and "module.layer1" in found[1]
