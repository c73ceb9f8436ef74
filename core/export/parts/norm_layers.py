"""What normalisation layers are, to code that needs torch only."""

from __future__ import annotations

from torch import nn

NORM_LAYERS = (
    nn.modules.batchnorm._NormBase,  # batch and instance normalisation
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
)
