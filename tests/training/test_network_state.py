"""What somebody's own forward pass may write to is as it was before."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.training.network_state import NetworkState


class Tally:
    """An object of a network's own package."""

    def __init__(self) -> None:
        self.count = 0


class Own(nn.Module):
    """Holds one of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.teacher = nn.Linear(2, 2), nn.Linear(2, 2)
        self.register_buffer("table", torch.zeros(2))
        self.count, self.seen, self.last = 0, [[1]], deque([1, 2], maxlen=2)
        self.by_name, self.kinds, self.sums = {"a": 1}, {1}, (torch.zeros(2),)
        self.tally, self.draws, self.rolls = Tally(), torch.Generator().manual_seed(1), random.Random(1)
        self.hidden = [nn.BatchNorm1d(2)]


def rebind(network: Any) -> None:
    network.teacher.weight.data = network.teacher.weight.data * 0.5


WRITE: dict[str, Callable[[Any], object]] = {
    "attribute": lambda network: setattr(network, "count", 1),
    "new attribute": lambda network: setattr(network, "cache", torch.ones(1)),
    "buffer": lambda network: network.table.add_(1),
    "another buffer": lambda network: setattr(network, "table", torch.ones(2)),
    "parameter": lambda network: network.teacher.weight.add_(1),
    "parameter's data": lambda network: network.teacher.weight.data.mul_(0.5),
    "parameter's other data": rebind,
    "list in a list": lambda network: network.seen[0].append(2),
    "deque": lambda network: network.last.append(3),
    "dict": lambda network: network.by_name.update(a=2),
    "keys of a dict": lambda network: network.by_name.update(b=network.by_name.pop("a")),
    "set": lambda network: network.kinds.add(2),
    "tensor in a tuple": lambda network: network.sums[0].add_(1),
    "object": lambda network: setattr(network.tally, "count", 1),
    "generator of torch": lambda network: torch.rand(1, generator=network.draws),
    "generator of Python": lambda network: network.rolls.random(),
    "module that is not registered": lambda network: network.hidden[0](torch.rand(3, 2)),
    "modules": lambda network: network.add_module("late", nn.Linear(1, 1)),
}


def looks(thing: Any) -> Any:
    """All that a network holds, as plain values."""
    if isinstance(thing, Tensor):
        return thing.tolist()
    if isinstance(thing, torch.Generator):
        return thing.get_state().tolist()
    if isinstance(thing, random.Random):
        return thing.getstate()
    if isinstance(thing, dict):
        return {key: looks(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, deque, set)):
        return [looks(item) for item in thing]
    return looks(vars(thing)) if isinstance(thing, (nn.Module, Tally)) else thing


@pytest.mark.parametrize("what", WRITE)
def test_whatever_was_written_to_is_noticed_and_put_back(what: str) -> None:
    network = Own()
    before, state = looks(network), NetworkState(network)
    assert state.is_same()
    with torch.no_grad():
        WRITE[what](network)
    assert looks(network) != before and not state.is_same()
    state.restore()
    assert looks(network) == before and state.is_same()


def test_of_known_modules_no_parameter_is_copied() -> None:
    layer = nn.BatchNorm1d(3)
    state = NetworkState(layer)
    with torch.no_grad():
        layer.weight.add_(1)
    layer(torch.rand(4, 3))
    assert not state.is_same()
    state.restore()
    assert layer.running_mean.tolist() == [0, 0, 0] and layer.weight.tolist() == [2, 2, 2]  # type: ignore[union-attr]
