"""Networks by name, their last layer made for the dataset's classes; pre-trained where asked."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import torch
import torchvision
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from core.experiment import Experiment, ExperimentError, Problem
from core.experiment.errors import unknown_name
from core.images import class_count
from core.own_network import remake_own_model
from core.resources.custom import own_model
from core.resources.device import memory_format
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable, load_weights, weights_of
from core.small_vit import SmallViT

TRIED_SIZES = (32, 64, 96, 128, 160, 192, 224)  # pixels a side, to name some that a network takes
IMAGENET_CLASSES = 1000


class SimpleModel(nn.Module):
    """The article's network: two convolutions and two fully connected layers, for 32x32 images.

    A 2x2 max-pool follows each convolution, and then the ReLU: both are monotone, and it sees a
    quarter of the values. Input (N, 3, 32, 32), output (N, classes).
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, images: Tensor) -> Tensor:
        maps = nn.functional.max_pool2d(self.conv1(images), 2).relu()
        maps = nn.functional.max_pool2d(self.conv2(maps), 2).relu()
        return self.fc2(self.fc1(maps.flatten(1)).relu())


HOUSE_NETWORKS: dict[str, Callable[[int], nn.Module]] = {"simple_cnn": SimpleModel, "small_vit": SmallViT}


def model_names() -> list[str]:
    """Every network that an experiment can name: the house's, the starter's own, torchvision's classifiers."""
    own = own_model()
    return [*HOUSE_NETWORKS, *([own] if own else []), *torchvision.models.list_models(module=torchvision.models)]


class Form(NamedTuple):
    """All that the shapes of a network depend on; `pretrained` asks for those that the weights fit."""

    model: str
    classes: int
    image_size: int
    pretrained: bool


def form_of(experiment: Experiment) -> Form:
    """What decides the shapes of the experiment's network."""
    classes = class_count(experiment.dataset)
    return Form(experiment.model, classes, experiment.image_size, experiment.pretrained)


def model_problems(experiment: Experiment) -> list[Problem]:
    """What keeps the experiment's network from being built, or from taking its images."""
    return list(_name_problems(experiment)) or list(_fit_problems(form_of(experiment)))


def build_model(
    experiment: Experiment, device: torch.device | str = "cpu", random_numbers: RandomNumbers | None = None
) -> nn.Module:
    """The experiment's network on `device`, the same at every call.

    Built on the CPU as right after `torch.manual_seed(experiment.seed)`: constructor, pre-trained
    weights, new last layer; then moved, laid out by `core.resources.device.memory_format`. On "meta" only shapes exist.
    Raises ExperimentError for a name that is not known or has no weights, WeightsUnavailable for
    pre-trained ones that are not on this machine.
    """
    on_meta = torch.device(device).type == "meta"
    if problems := [p for p in _name_problems(experiment) if p.field == "model" or not on_meta]:
        raise ExperimentError(problems)
    form = form_of(experiment)
    if on_meta:
        return shapes_of(form)
    if form.pretrained:
        load_weights(form.model)
    with random_numbers or RandomNumbers(experiment.seed):
        network = _construct(form, _load_torchvisions if form.pretrained else _make_torchvisions)
    device, layout = torch.device(device), memory_format(form.model, device)
    return network.to(device, memory_format=layout)  # type: ignore[call-overload]  # torch takes both


def shapes_of(form: Form) -> nn.Module:
    """The network on the meta device, for the caller to keep; raises ExperimentError if its own code fails."""
    if form.model == own_model():
        return copy.deepcopy(_own_shapes(form.model))
    with _ShapesOnly():
        network = _construct(form, _make_torchvisions)
    return network.to("meta")


@lru_cache(maxsize=256)
def try_out(form: Form) -> int | str:
    """The number of outputs that the network gives for a batch of two images in training, or why it gives none."""
    try:
        outputs = _outputs_of(shapes_of(form), "meta", form.image_size)
    except ExperimentError:
        raise
    except Exception as error:  # torch's, or what somebody's own code may raise
        if form.model != own_model():
            return str(error).partition("\n")[0][:200]
        return _try_own(form)
    return outputs


def _try_own(form: Form) -> int | str:
    """On the CPU, for code that cannot do without values; no message of its own, which may name files."""
    try:
        with RandomNumbers(0):
            return _outputs_of(remake_own_model(form.model), "cpu", form.image_size)
    except Exception as error:
        return type(error).__name__


FILLING = (Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_)  # what initialisers do


class _ShapesOnly(TorchFunctionMode):
    """Parameters and buffers made inside have no values, and none are drawn for them; what constructors reckon with
    (`torch.arange`) has."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = kwargs or {}
        if func in FILLING and args[0].is_meta:
            return args[0]
        if func in (torch.empty, torch.zeros, torch.ones):
            options = options | {"device": "meta"}
        return func(*args, **options)


@lru_cache(maxsize=1)
def _own_shapes(name: str) -> nn.Module:
    """Made with values, as somebody's own constructor may need them; then copied without, tied weights still tied."""
    with RandomNumbers(0):
        network = remake_own_model(name)
    bare: dict[int, Any] = {id(b): b.to("meta") for b in network.buffers()}
    bare |= {id(p): nn.Parameter(p.detach().to("meta"), p.requires_grad) for p in network.parameters()}
    return copy.deepcopy(network, bare)


def _construct(form: Form, torchvisions: Callable[[Form], nn.Module]) -> nn.Module:
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
    return torchvision.models.get_model(form.model, **torchvision_options(form))


def _load_torchvisions(form: Form) -> nn.Module:
    """As torchvision itself loads its weights, without auxiliary heads."""
    try:
        network = torchvision.models.get_model(form.model, weights=weights_of(form.model), progress=False)
    except (RuntimeError, TypeError) as error:
        raise WeightsUnavailable("the weight file is another network's") from error
    if form.model == "inception_v3":
        network.aux_logits, network.AuxLogits = False, None
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


@torch.no_grad()
def _outputs_of(network: nn.Module, device: str, image_size: int) -> int:
    outputs = network.train()(torch.zeros(2, 3, image_size, image_size, device=device))
    if not isinstance(outputs, Tensor) or outputs.ndim != 2 or len(outputs) != 2:
        raise TypeError("the network does not give one row of outputs per image")
    return outputs.shape[1]


def _name_problems(experiment: Experiment) -> Iterator[Problem]:
    name, known = experiment.model, model_names()
    if name not in known:
        yield unknown_name("model", name, known)
    elif experiment.pretrained and weights_of(name) is None:
        yield Problem(None, "pretrained", "not_pretrained", {"model": name})


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
