"""Gradients for the groups that train, and eval mode for layers with statistics that do not."""

from __future__ import annotations

from torch import nn

from core.assignment.buffers import keeps_statistics, layers_with_buffers
from core.export.parts.common import SPANS, select


def set_train_mode(model: nn.Module, epoch: int) -> None:
    """Train mode, with gradients for the groups that train in `epoch`, from 0, only.

    Layers with statistics that do not train stay in eval mode: without gradients
    their running statistics would go on changing.
    """
    model.train()
    for start, end, groups in SPANS:
        for group in groups:
            for parameter in select(model, group["params"]):
                parameter.requires_grad_(start <= epoch < end)
    for layer, own in layers_with_buffers(model):
        if keeps_statistics(layer) and not any(p.requires_grad for p in own):
            layer.training = False
