"""The datasets' names and classes, and a folder of one's own images: train/<class>/... and test/<class>/..."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torchvision.datasets import ImageFolder
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from core.experiment import ExperimentError, Problem
from core.resources.custom import SPLITS, OwnUnusable, own_images
from core.text import say

HOUSE_DATASETS = ("cifar10", "shapes")
HOUSE_CLASSES = 10
FEWEST_CLASSES, MOST_CLASSES = 2, 1000

Samples = tuple[tuple[str, int], ...]  # paths of images, and the numbers of their classes


def dataset_names() -> list[str]:
    """Every dataset that an experiment can name: the house's, and the starter's own folder of images by its name."""
    root = own_images()
    return [*HOUSE_DATASETS, *([root.name] if root else [])]


def class_count(dataset: str) -> int:
    """How many classes a dataset has; ten where the name is not known."""
    root = own_images()
    return len(find_images(root)[0]) if root and dataset == root.name else HOUSE_CLASSES


def image_counts(root: Path) -> tuple[int, int]:
    """How many images there are to train and to test with."""
    _, train, test = find_images(root)
    return len(train), len(test)


def own_samples(root: Path) -> tuple[Samples, Samples]:
    """The training and the test images by path and class."""
    return find_images(root)[1:]


def check_folder(root: Path) -> None:
    """Look into every file's header; raises OwnUnusable, for whoever started the app."""
    if root.name in HOUSE_DATASETS or len(root.name) > 100:
        raise OwnUnusable(say("own_images_name", value=root.name))
    try:
        classes, train, test = find_images(root)
    except OSError as error:
        raise OwnUnusable(say("own_images_broken", value=str(root), reason=str(error))) from error
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        values = {"count": len(classes), "low": FEWEST_CLASSES, "high": MOST_CLASSES}
        raise OwnUnusable(say("own_images_classes", value=str(root), **values))
    for path, _ in (*train, *test):
        try:
            with Image.open(path) as image:
                is_deep = image.mode.startswith("I")
        except (OSError, Image.DecompressionBombError) as error:
            raise OwnUnusable(say("own_images_unreadable", value=path)) from error
        if is_deep:  # Pillow cuts off what is above 255, here and in an exported script
            raise OwnUnusable(say("own_images_deep", value=path))


def read_images(samples: Samples, size: int) -> tuple[Tensor, Tensor]:
    """Images as uint8 (N, 3, size, size), the shorter side resized and the middle cut out, and labels (N,), int64.

    Raises ExperimentError if one cannot be read; only the log names it, not the page.
    """
    return _read(samples, size)


@lru_cache(maxsize=2)
def _read(samples: Samples, size: int) -> tuple[Tensor, Tensor]:
    images = torch.empty(len(samples), 3, size, size, dtype=torch.uint8)
    for index, (path, _) in enumerate(samples):
        try:
            with Image.open(path) as image:
                images[index] = pil_to_tensor(center_crop(resize(image.convert("RGB"), [size]), [size, size]))
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            logging.getLogger(__name__).error("%s: %s", path, error)
            raise ExperimentError([Problem(None, "dataset", "image_unreadable")]) from error
    return images, torch.tensor([label for _, label in samples])


@lru_cache(maxsize=2)
def find_images(root: Path) -> tuple[list[str], Samples, Samples]:
    """The classes, as torchvision finds them, and both splits. Raises FileNotFoundError."""
    train, test = (ImageFolder(str(root / split)) for split in SPLITS)
    if train.classes != test.classes:
        differing = sorted(set(train.classes) ^ set(test.classes))
        raise FileNotFoundError(f"train and test differ in the classes {', '.join(differing[:6])}")
    return train.classes, tuple(train.samples), tuple(test.samples)
