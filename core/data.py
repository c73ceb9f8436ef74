"""Datasets by name, as whole tensors on the device; balanced subsets and shuffled batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import CIFAR10

from core.experiment import Experiment
from core.models import CLASSES, WEIGHTS
from core.shapes import draw

# Mean and standard deviation per channel of CIFAR-10's training images in [0, 1].
CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class DatasetUnavailable(RuntimeError):
    """The dataset is not on this machine, or its files are broken."""


@dataclass(frozen=True)
class Split:
    """Normalised `images` (N, 3, 32, 32), float32, and `labels` (N,), int64, on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """The training and the test subset of the dataset called `name`."""

    name: str
    train: Split
    test: Split


Raw = tuple[Tensor, Tensor]  # uint8 images (N, 3, 32, 32) and int64 labels (N,)


def data_dir() -> Path:
    """Where datasets are kept: the environment variable DATA_DIR, or a folder of the user's cache."""
    return Path(os.environ.get("DATA_DIR") or "~/.cache/param-group-lab/data").expanduser()


def load_dataset(experiment: Experiment, device: torch.device | str = "cpu") -> Dataset:
    """The experiment's images, normalised, on `device`.

    The subsets are balanced over the ten classes and chosen by `experiment.seed`; the same
    experiment gives the same tensors. Normalised with the statistics of the pre-trained
    weights where those are asked for, else with CIFAR-10's.
    Raises DatasetUnavailable if the files are not there or broken.
    """
    mean, std = CIFAR10_MEAN, CIFAR10_STD
    if experiment.pretrained:
        preprocessing = WEIGHTS[experiment.model].transforms()
        mean, std = preprocessing.mean, preprocessing.std
    train, test = LOADERS[experiment.dataset](experiment)
    return Dataset(experiment.dataset, _prepare(train, mean, std, device), _prepare(test, mean, std, device))


def batches(split: Split, size: int, generator: torch.Generator) -> Iterator[Raw]:
    """One epoch of shuffled batches; images left over after the last whole batch wait for the next shuffle."""
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    for start in range(0, len(split) - size + 1, size):
        chosen = order[start : start + size]
        yield split.images[chosen], split.labels[chosen]


def resize(images: Tensor, size: int) -> Tensor:
    """Images (N, 3, S, S) as (N, 3, size, size), bilinear; unchanged where they have that size."""
    if images.shape[-1] == size:
        return images
    return torch.nn.functional.interpolate(images, (size, size), mode="bilinear", align_corners=False)


def cifar10_is_here() -> bool:
    """Whether a whole, unbroken copy of CIFAR-10 lies in the data directory."""
    try:
        _read_cifar10(data_dir())
    except DatasetUnavailable:
        return False
    return True


@lru_cache(maxsize=1)
def _read_cifar10(root: Path) -> tuple[Raw, Raw]:
    """The training and the test images; torchvision compares every file with its checksum."""
    try:
        whole = [CIFAR10(root, train=train) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        raise DatasetUnavailable("cifar10") from error
    train, test = ((torch.from_numpy(d.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(d.targets)) for d in whole)
    return train, test


def _cifar10(experiment: Experiment) -> tuple[Raw, Raw]:
    train, test = _read_cifar10(data_dir())
    generator = torch.Generator().manual_seed(experiment.seed)
    return _subset(train, experiment.train_size, generator), _subset(test, experiment.test_size, generator)


def _shapes(experiment: Experiment) -> tuple[Raw, Raw]:
    generator = torch.Generator().manual_seed(experiment.seed)
    train, test = (torch.arange(size) % CLASSES for size in (experiment.train_size, experiment.test_size))
    return (draw(train, generator), train), (draw(test, generator), test)


LOADERS: dict[str, Callable[[Experiment], tuple[Raw, Raw]]] = {"cifar10": _cifar10, "shapes": _shapes}


def _subset(raw: Raw, size: int, generator: torch.Generator) -> Raw:
    """`size` images with as many of each class; what is left over goes to the first classes."""
    images, labels = raw
    chosen = []
    for label in range(CLASSES):
        of_class = (labels == label).nonzero().squeeze(1)
        share = size // CLASSES + (label < size % CLASSES)
        chosen.append(of_class[torch.randperm(len(of_class), generator=generator)[:share]])
    indices = torch.cat(chosen)
    return images[indices], labels[indices]


def _prepare(raw: Raw, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device | str) -> Split:
    images, labels = raw
    shift, scale = torch.tensor(mean).view(1, 3, 1, 1), torch.tensor(std).view(1, 3, 1, 1)
    return Split((images / 255 - shift).div_(scale).to(device), labels.to(device))
