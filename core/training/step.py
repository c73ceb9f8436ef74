"""The part of a step that every run shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.resources.random_numbers import RandomNumbers


def loss_and_gradients(
    parameters: Sequence[nn.Parameter],
    network: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    random_numbers: RandomNumbers,
) -> Tensor:
    """The mean cross-entropy of a batch, (), and in every parameter that needs it its gradient of this batch alone."""
    for parameter in parameters:  # as zero_grad() does, without its hooks
        parameter.grad = None
    with random_numbers:
        outputs = network(*inputs)
    loss = cross_entropy(outputs, labels)
    loss.backward()
    return loss
