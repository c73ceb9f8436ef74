"""CIFAR-10 as it lies on this machine: where, whether it is whole, and its images as bytes."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import CIFAR10


class DatasetUnavailable(RuntimeError):
    """The dataset is not on this machine, or its files are broken."""


Raw = tuple[Tensor, Tensor]  # uint8 images (N, 3, S, S) and int64 labels (N,)


def data_dir() -> Path:
    """Where datasets are kept: the environment variable DATA_DIR, or a folder of the user's cache."""
    return Path(os.environ.get("DATA_DIR") or "~/.cache/param-group-lab/data").expanduser()


def cifar10_is_here() -> bool:
    """Whether a whole, unbroken copy of CIFAR-10 lies in the data directory."""
    try:
        read_cifar10(data_dir())
    except DatasetUnavailable:
        return False
    return True


@lru_cache(maxsize=1)
def read_cifar10(root: Path) -> tuple[Raw, Raw]:
    """The training and the test images; torchvision compares every file with its checksum."""
    try:
        whole = [CIFAR10(root, train=train) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        raise DatasetUnavailable(
            f"no whole copy of CIFAR-10 lies in {root}: starting app.py downloads it there, as does "
            f"torchvision.datasets.CIFAR10({str(root)!r}, download=True); or choose the dataset “shapes”"
        ) from error
    train, test = ((torch.from_numpy(d.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(d.targets)) for d in whole)
    return train, test
