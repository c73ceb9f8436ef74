"""The images of a script: shapes, drawn by the functions of `core.data.shapes`."""

from __future__ import annotations

import torch
from torch import Tensor

from core.data.shapes import draw
from core.export.parts.common import CLASSES, SEED, TEST_SIZE, TRAIN_SIZE, normalise


def load_data(root: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels to train on, then to test on: drawn, nothing lies in `root`."""
    generator = torch.Generator().manual_seed(SEED)
    train, test = (torch.arange(size) % CLASSES for size in (TRAIN_SIZE, TEST_SIZE))
    train_images = normalise(draw(train, generator))
    return train_images, train, normalise(draw(test, generator)), test
