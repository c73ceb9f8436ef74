"""torchvision's pre-trained weights by the network's name, as files on this machine."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path

import torch
import torchvision
from torch import Tensor
from torchvision.models import WeightsEnum


class WeightsUnavailable(RuntimeError):
    """The pre-trained weights are not on this machine, or their file cannot be read."""


def weights_of(model: str) -> WeightsEnum | None:
    """The weights of torchvision's network `model`; None where there are none.

    IMAGENET1K_V1 where they exist, else those made for the smallest images.
    """
    if model not in torchvision.models.list_models(module=torchvision.models):
        return None
    every = torchvision.models.get_model_weights(model)
    return min(every, key=lambda weights: (weights.name != "IMAGENET1K_V1", weights.transforms().crop_size))


def weights_path(model: str) -> Path:
    """Where torchvision keeps the pre-trained weights of `model`. Raises WeightsUnavailable if there are none."""
    url: str = _existing(model).url
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]


def load_weights(model: str) -> dict[str, Tensor]:
    """torchvision's state dict of `model`, from the file on this machine; raises WeightsUnavailable."""
    path = weights_path(model)
    try:
        return _read_weights(model, path, path.stat().st_mtime_ns)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsUnavailable(f"{path.name}: {type(error).__name__}") from error


@lru_cache(maxsize=1)
def _read_weights(model: str, path: Path, modified_ns: int) -> dict[str, Tensor]:
    """Cached until the file changes; `path` and `modified_ns` are part of the key only."""
    options = {"progress": False, "map_location": "cpu", "weights_only": True}
    state: dict[str, Tensor] = _existing(model).get_state_dict(**options)
    return state


def _existing(model: str) -> WeightsEnum:
    weights = weights_of(model)
    if weights is None:
        raise WeightsUnavailable(f"there are no pre-trained weights for {model}")
    return weights
