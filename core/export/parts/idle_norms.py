"""Gradients for the groups that train, and eval mode for normalisation layers that do not."""

from __future__ import annotations

from torch import nn

from core.export.parts.common import STARTS, select
from core.export.parts.norm_layers import NORM_LAYERS


def set_train_mode(model: nn.Module, epoch: int) -> None:
    """Train mode, with gradients for the groups that train in `epoch`, from 0, only.

    Normalisation layers that do not train stay in eval mode: without gradients
    their running statistics would go on changing.
    """
    model.train()
    idle: set[nn.Parameter] = set()
    for start, groups in STARTS:
        for group in groups:
            parameters = select(model, group["params"])
            for parameter in parameters:
                parameter.requires_grad_(start <= epoch)
            if start > epoch:
                idle.update(parameters)
    for layer in model.modules():
        own = set(layer.parameters(recurse=False))
        if isinstance(layer, NORM_LAYERS) and own and own <= idle:
            layer.eval()
