"""torchvision's pre-trained weights by the network's name, as files on this machine."""

from __future__ import annotations

import hashlib
import pickle
from functools import lru_cache
from pathlib import Path

import torch
import torchvision
from torch import Tensor
from torchvision.models import WeightsEnum

# Files that stand in for torchvision's, by their SHA-256, and what they were trained on. They are used under its names,
# where its host cannot be reached, and said to be stand-ins.
STAND_INS = {"f605aba8945a3c8a248b406bedddc859cac96fee9b5aa6733eb177d168c7c9a7": "CIFAR-10, 64 px"}


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
    """torchvision's state dict of `model`, from the file on this machine.

    Raises WeightsUnavailable, also where the file is not the one that its name says, or a stand-in that is known.
    """
    path = weights_path(model)
    try:
        return _read_weights(model, path, path.stat().st_mtime_ns)
    except WeightsUnavailable:
        raise
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsUnavailable(f"{path.name} cannot be read") from error


@lru_cache(maxsize=1)
def _read_weights(model: str, path: Path, modified_ns: int) -> dict[str, Tensor]:
    """Cached until the file changes, for which `modified_ns` is part of the key."""
    if not is_whole(path):
        raise WeightsUnavailable(f"{path.name} is not the file that its name says")
    options = {"progress": False, "map_location": "cpu", "weights_only": True}
    state: dict[str, Tensor] = _existing(model).get_state_dict(**options)
    return state


def is_whole(path: Path) -> bool:
    """torchvision's file names end in the first 8 hexadecimal digits of the content's SHA-256. Raises OSError."""
    expected = path.name.removeprefix(".").partition(".")[0].rpartition("-")[2]
    digest = _digest(path)
    return digest.startswith(expected) or digest in STAND_INS


def stand_in(model: str) -> str | None:
    """What the weights of `model` on this machine were trained on, if they are a stand-in's."""
    try:
        return STAND_INS.get(_digest(weights_path(model)))
    except (OSError, WeightsUnavailable):
        return None


def _digest(path: Path) -> str:
    return _read_digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_digest(path: Path, modified_ns: int) -> str:
    """Cached until the file changes, for which `modified_ns` is part of the key."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _existing(model: str) -> WeightsEnum:
    weights = weights_of(model)
    if weights is None:
        raise WeightsUnavailable(f"there are no pre-trained weights for {model}")
    return weights
