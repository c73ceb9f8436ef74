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


def roles_of(model: nn.Module) -> dict[nn.Parameter, str]:
    """ "norm", "bias" or "weight" for every parameter; tied ones by their first name.

    "bias" also for names such as in_proj_bias of attention layers.
    """
    roles = {}
    for name, parameter in model.named_parameters():
        roles[parameter] = "bias" if name.endswith("bias") else "weight"
    for module in model.modules():
        if isinstance(module, NORM_LAYERS):
            roles |= dict.fromkeys(module.parameters(recurse=False), "norm")
    return roles
