"""The first batch's pass, whose results all runs from one start share."""

from __future__ import annotations

from torch import Tensor, nn

from core.resources.random_numbers import RandomNumbers
from core.training.network_state import NetworkState


class FirstPass:
    """What a forward and a backward pass have just left: the loss, (), gradients, buffers and random numbers.

    To be kept only of a network whose modules write to nothing but their buffers and attributes.
    """

    def __init__(self, network: nn.Module, loss: Tensor, random_numbers: RandomNumbers) -> None:
        self._loss, self._random_numbers = loss.detach(), random_numbers.copy()
        self._gradients = [(p, None if p.grad is None else p.grad.clone()) for p in network.parameters()]
        self._state = NetworkState(network)

    def repeat(self) -> tuple[Tensor, RandomNumbers]:
        """Leave the network as the pass did, bit for bit; gives the loss, and the random numbers as they go on."""
        self._state.restore()
        for parameter, gradient in self._gradients:
            parameter.grad = None if gradient is None else gradient.clone()  # which clipping may change
        return self._loss, self._random_numbers.copy()
