"""How many outputs of a network's ReLUs are zero, layer by layer, while it computes what it computes anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
RELUS = (aten.relu, aten.relu_, aten.threshold, aten.threshold_)
CLIPPED = (aten.hardtanh, aten.hardtanh_)  # with a lower bound of 0: ReLU6


class Silence(TorchDispatchMode):
    """Counts zeros among the outputs of every ReLU that is computed inside `with silence:`, on this thread.

    A ReLU counts for the layer that came last before it: the one whose parameter torch was given last, told by
    where the parameter lies in memory. So functions and modules, in place or not, and parts of a traced network are all
    seen, and two ReLUs behind one layer count together. It sees the operations that torch carries out, after all
    choices of how to compute are made, so no float changes (`torch.utils._python_dispatch`); nothing but
    `read` waits for the device.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        named = ((_storage(parameter), name) for name, parameter in network.named_parameters())
        self._layers = {place: name.rpartition(".")[0] or name for place, name in named}
        self._layer = ""
        self._zeros: dict[str, Tensor] = {}
        self._outputs: dict[str, int] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for tensor in _tensors(args):
            self._layer = self._layers.get(_storage(tensor), self._layer)
        result = func(*args, **(kwargs or {}))
        if _is_relu(func.overloadpacket, args):
            self._count(result)
        return result

    def _count(self, output: Tensor) -> None:
        zeros = (output == 0).sum()
        self._zeros[self._layer] = self._zeros[self._layer] + zeros if self._layer in self._zeros else zeros
        self._outputs[self._layer] = self._outputs.get(self._layer, 0) + output.numel()

    def read(self) -> tuple[tuple[str, float], ...]:
        """Each layer with the share of zeros (0 to 1) among the outputs of the ReLUs behind it, in their order."""
        zeros = torch.stack(list(self._zeros.values())).tolist() if self._zeros else []
        counts = zip(zeros, self._outputs.items(), strict=True)
        return tuple((layer, zero / count) for zero, (layer, count) in counts)


def _is_relu(operation: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    return operation in RELUS or (operation in CLIPPED and len(args) > 1 and args[1] == 0)


def _tensors(args: tuple[Any, ...]) -> Iterator[Tensor]:
    """The tensors among an operation's arguments, and in lists of them, that have a place in memory."""
    for arg in args:
        if isinstance(arg, Tensor) and arg.layout == torch.strided:
            yield arg
        elif isinstance(arg, (list, tuple)):
            yield from _tensors(tuple(arg))


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
