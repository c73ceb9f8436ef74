"""What keeps a network from being built, or from taking its images: found out by trying it without values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import torch
from torch import Tensor, nn

from core.data import class_count, dataset_names
from core.experiment import Experiment, ExperimentError, Problem
from core.models.build import copy_of_shapes, shapes_of
from core.models.catalogue import Form, form_of, name_problems
from core.models.custom_network import make_own_model, remake_own_model
from core.models.outputs import logits_of
from core.models.shapes_only import QuickNorms
from core.resources.custom import OwnUnusable, own_model
from core.resources.random_numbers import RandomNumbers
from core.text import say

TRIED_SIZES = (32, 64, 96, 128, 160, 192, 224)  # pixels a side, to name some that a network takes


def model_problems(experiment: Experiment) -> list[Problem]:
    """What keeps the experiment's network from being built, or from taking its images."""
    return list(name_problems(experiment)) or list(_fit_problems(form_of(experiment)))


@lru_cache(maxsize=256)
def try_out(form: Form) -> int | str:
    """The number of outputs that the network gives for a batch of two images in training, or why it gives none.

    A network made for this is tried, or one without values: nothing that will train is touched.
    """
    is_own = form.model == own_model()
    try:
        network = copy_of_shapes(form) if is_own else shapes_of(form)
        with RandomNumbers(0), QuickNorms():
            return _outputs_of(network, "meta", form.image_size)
    except ExperimentError:
        raise
    except Exception as error:  # torch's, or what somebody's own code may raise
        return _try_own(form) if is_own else str(error).partition("\n")[0][:200]


def _try_own(form: Form) -> int | str:
    """On the CPU, for code that cannot do without values; no message of its own, which may name files."""
    try:
        return _try_with_values(form)
    except _NoLogits as error:
        return str(error)
    except Exception as error:
        return type(error).__name__


def _try_with_values(form: Form) -> int:
    with RandomNumbers(0):
        return _outputs_of(remake_own_model(form.model), "cpu", form.image_size)


class _NoLogits(Exception):
    """What a network gives is not one row of numbers per image; the message says what it is."""


@torch.no_grad()
def _outputs_of(network: nn.Module, device: str, image_size: int) -> int:
    network.train()
    outputs = network(torch.zeros(2, 3, image_size, image_size, device=device))
    try:
        logits = logits_of(outputs)
    except (AttributeError, KeyError):
        logits = None
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != 2:
        raise _NoLogits(_kind_of(outputs))
    return logits.shape[1]


def _kind_of(outputs: object) -> str:
    """The type of a network's outputs in a few words, with their shapes."""
    if isinstance(outputs, Tensor):
        return f"Tensor of shape {tuple(outputs.shape)}"
    parts = outputs.values() if isinstance(outputs, dict) else outputs if isinstance(outputs, (tuple, list)) else ()
    inside = [str(tuple(part.shape)) if isinstance(part, Tensor) else type(part).__name__ for part in parts]
    return f"{type(outputs).__name__} of {', '.join(inside)}"[:200] if inside else type(outputs).__name__


def _fit_problems(form: Form) -> Iterator[Problem]:
    try:
        found = try_out(form)
    except ExperimentError as error:
        yield from error.problems
        return
    if isinstance(found, str):
        taken = [str(size) for size in TRIED_SIZES if isinstance(try_out(form._replace(image_size=size)), int)]
        values = {"value": form.image_size, "model": form.model, "sizes": ", ".join(taken) or "-", "reason": found}
        yield Problem(None, "image_size", "image_size_refused", values)
    elif found < form.classes:
        values = {"model": form.model, "count": found, "classes": form.classes}
        yield Problem(None, "model", "too_few_outputs", values)


def check_own_model(name: str) -> None:
    """Call the function that `name` names once, and give its network images of several sizes; raises OwnUnusable."""
    make_own_model(name)
    classes = min(class_count(dataset) for dataset in dataset_names())
    try:
        found = [try_out(Form(name, classes, size, False)) for size in TRIED_SIZES]
    except ExperimentError as error:
        raise OwnUnusable(error.sentence) from error
    if not any(isinstance(outputs, int) and outputs >= classes for outputs in found):
        values = {"value": name, "sizes": ", ".join(map(str, TRIED_SIZES)), "classes": classes}
        raise OwnUnusable(say("own_model_outputs", **values, reason=_first_answer(Form(name, classes, 32, False))))


def _first_answer(form: Form) -> int | str:
    """What the starter's network gave for images of one size, or all that its own code said."""
    try:
        return _try_with_values(form)
    except _NoLogits as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
