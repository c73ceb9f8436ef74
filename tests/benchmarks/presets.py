"""Ten epochs of each preset, measured and evaluated, beside a plain loop with a DataLoader that only trains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import torch
from torch import nn
from torch.nn.functional import cross_entropy, interpolate
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from core.assignment import assign
from core.data import load_dataset
from core.events import Finished
from core.experiment import Experiment
from core.models import build_model
from core.models.catalogue import HOUSE_NETWORKS
from core.optimizers import build_optimizers, set_train_mode
from core.resources.cifar10 import cifar10_is_here
from core.structures import lines_of
from core.training import train
from tests.benchmarks.row import Row
from tests.benchmarks.training import DEVICE, PRESETS, Pictures

EPOCHS = 10
IMAGES = {True: 2500, False: 500}  # of a network of the house, and of every other
SMALL, OTHER = 2.0, 1.0  # times as fast as the plain loop


def rows() -> Iterator[Row]:
    """Each preset once, with fewer images, but as many test images for each as it has; random weights."""
    for name, preset in PRESETS.items():
        if lines_of(preset) is None:
            yield _row(name, _smaller(preset))


def _smaller(preset: Experiment) -> Experiment:
    most = IMAGES[preset.model in HOUSE_NETWORKS]
    part = min(1.0, most / preset.train_size)
    sizes = {"train_size": int(part * preset.train_size), "test_size": max(10, int(part * preset.test_size))}
    sizes["batch_size"] = min(preset.batch_size, sizes["train_size"])
    dataset = preset.dataset if cifar10_is_here() else "shapes"
    return replace(preset, epochs=EPOCHS, dataset=dataset, pretrained=False, **sizes)


def _row(name: str, experiment: Experiment) -> Row:
    began = time.perf_counter()
    *_, end = train(experiment, DEVICE)
    project = time.perf_counter() - began
    assert isinstance(end, Finished)
    share = end.step / experiment.steps  # of a preset that is made to break off
    began = time.perf_counter()
    _train_plainly(experiment, end.step)
    plain = time.perf_counter() - began
    goal = SMALL if experiment.model in HOUSE_NETWORKS else OTHER
    what = f"{EPOCHS} epochs of {name}" if share == 1 else f"{EPOCHS * share:.1f} epochs of {name}"
    return Row(
        f"{what}: a plain loop with DataLoader : project", project, plain, None, plain / project, goal, True, "s"
    )


def _train_plainly(experiment: Experiment, steps: int) -> None:
    """As people write it: default layout, optimizers as torch makes them, nothing measured, nothing evaluated."""
    model = build_model(experiment).to(memory_format=torch.contiguous_format).to(DEVICE)
    assignment = assign(experiment, model)
    optimizers = build_optimizers(assignment)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["fused"] = None
    data = load_dataset(experiment)
    loader = DataLoader(
        Pictures(data.train.images, data.train.labels), experiment.batch_size, shuffle=True, drop_last=True
    )
    done = 0
    for epoch in count():
        set_train_mode(assignment, epoch)  # groups start and freeze where they do in the run
        for images, labels in loader:
            _step(model, optimizers, images.to(DEVICE), labels.to(DEVICE), experiment.image_size)
            done += 1
            if done == steps:
                return


def _step(model: nn.Module, optimizers: list[Optimizer], images: torch.Tensor, labels: torch.Tensor, size: int) -> None:
    if images.shape[-1] != size:
        images = interpolate(images, (size, size), mode="bilinear")
    for optimizer in optimizers:
        optimizer.zero_grad()
    cross_entropy(model(images), labels).backward()
    for optimizer in optimizers:
        optimizer.step()
