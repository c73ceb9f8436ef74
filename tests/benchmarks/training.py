"""Training beside the loop that people write, and beside the step alone; all in turns, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate, max_pool2d
from torch.optim import Adam, Optimizer
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from core.assignment import assign
from core.data import batches, load_dataset
from core.events import Evaluated, Finished
from core.experiment import Experiment, load_presets
from core.models import build_model
from core.models.simple_cnn import SimpleModel
from core.optimizers import build_optimizers, set_train_mode
from core.resources.cifar10 import cifar10_is_here
from core.resources.device import choose_device, memory_format
from core.training import train
from tests.benchmarks.row import Row

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
WORKERS = (0, 2)
ROUNDS = 30
TESTED = 256  # images at once
DEVICE = choose_device()


def rows() -> list[Row]:
    """Medians of rounds of an epoch and its evaluation; of the frozen preset one whole run each."""
    return [*_simple_cnn(), _resnet18(), _frozen_resnet()]


def _simple_cnn() -> list[Row]:
    """The preset as it is, but with epochs enough for all rounds."""
    experiment = replace(_preset("layerwise_lr"), epochs=ROUNDS + 1)
    loaders = [_loader_epochs(experiment, workers) for workers in WORKERS]
    project, bare, *peers = _in_turns([_project_epochs(experiment), _bare_epochs(experiment), *loaders])
    peer = min(peers, key=median)
    samples = experiment.steps // experiment.epochs * experiment.batch_size
    figures = [samples / median(seconds) for seconds in (project, peer, bare)]
    what = f"samples per second, simple_cnn on {DEVICE}"
    return [
        Row(f"{what}, beside the DataLoader loop", *figures, _speed(project, peer), 2.5, True, "1/s"),
        Row(f"{what}, beside the bare step", *figures, _speed(project, bare), 0.95, True, "1/s"),
    ]


def _resnet18() -> Row:
    everything = {"name": "all", "params": ["*"], "optimizer": "Adam"}
    fields = {"model": "resnet18", "image_size": 64, "train_size": 256, "test_size": 10, "epochs": ROUNDS + 1}
    experiment = Experiment.from_dict({"dataset": "shapes", "groups": [everything]} | fields)
    project, bare = _in_turns([_project_epochs(experiment), _bare_epochs(experiment)])
    figures = (experiment.train_size / median(seconds) for seconds in (project, bare))
    what = f"samples per second, resnet18 at 64 px on {DEVICE}, beside the bare step"
    return Row(what, next(figures), None, next(figures), _speed(project, bare), 0.95, True, "1/s")


def _frozen_resnet() -> Row:
    """Seconds of the whole preset, from the first evaluation to the last, but for random weights."""
    experiment = replace(_preset("frozen_resnet"), train_size=5000, epochs=5, pretrained=False)
    began = time.perf_counter()
    list(train(experiment, DEVICE))
    project = time.perf_counter() - began
    began = time.perf_counter()
    plain = _plain_epochs(experiment)
    for _ in range(experiment.epochs):
        next(plain)
    peer = time.perf_counter() - began
    return Row(
        f"frozen_resnet, 5 epochs, 5,000 images on {DEVICE}", project, peer, None, peer / project, 4.3, True, "s"
    )


def _preset(name: str) -> Experiment:
    return PRESETS[name] if cifar10_is_here() else replace(PRESETS[name], dataset="shapes")


def _in_turns(contenders: Sequence[Iterator[Any]]) -> list[list[float]]:
    """The seconds of each contender's rounds, after one that warms up.

    They take turns, there and back, so that none always follows the same other.
    """
    seconds: list[list[float]] = [[] for _ in contenders]
    turns = list(zip(contenders, seconds, strict=True))
    for number in range(ROUNDS + 1):
        for contender, taken in reversed(turns) if number % 2 else turns:
            began = time.perf_counter()
            next(contender)
            _wait()
            taken.append(time.perf_counter() - began)
    return [taken[1:] for taken in seconds]


def _speed(project: list[float], other: list[float]) -> float:
    """How many times as fast as the other the project is: the median of neighbouring rounds."""
    return median(theirs / ours for ours, theirs in zip(project, other, strict=True))


def _wait() -> None:
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def _project_epochs(experiment: Experiment) -> Iterator[None]:
    """An epoch of the project's own run, all of its events taken."""
    events = train(experiment, DEVICE)
    while not isinstance(next(events), Evaluated):
        pass
    for event in events:
        if isinstance(event, Evaluated):
            yield
        elif isinstance(event, Finished):
            assert event.reason == "done", event.reason


def _built(experiment: Experiment) -> tuple[nn.Module, list[Optimizer]]:
    model = build_model(experiment, DEVICE)
    return model, build_optimizers(assign(experiment, model))


def _step(model: Callable[[Tensor], Tensor], optimizers: list[Optimizer], images: Tensor, labels: Tensor) -> None:
    for optimizer in optimizers:
        optimizer.zero_grad()
    cross_entropy(model(images), labels).backward()
    for optimizer in optimizers:
        optimizer.step()


@torch.no_grad()
def _evaluate(model: Callable[[Tensor], Tensor], batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Right answers of a model that is in eval mode."""
    return float(sum((model(images.to(DEVICE)).argmax(1) == labels.to(DEVICE)).sum() for images, labels in batches))


def _bare_epochs(experiment: Experiment) -> Iterator[None]:
    """As many bare steps as an epoch has, on a run's first batch, and the same evaluation; nothing measured.

    The subset lies sorted by class, and a batch of one class alone takes a step 1 to 4 % less time.
    """
    model, optimizers = _built(experiment)
    data, size = load_dataset(experiment, DEVICE), (experiment.image_size,) * 2
    layout = memory_format(experiment.model, DEVICE)
    shuffled = batches((data.train.images,), data.train.labels, experiment.batch_size, torch.Generator().manual_seed(0))
    (first,), labels = next(shuffled)
    images, test_images = (
        interpolate(part, size, mode="bilinear").contiguous(memory_format=layout) for part in (first, data.test.images)
    )
    test_labels = data.test.labels
    while True:
        model.train()
        for _ in range(experiment.steps // experiment.epochs):
            _step(model, optimizers, images, labels)
        model.eval()
        _evaluate(model, zip(test_images.split(TESTED), test_labels.split(TESTED), strict=True))
        yield


class Pictures(Dataset[tuple[Tensor, int]]):
    """Pictures as torchvision's CIFAR10 gives them: one by one, from an array, transformed."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        """From normalised images, brought back to bytes."""
        low, high = images.min(), images.max()
        self.pixels = ((images - low) / (high - low) * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
        self.labels = labels.tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pixels[index])), self.labels[index]


class AsWritten(SimpleModel):
    """The article's network as people write it: a ReLU right after each convolution, then the pool.

    Outputs and gradients are `SimpleModel`'s, which pools first.
    """

    def forward(self, images: Tensor) -> Tensor:
        maps = max_pool2d(self.conv1(images).relu(), 2)
        maps = max_pool2d(self.conv2(maps).relu(), 2)
        return self.fc2(self.fc1(maps.flatten(1)).relu())


def _loader_epochs(experiment: Experiment, workers: int) -> Iterator[None]:
    """The article's loop as people write it: DataLoader, ToTensor, Normalize, Adam with its groups, default layout."""
    data = load_dataset(experiment)
    settings: dict[str, Any] = {"batch_size": experiment.batch_size, "num_workers": workers}
    settings |= {"pin_memory": True} if DEVICE == "cuda" else {}
    loader = DataLoader(Pictures(data.train.images, data.train.labels), shuffle=True, drop_last=True, **settings)
    test_loader = DataLoader(Pictures(data.test.images, data.test.labels), **settings)
    model = AsWritten()
    model.load_state_dict(build_model(experiment).state_dict())
    model = model.to(memory_format=torch.contiguous_format).to(DEVICE)
    groups = assign(experiment, model)
    rates = [(group.lr, groups.of_group(index)) for index, group in enumerate(groups.experiment.groups)]
    optimizer = Adam([{"params": [row.parameter for row in rows], "lr": lr} for lr, rows in rates])
    while True:
        model.train()
        for images, labels in loader:
            _step(model, [optimizer], images.to(DEVICE), labels.to(DEVICE))
        model.eval()
        _evaluate(model, test_loader)
        yield


def _plain_epochs(experiment: Experiment) -> Iterator[None]:
    """The plain loop over images in memory, default layout, frozen layers in eval mode, all computed in every step."""
    model = build_model(experiment).to(memory_format=torch.contiguous_format).to(DEVICE)
    assignment = assign(experiment, model)
    optimizers = build_optimizers(assignment)
    data, size = load_dataset(experiment), (experiment.image_size,) * 2
    (images, test_images), (labels, test_labels) = (
        (train.contiguous().to(DEVICE), test.contiguous().to(DEVICE))
        for train, test in ((data.train.images, data.test.images), (data.train.labels, data.test.labels))
    )

    def network(images: Tensor) -> Tensor:
        return model(interpolate(images, size, mode="bilinear"))

    while True:
        set_train_mode(assignment)
        for chosen in torch.randperm(len(images), device=DEVICE).split(experiment.batch_size):
            _step(network, optimizers, images[chosen], labels[chosen])
        model.eval()
        _evaluate(network, zip(test_images.split(TESTED), test_labels.split(TESTED), strict=True))
        yield
