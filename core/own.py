"""What the person who starts the app brings along: a network of their own, a folder of their own images.

Both are named by environment variables that `app.main` sets for its own process, from its
flags; nothing from the page or the API can name them.
"""

from __future__ import annotations

import copy
import importlib
import os
import sys
from pathlib import Path

from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from core.errors import Problem

MODEL, IMAGES = "PARAM_GROUP_LAB_MODEL", "PARAM_GROUP_LAB_IMAGES"
_LAZY = (UninitializedParameter, UninitializedBuffer)


class OwnUnusable(RuntimeError):
    """The network or the folder of images cannot be used; the message, in English, is for who started the app."""


def own_model() -> str | None:
    """The own network's name, "package.module:function", if there is one."""
    return os.environ.get(MODEL) or None


def own_images() -> Path | None:
    """The folder of own images, if there is one."""
    return Path(os.environ[IMAGES]) if os.environ.get(IMAGES) else None


def make_own_model(name: str) -> nn.Module:
    """A network of its own, as the function that `name` names returns it; raises OwnUnusable.

    Looked for in the current directory first, as `python -m` does.
    """
    module, _, function = name.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), function]):
        raise OwnUnusable(_say("own_model_name", value=name))
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        network = getattr(importlib.import_module(module), function)()
    except Exception as error:  # whatever somebody's own code may raise
        raise OwnUnusable(_say("own_model_raises", value=name, reason=f"{type(error).__name__}: {error}")) from error
    if not isinstance(network, nn.Module):
        raise OwnUnusable(_say("own_model_type", value=name, kind=type(network).__name__))
    if any(isinstance(t, _LAZY) for t in (*network.parameters(), *network.buffers())):
        raise OwnUnusable(_say("own_model_lazy", value=name))
    return copy.deepcopy(network)


def _say(key: str, **values: object) -> str:
    return Problem(None, "model", key, values).sentence()
