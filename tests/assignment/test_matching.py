"""First match wins, every trainable parameter is in one group, and what is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
import timm
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers.models.llama.modeling_llama import LlamaRMSNorm
from transformers.models.t5.modeling_t5 import T5LayerNorm

from core.assignment import Assignment, assign, preview, roles_of
from core.experiment import Experiment, ExperimentError, Problem
from core.models import build_model

Make = Callable[..., Experiment]

NORM_TYPES = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm)
PUBLIC_NETWORKS = ("resnet18", "vit_b_16", "convnext_tiny", "mobilenet_v3_small", "swin_t")


def on_meta(name: str) -> nn.Module:
    with torch.device("meta"):
        return getattr(torchvision.models, name)()


def expected_roles(model: nn.Module) -> dict[str, str]:
    """Role by the type of the module that owns the parameter, in a plain loop."""
    roles = {}
    for prefix, module in model.named_modules():
        for own, _ in module.named_parameters(recurse=False):
            name = f"{prefix}.{own}" if prefix else own
            if isinstance(module, NORM_TYPES):
                roles[name] = "norm"
            elif own in ("bias", "in_proj_bias"):
                roles[name] = "bias"
            else:
                roles[name] = "weight"
    return roles


def group(name: str, *globs: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "params": list(globs), **fields}


def names_by_group(assignment: Assignment) -> list[list[str]]:
    return [[row.name for row in assignment.of_group(i)] for i in range(len(assignment.experiment.groups))]


def problems_of(make: Make, model: nn.Module, *groups: dict[str, Any]) -> tuple[Problem, ...]:
    """What `assign` raises; `preview` must say the same."""
    experiment = make(*groups)
    with pytest.raises(ExperimentError) as caught:
        assign(experiment, model)
    assert caught.value.problems == preview(experiment, model).problems
    return caught.value.problems


def only_problem_of(make: Make, model: nn.Module, *groups: dict[str, Any]) -> Problem:
    (problem,) = problems_of(make, model, *groups)
    return problem


@pytest.fixture(scope="module")
def cnn() -> nn.Module:
    return nn.ModuleDict(
        {
            "conv1": nn.Conv2d(3, 16, 3, padding=1),
            "conv2": nn.Conv2d(16, 32, 3, padding=1),
            "fc1": nn.Linear(2048, 128),
            "fc2": nn.Linear(128, 10),
        }
    )


class Tied(nn.Module):
    """An output layer that shares the weight of the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 3)
        self.output = nn.Linear(3, 7)
        self.output.weight = self.embedding.weight


@pytest.mark.parametrize("name", PUBLIC_NETWORKS)
def test_roles_follow_the_type_of_the_owning_layer(make: Make, name: str) -> None:
    model = on_meta(name)
    rows = assign(make(), model).rows
    assert {row.name: row.role for row in rows} == expected_roles(model)
    assert [row.name for row in rows] == [name for name, _ in model.named_parameters()]
    assert sum(row.count for row in rows) == sum(parameter.numel() for parameter in model.parameters())


def test_resnet18_has_forty_parameters_in_norms_and_one_bias_outside(make: Make) -> None:
    rows = assign(make(), on_meta("resnet18")).rows
    by_role = {role: [row.name for row in rows if row.role == role] for role in ("norm", "bias", "weight")}
    assert len(by_role["norm"]) == 40
    assert by_role["bias"] == ["fc.bias"]
    assert len(by_role["weight"]) == 21


@pytest.mark.parametrize("name", PUBLIC_NETWORKS)
def test_a_role_narrows_a_group_to_its_parameters(make: Make, name: str) -> None:
    model = on_meta(name)
    roles = expected_roles(model)
    groups = [group(role, "*", role=role) for role in ("norm", "bias", "weight")]
    found = names_by_group(assign(make(*groups), model))
    assert found == [[n for n in roles if roles[n] == role] for role in ("norm", "bias", "weight")]


@pytest.mark.parametrize("name", PUBLIC_NETWORKS)
def test_a_shape_narrows_a_group_as_nanogpt_does(make: Make, name: str) -> None:
    """github.com/karpathy/nanoGPT, model.py, configure_optimizers: what has two or more dimensions decays."""
    model = on_meta(name)
    matrices = [n for n, p in model.named_parameters() if p.dim() >= 2]
    vectors = [n for n, p in model.named_parameters() if p.dim() < 2]
    rows = [group("decay", "*", role="matrix"), group("no decay", "*", role="vector")]
    assert names_by_group(assign(make(*rows), model)) == [matrices, vectors]


def test_the_first_matching_group_takes_the_parameter(make: Make, cnn: nn.Module) -> None:
    assignment = assign(make(group("a", "*.bias"), group("b", "conv*", "fc1.*"), group("c", "*")), cnn)
    assert names_by_group(assignment) == [
        ["conv1.bias", "conv2.bias", "fc1.bias", "fc2.bias"],
        ["conv1.weight", "conv2.weight", "fc1.weight"],
        ["fc2.weight"],
    ]


def test_a_row_tells_the_rule_that_won_and_the_rules_it_shadows(make: Make, cnn: nn.Module) -> None:
    assignment = assign(make(group("a", "fc2.*", "fc1.bias"), group("b", "fc1.*"), group("c", "*")), cnn)
    rows = {row.name: (row.group, row.rule, row.shadowed) for row in assignment.rows}
    assert rows["fc1.bias"] == (0, "fc1.bias", (("b", "fc1.*"), ("c", "*")))
    assert rows["fc2.weight"] == (0, "fc2.*", (("c", "*"),))
    assert rows["fc1.weight"] == (1, "fc1.*", (("c", "*"),))
    assert rows["conv1.weight"] == (2, "*", ())


def test_globs_mind_the_case_and_know_classes_and_single_letters(make: Make, cnn: nn.Module) -> None:
    groups = [group("a", "conv?.weight"), group("b", "fc[12].weight"), group("c", "*.[!w]*")]
    assert names_by_group(assign(make(*groups), cnn)) == [
        ["conv1.weight", "conv2.weight"],
        ["fc1.weight", "fc2.weight"],
        ["conv1.bias", "conv2.bias", "fc1.bias", "fc2.bias"],
    ]
    keys = [problem.key for problem in problems_of(make, cnn, group("a", "CONV*"), group("b", "*"))]
    assert keys == ["glob_matches_nothing"]


def test_tied_weights_count_once_and_keep_every_name(make: Make) -> None:
    model = Tied()
    rows = assign(make(), model).rows
    assert [row.names for row in rows] == [("embedding.weight", "output.weight"), ("output.bias",)]
    assert sum(row.count for row in rows) == 7 * 3 + 7
    assert rows[0].name == "embedding.weight"


@pytest.mark.parametrize("glob", ["embedding.*", "output.weight"])
def test_tied_weights_answer_to_either_name(make: Make, glob: str) -> None:
    assignment = assign(make(group("shared", glob), group("rest", "*")), Tied())
    assert names_by_group(assignment) == [["embedding.weight"], ["output.bias"]]


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_no_network_or_no_experiment_is_named(make: Make, cnn: nn.Module, swapped: bool) -> None:
    experiment = make()
    with pytest.raises(ExperimentError, match="is not a network; give the experiment first, then the network"):
        assign(cnn, experiment) if swapped else assign(experiment, type(cnn))  # type: ignore[arg-type]
    with pytest.raises(ExperimentError, match=r"SGD is not an experiment; Experiment\.from_optimizer"):
        assign(torch.optim.SGD(cnn.parameters()), cnn)  # type: ignore[arg-type]


def test_a_network_without_parameters_is_told_as_that(make: Make) -> None:
    with pytest.raises(ExperimentError) as caught:
        assign(make(group("low", "conv*"), group("rest", "*")), nn.ReLU())
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (None, "network", "no_parameters")
    assert problem.sentence() == "ReLU has no parameters, so there is nothing to put into groups"


def test_left_over_parameters_are_named(make: Make, cnn: nn.Module) -> None:
    problem = only_problem_of(make, cnn, group("low", "conv*"), group("top", "fc2.*"))
    assert (problem.row, problem.field, problem.key) == (None, "groups", "left_over")
    for language in ("en", "zh"):
        assert "fc1.weight, fc1.bias" in problem.sentence(language)
        assert "fc2" not in problem.sentence(language) and "2" in problem.sentence(language)


@pytest.mark.parametrize(("count", "end"), [(12, ""), (14, ", … (+2)")])
def test_a_long_list_of_names_is_cut(make: Make, count: int, end: str) -> None:
    model = nn.ModuleList(nn.Linear(2, 2, bias=False) for _ in range(count + 1))
    problem = only_problem_of(make, model, group("top", f"{count}.*"))
    assert problem.values["count"] == count
    assert problem.values["names"] == ", ".join(f"{i}.weight" for i in range(12)) + end


def test_parameters_that_need_no_gradient_may_be_left_over(make: Make) -> None:
    model = nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 2))
    assignment = assign(make(group("top", "1.*")), model)
    assert [row.group for row in assignment.rows] == [None, None, 0, 0]


def test_a_glob_that_matches_nothing_is_named_with_some_that_do(make: Make, cnn: nn.Module) -> None:
    problem = only_problem_of(make, cnn, group("low", "conv1.*", "cnov2.*"), group("rest", "*"))
    assert (problem.row, problem.field, problem.key) == (0, "params", "glob_matches_nothing")
    for language in ("en", "zh"):
        assert "cnov2.*" in problem.sentence(language)
        assert "conv2.*" in problem.sentence(language)


@pytest.mark.parametrize(
    "typed", ["conv1.*，conv2.*", "conv1.*、conv2.*", "ｃｏｎｖ１．＊ conv2.*", "conv？.*", "conv1.* ， conv［2］.*，"]
)
def test_what_a_chinese_keyboard_gives_for_globs_is_read_as_such(make: Make, cnn: nn.Module, typed: str) -> None:
    experiment = make(group("low", "*") | {"params": typed, "name": "低，１"}, group("rest", "*"))
    assignment = assign(experiment, cnn)
    assert names_by_group(assignment)[0] == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]
    assert experiment.groups[0].params == tuple(typed.split())
    assert assignment.experiment.groups[0].name == "低，１"
    assert all(row.rule.isascii() for row in assignment.rows)


def test_names_that_hold_full_width_characters_are_matched_as_they_are(make: Make) -> None:
    model = nn.ModuleDict({name: nn.Linear(2, 2) for name in ("层１", "层1", "甲，乙", "fc")})
    assignment = assign(make(group("own", "层１.*，ｆｃ.*"), group("comma", "甲，乙.*"), group("rest", "*")), model)
    assert [names[::2] for names in names_by_group(assignment)] == [
        ["层１.weight", "fc.weight"],
        ["甲，乙.weight"],
        ["层1.weight"],
    ]
    assert assignment.experiment.groups[0].params == ("层１.*", "fc.*")


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ("conv1.*，cnov2.*", "glob_matches_nothing", "cnov2.*"),
        ("，", "no_globs", ()),
        ("＊" * 7, "too_many_stars", "*" * 7),
    ],
)
def test_what_is_wrong_with_full_width_globs_is_told_of_their_row(
    make: Make, cnn: nn.Module, typed: str, key: str, value: object
) -> None:
    problems = problems_of(make, cnn, group("first", "fc1.*"), group("low", typed), group("rest", "*"))
    assert (problems[0].row, problems[0].field, problems[0].key) == (1, "params", key)
    assert problems[0].values["value"] == value


NEAREST = [("layer1.*", "fc1.*, conv1.*, scale"), ("scal", "scale"), ("?", "scale, conv1.*, conv2.*, fc1.*")]


@pytest.mark.parametrize(("glob", "near"), NEAREST)
def test_the_nearest_layers_come_first_and_all_where_none_is_near(make: Make, glob: str, near: str) -> None:
    model = nn.ModuleDict({name: nn.Linear(2, 2) for name in ("conv1", "conv2", "fc1")})
    model.register_parameter("scale", nn.Parameter(torch.ones(1)))
    problem = only_problem_of(make, model, group("low", glob), group("rest", "*"))
    assert problem.values == {"value": glob, "near": near}


@pytest.mark.parametrize(
    ("globs", "depth", "key", "values"),
    [
        (["*"], "9-", "depth_not_there", {"deepest": 2}),
        (["0.*", "1.*"], "2", "depth_matches_nothing", {"found": "0, 1"}),
    ],
)
def test_a_depth_at_which_nothing_is_is_named(
    make: Make, globs: list[str], depth: str, key: str, values: dict[str, object]
) -> None:
    model = nn.Sequential(*(nn.Linear(2, 2) for _ in range(3)))
    problem = only_problem_of(make, model, group("deep", *globs, depth=depth), group("rest", "*"))
    assert (problem.row, problem.field, problem.key) == (0, "depth", key)
    assert problem.values == values | {"value": depth}


def test_a_group_that_gets_nothing_learns_who_took_it_all(make: Make, cnn: nn.Module) -> None:
    groups = [group("first", "conv1.*"), group("second", "conv2.*"), group("third", "*"), group("late", "conv*")]
    problem = only_problem_of(make, cnn, *groups)
    assert (problem.row, problem.field, problem.key) == (3, "params", "group_shadowed")
    for language in ("en", "zh"):
        assert "first, second" in problem.sentence(language)
        assert "third" not in problem.sentence(language)


def test_a_role_that_nothing_has_is_named_with_its_patterns(make: Make, cnn: nn.Module) -> None:
    problem = only_problem_of(make, cnn, group("norms", "conv1.*", "fc*", role="norm"), group("rest", "*"))
    assert (problem.row, problem.field, problem.key) == (0, "role", "role_matches_nothing")
    for language in ("en", "zh"):
        assert "norm" in problem.sentence(language) and "conv1.* fc*" in problem.sentence(language)


def test_muon_names_the_parameters_that_are_no_matrices(make: Make, cnn: nn.Module) -> None:
    muon = group("muon", "fc*", "conv1.*", optimizer="Muon")
    problem = only_problem_of(make, cnn, group("rest", "conv2.*"), muon)
    assert (problem.row, problem.field, problem.key) == (1, "optimizer", "muon_needs_matrices")
    for language in ("en", "zh"):
        assert "conv1.bias, fc1.bias, fc2.bias" in problem.sentence(language)
        assert "weight" not in problem.sentence(language)


def test_muon_takes_matrices_and_filters(make: Make, cnn: nn.Module) -> None:
    assignment = assign(make(group("muon", "*.weight", optimizer="Muon"), group("rest", "*")), cnn)
    assert len(assignment.of_group(0)) == 4


def test_every_problem_is_reported_at_once(make: Make, cnn: nn.Module) -> None:
    groups = [group("a", "nothing.*"), group("b", "conv*", optimizer="Muon"), group("c", "conv1.*")]
    keys = {(problem.row, problem.key) for problem in problems_of(make, cnn, *groups)}
    assert keys == {
        (0, "glob_matches_nothing"),
        (1, "muon_needs_matrices"),
        (2, "group_shadowed"),
        (None, "left_over"),
    }


def test_the_table_holds_plain_values(make: Make, cnn: nn.Module) -> None:
    table = preview(make(group("low", "conv*"), group("biases", "*.bias")), cnn).table()
    assert json.loads(json.dumps(table)) == table
    by_name = {row["parameter"]: row for row in table}
    assert by_name["conv1.bias"] == {
        "parameter": "conv1.bias",
        "shape": [16],
        "count": 16,
        "role": "bias",
        "depth": 0,
        "group": "low",
        "rule": "conv*",
        "shadowed": [{"group": "biases", "rule": "*.bias"}],
    }
    assert by_name["fc1.weight"]["group"] is None
    assert by_name["fc1.weight"]["shape"] == [128, 2048]


def test_a_lazy_layer_that_has_seen_no_input_has_no_shape_yet(make: Make) -> None:
    first, second, *_ = assign(make(group("all", "*")), nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2))).table()
    assert (first["parameter"], first["shape"], first["count"], second["shape"]) == ("0.weight", [], 0, [])


FROZEN_BACKBONE = group("backbone", "*", optimizer="frozen")


@pytest.mark.parametrize(
    ("groups", "frozen"),
    [
        ([group("head", "fc.*"), FROZEN_BACKBONE], 20),
        ([group("head", "fc.*", "layer4.*"), FROZEN_BACKBONE], 15),
        ([group("biases", "*.bias"), FROZEN_BACKBONE], 0),
        ([group("norms", "*", role="norm", optimizer="frozen"), group("rest", "*")], 20),
        ([group("all", "*")], 0),
    ],
    ids=["head", "last block", "biases", "norms", "all"],
)
def test_a_norm_is_frozen_when_all_its_parameters_are(make: Make, groups: list[dict[str, Any]], frozen: int) -> None:
    model = on_meta("resnet18")
    layers = assign(make(*groups), model).idle_layers()
    assert len(layers) == frozen
    assert all(isinstance(layer, nn.BatchNorm2d) for layer in layers)


def test_a_norm_without_parameters_is_frozen_with_the_layer_before_it(make: Make) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False), nn.Linear(2, 2), nn.LayerNorm(2))
    assignment = assign(make(group("low", "0.*", "3.*", optimizer="frozen"), group("top", "*")), model)
    assert assignment.idle_layers() == [model[1]]
    assert assign(make(group("top", "0.*"), group("low", "*", optimizer="frozen")), model).idle_layers() == []


def test_statistics_belong_to_every_group_that_has_a_share_of_the_layer(make: Make) -> None:
    model = nn.Sequential(*(nn.BatchNorm1d(2) for _ in range(3)))
    ice, snow = (
        group(name, *globs, optimizer="frozen") for name, globs in (("ice", ["1.weight"]), ("snow", ["*.bias"]))
    )
    assignment = assign(make(group("first", "0.*"), ice, snow, group("rest", "*")), model)
    first, second, third = model
    assert [assignment.layers_of(index) for index in range(4)] == [[first], [second], [second, third], [third]]
    assert assignment.idle_layers() == [second]


def house_network(name: str) -> nn.Module:
    return build_model(Experiment.from_dict({"model": name, "groups": [group("all", "*")]}), "meta")


NETWORKS = {name: house_network(name) for name in ("simple_cnn", "resnet18")}
PARAMETERS = {name: [n for n, _ in network.named_parameters()] for name, network in NETWORKS.items()}


@st.composite
def globs_over(draw: st.DrawFn, network: str) -> str:
    """A parameter's name, parts of it replaced by wild cards; sometimes a name that does not exist."""
    parts = draw(st.sampled_from(PARAMETERS[network])).split(".")
    wild = draw(st.lists(st.sampled_from(["keep", "*", "?*", "[a-l]*"]), min_size=len(parts), max_size=len(parts)))
    glob = ".".join(part if sign == "keep" else sign for part, sign in zip(parts, wild, strict=True))
    return draw(st.sampled_from([glob, glob, glob, "*" + glob[1:], glob + "x"]))


@st.composite
def group_lists(draw: st.DrawFn, network: str) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 6))
    return [
        group(
            f"group {i}",
            *draw(st.lists(globs_over(network), min_size=1, max_size=3)),
            role=draw(st.sampled_from(["any", "any", "weight", "bias", "norm"])),
            optimizer=draw(st.sampled_from(["Adam", "SGD", "frozen"])) if i else "Adam",
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("network", sorted(NETWORKS))
@given(data=st.data())
def test_every_parameter_is_in_one_group_or_reported(make: Make, network: str, data: st.DataObject) -> None:
    groups = data.draw(group_lists(network))
    model = NETWORKS[network]
    roles = expected_roles(model)
    assignment = preview(make(*groups), model)

    def fits(index: int, name: str) -> bool:
        asked = groups[index]
        return asked["role"] in ("any", roles[name]) and any(fnmatchcase(name, glob) for glob in asked["params"])

    def first_glob(index: int, name: str) -> str:
        return next(glob for glob in groups[index]["params"] if fnmatchcase(name, glob))

    expected = {n: [i for i in range(len(groups)) if fits(i, n)] for n in roles}
    assert {row.name: row.group for row in assignment.rows} == {n: f[0] if f else None for n, f in expected.items()}
    for row in assignment.rows:
        shadowed = [(groups[i]["name"], first_glob(i, row.name)) for i in expected[row.name][1:]]
        assert list(row.shadowed) == shadowed
    left = [name for name, fitting in expected.items() if not fitting]
    empty = {i for i in range(len(groups)) if not any(f and f[0] == i for f in expected.values())}
    dead = {
        (i, glob) for i, g in enumerate(groups) for glob in g["params"] if not any(fnmatchcase(n, glob) for n in roles)
    }
    reported = assignment.problems
    assert [p.values["count"] for p in reported if p.key == "left_over"] == ([len(left)] if left else [])
    assert {(p.row, p.values["value"]) for p in reported if p.key == "glob_matches_nothing"} == dead
    assert empty <= {p.row for p in reported}
    assert bool(reported) == bool(left or empty or dead)


class RMSNorm(nn.Module):
    """One's own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))


class Plain(nn.Module):
    """Vectors of a class whose name says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.ones(4)), nn.Parameter(torch.zeros(4))


class GlobalNorm(nn.Module):
    """Its vectors are laid out to be broadcast, as those of ConvNeXt-V2's GRN in transformers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(1, 1, 1, 4)), nn.Parameter(torch.zeros(1, 4, 1, 1))


class FrozenBN(RMSNorm):
    """A word that ends as bn1."""


class NormLinear(nn.Linear):
    """A matrix that is only called so."""


class NormFreeBlock(nn.Module):
    """As in timm's NFNets: a gain of its own beside layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.skipinit_gain = nn.Conv2d(3, 3, 1, bias=False), nn.Parameter(torch.zeros(()))


@pytest.mark.parametrize(
    "layer",
    [
        *(RMSNorm(), timm.layers.RmsNorm(4), timm.layers.LayerNorm2d(4), timm.layers.BatchNormAct2d(4)),
        *(
            GlobalNorm(),
            FrozenBN(),
            LlamaRMSNorm(4),
            T5LayerNorm(4),
            nn.RMSNorm(4),
            nn.SyncBatchNorm(4),
            nn.LocalResponseNorm(2),
        ),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_norm_is_one_of_any_class_by_its_name_and_its_vectors(layer: nn.Module) -> None:
    assert set(roles_of(layer).values()) <= {"norm"}
    assert set(roles_of(nn.Sequential(nn.Linear(2, 2, bias=False), layer)).values()) <= {"weight", "norm"}


@pytest.mark.parametrize(
    "layer",
    [
        nn.LSTM(4, 4, 2),
        nn.GRU(4, 4, bidirectional=True),
        nn.RNNCell(4, 4),
        nn.LSTM(4, 4, proj_size=2),
        nn.MultiheadAttention(4, 2, add_bias_kv=True),
    ],
)
def test_biases_of_recurrent_and_attention_layers_are_biases(layer: nn.Module) -> None:
    roles = roles_of(layer)
    for name, parameter in layer.named_parameters():
        assert roles[parameter] == ("bias" if "bias" in name else "weight"), name
    assert set(roles.values()) == {"weight", "bias"}


@pytest.mark.parametrize("name", ["norm1", "final_layer_norm", "LayerNorm", "ln_1", "bn2"])
def test_a_layer_that_the_network_calls_a_norm_is_one(name: str) -> None:
    network = nn.ModuleDict({name: Plain(), "other": Plain()})
    roles = {key: roles_of(network)[parameter] for key, parameter in network.named_parameters()}
    assert roles == {f"{name}.scale": "norm", f"{name}.bias": "norm", "other.scale": "weight", "other.bias": "bias"}


def test_what_is_called_norm_and_has_matrices_or_layers_is_none() -> None:
    network = nn.ModuleDict({"norm": NormLinear(2, 2), "block": NormFreeBlock()})
    assert {key: roles_of(network)[parameter] for key, parameter in network.named_parameters()} == {
        "norm.weight": "weight",
        "norm.bias": "bias",
        "block.skipinit_gain": "weight",
        "block.conv.weight": "weight",
    }


class Inserted(nn.Module):
    """Holds a network by the name that FSDP or activation checkpointing gives it."""

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.add_module(name, network)


def inner(network: nn.Module, name: str) -> nn.Module:
    """The network with a block of it wrapped."""
    network.layer1[0] = Inserted(name, network.layer1[0])  # type: ignore[index,operator]
    return network


WRAPPED: dict[str, Callable[[nn.Module], Any]] = {
    "DataParallel": nn.DataParallel,
    "AveragedModel": torch.optim.swa_utils.AveragedModel,
    "torch.compile": torch.compile,
    "both": lambda network: torch.compile(nn.DataParallel(network)),
    "FSDP": lambda network: Inserted("_fsdp_wrapped_module", inner(network, "_fsdp_wrapped_module")),
    "checkpointing": lambda network: inner(network, "_checkpoint_wrapped_module"),
}


@pytest.mark.parametrize("wrapper", WRAPPED)
def test_patterns_are_for_the_network_inside_its_wrappers(make: Make, wrapper: str) -> None:
    bare = torchvision.models.resnet18()
    groups = [group("head", "fc.*"), group("norms", "*", role="norm"), group("blocks", "layer?.*"), group("rest", "*")]
    expected = assign(make(*groups), bare)
    found = assign(make(*groups), WRAPPED[wrapper](torchvision.models.resnet18()))
    assert [(row.names, row.group, row.rule, row.candidate.depth) for row in found.rows] == [
        (row.names, row.group, row.rule, row.candidate.depth) for row in expected.rows
    ]


def test_a_networks_own_part_may_be_called_module(make: Make) -> None:
    network = Inserted("module", nn.Linear(2, 2))
    assert [row.name for row in assign(make(), network).rows] == ["module.weight", "module.bias"]
