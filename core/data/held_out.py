"""Training images that an experiment does not train on: to choose settings by, as the test images must not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core.data.datasets import Split, choose, dataset_problems, prepare
from core.data.image_folder import HOUSE_CLASSES, class_count, own_samples, read_images
from core.data.shapes import draw
from core.experiment import Experiment, ExperimentError, Problem
from core.resources.cifar10 import Raw, data_dir, read_cifar10
from core.resources.custom import own_images

FEWEST = 100  # with fewer, the loss of two settings differs by chance alone
OTHER_SHAPES = 2**32  # added to the seed of generated images: no experiment has such a seed


def load_held_out(experiment: Experiment, size: int, device: torch.device | str = "cpu") -> Split:
    """`size` training images, or as many as are left over, that the experiment does not train on, on `device`.

    Balanced and normalised as `load_dataset`'s, the same for the same experiment. Raises ExperimentError where fewer
    than 100 are left, naming the largest `train_size` that leaves them; else what `load_dataset` raises.
    """
    if problems := dataset_problems(experiment):
        raise ExperimentError(problems)
    return prepare(HELD_OUT.get(experiment.dataset, _own)(experiment, size), experiment, device)


def _cifar10(experiment: Experiment, size: int) -> Raw:
    (images, labels), _ = read_cifar10(data_dir())
    chosen = _left_over(labels, HOUSE_CLASSES, experiment, size)
    return images[chosen], labels[chosen]


def _shapes(experiment: Experiment, size: int) -> Raw:
    """They are drawn, so that there are always some left."""
    labels = torch.arange(size) % HOUSE_CLASSES
    return draw(labels, torch.Generator().manual_seed(experiment.seed + OTHER_SHAPES)), labels


def _own(experiment: Experiment, size: int) -> Raw:
    root = own_images()
    assert root is not None, "dataset_problems() has found the name"
    samples, _ = own_samples(root)
    labels = torch.tensor([label for _, label in samples])
    chosen = _left_over(labels, class_count(experiment.dataset), experiment, size)
    return read_images(tuple(samples[index] for index in chosen.tolist()), experiment.image_size)


HELD_OUT: dict[str, Callable[[Experiment, int], Raw]] = {"cifar10": _cifar10, "shapes": _shapes}


def _left_over(labels: Tensor, classes: int, experiment: Experiment, size: int) -> Tensor:
    """Indices of images that the chosen `train_size` ones leave over."""
    left, need = len(labels) - experiment.train_size, min(FEWEST, size)
    if left < need:
        values = {"value": experiment.train_size, "count": need, "most": max(len(labels) - need, 0)}
        raise ExperimentError([Problem(None, "train_size", "none_held_out", values)])
    generator = torch.Generator().manual_seed(experiment.seed)
    return choose(labels, classes, min(size, left), generator, taken=experiment.train_size)
