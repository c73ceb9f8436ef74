"""A batch passed through a network without values: what comes out, and what backward would keep of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy

from core.experiment.wrappers import bare_names
from core.models.build import copy_of_shapes, shapes_of
from core.models.catalogue import Form
from core.models.outputs import logits_of
from core.models.shapes_only import QuickNorms
from core.resources.custom import own_model
from core.resources.random_numbers import RandomNumbers

BATCH = 32  # images; without values more cost nothing, and what hangs on no batch counts for less


class Passed(NamedTuple):
    """`outputs` is how many numbers the network gives per image, `saved_bytes` what backward keeps per image."""

    outputs: int
    saved_bytes: int


class NoLogits(Exception):
    """What a network gives is not one row of numbers per image; the message says what it is."""


@lru_cache(maxsize=256)
def passed_through(form: Form, frozen: frozenset[str]) -> Passed:
    """A batch in training, forward, where the parameters named in `frozen` need no gradient.

    Bytes are counted on the meta device, each storage once, parameters and buffers not. There attention keeps its
    weights, which fused kernels do not: up to a third too much for a transformer. Raises ExperimentError as
    `shapes_of` does, NoLogits, and whatever torch or somebody's own network raises.
    """
    network = copy_of_shapes(form) if frozen or form.model == own_model() else shapes_of(form)
    network.train()
    bare = bare_names(network)
    for name, parameter in network.named_parameters():
        if bare(name) in frozen:
            parameter.requires_grad = False
    images = torch.empty(BATCH, 3, form.image_size, form.image_size, device="meta")
    labels = torch.zeros(BATCH, dtype=torch.int64, device="meta")
    with RandomNumbers(0), QuickNorms(), (saved := Saved([*network.parameters(), *network.buffers()])):
        logits = rows_of(network(images), BATCH)
        cross_entropy(logits, labels)
    return Passed(logits.shape[1], saved.bytes // BATCH)


class Saved(saved_tensors_hooks):
    """Inside `with`, collects the storages that autograd saves for backward; those of `known` tensors are left out."""

    def __init__(self, known: Sequence[Tensor]) -> None:
        self._known = {tensor.untyped_storage()._cdata for tensor in known}
        self._storages: dict[int, torch.UntypedStorage] = {}
        super().__init__(self._keep, lambda kept: kept)

    def _keep(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._known:
            self._storages[storage._cdata] = storage
        return tensor.detach()

    @property
    def bytes(self) -> int:
        return sum(storage.nbytes() for storage in self._storages.values())


def rows_of(outputs: object, count: int) -> Tensor:
    """One row of numbers for each of `count` images, from what a network gives; raises NoLogits."""
    try:
        logits = logits_of(outputs)
    except (AttributeError, KeyError):
        logits = None
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != count:
        raise NoLogits(_kind_of(outputs))
    return logits


def _kind_of(outputs: object) -> str:
    """The type of a network's outputs in a few words, with their shapes."""
    if isinstance(outputs, Tensor):
        return f"Tensor of shape {tuple(outputs.shape)}"
    parts = outputs.values() if isinstance(outputs, dict) else outputs if isinstance(outputs, (tuple, list)) else ()
    inside = [str(tuple(part.shape)) if isinstance(part, Tensor) else type(part).__name__ for part in parts]
    return f"{type(outputs).__name__} of {', '.join(inside)}"[:200] if inside else type(outputs).__name__
