"""The role of every parameter: weight, bias, or parameter of a normalisation layer."""

from __future__ import annotations

import torchvision
from torch import nn

NORM_LAYERS = (
    nn.modules.batchnorm._NormBase,  # batch and instance normalisation of every dimension
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
    torchvision.ops.FrozenBatchNorm2d,
)


def is_norm(name: str, layer: nn.Module) -> bool:
    """A normalisation layer: torch's, or one so called that has nothing but vectors.

    `name` is its name in the network, of which the last part counts; so does its class: "norm" in one of them, or a
    word that ends as ln_1, bn1 and FrozenBN. Vectors may be laid out to be broadcast, as (1, C, 1, 1).
    """
    if isinstance(layer, NORM_LAYERS):
        return True
    names = f"{name.rpartition('.')[2]} {type(layer).__name__}".lower()
    words = [word.strip("0123456789") for word in names.replace("_", " ").split()]
    if "norm" not in names and not any(word.endswith(("bn", "ln")) for word in words):
        return False
    own = [*layer.parameters(recurse=False)]
    flat = [p.ndim < 2 or (p.ndim > 2 and p.numel() == max(p.shape)) for p in own]
    return len(own) == len([*layer.parameters()]) > 0 and all(flat)


def roles_of(model: nn.Module) -> dict[nn.Parameter, str]:
    """ "norm", "bias" or "weight" for every parameter; tied ones by their first name.

    "bias" also for names such as in_proj_bias and bias_k of attention layers, and bias_hh_l0 of recurrent ones.
    """
    roles = {}
    for name, parameter in model.named_parameters():
        last = name.rpartition(".")[2]
        is_bias = last.endswith("bias") or last.startswith("bias_")
        roles[parameter] = "bias" if is_bias else "weight"
    for name, module in model.named_modules():
        if is_norm(name, module):
            roles |= dict.fromkeys(module.parameters(recurse=False), "norm")
    return roles
