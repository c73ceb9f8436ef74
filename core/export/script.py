"""An experiment as a training script to take away, which needs torch and torchvision only.

`script.py.jinja` is the script, from top to bottom; here is what its branches and braces ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.lr_scheduler import LRScheduler

from core.assignment import Assignment, assign, buffers
from core.checking import check_experiment
from core.data import HOUSE_DATASETS, class_count, shapes
from core.data.datasets import CIFAR10_MEAN, CIFAR10_STD, choose, shares_of
from core.experiment import MAX_BATCH_PIXELS, ONLY_NO_RUN, Experiment, ExperimentError
from core.export import optimizers
from core.export.groups import (
    keeps_statistics,
    needs_matrix_muon,
    optimizer_groups_of,
    scheduler_calls,
    switches,
)
from core.export.network import network_code
from core.export.parts import cifar10, common, drawn_images, idle_layers, own_images
from core.export.python_source import Source, source_of
from core.export.templates import filled
from core.models import logits_of
from core.optimizers import SCHEDULERS, MatrixMuon, optimizer_problems
from core.optimizers.schedulers import after_warmup, share_of
from core.resources.custom import own_model
from core.resources.device import memory_format
from core.resources.weights import weights_of

DATA_HELP = {"cifar10": "where CIFAR-10 is, or is downloaded to", "shapes": "not used: the images are drawn"}
OWN_DATA_HELP = "holds train/CLASS/IMAGE and test/CLASS/IMAGE"

# What scripts have by its source, by name.
CODE = {
    code.__name__.rpartition(".")[2]: code
    for code in (
        *(MatrixMuon, choose, shares_of, shapes, logits_of),
        *(common, cifar10, drawn_images, own_images, buffers, idle_layers),
    )
}


def to_script(experiment: Experiment) -> str:
    """A training script whose weights and losses are those of `core.training.train`, on the same device.

    Also the text of the file: formatted, with a final newline. Raises ExperimentError for an
    experiment that cannot be run.
    """
    return script_of(_checked(experiment))


def to_optimizers(experiment: Experiment, network: nn.Module | None = None) -> str:
    """Its optimizers alone, as `build_optimizers(model)` to paste into a project.

    They are for `network`, whatever that is, or else for the experiment's own model. A class that no run here can use
    is imported from where it is. Raises ExperimentError as `assign` does, for settings that torch refuses, and for a
    group whose class is "unknown".
    """
    if network is None:
        assignment = _checked(experiment, *ONLY_NO_RUN)
    else:
        assignment = assign(experiment, network)
        if problems := [p for p in optimizer_problems(assignment) if p.key not in ONLY_NO_RUN]:
            raise ExperimentError(problems)
    return optimizers.optimizers_of(assignment)


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
        is_own=experiment.model == own_model(),
        outputs=partial(_outputs, experiment),
        data_help=DATA_HELP.get(experiment.dataset, OWN_DATA_HELP),
        network=network_code(assignment),
        channels_last=memory_format(experiment.model, "cpu") == torch.channels_last,
        normalises_batches=any(isinstance(layer, _BatchNorm) for layer in assignment.model.modules()),
        optimizer_groups=optimizer_groups,
        needs_matrix_muon=needs_matrix_muon(assignment),
        schedules=_with_helpers([SCHEDULERS[name] for name in SCHEDULERS if name in schedules]),
        scheduler_calls=scheduler_calls(optimizer_groups),
        turns=experiment.turns,
        switches=switches(assignment),
        keeps_statistics=keeps_statistics(assignment),
    )


def _with_helpers(schedulers: list[Callable[..., LRScheduler]]) -> list[Callable[..., object]]:
    """The functions that make schedulers, after those that they call."""
    code = source_of(*schedulers)
    return [*(helper for helper in (share_of, after_warmup) if f"{helper.__name__}(" in code), *schedulers]


def _statistics(experiment: Experiment) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The channels' mean and standard deviation that images are normalised with."""
    if experiment.pretrained and (weights := weights_of(experiment.model)):
        preprocessing = weights.transforms()
        return tuple(preprocessing.mean), tuple(preprocessing.std)
    return CIFAR10_MEAN, CIFAR10_STD


def _resizes(experiment: Experiment) -> bool:
    """Whether batches are resized; own images are as they are read."""
    return experiment.dataset in HOUSE_DATASETS and experiment.image_size != shapes.SIZE


def _outputs(experiment: Experiment, part: str) -> Source:
    """What the network gives for a part of the images; the starter's own may give it inside an object."""
    images = f"resize(images[{part}])" if _resizes(experiment) else f"images[{part}]"
    return Source(f"logits_of(network({images}))" if experiment.model == own_model() else f"network({images})")


FORMS: dict[str, Callable[[Assignment], str]] = {"script": script_of, "optimizers": optimizers.optimizers_of}


def _checked(experiment: Experiment, *passed: str) -> Assignment:
    checked = check_experiment(experiment)
    problems = checked.problems_but(*passed)
    if problems or checked.assignment is None:
        raise ExperimentError(problems or checked.problems)
    return checked.assignment
