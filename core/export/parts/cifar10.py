"""The images of a script: CIFAR-10 from its folder."""

from __future__ import annotations

import torch
from torch import Tensor, distributed
from torchvision.datasets import CIFAR10

from core.export.parts.common import (
    CLASSES,
    DISTRIBUTED,
    LOCAL_RANK,
    SEED,
    TEST_SIZE,
    TRAIN_SIZE,
    normalise,
)


def load_data(root: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels to train on, then to test on: balanced subsets of CIFAR-10."""
    if LOCAL_RANK == 0:
        CIFAR10(root, download=True)
    if DISTRIBUTED:
        distributed.barrier()
    generator = torch.Generator().manual_seed(SEED)
    train = load_split(CIFAR10(root, train=True), TRAIN_SIZE, generator)
    test = load_split(CIFAR10(root, train=False), TEST_SIZE, generator)
    return (*train, *test)


def load_split(
    whole: CIFAR10, size: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Normalised images (N, 3, 32, 32) and labels (N,), as many of each class."""
    labels = torch.tensor(whole.targets)
    chosen = choose(labels, size, generator)
    images = torch.from_numpy(whole.data).permute(0, 3, 1, 2).contiguous()
    return normalise(images[chosen]), labels[chosen]


def choose(labels: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Indices of `size` images; what is left over goes to the first classes."""
    chosen = []
    for label in range(CLASSES):
        of_class = (labels == label).nonzero().squeeze(1)
        share = size // CLASSES + (label < size % CLASSES)
        order = torch.randperm(len(of_class), generator=generator)
        chosen.append(of_class[order[:share]])
    return torch.cat(chosen)
