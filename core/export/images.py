"""An experiment's images as code: CIFAR-10 or one's own from their folders, the shapes by their source."""

from __future__ import annotations

from core.data import HOUSE_DATASETS, shapes
from core.data.datasets import CIFAR10_MEAN, CIFAR10_STD, choose, shares_of
from core.experiment import Experiment
from core.export.parts import cifar10, drawn_images, own_images
from core.export.parts.common import normalise
from core.export.python_source import literal, source_of
from core.resources.weights import weights_of

DATA_HELP = {"cifar10": "where CIFAR-10 is, or is downloaded to", "shapes": "not used: the images are drawn"}
OWN_DATA_HELP = "holds train/CLASS/IMAGE and test/CLASS/IMAGE"


def images_code(experiment: Experiment) -> str:
    """The function that loads the images, after those that it needs."""
    house = {"cifar10": [cifar10], "shapes": [shapes, drawn_images]}
    return "\n\n\n".join(map(source_of, [*house.get(experiment.dataset, [own_images, choose, shares_of]), normalise]))


def data_help(experiment: Experiment) -> str:
    """What the script's --data-dir is for."""
    return DATA_HELP.get(experiment.dataset, OWN_DATA_HELP)


def resizes(experiment: Experiment) -> bool:
    """Whether batches are resized; own images are as they are read."""
    return experiment.dataset in HOUSE_DATASETS and experiment.image_size != shapes.SIZE


def statistics_code(experiment: Experiment) -> str:
    """The channels' mean and standard deviation that images are normalised with."""
    mean, std = CIFAR10_MEAN, CIFAR10_STD
    if experiment.pretrained and (weights := weights_of(experiment.model)):
        preprocessing = weights.transforms()
        mean, std = tuple(preprocessing.mean), tuple(preprocessing.std)
    return f"MEAN = {literal(mean)}  # of each channel, in [0, 1]\nSTD = {literal(std)}"
