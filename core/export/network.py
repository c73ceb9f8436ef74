"""An experiment's network as code: torchvision's by name, the house's own by their source."""

from __future__ import annotations

from torch import nn

from core.assignment import Assignment
from core.export.python_source import literal, source_of
from core.models import form_of, small_vit
from core.models.build import last_layer, torchvision_options
from core.models.simple_cnn import SimpleModel
from core.resources.custom import own_model
from core.resources.weights import weights_of

BUILD = "def build_model() -> nn.Module:\n"


def network_code(assignment: Assignment) -> str:
    """The function that builds the network, after the classes that it needs."""
    name = assignment.experiment.model
    if name == "simple_cnn":
        return f"{source_of(SimpleModel)}\n\n\n{BUILD}    return SimpleModel(CLASSES)"
    if name == "small_vit":
        return f"{source_of(small_vit)}\n\n\n{BUILD}    return SmallViT(CLASSES)"
    if name == own_model():
        module, _, function = name.partition(":")
        return f"{BUILD}    from {module} import {function} as make_network\n\n    return make_network()"
    return _torchvisions_code(assignment)


def _torchvisions_code(assignment: Assignment) -> str:
    form = form_of(assignment.experiment)
    options = torchvision_options(form)
    lines = ['"""torchvision\'s network with a new last layer."""']
    if form.pretrained and (weights := weights_of(form.model)):
        options = {"weights": weights.name}
    arguments = ", ".join(f"{key}={literal(value)}" for key, value in options.items())
    lines.append(f"model = torchvision.models.{form.model}({arguments})")
    if form.pretrained and form.model == "inception_v3":
        lines.append("model.aux_logits, model.AuxLogits = False, None")
    name, layer = last_layer(assignment.model, form.classes)
    lines += [f"{_place(name)} = {_new(layer)}", "return model"]
    return BUILD + "\n".join(f"    {line}" for line in lines)


def _place(name: str) -> str:
    """How code reaches a module of a torchvision network by its name: `model.classifier[6]`."""
    return "model" + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in name.split("."))


def _new(layer: nn.Linear | nn.Conv2d) -> str:
    if isinstance(layer, nn.Linear):
        return f"nn.Linear({layer.in_features}, CLASSES)"
    return f"nn.Conv2d({layer.in_channels}, CLASSES, {literal(tuple(layer.kernel_size))})"
