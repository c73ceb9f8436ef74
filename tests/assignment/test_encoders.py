"""Depths and roles of the encoders of transformers, by hand: embeddings, each layer, pooler and classifier together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers
from torch import nn

from core.assignment import assign, roles_of
from core.assignment.depth import depths_of
from core.experiment import Experiment

Make = Callable[..., Experiment]

LAYERS = 3
SIZES = {"hidden_size": 32, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": 64}
LLAMA = SIZES | {"num_key_value_heads": 2, "vocab_size": 100}
GPT2 = {"n_embd": 32, "n_layer": LAYERS, "n_head": 2}
DISTILBERT = {"dim": 32, "n_layers": LAYERS, "n_heads": 2, "hidden_dim": 64}
RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "norm_rel_ebd": "layer_norm"}

# Class of the network, and of its configuration; what stands at depth 0; what precedes a layer's number; what belongs
# to the last layer; the head. All by the beginnings of names.
ENCODERS: dict[str, tuple[str, dict[str, Any], list[str], str, list[str], list[str]]] = {
    "BertForSequenceClassification": (
        *("BertConfig", SIZES),
        *(["bert.embeddings"], "bert.encoder.layer", [], ["bert.pooler", "classifier"]),
    ),
    "BertModel": ("BertConfig", SIZES, ["embeddings"], "encoder.layer", [], ["pooler"]),
    "RobertaForSequenceClassification": (
        *("RobertaConfig", SIZES),
        *(["roberta.embeddings"], "roberta.encoder.layer", [], ["classifier"]),
    ),
    "DebertaV2ForSequenceClassification": (
        *("DebertaV2Config", SIZES | RELATIVE),
        *(["deberta.embeddings", "deberta.encoder.rel_embeddings", "deberta.encoder.LayerNorm"],),
        *("deberta.encoder.layer", [], ["pooler", "classifier"]),
    ),
    "ElectraForSequenceClassification": (
        *("ElectraConfig", SIZES),
        *(["electra.embeddings", "electra.embeddings_project"], "electra.encoder.layer", [], ["classifier"]),
    ),
    "MPNetForSequenceClassification": (
        *("MPNetConfig", SIZES),
        *(["mpnet.embeddings", "mpnet.encoder.relative_attention_bias"], "mpnet.encoder.layer", [], ["classifier"]),
    ),
    "DistilBertForSequenceClassification": (
        *("DistilBertConfig", DISTILBERT),
        *(["distilbert.embeddings"], "distilbert.transformer.layer", [], ["pre_classifier", "classifier"]),
    ),
    "ViTForImageClassification": (
        *("ViTConfig", SIZES),
        *(["vit.embeddings"], "vit.layers", ["vit.layernorm"], ["classifier"]),
    ),
    "DeiTForImageClassificationWithTeacher": (
        *("DeiTConfig", SIZES),
        *(["deit.embeddings"], "deit.layers", ["deit.layernorm"], ["cls_classifier", "distillation_classifier"]),
    ),
    "Dinov2ForImageClassification": (
        *("Dinov2Config", SIZES),
        *(["dinov2.embeddings"], "dinov2.encoder.layer", ["dinov2.layernorm"], ["classifier"]),
    ),
    "GPT2ForSequenceClassification": (
        *("GPT2Config", GPT2),
        *(["transformer.wte", "transformer.wpe"], "transformer.h", ["transformer.ln_f"], ["score"]),
    ),
    "LlamaForSequenceClassification": (
        *("LlamaConfig", LLAMA),
        *(["model.embed_tokens"], "model.layers", ["model.norm"], ["score"]),
    ),
    "LlamaForCausalLM": (
        *("LlamaConfig", LLAMA),
        *(["model.embed_tokens"], "model.layers", ["model.norm"], ["lm_head"]),
    ),
    "MixtralForCausalLM": (
        *("MixtralConfig", LLAMA | {"num_local_experts": 4}),
        *(["model.embed_tokens"], "model.layers", ["model.norm"], ["lm_head"]),
    ),
}


def made(network: str, config: str, options: dict[str, Any]) -> nn.Module:
    with torch.device("meta"):
        model: nn.Module = getattr(transformers, network)(getattr(transformers, config)(**options))
    return model


def by_hand(names: list[str], stem: list[str], layer: str, last: list[str], head: list[str]) -> dict[str, int]:
    def starts(name: str, beginnings: list[str]) -> bool:
        return any(f"{name}.".startswith(f"{beginning}.") for beginning in beginnings)

    def depth(name: str) -> int:
        if starts(name, [layer]):
            return int(name.removeprefix(f"{layer}.").partition(".")[0]) + 1
        [found] = [d for d, own in ((0, stem), (LAYERS, last), (LAYERS + 1, head)) if starts(name, own)]
        return found

    return {name: depth(name) for name in names}


def by_name(network: nn.Module) -> dict[str, int]:
    depths = depths_of(network)
    return {name: depths[parameter] for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoders_layers_are_its_depths(name: str) -> None:
    config, options, *places = ENCODERS[name]
    found = by_name(made(name, config, options))
    assert found == by_hand(list(found), *places)


CONVNEXT = {"hidden_sizes": [8, 16, 24, 32], "depths": [2, 2, 3, 2]}
SWIN = {"embed_dim": 8, "depths": [2, 2, 3, 2], "num_heads": [1, 2, 2, 2]}
RESNET = {"hidden_sizes": [8, 16, 24, 32], "depths": [2, 2, 3, 2], "layer_type": "basic"}


@pytest.mark.parametrize(
    ("name", "config", "options", "around"),
    [
        ("ConvNextForImageClassification", "ConvNextConfig", CONVNEXT, "convnext.encoder.stages.{}.layers.{}."),
        ("SwinForImageClassification", "SwinConfig", SWIN, "swin.encoder.layers.{}.blocks.{}."),
        ("ResNetForImageClassification", "ResNetConfig", RESNET, "resnet.encoder.stages.{}.layers.{}."),
    ],
)
def test_the_blocks_of_all_stages_are_the_depths(name: str, config: str, options: dict[str, Any], around: str) -> None:
    found = by_name(made(name, config, options))
    places = [(stage, block) for stage, count in enumerate([2, 2, 3, 2]) for block in range(count)]
    for depth, place in enumerate(places, 1):
        own = {found[key] for key in found if key.startswith(around.format(*place))}
        assert own == {depth}
    between = {depth for key, depth in found.items() if ".downsampl" in key}
    assert between == {"Swin": {2, 4, 7}, "ConvNext": {3, 5, 8}, "ResNet": set()}[name.partition("For")[0]]
    assert {key.partition(".")[0] for key in found if found[key] == len(places) + 1} == {"classifier"}
    assert {key for key in found if found[key] == 0} == {key for key in found if ".embedd" in key}


def test_what_is_tied_to_the_embeddings_is_at_their_depth() -> None:
    found = by_name(made("GPT2LMHeadModel", "GPT2Config", GPT2))
    assert found["transformer.wte.weight"] == 0
    assert max(found.values()) == LAYERS == found["transformer.ln_f.weight"]


def test_an_encoder_and_a_decoder_follow_each_other() -> None:
    options = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 3, "num_heads": 2}
    found = by_name(made("T5ForConditionalGeneration", "T5Config", options))
    for part, first in (("encoder", 1), ("decoder", 4)):
        blocks = {key: depth for key, depth in found.items() if key.startswith(f"{part}.block.")}
        assert all(depth == first + int(key.split(".")[2]) for key, depth in blocks.items())


@pytest.mark.parametrize("name", ENCODERS)
def test_the_norms_of_an_encoder_are_its_vectors_called_so(name: str) -> None:
    """As people leave them out of the decay: by "norm", or GPT-2's "ln_", in the names."""
    config, options, *_ = ENCODERS[name]
    network = made(name, config, options)
    roles = roles_of(network)
    norms = {key for key, parameter in network.named_parameters() if roles[parameter] == "norm"}
    assert norms == {key for key, _ in network.named_parameters() if "norm" in key.lower() or ".ln_" in key}


def test_layer_decay_reaches_the_layers_of_a_bert(make: Make) -> None:
    network = made("BertForSequenceClassification", "BertConfig", SIZES)
    experiment = make({"name": "all", "params": ["*"], "optimizer": "AdamW", "lr": 1e-3, "layer_decay": 0.5})
    rates = {row.name: row.group for row in assign(experiment, network).rows}
    groups = assign(experiment, network).experiment.groups
    assert len(groups) == LAYERS + 2
    assert [groups[rates[name] or 0].lr for name in ("classifier.bias", "bert.encoder.layer.0.output.dense.bias")] == [
        1e-3,
        1e-3 * 0.5**3,
    ]
