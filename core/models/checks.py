"""What keeps a network from being built, or from taking its images: found out by trying it without values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import torch

from core.data import class_count, dataset_names
from core.experiment import Experiment, ExperimentError, Problem
from core.models.catalogue import Form, form_of, name_problems
from core.models.custom_network import make_own_model, remake_own_model
from core.models.passing import NoLogits, passed_through, rows_of
from core.resources.custom import OwnUnusable, own_model
from core.resources.random_numbers import RandomNumbers
from core.text import say

TRIED_SIZES = (32, 64, 96, 128, 160, 192, 224)  # pixels a side, to name some that a network takes


def model_problems(experiment: Experiment) -> list[Problem]:
    """What keeps the experiment's network from being built, or from taking its images."""
    return list(name_problems(experiment)) or list(_fit_problems(form_of(experiment)))


@lru_cache(maxsize=256)
def try_out(form: Form) -> int | str:
    """The number of outputs that the network gives for a batch of images in training, or why it gives none.

    A network made for this is tried, or one without values: nothing that will train is touched.
    """
    try:
        return passed_through(form, frozenset()).outputs
    except ExperimentError:
        raise
    except Exception as error:  # torch's, or what somebody's own code may raise
        return _try_own(form) if form.model == own_model() else str(error).partition("\n")[0][:200]


def _try_own(form: Form) -> int | str:
    """On the CPU, for code that cannot do without values; no message of its own, which may name files."""
    try:
        return _try_with_values(form)
    except NoLogits as error:
        return str(error)
    except Exception as error:
        return type(error).__name__


@torch.no_grad()
def _try_with_values(form: Form) -> int:
    with RandomNumbers(0):
        network = remake_own_model(form.model)
        network.train()
        return rows_of(network(torch.zeros(2, 3, form.image_size, form.image_size)), 2).shape[1]


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
    except NoLogits as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
