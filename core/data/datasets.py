"""Datasets by name, as whole tensors on the device; balanced subsets and shuffled batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from core.data.image_folder import (
    HOUSE_CLASSES,
    Samples,
    class_count,
    dataset_names,
    image_counts,
    own_samples,
    read_images,
)
from core.data.shapes import draw
from core.experiment import Experiment, ExperimentError, Problem
from core.experiment.errors import unknown_name
from core.resources.cifar10 import Raw, data_dir, read_cifar10
from core.resources.custom import own_images
from core.resources.device import memory_format
from core.resources.weights import weights_of

# Mean and standard deviation per channel of CIFAR-10's training images in [0, 1].
CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
PIECE = 64  # images that are prepared together


@dataclass(frozen=True)
class Split:
    """Normalised `images` (N, 3, S, S), float32, S pixels a side, and `labels` (N,), int64, on one device.

    The images lie in memory as `core.resources.device.memory_format` says.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """The same images and labels on `device`."""
        return Split(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Dataset:
    """The training and the test subset of the dataset called `name`."""

    name: str
    train: Split
    test: Split


def dataset_problems(experiment: Experiment) -> list[Problem]:
    """Why the experiment's images cannot be had: an unknown name, or more images than there are."""
    if experiment.dataset not in (names := dataset_names()):
        return [unknown_name("dataset", experiment.dataset, names)]
    root = own_images()
    if root is None or experiment.dataset != root.name:
        return []
    asked = {"train_size": experiment.train_size, "test_size": experiment.test_size}
    return [
        Problem(None, field, "too_few_images", {"value": size, "most": most})
        for (field, size), most in zip(asked.items(), image_counts(root), strict=True)
        if size > most
    ]


def load_dataset(experiment: Experiment, device: torch.device | str = "cpu") -> Dataset:
    """The experiment's images, normalised, on `device`.

    The subsets are balanced over the classes and chosen by `experiment.seed`; the same
    experiment gives the same tensors. Normalised with the statistics of the pre-trained
    weights where those are asked for, else with CIFAR-10's.
    Raises DatasetUnavailable if the files are not there or broken, ExperimentError for what
    `dataset_problems` names.
    """
    if problems := dataset_problems(experiment):
        raise ExperimentError(problems)
    train, test = LOADERS.get(experiment.dataset, _own)(experiment)
    return Dataset(experiment.dataset, *(prepare(raw, experiment, device) for raw in (train, test)))


def batches(
    inputs: tuple[Tensor, ...], labels: Tensor, size: int, generator: torch.Generator
) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
    """One epoch of shuffled batches of inputs (N, ...) and labels (N,); what is left over after the last whole
    batch waits for the next shuffle."""
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    for start in range(0, len(labels) - size + 1, size):
        chosen = order[start : start + size]
        yield tuple(take(values, chosen) for values in inputs), labels.index_select(0, chosen)


def take(values: Tensor, chosen: Tensor) -> Tensor:
    """The rows (N, ...) at the indices `chosen`, in the memory layout that they have: contiguous or channels_last."""
    if values.is_contiguous():
        return values.index_select(0, chosen)
    return values.permute(0, 2, 3, 1).index_select(0, chosen).permute(0, 3, 1, 2)


def resize(images: Tensor, size: int) -> Tensor:
    """Images (N, 3, S, S) as (N, 3, size, size), bilinear; unchanged where they have that size."""
    if images.shape[-1] == size:
        return images
    return torch.nn.functional.interpolate(images, (size, size), mode="bilinear", align_corners=False)


def _cifar10(experiment: Experiment) -> tuple[Raw, Raw]:
    generator = torch.Generator().manual_seed(experiment.seed)
    train, test = read_cifar10(data_dir())
    return _subset(train, experiment.train_size, generator), _subset(test, experiment.test_size, generator)


def _subset(raw: Raw, size: int, generator: torch.Generator) -> Raw:
    images, labels = raw
    chosen = choose(labels, HOUSE_CLASSES, size, generator)
    return images[chosen], labels[chosen]


def _shapes(experiment: Experiment) -> tuple[Raw, Raw]:
    return _drawn(experiment.seed, experiment.train_size, experiment.test_size)


@lru_cache(maxsize=1)
def _drawn(seed: int, train_size: int, test_size: int) -> tuple[Raw, Raw]:
    generator = torch.Generator().manual_seed(seed)
    train, test = (torch.arange(size) % HOUSE_CLASSES for size in (train_size, test_size))
    return (draw(train, generator), train), (draw(test, generator), test)


def _own(experiment: Experiment) -> tuple[Raw, Raw]:
    generator = torch.Generator().manual_seed(experiment.seed)
    root = own_images()
    assert root is not None, "dataset_problems() has found the name"
    classes, (train, test) = class_count(experiment.dataset), own_samples(root)

    def read(samples: Samples, size: int) -> Raw:
        labels = torch.tensor([label for _, label in samples])
        chosen = tuple(samples[index] for index in choose(labels, classes, size, generator).tolist())
        return read_images(chosen, experiment.image_size)

    return read(train, experiment.train_size), read(test, experiment.test_size)


LOADERS: dict[str, Callable[[Experiment], tuple[Raw, Raw]]] = {"cifar10": _cifar10, "shapes": _shapes}


def choose(labels: Tensor, classes: int, size: int, generator: torch.Generator, taken: int = 0) -> Tensor:
    """Indices of `size` images, as many of each class as there are; what is left over goes to the first classes.

    With `taken`, none of those that the same call would choose for that size.
    """
    of_class = [(labels == label).nonzero().squeeze(1) for label in range(classes)]
    counts = [len(indices) for indices in of_class]
    before = shares_of(counts, taken)
    shares = shares_of([count - used for count, used in zip(counts, before, strict=True)], size)
    chosen = []
    for indices, used, share in zip(of_class, before, shares, strict=True):
        order = torch.randperm(len(indices), generator=generator)
        chosen.append(indices[order[used : used + share]])
    return torch.cat(chosen)


def shares_of(counts: list[int], size: int) -> list[int]:
    """`size`, at most the sum of `counts`, dealt out as evenly as the counts allow."""
    shares = [0] * len(counts)
    while left := size - sum(shares):
        open_ = [index for index, count in enumerate(counts) if shares[index] < count]
        for place, index in enumerate(open_):
            part = left // len(open_) + (place < left % len(open_))
            shares[index] = min(counts[index], shares[index] + part)
    return shares


def prepare(raw: Raw, experiment: Experiment, device: torch.device | str) -> Split:
    """Images as a network takes them, on `device`: normalised as `load_dataset` says.

    On the CPU, and laid out while the images are still bytes: of the numbers there is one copy only, made piece by
    piece while a piece is in the processor's cache.
    """
    mean, std = CIFAR10_MEAN, CIFAR10_STD
    if experiment.pretrained and (weights := weights_of(experiment.model)):
        preprocessing = weights.transforms()
        mean, std = preprocessing.mean, preprocessing.std
    images = raw[0].contiguous(memory_format=memory_format(experiment.model, device))
    shift, scale = torch.tensor(mean).view(1, 3, 1, 1), torch.tensor(std).view(1, 3, 1, 1)
    prepared = torch.empty_like(images, dtype=torch.get_default_dtype())
    for piece, place in zip(images.split(PIECE), prepared.split(PIECE), strict=True):
        torch.div(piece, 255, out=place).sub_(shift).div_(scale)
    return Split(prepared, raw[1]).to(device)
