"""An experiment as a training script to take away, which needs torch and torchvision only.

`script.py.jinja` is the script, from top to bottom; here is what its branches and braces ask for.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from core.assignment import Assignment
from core.checking import check_experiment
from core.data import HOUSE_DATASETS, class_count, shapes
from core.data.datasets import CIFAR10_MEAN, CIFAR10_STD, choose, shares_of
from core.experiment import MAX_BATCH_PIXELS, Experiment, ExperimentError
from core.export import optimizers
from core.export.groups import (
    keeps_norms,
    needs_matrix_muon,
    optimizer_groups_of,
    scheduler_calls,
    starts_of,
    switches,
)
from core.export.network import network_code
from core.export.parts import cifar10, common, drawn_images, idle_norms, norm_layers, own_images
from core.export.templates import filled
from core.optimizers import SCHEDULERS, MatrixMuon
from core.resources.device import memory_format
from core.resources.weights import weights_of

DATA_HELP = {"cifar10": "where CIFAR-10 is, or is downloaded to", "shapes": "not used: the images are drawn"}
OWN_DATA_HELP = "holds train/CLASS/IMAGE and test/CLASS/IMAGE"

# What scripts have by its source, by name.
CODE = {
    code.__name__.rpartition(".")[2]: code
    for code in (
        *(MatrixMuon, choose, shares_of, shapes),
        *(common, cifar10, drawn_images, own_images, norm_layers, idle_norms),
    )
}


def to_script(experiment: Experiment) -> str:
    """A training script whose weights and losses are those of `core.training.train`, on the same device.

    Also the text of the file: formatted, with a final newline. Raises ExperimentError for an
    experiment that cannot be run.
    """
    return script_of(_checked(experiment))


def to_optimizers(experiment: Experiment) -> str:
    """Its optimizers alone, as `build_optimizers(model)` to paste into a project. Raises as `to_script` does."""
    return optimizers.optimizers_of(_checked(experiment))


def script_of(assignment: Assignment) -> str:
    """As `to_script`, for an experiment that was checked: its assignment, which may lie on the meta device."""
    experiment, optimizer_groups = assignment.experiment, optimizer_groups_of(assignment)
    mean, std = _statistics(experiment)
    schedules = {groups.schedule for groups in optimizer_groups}
    return filled(
        "script.py.jinja",
        **CODE,
        experiment=experiment,
        eval_batch_size=max(1, MAX_BATCH_PIXELS // 4 // experiment.image_size**2),
        classes=class_count(experiment.dataset),
        mean=mean,
        std=std,
        resizes=_resizes(experiment),
        data_help=DATA_HELP.get(experiment.dataset, OWN_DATA_HELP),
        network=network_code(assignment),
        channels_last=memory_format(experiment.model, "cpu") == torch.channels_last,
        normalises_batches=any(isinstance(layer, _BatchNorm) for layer in assignment.model.modules()),
        optimizer_groups=optimizer_groups,
        needs_matrix_muon=needs_matrix_muon(assignment),
        schedules=[SCHEDULERS[name] for name in SCHEDULERS if name in schedules],
        scheduler_calls=scheduler_calls(optimizer_groups),
        starts=starts_of(assignment),
        switches=switches(assignment),
        keeps_norms=keeps_norms(assignment),
    )


def _statistics(experiment: Experiment) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The channels' mean and standard deviation that images are normalised with."""
    if experiment.pretrained and (weights := weights_of(experiment.model)):
        preprocessing = weights.transforms()
        return tuple(preprocessing.mean), tuple(preprocessing.std)
    return CIFAR10_MEAN, CIFAR10_STD


def _resizes(experiment: Experiment) -> bool:
    """Whether batches are resized; own images are as they are read."""
    return experiment.dataset in HOUSE_DATASETS and experiment.image_size != shapes.SIZE


FORMS: dict[str, Callable[[Assignment], str]] = {"script": script_of, "optimizers": optimizers.optimizers_of}


def _checked(experiment: Experiment) -> Assignment:
    checked = check_experiment(experiment)
    if checked.problems or checked.assignment is None:
        raise ExperimentError(checked.problems)
    return checked.assignment
