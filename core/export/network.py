"""An experiment's network as code: torchvision's by name, the house's own by their source."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from core.assignment import Assignment
from core.export.python_source import Source, literal, source_of
from core.models import form_of, small_vit
from core.models.build import last_layer, torchvision_options
from core.models.catalogue import NARROW
from core.models.simple_cnn import SimpleModel
from core.resources.custom import own_model
from core.resources.weights import weights_of


def network_code(assignment: Assignment) -> Source:
    """The function that builds the network, after the classes that it needs."""
    name = assignment.experiment.model
    if name == "simple_cnn":
        return Source(f"{source_of(SimpleModel)}\n\n\n{_build_model('return SimpleModel(CLASSES)')}")
    if name in ("small_vit", "small_vit_narrow"):
        width = "" if name == "small_vit" else f", width={NARROW}"
        return Source(f"{source_of(small_vit)}\n\n\n{_build_model(f'return SmallViT(CLASSES{width})')}")
    if name == own_model():
        module, _, function = name.partition(":")
        seeding = "torch.manual_seed(SEED)  # whatever importing it has drawn"
        return _build_model(f"from {module} import {function} as make_network\n", seeding, "return make_network()")
    return _build_model(*_torchvision_lines(assignment))


def _build_model(*lines: str) -> Source:
    return Source("\n".join(["def build_model() -> nn.Module:", *(f"    {line}" for line in lines)]))


def _torchvision_lines(assignment: Assignment) -> Iterator[str]:
    form = form_of(assignment.experiment)
    options = torchvision_options(form)
    yield '"""torchvision\'s network with a new last layer."""'
    if form.pretrained and (weights := weights_of(form.model)):
        options = {"weights": weights.name}
    arguments = ", ".join(f"{key}={literal(value)}" for key, value in options.items())
    yield f"model = torchvision.models.{form.model}({arguments})"
    if form.pretrained and form.model == "inception_v3":
        yield "model.aux_logits, model.AuxLogits = False, None"
    name, layer = last_layer(assignment.model, form.classes)
    yield f"{_place(name)} = {_new(layer)}"
    yield "return model"


def _place(name: str) -> str:
    """How code reaches a module of a torchvision network by its name: `model.classifier[6]`."""
    return "model" + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in name.split("."))


def _new(layer: nn.Linear | nn.Conv2d) -> str:
    if isinstance(layer, nn.Linear):
        return f"nn.Linear({layer.in_features}, CLASSES)"
    return f"nn.Conv2d({layer.in_channels}, CLASSES, {literal(tuple(layer.kernel_size))})"
