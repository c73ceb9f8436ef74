"""Depths are timm's on the networks that timm knows, also inside others; blocks are found wherever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import timm
import torch
import torchvision
from timm.models import group_parameters
from torch import nn

import core.assignment.depth
from core.assignment.depth import count_blocks, depths_of

# A network of each family of timm that groups its parameters itself ("layer" is its word for a depth). Of the first,
# the order of modules alone, which is what networks without such words are read by, gives the same depths.
ALSO_BY_STRUCTURE = (
    *("gernet_m", "convit_base", "convmixer_1536_20", "test_convnext3", "darknet17", "davit_tiny", "deepseek_vit_412m"),
    *("deit_tiny_distilled_patch16_224", "test_efficientnet_gn", "efficientvit_b0", "vit_base_patch16_lingbot"),
    *("focalnet_tiny_lrf", "gemma4_vit_167m", "ghostnet_100", "hgnetv2_b0", "hiera_tiny_224", "sam2_hiera_tiny"),
    *("inception_next_atto", "levit_128", "mambaout_femto", "mixer_s32_224", "naflexvit_base_patch16_radio_v3"),
    *("nest_tiny_jx", "nextvit_small", "nf_ecaresnet50", "repghostnet_130", "repvit_m1", "res2net50_48w_2s"),
    *("resnet18", "resnetv2_18", "rexnetr_130", "legacy_seresnet18", "sequencer2d_s", "skresnet18", "swiftformer_xs"),
    *("swin_s3_tiny_224", "swinv2_tiny_window8_256", "swinv2_cr_tiny_384", "tiny_vit_21m_224", "tnt_s_patch16_224"),
    *("tresnet_m", "vit_xsmall_patch16_clip_224", "vit_tiny_r_s16_p8_224", "ese_vovnet39b_evos"),
    "xcit_small_12_p8_224",
)
BY_ITS_WORD = (
    *("beit_base_patch16_384", "lambda_resnet26t", "cait_xxs24_384", "coat_lite_tiny", "cpubone_nano"),
    *("crossvit_9_240", "cspnext_s", "densenet121", "dla34", "dpn48b", "edgenext_xx_small", "efficientformer_l1"),
    *("efficientformerv2_s1", "efficientvim_m2_dist", "efficientvit_m0", "fasternet_t1", "fastvit_s12", "gcvit_xxtiny"),
    *("hardcorenas_c", "hrnet_w18_small", "iformer_s", "inception_resnet_v2", "inception_v3", "inception_v4"),
    *("lcnetv2_base", "lowformer_e1", "coatnet_0_224", "tf_mobilenetv3_small_075", "mobilenetv5_base", "mobilevit_xs"),
    *("mvitv2_tiny", "nasnetalarge", "pnasnet5large", "pvt_v2_b1", "qwen3_vit_88m_enc", "rdnet_tiny", "regnetx_008"),
    *("resnest14d", "selecsls42b", "shvit_s3", "starnet_s050", "twins_pcpvt_small", "vgg11_bn", "visformer_tiny"),
    *("vit_srelpos_medium_patch16_224", "samvit_base_patch16", "vitamin_large2_384", "volo_d1_384", "legacy_xception"),
    "xception41p",
)
# Those without such words, with the number of their stem, blocks and head.
WITHOUT_WORDS = {"poolformer_s12": 12 + 2, "pit_ti_224": 12 + 2, "csatv2": 1 + 2 + 3 + 9 + 7 + 1}


def family(name: str) -> str:
    return timm.models.model_entrypoint(name).__module__


# A family that this timm has beside these is tried by its first network.
FAMILIES = [name for name in (*ALSO_BY_STRUCTURE, *BY_ITS_WORD) if timm.is_model(name)]
NEW = {family(name): name for name in reversed(timm.list_models())}
LISTED = {*map(family, (*FAMILIES, *filter(timm.is_model, WITHOUT_WORDS)))}
FAMILIES += [NEW[each] for each in sorted(NEW.keys() - LISTED)]

# torchvision computes the widths of a RegNet in tensors, which must be real.
ON_META = [name for name in torchvision.models.list_models(module=torchvision.models) if not name.startswith("regnet")]


class Wrapper(nn.Module):
    """What people put around a network."""

    def __init__(self, net: nn.Module, **heads: nn.Module) -> None:
        super().__init__()
        self.net = net
        for name, head in heads.items():
            self.add_module(name, head)


@cache
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


@pytest.fixture
def without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of timm are read by the order of their modules, as any other."""
    monkeypatch.setattr(core.assignment.depth, "_says", lambda module: False)


def test_the_families_are_there() -> None:
    names = {*FAMILIES, *filter(timm.is_model, WITHOUT_WORDS)}
    assert {*map(family, names)} == {*map(family, timm.list_models())}
    assert len({*map(family, names)}) == len(names) >= 80
    assert all(len(name) > 1 for name in (*ALSO_BY_STRUCTURE, *BY_ITS_WORD))


@pytest.mark.parametrize("name", FAMILIES)
def test_depths_are_timms(name: str) -> None:
    network = on_meta("timm", name)
    expected = of_timm(network)
    assert by_name(network) == expected
    assert by_name(Wrapper(network)) == {f"net.{name}": depth for name, depth in expected.items()}


@pytest.mark.parametrize("name", [name for name in FAMILIES if name in ALSO_BY_STRUCTURE])
def test_depths_by_the_order_of_modules_are_timms(name: str, without_words: None) -> None:
    network = on_meta("timm", name)
    assert by_name(network) == of_timm(network)


@pytest.mark.parametrize(("name", "depths"), WITHOUT_WORDS.items())
def test_families_without_words_have_a_depth_per_block(name: str, depths: int) -> None:
    """timm puts every 12 tensors of these into a layer, whatever block they are of."""
    network = on_meta("timm", name)
    assert not hasattr(network, "group_matcher")
    assert set(by_name(network).values()) == set(range(depths))


def test_both_heads_of_a_distilled_vision_transformer_are_the_head(without_words: None) -> None:
    own = by_name(on_meta("timm", "deit_tiny_distilled_patch16_224"))
    assert {name for name in own if own[name] == 13} == {
        *("head.weight", "head.bias", "head_dist.weight", "head_dist.bias"),
    }


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


def test_torchvisions_densenet_lists_transitions_as_blocks_of_their_own() -> None:
    """timm's says that each belongs to the layer before it; torchvision's, of the same names, only lists both alike."""
    own, theirs = by_name(on_meta("torchvision", "densenet121")), of_timm(on_meta("timm", "densenet121"))
    assert max(own.values()) == max(theirs.values()) + 3
    assert len({own[name] for name in own if ".transition" in name}) == 3
    layers = [name for name in own if ".denselayer" in name]
    assert len({own[name] for name in layers}) == len({theirs[name] for name in layers}) == 58


def test_a_norm_has_the_depth_of_what_it_normalises() -> None:
    """timm's VGG counts its BatchNorms as layers of their own; torchvision's, of the same names, says nothing."""
    own = by_name(on_meta("torchvision", "vgg16_bn"))
    assert own["features.0.weight"] == own["features.1.weight"] == 0
    assert of_timm(on_meta("timm", "vgg16_bn"))["features.1.weight"] == 1


def test_a_convolution_behind_the_blocks_belongs_to_the_last_one(without_words: None) -> None:
    """As timm has it in EfficientNet; its MobileNetV3, where pooling comes first, says that it is of the head."""
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


def resnet(**options: Any) -> nn.Module:
    return torchvision.models.resnet18(**options)


def headless() -> nn.Module:
    network = resnet()
    network.fc = nn.Identity()
    return network


def encoder() -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32), 4)


class Momentum(nn.Module):
    """Two networks of one class, neither of which follows the other."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = resnet(), resnet()


class Experts(nn.Module):
    """A block of whose layers one is chosen, not one after the other computed."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2)
        self.experts = nn.ModuleList(nn.TransformerEncoderLayer(4, 2, 4) for _ in range(3))


# Networks in others, with the depths that there are: stem, 8 blocks and head of a ResNet-18 are 10.
PLACES: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "an attribute": (lambda: Wrapper(resnet()), 10),
    "an attribute of an attribute": (lambda: Wrapper(Wrapper(resnet())), 10),
    "DataParallel": (lambda: nn.DataParallel(resnet()), 10),
    "torch.compile": (lambda: torch.compile(resnet()), 10),  # type: ignore[dict-item,return-value]
    "both": (lambda: torch.compile(nn.DataParallel(resnet())), 10),  # type: ignore[dict-item,return-value]
    "AveragedModel": (lambda: torch.optim.swa_utils.AveragedModel(resnet()), 10),
    "behind a normalisation of images": (lambda: nn.Sequential(nn.Identity(), resnet()), 10),
    "that in a wrapper": (lambda: Wrapper(nn.Sequential(nn.Identity(), headless()), head=nn.Linear(512, 2)), 10),
    "a backbone": (lambda: Wrapper(headless(), head=nn.Linear(512, 2)), 10),
    "a backbone with two heads": (lambda: Wrapper(headless(), a=nn.Linear(512, 2), b=nn.Linear(512, 3)), 10),
    "a backbone with a dict of heads": (
        lambda: Wrapper(headless(), heads=nn.ModuleDict({"a": nn.Linear(512, 2), "b": nn.Linear(512, 3)})),
        10,
    ),
    "a backbone with a deep head": (
        lambda: Wrapper(headless(), head=nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, 2))),
        11,
    ),
    "a list of a network's children": (lambda: nn.Sequential(*resnet().children()), 10),
    "no lists of blocks": (lambda: Wrapper(torchvision.models.vgg11()), 11),
    "no lists of blocks, but a head": (lambda: Wrapper(torchvision.models.vgg11(), head=nn.Linear(1000, 2)), 12),
    "one list of blocks and more": (lambda: Wrapper(torchvision.models.mobilenet_v2(), head=nn.Linear(1000, 2)), 21),
    "torch's encoder": (encoder, 4),
    "torch's encoder with a head": (lambda: Wrapper(encoder(), head=nn.Linear(16, 2)), 5),
    "timm's backbone": (
        lambda: Wrapper(timm.create_model("resnet18", num_classes=0), head=nn.Linear(512, 2)),
        10,
    ),
    "timm's regnet": (lambda: Wrapper(timm.create_model("regnetx_002", num_classes=0), head=nn.Linear(8, 2)), 15),
    "experts": (lambda: nn.Sequential(*(Experts() for _ in range(3))), 3),
}


@pytest.mark.parametrize("place", PLACES)
def test_blocks_are_found_wherever_they_are(place: str) -> None:
    make, depths = PLACES[place]
    with torch.device("meta"):
        network = make()
    assert set(by_name(network).values()) == set(range(depths))


def resnet_in(network: nn.Module) -> nn.Module | None:
    return next((module for module in network.modules() if type(module) is torchvision.models.ResNet), None)


@pytest.mark.parametrize("place", [place for place, (_, depths) in PLACES.items() if depths in (10, 11)])
def test_a_networks_own_depths_are_the_same_everywhere(place: str) -> None:
    with torch.device("meta"):
        plain, network = by_name(resnet()), PLACES[place][0]()
    if (inner := resnet_in(network)) is not None:
        depths = depths_of(network)
        own = {name: depths[parameter] for name, parameter in inner.named_parameters()}
        assert own == {name: plain[name] for name in own}


def test_two_heads_of_a_network_without_lists_are_both_its_head() -> None:
    network = Wrapper(
        nn.Conv2d(3, 8, 3), low=nn.Linear(8, 6), high=nn.Linear(6, 4), a=nn.Linear(4, 2), b=nn.Linear(4, 3)
    )
    own = by_name(network)
    assert own["a.weight"] == own["b.weight"] == 3 == own["high.weight"] + 1


def test_a_tied_parameter_is_where_its_first_name_is() -> None:
    """As in timm, whose layers are by `named_parameters`, which tells the first name only."""
    network = Wrapper(nn.Embedding(9, 4), blocks=nn.ModuleList(nn.Linear(4, 4) for _ in range(2)), head=nn.Linear(4, 9))
    network.head.weight = network.net.weight
    assert by_name(network) == {
        "net.weight": 0,
        **{f"blocks.{place}.{own}": place + 1 for place in (0, 1) for own in ("weight", "bias")},
        "head.bias": 3,
    }


@pytest.mark.parametrize(
    ("make", "blocks"),
    [(resnet, 8), (Momentum, 16), (encoder, 4), (PLACES["experts"][0], 3), (torchvision.models.vgg11, 0)],
)
def test_blocks_are_counted_whether_or_not_they_make_depths(make: Callable[[], nn.Module], blocks: int) -> None:
    with torch.device("meta"):
        assert count_blocks(make()) == blocks


class Scaled(nn.Sequential):
    """A list with a parameter of its own, and of no other."""

    def __init__(self) -> None:
        super().__init__(nn.ReLU())
        self.scale = nn.Parameter(torch.ones(()))


class Flat(nn.Module):
    """A wrapper that holds parameters itself, as FSDP does without `use_orig_params`."""

    def __init__(self) -> None:
        super().__init__()
        self.flat = nn.Parameter(torch.ones(3))
        self._fsdp_wrapped_module = nn.Linear(2, 2)


@pytest.mark.parametrize("make", [Scaled, Flat, nn.Module, lambda: nn.Sequential(Scaled(), nn.Linear(2, 2))])
def test_odd_networks_have_depths_too(make: Callable[[], nn.Module]) -> None:
    network = make()
    found = set(by_name(network).values())
    assert found == set(range(len(found))) and len(by_name(network)) == len(list(network.parameters()))


@pytest.mark.parametrize("without", [False, True])
def test_a_block_that_is_wrapped_is_a_block(without: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if without:
        monkeypatch.setattr(core.assignment.depth, "_says", lambda module: False)
    with torch.device("meta"):
        plain, wrapped = (timm.create_model("convnext_atto") for _ in range(2))
    wrapped.stages[2].blocks[1] = torch.compile(wrapped.stages[2].blocks[1])
    wrapped.stages[1] = nn.DataParallel(wrapped.stages[1])
    assert list(by_name(wrapped).values()) == list(by_name(plain).values())
