"""What may not be meant is said, each beside its cause, and keeps nothing from running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

import core.checking.cautions
from core.assignment import assign, output_matrices, roles_of
from core.checking import check
from core.checking.cautions import cautions
from core.experiment import OPTIMIZER_OPTIONS, Experiment, Group, Problem, load_presets
from core.models import build_model
from core.training import Finished, train

Make = Callable[..., Experiment]

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
BIASES = {"name": "biases", "params": ["*.bias"], "optimizer": "SGD", "lr": 0.01}
WEIGHTS = {"name": "weights", "params": ["*.weight"], "optimizer": "SGD", "lr": 0.01}
HEAD = {"name": "head", "params": ["fc.*"]}
BACKBONE = {"name": "backbone", "params": ["*"], "optimizer": "frozen"}

# What a preset is warned of, and why that is meant. None: each of the article's examples has decay
# on weights alone and no decay in Adam, rates above 0, and a frozen backbone in eval mode. A pitfall
# is there to be warned of.
EXPECTED: dict[str, set[tuple[int, str, str]]] = {
    "drifting_batchnorm": {(1, "optimizer", "frozen_norm_drifts")},
    "course_07_weight_decay": {(row, "weight_decay", "decay_on_norm_or_bias") for row in (0, 1)},
    "course_08_decay_in_adam": {(row, "weight_decay", "decay_on_norm_or_bias") for row in (0, 1)}
    | {(row, "optimizer", "decay_not_decoupled") for row in (0, 1)},
    "gpt2_no_decay": {(1, "weight_decay", "decay_on_norm_or_bias")},  # what it shows
    "gpt2_muon": {(1, "weight_decay", "decay_on_norm_or_bias")},  # as its source has it
}


def said(experiment: Experiment) -> set[tuple[int | None, str, str]]:
    """Row, field and key of every caution."""
    return {(c.row, c.field, c.key) for c in of(experiment)}


def of(experiment: Experiment) -> list[Problem]:
    return cautions(assign(experiment, build_model(experiment, "meta")))


def only(experiment: Experiment) -> Problem:
    (caution,) = of(experiment)
    return caution


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_cautions_are_the_ones_listed(name: str) -> None:
    assert said(PRESETS[name]) == EXPECTED.get(name, set())


def test_decay_on_biases_is_counted(make: Make) -> None:
    caution = only(make({"name": "all", "params": ["*"], "optimizer": "AdamW", "weight_decay": 0.01}))
    assert (caution.row, caution.field, caution.key) == (0, "weight_decay", "decay_on_norm_or_bias")
    assert caution.values == {"count": 4, "decay": "0.01"}
    assert "0.01 also shrinks biases or norm parameters (4 here)" in caution.sentence("en")
    assert "0.01 也会缩小" in caution.sentence("zh") and "此处 4 个" in caution.sentence("zh")


def test_decay_on_norm_layers_is_counted_too(make: Make) -> None:
    experiment = make({"name": "all", "params": ["*"], "optimizer": "SGD", "weight_decay": 1e-4}, model="resnet18")
    caution = next(c for c in of(experiment) if c.key == "decay_on_norm_or_bias")
    layers = [m for m in build_model(experiment, "meta").modules() if isinstance(m, nn.BatchNorm2d)]
    assert caution.values == {"count": 2 * len(layers) + 1, "decay": "0.0001"}


@pytest.mark.parametrize(
    "groups",
    [[BIASES, WEIGHTS | {"weight_decay": 0.1}], [BIASES, WEIGHTS]],
    ids=["decay on weights", "no decay"],
)
def test_decay_on_weights_alone_is_no_cause(make: Make, groups: list[dict[str, Any]]) -> None:
    assert said(make(*groups)) == set()


@pytest.mark.parametrize("name", [name for name in OPTIMIZER_OPTIONS if name not in ("frozen", "Muon", "Rprop")])
def test_decay_in_the_gradient_is_told_where_the_class_rescales_it_and_can_decouple(make: Make, name: str) -> None:
    decayed = WEIGHTS | {"optimizer": name, "weight_decay": 0.1}
    expected = {(1, "optimizer", "decay_not_decoupled")} if name in ("Adam", "NAdam", "RAdam") else set()
    assert said(make(BIASES, decayed)) == expected
    assert said(make(BIASES, decayed | {"weight_decay": 0})) == set()
    if "decoupled_weight_decay" in OPTIMIZER_OPTIONS[name]:
        assert said(make(BIASES, decayed | {"options": "decoupled_weight_decay=True"})) == set()
        assert said(make(BIASES, decayed | {"options": "decoupled_weight_decay=False"})) == expected


def test_the_sentence_on_coupled_decay_names_class_and_value(make: Make) -> None:
    caution = only(make(BIASES, WEIGHTS | {"optimizer": "NAdam", "weight_decay": 0.1}))
    for language in ("en", "zh"):
        sentence = caution.sentence(language)
        assert "NAdam" in sentence and "0.1" in sentence and "decoupled_weight_decay" in sentence


def test_adam_with_decay_does_decay_less_where_gradients_are_large() -> None:
    """What the sentence says of torch: two weights alike, one with a gradient a thousand times as large."""
    lost = {}
    for cls in (torch.optim.Adam, torch.optim.AdamW):
        ends = []
        for decay in (0.0, 0.1):
            weight = nn.Parameter(torch.tensor([1.0, 1.0]))
            optimizer = cls([weight], lr=1e-3, weight_decay=decay)
            for step in range(100):
                weight.grad = torch.tensor([1.0, 1000.0]) * (-1) ** step
                optimizer.step()
            ends.append(weight.detach())
        lost[cls] = ends[0] - ends[1]
    small, large = lost[torch.optim.Adam]
    assert small > 10 * large
    assert torch.allclose(*lost[torch.optim.AdamW], rtol=1e-2)


def test_lr_zero_is_told_and_frozen_is_not(make: Make) -> None:
    assert said(make(BIASES | {"lr": 0}, WEIGHTS)) == {(0, "lr", "lr_zero")}
    assert said(make(BIASES | {"lr": 1e-12}, WEIGHTS)) == set()
    assert said(make(BIASES | {"lr": 0, "optimizer": "frozen"}, WEIGHTS)) == set()
    assert "SGD" in only(make(BIASES | {"lr": 0}, WEIGHTS)).sentence("zh")


@pytest.mark.parametrize(("optimizer", "key", "moves"), [("SGD", "lr_zero", False), ("Rprop", "lr_zero_first", True)])
def test_whether_lr_zero_moves_something_is_told_as_torch_does_it(
    make: Make, optimizer: str, key: str, moves: bool
) -> None:
    assert said(make(BIASES | {"lr": 0, "optimizer": optimizer}, WEIGHTS)) == {(0, "lr", key)}
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    getattr(torch.optim, optimizer)([weight], lr=0.0).step()
    assert (weight != 1).any().item() is moves


def test_drifting_statistics_of_frozen_layers_are_told(make: Make) -> None:
    experiment = make(HEAD, BACKBONE, model="resnet18", frozen_norm="train")
    caution = only(experiment)
    assert (caution.row, caution.field, caution.key) == (1, "optimizer", "frozen_norm_drifts")
    model = build_model(experiment)
    buffers = {name: b.clone() for name, b in model.named_buffers() if name.endswith("running_mean")}
    model.train()(torch.randn(4, 3, 32, 32))
    moved = [name for name, b in model.named_buffers() if name in buffers and not torch.equal(b, buffers[name])]
    assert caution.values == {"count": len(moved)}


def test_statistics_that_drift_on_after_a_group_has_frozen_are_told(make: Make) -> None:
    early = {"name": "early", "params": ["bn1.*", "layer1.*"], "optimizer": "SGD", "end_epoch": 1}
    rest = {"name": "rest", "params": ["*"]}
    sizes = {"model": "resnet18", "epochs": 2}
    caution = only(make(early, rest, frozen_norm="train", **sizes))
    assert (caution.row, caution.field, caution.key) == (0, "end_epoch", "frozen_norm_drifts_on")
    assert caution.values == {"count": 5}  # bn1, and two in each of layer1's two blocks
    assert said(make(early, rest, frozen_norm="eval", **sizes)) == set()


def test_nothing_drifts_in_eval_mode_or_without_statistics(make: Make) -> None:
    assert said(make(HEAD, BACKBONE, model="resnet18", frozen_norm="eval")) == set()
    convolutions = {"name": "low", "params": ["conv*"], "optimizer": "frozen"}
    assert said(make(convolutions, {"name": "rest", "params": ["*"]}, frozen_norm="train")) == set()
    only_weights = {"name": "filters", "params": ["*"], "role": "weight", "optimizer": "frozen"}
    rest = {"name": "rest", "params": ["*"]}
    assert said(make(only_weights, rest, model="resnet18", frozen_norm="train")) == set()


def test_layers_without_running_statistics_do_not_drift(make: Make) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4), nn.BatchNorm2d(4, track_running_stats=False))
    frozen = {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "frozen"}
    experiment = make(frozen, {"name": "rest", "params": ["*"]}, frozen_norm="train")
    assert cautions(assign(experiment, model)) == []
    assert [c.values for c in cautions(assign(experiment, model.append(nn.BatchNorm2d(4))))] == [{"count": 1}]


NORM_BIASES = {"name": "shifts", "params": ["*bn*.bias", "*downsample.1.bias"]}


def test_a_group_that_starts_at_zero_is_told(make: Make) -> None:
    experiment = make(NORM_BIASES, {"name": "rest", "params": ["*"]}, model="resnet18")
    caution = only(experiment)
    assert (caution.row, caution.field, caution.key) == (0, "params", "all_zero_at_start")
    assert caution.values == {"count": 20}
    named = dict(build_model(experiment).named_parameters())
    assert sum(not p.any() for p in named.values()) == 20


def test_one_weight_that_is_not_zero_is_enough(make: Make) -> None:
    mixed = NORM_BIASES | {"params": ["*bn*.bias", "fc.bias"]}
    assert said(make(mixed, {"name": "rest", "params": ["*"]}, model="resnet18")) == set()
    assert said(make(BIASES, WEIGHTS)) == set()


def test_pre_trained_biases_are_not_zero(make: Make, weights_file: Path) -> None:
    groups = (NORM_BIASES, {"name": "rest", "params": ["*"]})
    assert said(make(*groups, model="resnet18", pretrained=True)) == set()


def test_without_the_weight_file_the_start_is_random_and_zero(make: Make, no_weights: Path) -> None:
    groups = (NORM_BIASES, {"name": "rest", "params": ["*"]})
    assert only(make(*groups, model="resnet18", pretrained=True)).key == "all_zero_at_start"


@pytest.mark.parametrize("model", ["simple_cnn", "small_vit", "resnet18"])
def test_a_networks_zeros_do_not_hang_on_the_seed(model: str) -> None:
    groups = (Group(name="all", params=("*",)),)
    zeros = [
        {n for n, p in build_model(Experiment(model=model, groups=groups, seed=seed)).named_parameters() if not p.any()}
        for seed in (0, 7)
    ]
    assert zeros[0] == zeros[1]


def test_cautions_keep_nothing_from_training(make: Make) -> None:
    experiment = make({"name": "all", "params": ["*"], "lr": 0, "weight_decay": 0.1})
    checked = check(experiment.to_dict())
    assert [c.key for c in checked.cautions] == ["decay_on_norm_or_bias", "decay_not_decoupled", "lr_zero"]
    assert checked.problems == ()
    (end,) = (event for event in train(experiment) if isinstance(event, Finished))
    assert end.reason == "done"


def test_the_validator_tells_them_beside_problems_too(make: Make) -> None:
    raw = make(BIASES | {"lr": 0}, WEIGHTS).to_dict()
    raw["groups"][1]["params"] = ["conv*.weight"]
    checked = check(raw)
    assert [p.key for p in checked.problems] == ["left_over"]
    assert [c.key for c in checked.cautions] == ["lr_zero"]


DECAYED = {"name": "all", "params": ["*"], "optimizer": "AdamW", "layer_decay": 0.5}


def of_network(make: Make, network: nn.Module, *groups: dict[str, Any]) -> list[Problem]:
    experiment = make(*groups)
    return cautions(assign(experiment, network))


def test_layer_decay_over_one_depth_is_told(make: Make) -> None:
    head = DECAYED | {"name": "head", "params": ["fc.*"]}
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW", "layer_decay": 0.5}
    (caution,) = of_network(make, torchvision.models.resnet18(), head, rest)
    assert (caution.row, caution.field, caution.key) == (0, "layer_decay", "layer_decay_one_depth")
    assert caution.values == {"depth": 9, "count": 10}
    assert "depth 9" in caution.sentence("en") and "深度 9" in caution.sentence("zh")


class Alone(nn.Module):
    """All parameters are its own: there is nothing to tell depths by."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2, 2))


def test_a_network_that_gives_one_depth_is_told(make: Make) -> None:
    (caution,) = of_network(make, Alone(), DECAYED)
    assert caution.key == "layer_decay_one_depth" and caution.values == {"depth": 0, "count": 1}


class Momentum(nn.Module):
    """Two networks of one class: parts of one block, for all that can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = torchvision.models.resnet18(), torchvision.models.resnet18()


def test_far_fewer_depths_than_blocks_are_told(make: Make) -> None:
    (caution,) = of_network(make, Momentum(), DECAYED)
    assert (caution.row, caution.field, caution.key) == (0, "layer_decay", "layer_decay_few_depths")
    assert caution.values == {"count": 2, "blocks": 16}
    assert "2 depths" in caution.sentence("en") and "2 个深度" in caution.sentence("zh")


@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "convnext_tiny", "densenet121", "vgg11", "swin_t"])
def test_layer_decay_that_finds_the_blocks_is_no_cause(make: Make, name: str) -> None:
    with torch.device("meta"):
        network = torchvision.models.get_model(name)
    experiment = make(DECAYED | {"layer_decay": 0.9})
    assignment = assign(replace(experiment, groups=(replace(experiment.groups[0], layer_decay=None),)), network)
    assert cautions(replace(assignment, decayed=frozenset({0}))) == []
    assert of_network(make, network, DECAYED | {"layer_decay": None}) == []


class Language(nn.Module):
    """Embeddings, two hidden layers and an output layer, which is tied to the embeddings if asked."""

    def __init__(self, tied: bool) -> None:
        super().__init__()
        self.tokens = nn.Embedding(9, 4)
        self.hidden = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
        self.lm_head = nn.Linear(4, 9, bias=False)
        if tied:
            self.lm_head.weight = self.tokens.weight


MUON = {"name": "matrices", "params": ["*"], "optimizer": "Muon"}
OTHERS = {"name": "others", "params": ["tokens.*", "lm_head.*"], "optimizer": "AdamW"}


@pytest.mark.parametrize(("tied", "names"), [(False, "tokens.weight, lm_head.weight"), (True, "tokens.weight")])
def test_embeddings_and_tied_heads_in_muon_are_told(make: Make, tied: bool, names: str) -> None:
    (caution,) = of_network(make, Language(tied), MUON)
    assert (caution.row, caution.field, caution.key) == (0, "optimizer", "muon_on_embeddings")
    assert caution.values["names"] == names
    for language in ("en", "zh"):
        assert names in caution.sentence(language) and "#7641" in caution.sentence(language)
    assert of_network(make, Language(tied), OTHERS, MUON) == []


def test_other_optimizers_may_have_embeddings(make: Make) -> None:
    assert of_network(make, Language(True), MUON | {"optimizer": "AdamW"}) == []


def built(name: str) -> nn.Module:
    with torch.device("meta"):
        network: nn.Module = torchvision.models.get_model(name)
    return network


TOKENS = {
    "vit_b_16": {"class_token", "encoder.pos_embedding"},
    "swin_t": {
        f"features.{stage}.{block}.attn.relative_position_bias_table"
        for stage, blocks in ((1, 2), (3, 2), (5, 6), (7, 2))
        for block in range(blocks)
    },
    "convnext_tiny": {
        f"features.{stage}.{block}.layer_scale" for stage, n in ((1, 3), (3, 3), (5, 9), (7, 3)) for block in range(n)
    },
}
SMALL_VIT = {"cls_token", "pos_embed"}
GPT2 = {"transformer.wte.weight", "transformer.wpe.weight"}
DECAYING = {"name": "all", "params": ["*"], "optimizer": "AdamW", "weight_decay": 0.05}


def named(caution: Problem) -> list[str]:
    return str(caution.values["names"]).split(", ")


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_tables_and_layer_scales_that_decay_are_named(
    make: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (few,) = (c for c in of_network(make, built(name), DECAYING) if c.key == "decay_on_tokens_or_scales")
    assert (few.row, few.field) == (0, "weight_decay")
    assert (few.values["count"], few.values["decay"]) == (len(TOKENS[name]), "0.05")
    assert named(few)[6:] == (["…"] if len(TOKENS[name]) > 6 else []) and {*named(few)[:6]} <= TOKENS[name]
    monkeypatch.setattr(core.checking.cautions, "FEW", 1000)
    (every,) = (c for c in of_network(make, built(name), DECAYING) if c.key == few.key)
    assert {*named(every)} == TOKENS[name]
    for language in ("en", "zh"):
        assert all(word in few.sentence(language) for word in ("0.05", "timm", "Swin", "MAE", *named(few)))


def test_a_parameter_is_told_of_once(make: Make) -> None:
    """Biases and normalisation in the one caution, tokens in the other."""
    experiment = make(DECAYING, model="small_vit")
    norms, tokens = of(experiment)
    assert (norms.key, tokens.key) == ("decay_on_norm_or_bias", "decay_on_tokens_or_scales")
    assert {*named(tokens)} == SMALL_VIT
    rows = assign(experiment, build_model(experiment, "meta")).rows
    others = [row for row in rows if row.role == "weight" and row.name not in SMALL_VIT]
    assert norms.values["count"] + tokens.values["count"] + len(others) == len(rows)
    assert {row.parameter.ndim for row in others} == {2, 4}


def test_tokens_without_decay_and_tables_of_words_are_no_cause(make: Make) -> None:
    apart = {"name": "apart", "params": [*SMALL_VIT], "optimizer": "AdamW"}
    weights = DECAYING | {"role": "weight"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW"}
    assert said(make(apart, weights, rest, model="small_vit")) == set()
    for structure in ("gpt2", "bert-base"):  # whose tables of positions decay in the scripts of Transformers
        assert said(make(weights, rest, model=structure)) == set()


class Residual(nn.Module):
    """Branches under scales, which are called so; and a matrix of the same name."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma_1 = nn.Parameter(torch.ones(4))
        self.layer_scale_1 = nn.Module()
        self.layer_scale_1.lambda1 = nn.Parameter(torch.ones(4, 1, 1))
        self.ls1 = nn.Module()
        self.ls1.gamma = nn.Parameter(torch.ones(4))
        self.inner = nn.Module()
        self.inner.gamma = nn.Parameter(torch.ones(4, 4))
        self.norm = nn.LayerNorm(4)
        self.norm.gamma = nn.Parameter(torch.ones(4))
        self.register_tokens = nn.Parameter(torch.ones(1, 4, 4))
        self.head = nn.Linear(4, 2)


def test_layer_scales_are_known_by_name_and_shape(make: Make) -> None:
    said_of = {c.key: c for c in of_network(make, Residual(), DECAYING)}
    expected = ["gamma_1", "register_tokens", "layer_scale_1.lambda1", "ls1.gamma"]
    assert named(said_of["decay_on_tokens_or_scales"]) == expected
    assert said_of["decay_on_norm_or_bias"].values["count"] == 4  # three of the norm and the head's bias


TIMM = (
    *("vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "beit_base_patch16_224", "convnext_tiny"),
    *("cait_xxs24_224", "swin_tiny_patch4_window7_224", "levit_128", "vit_base_patch14_reg4_dinov2"),
)


@pytest.mark.parametrize("name", TIMM)
def test_what_decays_without_a_caution_decays_in_timm(make: Make, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    timm, optim = pytest.importorskip("timm"), pytest.importorskip("timm.optim")
    monkeypatch.setattr(core.checking.cautions, "FEW", 1000)
    with torch.device("meta"):
        network: Any = timm.create_model(name)
    spared = network.no_weight_decay() if hasattr(network, "no_weight_decay") else ()
    groups = optim.param_groups_weight_decay(network, 0.05, no_weight_decay_list=spared)
    undecayed = {id(p) for group in groups if group["weight_decay"] == 0 for p in group["params"]}
    roles = roles_of(network)
    expected = [n for n, p in network.named_parameters() if id(p) in undecayed and roles[p] == "weight"]
    (caution,) = (c for c in of_network(make, network, DECAYING) if c.key == "decay_on_tokens_or_scales")
    assert named(caution) == expected


HEADS = {
    "vit_b_16": "heads.head.weight",
    "swin_t": "head.weight",
    "convnext_tiny": "classifier.2.weight",
    "resnet18": "fc.weight",
    "vgg11": "classifier.6.weight",
    "squeezenet1_1": "classifier.1.weight",
}


@pytest.mark.parametrize("name", HEADS)
def test_the_head_in_muon_is_told(make: Make, name: str) -> None:
    matrices = MUON | {"params": ["*"], "role": "matrix"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW"}
    (caution,) = (c for c in of_network(make, built(name), matrices, rest) if c.key == "muon_on_embeddings")
    assert HEADS[name] in named(caution)
    assert all("embed" in other for other in named(caution) if other != HEADS[name])
    head = {"name": "head", "params": named(caution), "optimizer": "AdamW"}
    assert "muon_on_embeddings" not in {c.key for c in of_network(make, built(name), head, matrices, rest)}


def test_a_networks_own_head_is_told_and_its_hidden_layers_are_not(make: Make) -> None:
    """A pooler and a last block are hidden; classifiers beside one another are not."""
    hidden = [nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)) for _ in range(3)]
    trunk, heads = nn.Sequential(*hidden), nn.ModuleDict({"a": nn.Linear(4, 3), "b": nn.Linear(4, 2)})
    network = nn.ModuleDict({"trunk": trunk, "pooler": nn.Linear(4, 4), "heads": heads})
    matrices = MUON | {"role": "matrix"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW"}
    (caution,) = of_network(make, network, matrices, rest)
    assert named(caution) == ["heads.a.weight", "heads.b.weight"]
    assert output_matrices(trunk) == set()


def test_the_last_block_of_a_structure_with_a_tied_head_is_hidden(make: Make) -> None:
    matrices = MUON | {"role": "matrix"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "AdamW"}
    (caution,) = of(make(matrices, rest, model="gpt2"))
    assert {*named(caution)} == GPT2
    (caution,) = of(make(matrices, rest, model="bert-base"))
    assert named(caution)[-1] == "classifier.weight" and "bert.pooler.dense.weight" not in named(caution)
