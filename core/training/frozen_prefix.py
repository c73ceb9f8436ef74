"""The frozen beginning of a network, cut off so that it needs to be computed only once for each image.

A network is traced by torch.fx and split by torch.fx.passes.split_module: into the prefix go all operations that
depend on no trainable parameter and on no randomness. Source: docs.pytorch.org, torch.fx.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch
import torchvision
from torch import Tensor, fx, nn
from torch.fx.passes.split_module import split_module

from core.assignment import NORM_LAYERS
from core.models import has_hooks, logits_of
from core.resources.random_numbers import RandomNumbers
from core.training.network_state import NetworkState

PREFIX, REST = 0, 1
RANDOM_LAYERS = (nn.modules.dropout._DropoutNd, nn.RReLU, torchvision.ops.StochasticDepth)
RANDOM_WORDS = ("dropout", "stochastic", "rand", "bernoulli", "multinomial", "normal_", "rrelu")  # in functions' names


class NotCut(Exception):
    """There is no prefix to be had; `key` names the reason among those of the page's "frozen_part_...", with
    their `values`. It is "" where there is nothing to cut off."""

    def __init__(self, key: str, **values: float) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Halves:
    """A network as two: `rest(*prefix(images))` is `network(images)`, with the network's own layers in both.

    `prefix` gives tensors whose first dimension is the images'. They fit the mode, training or
    evaluation, that the network was in when it was cut.
    """

    prefix: Callable[[Tensor], tuple[Tensor, ...]]
    rest: Callable[..., Tensor]


def cut(network: nn.Module, images: Tensor) -> Halves:
    """Cut a network in the mode it is in, by the `requires_grad` that its parameters have.

    `images` are two or more that it takes. Raises NotCut where nothing is frozen before the first
    trainable layer, where it cannot be traced, where the batch's size itself crosses the cut, where hooks would be
    called at other times, or where the prefix keeps something from one batch to the next.
    The network, and the process's random numbers, are left as they were.
    """
    if all(parameter.requires_grad for parameter in network.parameters()):
        raise NotCut("")
    if has_hooks(network):
        raise NotCut("hooks")
    state = NetworkState(network)
    try:
        with RandomNumbers(0, images.device):
            drawn = torch.get_rng_state()
            halves = _cut(network, images)
            if not torch.equal(torch.get_rng_state(), drawn):  # while it was traced: what came is in the graph now
                raise NotCut("not_traced")
        if not state.is_same():
            raise NotCut("keeps_state")
    finally:
        state.restore()
    return halves


def _cut(network: nn.Module, images: Tensor) -> Halves:
    try:
        tracer = _Tracer()
        traced = tracer.trace(network)
        tracer.root, tracer.tensor_attrs = nn.Module(), {}  # functions that know each other keep the tracer
    except Exception as error:  # whatever a network's own code may raise when it meets a stand-in for an image
        raise NotCut("not_traced") from error
    modules = dict(network.named_modules())
    sides: dict[fx.Node, int] = {}
    for node in traced.nodes:
        sides[node] = _side(node, network, modules, sides)
    if not any(_computes(node, modules) for node, side in sides.items() if side == PREFIX):
        raise NotCut("")
    try:
        graph_module = fx.GraphModule(network, traced)
        split = split_module(graph_module, network, lambda node: sides[node])
        halves = _CutNetwork(split, images)
    except NotCut:
        raise
    except Exception as error:  # as what goes into an object on its way out of the network
        raise NotCut("not_traced") from error
    return Halves(halves.prefix, halves.rest)


class _Tracer(fx.Tracer):
    """torch's layers and the random ones of torchvision stay whole, so that they follow their own mode."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, RANDOM_LAYERS) or super().is_leaf_module(m, module_qualified_name)


def _side(node: fx.Node, network: nn.Module, modules: dict[str, nn.Module], sides: dict[fx.Node, int]) -> int:
    """Where a node goes, once those that it depends on have their sides."""
    if any(sides[used] == REST for used in node.all_input_nodes) or node.op == "output":
        return REST
    if node.op == "get_attr":
        value = _attribute(network, node)
        return REST if isinstance(value, nn.Parameter) and value.requires_grad else PREFIX
    if node.op == "call_module":
        return PREFIX if _is_fixed(modules[str(node.target)]) else REST
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return REST if any(word in name for word in RANDOM_WORDS) else PREFIX


def _is_fixed(layer: nn.Module) -> bool:
    """Whether a layer gives the same for an image each time: nothing trains, drifts or draws in it."""
    changes = any(part.training and (_drifts(part) or _draws(part)) for part in layer.modules())
    return not changes and not any(parameter.requires_grad for parameter in layer.parameters())


def _drifts(layer: nn.Module) -> bool:
    """Whether a layer in train mode is normalised by the batch, and keeps statistics of it."""
    return isinstance(layer, NORM_LAYERS) and not isinstance(layer, (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm))


def _draws(layer: nn.Module) -> bool:
    """Whether a layer in train mode draws random numbers that change what it gives."""
    return isinstance(layer, RANDOM_LAYERS) and getattr(layer, "p", 1.0) > 0


def _computes(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    """Whether a node stands for a layer with parameters."""
    return node.op == "call_module" and any(True for _ in modules[str(node.target)].parameters())


class _CutNetwork:
    """A network that `split_module` has cut in two, with the order in which its rest takes its arguments.

    Some of these are the network's own parameters and buffers; all others cross the cut: the images themselves and
    what the prefix makes of them. Of those, some are carried: they hold something for each image. The others
    (sizes, tables made of parameters) are constant, whatever the batch. Raises NotCut where one of them is not.
    """

    def __init__(self, split: fx.GraphModule, images: Tensor) -> None:
        self._split = split
        self._prefix, self._prefix_arguments = _submodule(split, "submod_0")
        self._rest, self._rest_arguments = _submodule(split, "submod_1")
        self._crossing = [node for node in self._rest_arguments if node.op != "get_attr"]
        self._carried, self._constants = self._sort(images)

    def prefix(self, images: Tensor) -> tuple[Tensor, ...]:
        """What is carried across the cut."""
        crossing = self._cross(images)
        return tuple(crossing[node] for node in self._carried)

    def rest(self, *carried: Tensor) -> Tensor:
        """The network's outputs, from what `prefix` gave."""
        crossing = self._constants | dict(zip(self._carried, carried, strict=True))
        arguments = self._rest_arguments
        values = (_attribute(self._split, node) if node.op == "get_attr" else crossing[node] for node in arguments)
        return logits_of(self._rest(*values))

    @torch.no_grad()
    def _sort(self, images: Tensor) -> tuple[list[fx.Node], dict[fx.Node, Any]]:
        """What is carried, and the constants with their values: told apart by a batch of one image and one of more."""
        one, more = self._cross(images[:1]), self._cross(images)
        carried = [node for node in self._crossing if _is_of(1, one[node]) and _is_of(len(images), more[node])]
        constants = {node: value for node, value in more.items() if node not in carried}
        if not all(_same(one[node], value) for node, value in constants.items()):
            raise NotCut("not_traced")
        return carried, constants

    def _cross(self, images: Tensor) -> dict[fx.Node, Any]:
        """The values of all that crosses the cut, for a batch of images."""
        arguments = self._prefix_arguments
        values = (_attribute(self._split, node) if node.op == "get_attr" else images for node in arguments)
        outputs = self._prefix(*values)
        return {node: _output_at(node, images, outputs) for node in self._crossing}


def _output_at(node: fx.Node, images: Tensor, outputs: Any) -> Any:
    """What a node that crosses the cut stands for: the images, or all or one of the prefix's outputs."""
    if node.op == "placeholder":
        return images
    return outputs if node.op == "call_module" else outputs[node.args[1]]


def _submodule(split: fx.GraphModule, name: str) -> tuple[nn.Module, list[fx.Node]]:
    """One part of a split network, and what it is called with."""
    call = next(node for node in split.graph.nodes if node.op == "call_module" and node.target == name)
    return split.get_submodule(name), call.all_input_nodes


def _attribute(network: nn.Module, node: fx.Node) -> Any:
    """What the "get_attr" of a node gets."""
    return attrgetter(str(node.target))(network)


def _is_of(images: int, value: object) -> bool:
    """Whether a value holds something for each of so many images."""
    return isinstance(value, Tensor) and value.shape[:1] == (images,)


def _same(a: object, b: object) -> bool:
    return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else type(a) is type(b) and a == b
