"""The network of whoever started the app, made by their function."""

from __future__ import annotations

import copy
import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from core.experiment import ExperimentError, Problem
from core.resources.custom import OwnUnusable
from core.text import say

_LAZY = (UninitializedParameter, UninitializedBuffer)
# Of modules and parameters; torch has no public way to ask for them.
HOOKS = (
    *("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"),
    "_post_accumulate_grad_hooks",
)


def make_own_model(name: str) -> nn.Module:
    """A network of its own, as the function that `name` names returns it; raises OwnUnusable.

    Looked for in the current directory first, as `python -m` does. What the function returns is used itself, with its
    hooks; only where it returns the same tensors at every call, a copy is, which must then have no hooks to lose.
    """
    network = _call(name)
    if not _keeps_its_own(name):
        return network
    if has_hooks(network):
        raise OwnUnusable(say("own_model_kept", value=name, reason="hooks"))
    try:
        return copy.deepcopy(network)
    except Exception as error:  # whatever cannot be copied
        raise OwnUnusable(say("own_model_kept", value=name, reason=f"{type(error).__name__}: {error}")) from error


def remake_own_model(name: str) -> nn.Module:
    """As `make_own_model`, for somebody who sees the page: raises ExperimentError, and only the log says why."""
    try:
        return make_own_model(name)
    except OwnUnusable as error:
        logging.getLogger(__name__).error("%s", error)
        raise ExperimentError([Problem(None, "model", "own_model_fails", {"value": name})]) from error


def without_values(network: nn.Module) -> nn.Module:
    """The same network, all its tensors moved to the meta device, tied ones still tied."""
    bare: dict[int, tuple[Tensor, Tensor]] = {}  # the old tensors are kept too, so that no other takes an id

    def on_meta(tensor: Tensor) -> Tensor:
        if id(tensor) not in bare:
            values = tensor.detach().to("meta")
            is_parameter = isinstance(tensor, nn.Parameter)
            bare[id(tensor)] = tensor, nn.Parameter(values, tensor.requires_grad) if is_parameter else values
        return bare[id(tensor)][1]

    for module in network.modules():
        holders: tuple[dict[str, Any], ...] = (vars(module), module._parameters, module._buffers)
        for holder in holders:
            for name, value in holder.items():
                if isinstance(value, Tensor):
                    holder[name] = on_meta(value)
    return network


def _call(name: str) -> nn.Module:
    module, _, function = name.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), function]):
        raise OwnUnusable(say("own_model_name", value=name))
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        with _random_numbers_kept():
            make = getattr(importlib.import_module(module), function)
        if isinstance(make, nn.Module):
            raise OwnUnusable(say("own_model_made", value=name, kind=type(make).__name__))
        network = make()
    except OwnUnusable:
        raise
    except (Exception, SystemExit) as error:  # whatever somebody's own code may raise; argparse exits
        raise OwnUnusable(say("own_model_raises", value=name, reason=f"{type(error).__name__}: {error}")) from error
    if not isinstance(network, nn.Module):
        raise OwnUnusable(say("own_model_type", value=name, kind=type(network).__name__))
    if any(isinstance(t, _LAZY) for t in (*network.parameters(), *network.buffers())):
        raise OwnUnusable(say("own_model_lazy", value=name))
    return network


@lru_cache(maxsize=8)
def _keeps_its_own(name: str) -> bool:
    """Whether two calls of the function give networks that have a tensor, or a module, in common."""
    with _random_numbers_kept():
        first, second = (_call(name) for _ in range(2))
    return not set(_identities(first)).isdisjoint(_identities(second))


def _random_numbers_kept() -> AbstractContextManager[None]:
    """Inside, whatever is drawn does not count: also for a run, whose own random numbers may be in place."""
    return torch.random.fork_rng(range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ())


def _identities(network: nn.Module) -> Iterator[int]:
    yield from map(id, network.modules())
    strided = (t for t in (*network.parameters(), *network.buffers()) if t.layout == torch.strided)
    yield from (place for tensor in strided if (place := tensor.untyped_storage().data_ptr()))


def has_hooks(network: nn.Module) -> bool:
    """Whether somebody has registered a hook with one of the network's modules or parameters."""
    owners = (*network.modules(), *network.parameters())
    return any(getattr(owner, hooks, None) for owner in owners for hooks in HOOKS)
