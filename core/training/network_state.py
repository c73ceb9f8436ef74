"""What a network holds beside its parameters, so that looking at it leaves no trace."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

PLAIN = (bool, int, float, str, tuple, type(None))


class NetworkState:
    """The buffers, modes and attributes of a network's modules as they are now, to compare with later or to put back.

    Of attributes that are containers, which ones they are; not what is in them. Of parameters, whether they were
    written to (`Tensor._version`); their values are not kept.
    """

    def __init__(self, network: nn.Module) -> None:
        self._held = [(holder, dict(holder)) for module in network.modules() for holder in _holders(module)]
        tensors = {id(value): value for _, held in self._held for value in held.values() if isinstance(value, Tensor)}
        self._values = [(tensor, tensor.detach().clone()) for tensor in tensors.values()]
        self._versions = [(parameter, parameter._version) for parameter in network.parameters()]

    def is_same(self) -> bool:
        """Whether all is as it was."""
        return (
            all(torch.equal(tensor, value) for tensor, value in self._values)
            and all(parameter._version == version for parameter, version in self._versions)
            and all(_alike(held.get(key), holder.get(key)) for holder, held in self._held for key in held | holder)
        )

    @torch.no_grad()
    def restore(self) -> None:
        """Put all back, but for values of parameters."""
        for holder, held in self._held:
            for key in [key for key in holder if key not in held]:
                del holder[key]
            holder.update(held)
        for tensor, value in self._values:
            if not torch.equal(tensor, value):
                tensor.copy_(value)


def _holders(module: nn.Module) -> tuple[dict[str, Any], ...]:
    return vars(module), module._buffers


def _alike(a: object, b: object) -> bool:
    """Whether two attributes are the same, or have equal values."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a is b or (a.dtype == b.dtype and torch.equal(a, b))
    return a is b or (isinstance(a, PLAIN) and isinstance(b, PLAIN) and type(a) is type(b) and a == b)
