"""How much memory a training step needs, counted before any is taken, and whether it is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from core.assignment import Assigned, Assignment
from core.data import HOUSE_DATASETS
from core.data.shapes import SIZE
from core.experiment import Experiment, Problem
from core.models import Form, form_of, passed_through
from core.optimizers import ResolvedGroup
from core.resources.custom import own_model
from core.resources.device import choose_device, free_bytes

FEWEST_IMAGES = 2  # the smallest batch size
MEASURING_COPIES = 2  # of all parameters: as they were at the start, and as the last step left them
COMPARED_COPIES = 2  # of all gradients: the last update, and the sum of some steps' gradients
GIGA = 1e9  # bytes


class Need(NamedTuple):
    """Bytes at the peak of a step: `fixed` whatever the batch, `per_image` for each image of it."""

    fixed: int
    per_image: int

    def of(self, batch_size: int) -> int:
        return self.fixed + batch_size * self.per_image


def memory_need(assignment: Assignment, groups: Sequence[ResolvedGroup]) -> Need:
    """The tensors that a step holds at once: parameters, gradients, optimizer state, buffers, images, what
    backward keeps, and the copies that the measurement holds. What kernels take for themselves comes on top.

    `assignment` lies over the experiment's network on any device, `groups` are its resolved groups.
    """
    experiment, model = assignment.experiment, assignment.model
    frozen = frozenset(row.name for row in assignment.rows if _is_frozen(row, experiment))
    parameters = sum(row.parameter.nbytes for row in assignment.rows)
    gradients = sum(row.parameter.nbytes for row in assignment.rows if row.name not in frozen)
    buffers = sum(buffer.nbytes for buffer in model.buffers())
    state = sum(group.state_bytes for group in groups)
    copies = COMPARED_COPIES + (experiment.clip != "none")  # as they were before clipping, too
    measuring = MEASURING_COPIES * parameters + copies * gradients
    fixed = parameters + gradients + measuring + state + buffers + _image_bytes(experiment)
    return Need(fixed, saved_bytes(form_of(experiment), frozen))


def _is_frozen(row: Assigned, experiment: Experiment) -> bool:
    return row.came_frozen or (row.group is not None and experiment.groups[row.group].frozen)


def memory_problems(assignment: Assignment, groups: Sequence[ResolvedGroup]) -> list[Problem]:
    """The problem of a step that would not fit into the memory of the device that runs compute on."""
    experiment, need, free = assignment.experiment, memory_need(assignment, groups), free_bytes(choose_device())
    if need.of(experiment.batch_size) <= free:
        return []
    if need.of(FEWEST_IMAGES) > free:
        values: dict[str, Any] = {"model": experiment.model, "need": need.of(FEWEST_IMAGES) / GIGA, "free": free / GIGA}
        return [Problem(None, "model", "model_over_memory", values)]
    values = {"value": experiment.batch_size, "most": (free - need.fixed) // need.per_image}
    values |= {"need": need.of(experiment.batch_size) / GIGA, "free": free / GIGA}
    return [Problem(None, "batch_size", "batch_over_memory", values)]


@lru_cache(maxsize=256)
def saved_bytes(form: Form, frozen: frozenset[str]) -> int:
    """Bytes that backward keeps per image, where the parameters named in `frozen` need no gradient.

    0 where somebody's own network cannot do without values.
    """
    try:
        return passed_through(form, frozen).saved_bytes
    except Exception:  # whatever somebody's own code may raise
        if form.model != own_model():
            raise
        return 0


def _image_bytes(experiment: Experiment) -> int:
    """Both subsets as they lie on the device: float32 at the size they are kept in."""
    size = SIZE if experiment.dataset in HOUSE_DATASETS else experiment.image_size
    return 4 * 3 * size**2 * (experiment.train_size + experiment.test_size)
