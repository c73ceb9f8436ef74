"""Networks by name, their last layer made for the dataset's classes; pre-trained where asked."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
import torchvision
from torch import nn

from core.experiment import Experiment, ExperimentError
from core.experiment.wrappers import bare_names
from core.models.catalogue import HOUSE_NETWORKS, Form, form_of, name_problems
from core.models.custom_network import remake_own_model, without_values
from core.models.shapes_only import ShapesOnly, is_zero
from core.models.structure import network_of
from core.resources.custom import own_model
from core.resources.device import memory_format
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable, load_weights, weights_of, weights_path
from core.structures import lines_of

IMAGENET_CLASSES = 1000
FEW_WEIGHTS = 2_000_000  # of a network that is made only to look at its values: some 20 ms
MOST_WEIGHTS = 20_000_000  # of pre-trained ones that are read only to look for zeros


def build_model(
    experiment: Experiment, device: torch.device | str = "cpu", random_numbers: RandomNumbers | None = None
) -> nn.Module:
    """The experiment's network on `device`, the same at every call.

    Built on the CPU as if right after `torch.manual_seed(experiment.seed)`: constructor, pre-trained
    weights, new last layer; then moved, laid out by `core.resources.device.memory_format`. On "meta" only shapes exist.
    Raises ExperimentError for a name that is not known, has no weights or is a structure's, WeightsUnavailable for
    pre-trained ones that are not on this machine.
    """
    if torch.device(device).type == "meta":
        network = meta_model(experiment)  # which knows the name, or raises
        return copy.deepcopy(network) if lines_of(experiment) else copy_of_shapes(form_of(experiment))
    if problems := list(name_problems(experiment)):
        raise ExperimentError(problems)
    form = form_of(experiment)
    if form.pretrained:
        load_weights(form.model)
    with random_numbers or RandomNumbers(experiment.seed):
        network = build_from(form, _load_torchvisions if form.pretrained else _make_torchvisions)
    device, layout = torch.device(device), memory_format(form.model, device)
    network.to(device, memory_format=layout)  # type: ignore[call-overload]  # torch takes both
    return network


def meta_model(experiment: Experiment) -> nn.Module:
    """As `build_model(experiment, "meta")`, but one network for all who ask: to be read, and copied to be changed.

    Raises ExperimentError for a name that is not known, and for a structure that is none or too large for its groups.
    """
    if lines := lines_of(experiment):
        if problems := [problem for problem in name_problems(experiment) if problem.field == "structure"]:
            raise ExperimentError(problems)
        return network_of(lines)
    if problems := [problem for problem in name_problems(experiment) if problem.field == "model"]:
        raise ExperimentError(problems)
    return shapes_of(form_of(experiment))


def shapes_of(form: Form) -> nn.Module:
    """The network of a form on the meta device, one for all who ask; raises ExperimentError if its own code fails."""
    return shapes_and_zeros(form).network


def zeros_of(form: Form) -> frozenset[str]:
    """The parameters that start as zero throughout; where the weights are pre-trained and on this machine, theirs.

    Of a large network those are left out that no initialiser has made zero, as the class token of torchvision's ViTs.
    """
    network, zeros = shapes_and_zeros(form)
    if not form.pretrained:
        return zeros
    try:
        modified_ns = weights_path(form.model).stat().st_mtime_ns
        is_large = sum(p.numel() for p in network.parameters()) > MOST_WEIGHTS
        return frozenset() if is_large else _zeros_of_weights(form, modified_ns)
    except (OSError, WeightsUnavailable):  # so that the run starts from random ones
        return zeros


@lru_cache(maxsize=8)
def _zeros_of_weights(form: Form, modified_ns: int) -> frozenset[str]:
    """Cached until the file changes, for which `modified_ns` is part of the key."""
    network, zeros = shapes_and_zeros(form)
    values = load_weights(form.model)
    names = (name for name, _ in network.named_parameters())
    return frozenset(name for name in names if (is_zero(values[name]) if name in values else name in zeros))


class Shapes(NamedTuple):
    """A network on the meta device, and the names of its parameters that start as zero, with random weights."""

    network: nn.Module
    zeros: frozenset[str]


@lru_cache(maxsize=24)  # some 50 MB of modules, of the largest
def shapes_and_zeros(form: Form) -> Shapes:
    """Of a network of that form, one for all who ask."""
    if form.model == own_model():
        return own_shapes(form.model)
    with ShapesOnly() as mode:
        network = build_from(form, _make_torchvisions)
    found = {name: mode.is_zero(parameter) for name, parameter in network.named_parameters()}
    if None in found.values() and sum(p.numel() for p in network.parameters()) <= FEW_WEIGHTS:
        with RandomNumbers(0):
            tried = build_from(form, _make_torchvisions)
        found = {name: is_zero(parameter) for name, parameter in tried.named_parameters()}
    return Shapes(network.to("meta"), frozenset(name for name, zero in found.items() if zero))


def copy_of_shapes(form: Form) -> nn.Module:
    """As `shapes_of`, but a network to be changed; the starter's is made anew where it cannot be copied."""
    try:
        return copy.deepcopy(shapes_of(form))
    except Exception:  # whatever somebody's own modules may hold
        if form.model != own_model():
            raise
        return _make_own_shapes(form.model).network


@lru_cache(maxsize=1)
def own_shapes(name: str) -> Shapes:
    """Of the starter's network, one for all who ask."""
    return _make_own_shapes(name)


def _make_own_shapes(name: str) -> Shapes:
    """Made with values, as somebody's own constructor may need them; then without."""
    with RandomNumbers(0):
        network = remake_own_model(name)
    bare = bare_names(network)
    named = network.named_parameters(remove_duplicate=False)
    zeros = frozenset(bare(name) for name, parameter in named if is_zero(parameter))
    return Shapes(without_values(network), zeros)


def build_from(form: Form, torchvisions: Callable[[Form], nn.Module]) -> nn.Module:
    """The network of a form; one of torchvision is made by `torchvisions` and gets its last layer here."""
    if form.model in HOUSE_NETWORKS:
        return HOUSE_NETWORKS[form.model](form.classes)
    if form.model == own_model():
        return remake_own_model(form.model)
    network = torchvisions(form)
    _replace_last(network, form.classes)
    return network


def torchvision_options(form: Form) -> dict[str, Any]:
    """What a network of torchvision is told: no auxiliary heads; the images' size, or its weights', for a ViT."""
    if form.model in ("googlenet", "inception_v3"):
        return {"aux_logits": False, "init_weights": True}
    if form.model.startswith("vit_") and not form.pretrained:
        return {"image_size": form.image_size}
    return {}


def _make_torchvisions(form: Form) -> nn.Module:
    network: nn.Module = torchvision.models.get_model(form.model, **torchvision_options(form))
    return network


def _load_torchvisions(form: Form) -> nn.Module:
    """As torchvision itself loads its weights, without auxiliary heads."""
    try:
        network: nn.Module = torchvision.models.get_model(form.model, weights=weights_of(form.model), progress=False)
    except (RuntimeError, TypeError) as error:
        raise WeightsUnavailable("the weight file is another network's") from error
    if form.model == "inception_v3":
        network.aux_logits, network.AuxLogits = False, None  # type: ignore[assignment]  # as torchvision does
    return network


def _replace_last(network: nn.Module, classes: int) -> None:
    """A new last layer in place of the one with ImageNet's 1000 outputs, initialised as torch does by default."""
    name, old = last_layer(network, IMAGENET_CLASSES)
    new: nn.Module
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, classes)
    else:
        new = nn.Conv2d(old.in_channels, classes, old.kernel_size)  # type: ignore[arg-type]  # two numbers
    network.set_submodule(name, new)


def last_layer(network: nn.Module, outputs: int) -> tuple[str, nn.Linear | nn.Conv2d]:
    """The last linear layer or convolution with so many outputs, by its name."""
    return [
        (name, layer)
        for name, layer in network.named_modules()
        if (isinstance(layer, nn.Linear) and layer.out_features == outputs)
        or (isinstance(layer, nn.Conv2d) and layer.out_channels == outputs)
    ][-1]
