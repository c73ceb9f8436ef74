"""What a network holds, so that looking at it leaves no trace."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

PLAIN = (bool, int, float, str, tuple, type(None))
# The packages whose modules write to nothing but their buffers and attributes.
KNOWN = {"torch", "torchvision", "core"}
Generator = torch.Generator | random.Random


class NetworkState:
    """The buffers, modes and attributes of a network's modules as they are now, to compare with later or to put back.

    Of a network with modules of other packages, whose code may write to anything, these are also the values of the
    parameters, and what is in containers, in generators of random numbers and in objects of those packages.

    `of_known_packages`: whether it has no such modules.
    """

    def __init__(self, network: nn.Module) -> None:
        own = {_package(module) for module in network.modules()} - KNOWN
        self.of_known_packages = not own
        self._held = [(holder, _copy(holder)) for holder in _holders(network, own)]
        inside = [value for _, held in self._held for value in (held.values() if isinstance(held, dict) else held)]
        found = {id(value): value for value in (*inside, *(network.parameters() if own else ()))}
        tensors = [value for value in found.values() if isinstance(value, Tensor)]
        self._values = [(tensor, tensor.detach().clone()) for tensor in tensors]
        generators = [value for value in found.values() if isinstance(value, Generator)]
        self._drawn = [(generator, _state(generator)) for generator in generators]

    def is_same(self) -> bool:
        """Whether all is as it was."""
        return (
            all(torch.equal(tensor, value) for tensor, value in self._values)
            and all(_alike(_state(generator), state) for generator, state in self._drawn)
            and all(_are_alike(holder, held) for holder, held in self._held)
        )

    @torch.no_grad()
    def restore(self) -> None:
        """Put all back."""
        for holder, held in self._held:
            if isinstance(holder, dict):
                if [*holder] != [*held]:
                    holder.clear()
                holder.update(held)
            elif not _are_alike(holder, held):
                holder.clear()
                (holder.update if isinstance(holder, set) else holder.extend)(held)
        for tensor, value in self._values:
            if not torch.equal(tensor, value):
                tensor.copy_(value)
        for generator, state in self._drawn:
            (generator.set_state if isinstance(generator, torch.Generator) else generator.setstate)(state)


def _package(thing: object) -> str:
    return type(thing).__module__.partition(".")[0]


def _holders(network: nn.Module, own: set[str]) -> Iterable[Any]:
    """The dicts of the modules' attributes and buffers; if there are `own` packages, all containers in these too."""
    found: dict[int, Any] = {}
    todo: list[Any] = [holder for module in network.modules() for holder in (vars(module), module._buffers)]
    while todo:
        thing = todo.pop()
        if isinstance(thing, nn.Module) or (_package(thing) in own and hasattr(thing, "__dict__")):
            thing = vars(thing)
        if id(thing) in found or not isinstance(thing, (dict, list, set, deque, tuple)):
            continue
        found[id(thing)] = thing
        if own:
            todo += thing.values() if isinstance(thing, dict) else thing
    return found.values()


def _copy(holder: Any) -> Any:
    return dict(holder) if isinstance(holder, dict) else list(holder)


def _state(generator: Generator) -> Any:
    return generator.get_state() if isinstance(generator, torch.Generator) else generator.getstate()


def _are_alike(holder: Any, held: Any) -> bool:
    """Whether a container holds what it held."""
    if isinstance(holder, dict):
        return all(_alike(held.get(key), holder.get(key)) for key in held | holder)
    return len(holder) == len(held) and all(map(_alike, held, holder))


def _alike(a: object, b: object) -> bool:
    """Whether two attributes are the same, or have equal values."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a is b or (a.dtype == b.dtype and torch.equal(a, b))
    return a is b or (isinstance(a, PLAIN) and isinstance(b, PLAIN) and type(a) is type(b) and a == b)
