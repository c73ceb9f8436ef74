"""The network of whoever started the app, made by their function."""

from __future__ import annotations

import copy
import importlib
import logging
import os
import sys

from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from core.experiment import ExperimentError, Problem
from core.resources.custom import OwnUnusable
from core.text import say

_LAZY = (UninitializedParameter, UninitializedBuffer)


def make_own_model(name: str) -> nn.Module:
    """A network of its own, as the function that `name` names returns it; raises OwnUnusable.

    Looked for in the current directory first, as `python -m` does.
    """
    module, _, function = name.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), function]):
        raise OwnUnusable(say("own_model_name", value=name))
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        network = getattr(importlib.import_module(module), function)()
    except Exception as error:  # whatever somebody's own code may raise
        raise OwnUnusable(say("own_model_raises", value=name, reason=f"{type(error).__name__}: {error}")) from error
    if not isinstance(network, nn.Module):
        raise OwnUnusable(say("own_model_type", value=name, kind=type(network).__name__))
    if any(isinstance(t, _LAZY) for t in (*network.parameters(), *network.buffers())):
        raise OwnUnusable(say("own_model_lazy", value=name))
    return copy.deepcopy(network)


def remake_own_model(name: str) -> nn.Module:
    """As `make_own_model`, for somebody who sees the page: raises ExperimentError, and only the log says why."""
    try:
        return make_own_model(name)
    except OwnUnusable as error:
        logging.getLogger(__name__).error("%s", error)
        raise ExperimentError([Problem(None, "model", "own_model_fails", {"value": name})]) from error
