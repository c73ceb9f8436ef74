"""An experiment's images as code: CIFAR-10 or one's own from their folders, the shapes by their source."""

from __future__ import annotations

import inspect

from core.data import HOUSE_DATASETS, shapes
from core.data.datasets import CIFAR10_MEAN, CIFAR10_STD, choose, shares_of
from core.experiment import Experiment
from core.export.network import body_of
from core.export.python_source import literal
from core.resources.weights import weights_of

DATA_HELP = {"cifar10": "where CIFAR-10 is, or is downloaded to", "shapes": "not used: the images are drawn"}
OWN_DATA_HELP = "holds train/CLASS/IMAGE and test/CLASS/IMAGE"

CIFAR10 = '''\
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
    return torch.cat(chosen)'''

SHAPES = '''\
def load_data(root: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels to train on, then to test on: drawn, nothing lies in `root`."""
    generator = torch.Generator().manual_seed(SEED)
    train, test = (torch.arange(size) % CLASSES for size in (TRAIN_SIZE, TEST_SIZE))
    train_images = normalise(draw(train, generator))
    return train_images, train, normalise(draw(test, generator)), test'''

OWN_IMAGES = '''\
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
    return functional.pil_to_tensor(cropped)'''

NORMALISE = '''\
def normalise(images: Tensor) -> Tensor:
    """Bytes (N, 3, S, S) as floats with the channels' mean and deviation taken out."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    return (images / 255 - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)'''

RESIZE = '''\
def resize(images: Tensor) -> Tensor:
    """Images of IMAGE_SIZE pixels a side."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    return interpolate(images, size, mode="bilinear", align_corners=False)'''


def images_code(experiment: Experiment) -> str:
    """The function that loads the images, after those that it needs."""
    parts = {"cifar10": [CIFAR10], "shapes": [body_of(shapes), SHAPES]}
    own = [OWN_IMAGES, *(inspect.getsource(function).rstrip() for function in (choose, shares_of))]
    return "\n\n\n".join([*parts.get(experiment.dataset, own), NORMALISE])


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
