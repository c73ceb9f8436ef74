"""The images of a script: from folders, subsets chosen by the functions of `core.data.datasets`."""
# torchvision's functions have no types, and a comment where they are called would be exported too.
# mypy: no-warn-return-any

from __future__ import annotations

import os

import torch
from PIL import Image
from torch import Tensor
from torchvision.datasets import ImageFolder
from torchvision.transforms import functional

from core.data.datasets import choose
from core.export.parts.common import (
    CLASSES,
    IMAGE_SIZE,
    SEED,
    TEST_SIZE,
    TRAIN_SIZE,
    normalise,
)


def load_data(root: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels to train on, then to test on, from the two folders in `root`."""
    generator = torch.Generator().manual_seed(SEED)
    train = load_split(os.path.join(root, "train"), TRAIN_SIZE, generator)
    test = load_split(os.path.join(root, "test"), TEST_SIZE, generator)
    return (*train, *test)


def load_split(
    folder: str, size: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Normalised images (N, 3, IMAGE_SIZE, IMAGE_SIZE) and labels (N,)."""
    samples = ImageFolder(folder).samples
    labels = torch.tensor([label for _, label in samples])
    chosen = choose(labels, CLASSES, size, generator)
    images = torch.stack([read_image(samples[index][0]) for index in chosen.tolist()])
    return normalise(images), labels[chosen]


def read_image(path: str) -> Tensor:
    """Bytes (3, IMAGE_SIZE, IMAGE_SIZE): the shorter side resized, the middle cut out."""
    with Image.open(path) as image:
        resized = functional.resize(image.convert("RGB"), [IMAGE_SIZE])
    cropped = functional.center_crop(resized, [IMAGE_SIZE, IMAGE_SIZE])
    return functional.pil_to_tensor(cropped)
