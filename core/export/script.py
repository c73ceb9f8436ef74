"""An experiment as a training script to take away, which needs torch and torchvision only.

What comes from outside enters the code as a literal of `core.export.python_source` or in a comment of one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from core.assignment import Assignment
from core.checking import check_experiment
from core.data import HOUSE_DATASETS, class_count
from core.experiment import MAX_BATCH_PIXELS, Experiment, ExperimentError
from core.export import optimizers, skeleton
from core.export.groups import (
    OptimizerGroups,
    groups_code,
    later_starts,
    needs_matrix_muon,
    optimizer_groups_of,
    optimizers_code,
    schedules_code,
    switches,
    train_mode_code,
)
from core.export.images import data_help, images_code, resizes, statistics_code
from core.export.network import network_code
from core.export.parts import common
from core.export.python_source import source_of, with_imports
from core.optimizers import SCHEDULERS, MatrixMuon
from core.resources.device import memory_format

MARGIN = " " * 8  # of what stands in the loop over epochs


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
    code = "\n\n\n".join(filter(None, _sections(assignment)))
    over_batches = any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in assignment.model.modules())
    header = skeleton.HEADER.format(shares=skeleton.NORM_SHARES if over_batches else "")
    return f"{header}\n\n{with_imports(code)}\n"


FORMS: dict[str, Callable[[Assignment], str]] = {"script": script_of, "optimizers": optimizers.optimizers_of}


def _checked(experiment: Experiment) -> Assignment:
    checked = check_experiment(experiment)
    if checked.problems or checked.assignment is None:
        raise ExperimentError(checked.problems)
    return checked.assignment


def _sections(assignment: Assignment) -> Iterator[str]:
    """The script's parts in order, the empty ones too."""
    experiment, optimizer_groups = assignment.experiment, optimizer_groups_of(assignment)
    yield "\n\n".join([*_constants(experiment), skeleton.PROCESSES])
    yield f"{skeleton.GROUPS}\n{groups_code(assignment, optimizer_groups)}"
    yield network_code(assignment)
    yield images_code(experiment)
    yield source_of(common.resize) if resizes(experiment) else ""
    yield source_of(common.select)
    yield source_of(common.with_parameters)
    yield source_of(MatrixMuon) if needs_matrix_muon(assignment) else ""
    yield optimizers_code(assignment, optimizer_groups)
    yield schedules_code(optimizer_groups)
    yield train_mode_code(assignment, optimizer_groups)
    yield skeleton.EVALUATE.format(inputs=_inputs(experiment, "share"))
    yield skeleton.ARGUMENTS.format(data_help=data_help(experiment))
    yield source_of(common.join_processes)
    yield _main(assignment, optimizer_groups)


def _constants(e: Experiment) -> Iterator[str]:
    needs_size = resizes(e) or e.dataset not in HOUSE_DATASETS
    yield "\n".join(
        [
            *([f"# Experiment: {e.title.en}"] if e.title.en else []),
            f"SEED = {e.seed}",
            f"EPOCHS = {e.epochs}",
            f"BATCH_SIZE = {e.batch_size}  # images, of all processes together",
            f"EVAL_BATCH_SIZE = {max(1, MAX_BATCH_PIXELS // 4 // e.image_size**2)}",
            f"TRAIN_SIZE, TEST_SIZE = {e.train_size}, {e.test_size}  # images",
            *([f"IMAGE_SIZE = {e.image_size}  # pixels a side"] if needs_size else []),
            f"CLASSES = {class_count(e.dataset)}",
            statistics_code(e),
        ]
    )


def _inputs(experiment: Experiment, indices: str) -> str:
    return f"resize(images[{indices}])" if resizes(experiment) else f"images[{indices}]"


def _main(assignment: Assignment, optimizer_groups: list[OptimizerGroups]) -> str:
    """The function `main`, with what is done before the epochs, as each begins, and after each step."""
    before, begin, after = "", "", ""
    switched, starts = switches(assignment, optimizer_groups), [0, *later_starts(optimizer_groups)]
    scheduled = any(groups.schedule in SCHEDULERS for groups in optimizer_groups)
    begin += f"{MARGIN}{'set_train_mode(model, epoch)' if switched else 'model.train()'}\n"
    if len(starts) > 1:
        begin += skeleton.WRAP_AGAIN.format(epochs=tuple(starts))
        before += "    network: nn.Module = model\n"
    else:
        before += "    set_train_mode(model, 0)\n" if switched else ""
        before += f"    {skeleton.WRAP}"
    if scheduled:
        before += "    schedulers: list[LRScheduler] = []\n"
        begin += skeleton.SCHEDULERS_BEGIN
        after += skeleton.SCHEDULERS_STEP
    inputs = _inputs(assignment.experiment, "batch")
    places = {"layout": skeleton.LAYOUT, "place": "device, memory_format=layout"}
    if memory_format(assignment.experiment.model, "cpu") == torch.contiguous_format:
        places = {"layout": "", "place": "device"}
    return skeleton.MAIN.format(before=before, begin=begin, after=after, inputs=inputs, **places)
