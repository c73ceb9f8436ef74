"""Networks of the menu that are known again when they were built elsewhere. Imports no torch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

Shapes = Sequence[tuple[str, tuple[int, ...]]]  # each parameter's name and shape, in the network's order

POSITIONS = "encoder.pos_embedding"  # torchvision's ViTs: (1, 1 + patches, width), so the image size decides
PATCHES = "conv_proj.weight"  # theirs too: (width, 3, patch, patch)


class Known(NamedTuple):
    """A network of the menu: its name, its number of outputs, and the pixels a side it was made for, if for some."""

    model: str
    outputs: int
    image_size: int | None


def known_network(shapes: Shapes) -> Known | None:
    """The network of the menu that has parameters of just these names and shapes, for any classes."""
    model = NETWORKS.get(fingerprint(shapes))
    if model is None:
        return None
    by_name = dict(shapes)
    patches = by_name.get(POSITIONS, (1, 0))[1] - 1
    size = math.isqrt(patches) * by_name[PATCHES][-1] if patches > 0 else None
    return Known(model, shapes[-1][1][0], size)


def fingerprint(shapes: Shapes) -> str:
    """Twelve hexadecimal digits of all names and shapes, but for what classes and image size decide.

    The last parameter's module is the head: the first of its dimensions are the classes.
    """
    head = shapes[-1][0].rpartition(".")[0] if shapes else ""
    lines = []
    for name, shape in shapes:
        if name.rpartition(".")[0] == head:
            shape = shape[1:]
        lines.append(f"{name} {'' if name == POSITIONS else shape}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:12]


# A test builds every network of the menu and says which line is missing.
NETWORKS = {
    print_of: model
    for model, print_of in {
        "simple_cnn": "5f13269b24b9",
        "small_vit": "3affdb4a7542",
        "small_vit_narrow": "a94715739401",
        "alexnet": "e99accbca0a8",
        "convnext_base": "d7430f2b3442",
        "convnext_large": "39ac2c80e285",
        "convnext_small": "88fadba950c0",
        "convnext_tiny": "5347da83f259",
        "densenet121": "94193e514a69",
        "densenet161": "5c39363b5d05",
        "densenet169": "8e95b137d865",
        "densenet201": "16c2a35686b4",
        "efficientnet_b0": "b1046327ab39",
        "efficientnet_b1": "772b06b83101",
        "efficientnet_b2": "75d01ac3c18c",
        "efficientnet_b3": "c98cf756c656",
        "efficientnet_b4": "ea8b7502fb3c",
        "efficientnet_b5": "b4e912c56de4",
        "efficientnet_b6": "d67bf2537f44",
        "efficientnet_b7": "b45e55b991ec",
        "efficientnet_v2_l": "b7874bee78c7",
        "efficientnet_v2_m": "767663d5fe36",
        "efficientnet_v2_s": "88bb10963358",
        "googlenet": "306463b18a17",
        "inception_v3": "fd44d52b9ada",
        "maxvit_t": "2f68aa26679f",
        "mnasnet0_5": "0b0d3e40e776",
        "mnasnet0_75": "d314a7ea7811",
        "mnasnet1_0": "06ecb1e553b6",
        "mnasnet1_3": "5a965319e3fd",
        "mobilenet_v2": "b43d2e253561",
        "mobilenet_v3_large": "33eaa0bb1abe",
        "mobilenet_v3_small": "e51f7a509fe3",
        "regnet_x_16gf": "8311cf13c33c",
        "regnet_x_1_6gf": "986230d8ab07",
        "regnet_x_32gf": "2edbc12a1cb5",
        "regnet_x_3_2gf": "6ef613347e49",
        "regnet_x_400mf": "5d45f1e69cf5",
        "regnet_x_800mf": "adce4dd7aec5",
        "regnet_x_8gf": "6ffd83bb79a5",
        "regnet_y_128gf": "f776419585d6",
        "regnet_y_16gf": "30fec797dbaf",
        "regnet_y_1_6gf": "20da557bed22",
        "regnet_y_32gf": "96c62dd446ad",
        "regnet_y_3_2gf": "d511d633d437",
        "regnet_y_400mf": "5a26d020ca78",
        "regnet_y_800mf": "916302e5e45c",
        "regnet_y_8gf": "6a76e981e7b1",
        "resnet101": "d6a995799caf",
        "resnet152": "14e3be8630ac",
        "resnet18": "1636e89face5",
        "resnet34": "60ed27afe7e1",
        "resnet50": "95191361a886",
        "resnext101_32x8d": "fb9f61e1fce7",
        "resnext101_64x4d": "0d2eff961a07",
        "resnext50_32x4d": "8a529e26e61f",
        "shufflenet_v2_x0_5": "d6dfd9f69bd5",
        "shufflenet_v2_x1_0": "8d24da436420",
        "shufflenet_v2_x1_5": "7d365b7c5fe4",
        "shufflenet_v2_x2_0": "6de881cab3fa",
        "squeezenet1_0": "8534c59c67de",
        "squeezenet1_1": "5428daadb316",
        "swin_b": "8c5d810177a8",
        "swin_s": "0c7d228a6b6b",
        "swin_t": "26ed0a94940f",
        "swin_v2_b": "560a255be477",
        "swin_v2_s": "d31940d9b8c7",
        "swin_v2_t": "2117037a3305",
        "vgg11": "473e82e04b4a",
        "vgg11_bn": "60fea982cb66",
        "vgg13": "1c4c1c1e0e2f",
        "vgg13_bn": "f56ad2ab560f",
        "vgg16": "02af02f429ab",
        "vgg16_bn": "b0b514bbf79f",
        "vgg19": "216c6855a0ca",
        "vgg19_bn": "1070602e416e",
        "vit_b_16": "742aedd4ee1e",
        "vit_b_32": "2dc86f0cec20",
        "vit_h_14": "21ea22bb5d6d",
        "vit_l_16": "118bd05309a3",
        "vit_l_32": "4639aac44ca8",
        "wide_resnet101_2": "d1bb10a39dd8",
        "wide_resnet50_2": "9355f7779483",
    }.items()
}
