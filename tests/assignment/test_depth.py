"""Depths are timm's on the networks that timm knows; where they differ, the test says why."""

from __future__ import annotations

from collections import Counter

import pytest
import timm
import torch
import torchvision
from timm.models import group_parameters
from torch import nn

from core.assignment.depth import depths_of

# Networks of timm on which every parameter has timm's own depth, "layer" in timm's words.
AGREEING = (
    *("vit_tiny_patch16_224", "vit_base_patch16_224", "deit_tiny_patch16_224", "mixer_b16_224"),
    *("resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2", "swin_tiny_patch4_window7_224"),
    *("swinv2_tiny_window8_256", "convnext_tiny", "convnextv2_atto", "efficientnet_b0", "efficientnetv2_rw_s"),
    "mobilenetv2_100",
)

# torchvision computes the widths of a RegNet in tensors, which must be real.
ON_META = [name for name in torchvision.models.list_models(module=torchvision.models) if not name.startswith("regnet")]


def on_meta(library: str, name: str) -> nn.Module:
    with torch.device("meta"):
        network: nn.Module = timm.create_model(name) if library == "timm" else torchvision.models.get_model(name)
        return network


def by_name(network: nn.Module) -> dict[str, int]:
    depths = depths_of(network)
    return {name: depths[parameter] for name, parameter in network.named_parameters()}


def of_timm(network: nn.Module) -> dict[str, int]:
    depths: dict[str, int] = group_parameters(network, network.group_matcher(coarse=False), reverse=True)
    return depths


def first_of_each_depth(network: nn.Module) -> list[str]:
    first: dict[int, str] = {}
    for name, depth in by_name(network).items():
        first.setdefault(depth, name)
    return [first[depth] for depth in sorted(first)]


@pytest.mark.parametrize("name", AGREEING)
def test_depths_are_timms(name: str) -> None:
    network = on_meta("timm", name)
    assert by_name(network) == of_timm(network)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_torchvisions_networks_of_the_same_names_have_timms_depths(name: str) -> None:
    assert by_name(on_meta("torchvision", name)) == of_timm(on_meta("timm", name))


@pytest.mark.parametrize(
    ("ours", "theirs"), [("vit_b_16", "vit_base_patch16_224"), ("vit_l_16", "vit_large_patch16_224")]
)
def test_the_vision_transformers_of_both_have_the_same_shapes_at_each_depth(ours: str, theirs: str) -> None:
    def shapes(network: nn.Module, depths: dict[str, int]) -> Counter[tuple[int, torch.Size]]:
        return Counter((depths[name], p.shape) for name, p in network.named_parameters())

    own, other = on_meta("torchvision", ours), on_meta("timm", theirs)
    assert shapes(own, by_name(own)) == shapes(other, of_timm(other))


@pytest.mark.parametrize("name", ["swin_t", "convnext_tiny"])
def test_torchvision_lists_downsampling_as_blocks_of_their_own(name: str) -> None:
    """timm counts a stage's downsampling with the first block of the stage; so do we where the model does."""
    theirs = {"swin_t": "swin_tiny_patch4_window7_224", "convnext_tiny": "convnext_tiny"}[name]
    own, other = by_name(on_meta("torchvision", name)), of_timm(on_meta("timm", theirs))
    assert max(own.values()) == max(other.values()) + 3  # one between each two of the four stages


def test_densenets_transitions_are_blocks_of_their_own() -> None:
    """timm counts each with the layer before it; torchvision lists both alike."""
    network = on_meta("timm", "densenet121")
    own, theirs = by_name(network), of_timm(network)
    assert max(own.values()) == max(theirs.values()) + 3
    assert len({own[name] for name in own if ".transition" in name}) == 3
    layers = [name for name in own if ".denselayer" in name]
    assert len({own[name] for name in layers}) == len({theirs[name] for name in layers}) == 58


def test_a_norm_has_the_depth_of_what_it_normalises() -> None:
    """timm counts the BatchNorms of a VGG as layers of their own."""
    network = on_meta("timm", "vgg16_bn")
    own = by_name(network)
    assert own["features.0.weight"] == own["features.1.weight"] == 0
    assert of_timm(network)["features.1.weight"] == 1


def test_mobilenet_v3s_last_convolution_belongs_to_the_last_block() -> None:
    """As timm has it in EfficientNet; its MobileNetV3 counts it with the head."""
    network = on_meta("timm", "mobilenetv3_large_100")
    own, theirs = by_name(network), of_timm(network)
    assert {name for name in own if own[name] != theirs[name]} == {"conv_head.weight", "conv_head.bias"}
    assert own["conv_head.weight"] == own["classifier.weight"] - 1


@pytest.mark.parametrize(
    ("name", "stem", "blocks", "head"),
    [
        ("resnet18", "conv1", [f"layer{i}.{j}.conv1" for i in (1, 2, 3, 4) for j in (0, 1)], "fc"),
        (
            "squeezenet1_0",
            "features.0",
            [f"features.{i}.squeeze" for i in (*range(3, 6), *range(7, 11), 12)],
            "classifier.1",
        ),
        (
            "mobilenet_v2",
            "features.0.0",
            [*(f"features.{i}.conv.0.0" for i in range(1, 18)), "features.18.0"],
            "classifier.1",
        ),
        (
            "alexnet",
            "features.0",
            [*(f"features.{i}" for i in (3, 6, 8, 10)), "classifier.1", "classifier.4"],
            "classifier.6",
        ),
        ("vit_b_16", "class_token", [f"encoder.layers.encoder_layer_{i}.ln_1" for i in range(12)], "heads.head"),
    ],
)
def test_each_block_of_torchvisions_is_a_depth(name: str, stem: str, blocks: list[str], head: str) -> None:
    firsts = [name.removesuffix(".weight") for name in first_of_each_depth(on_meta("torchvision", name))]
    assert firsts == [stem, *blocks, head]


def test_a_network_without_lists_has_a_depth_per_layer() -> None:
    network = nn.Module()
    for place, name in enumerate("abc"):
        network.add_module(name, nn.Linear(place + 1, place + 2))
    assert by_name(network) == {"a.weight": 0, "a.bias": 0, "b.weight": 1, "b.bias": 1, "c.weight": 2, "c.bias": 2}


@pytest.mark.parametrize("name", [*ON_META, "regnet_y_400mf", "regnet_x_800mf"])
def test_every_network_of_torchvision_has_depths_without_gaps_and_a_head_alone(name: str) -> None:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}  # not to wait for them
    with torch.device("meta" if name in ON_META else "cpu"):
        network = torchvision.models.get_model(name, **options)
    depths = by_name(network)
    deepest = max(depths.values())
    assert set(depths.values()) == set(range(deepest + 1))
    last = list(depths)[-1].rpartition(".")[0]
    assert {key for key in depths if depths[key] == deepest} == {key for key in depths if key.startswith(f"{last}.")}
