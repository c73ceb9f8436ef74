"""The frozen beginning of a network, cut off so that it needs to be computed only once for each image.

A network is traced by torch.fx and split by torch.fx.passes.split_module: into the prefix go all operations that
depend on no trainable parameter and on no randomness. Source: docs.pytorch.org, torch.fx.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torchvision
from torch import Tensor, fx, nn
from torch.fx.passes.split_module import split_module

from core.assignment import NORM_LAYERS

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
    trainable layer, where it cannot be traced, or where the batch's size itself crosses the cut.
    """
    if all(parameter.requires_grad for parameter in network.parameters()):
        raise NotCut("")
    try:
        traced = _Tracer().trace(network)
    except Exception as error:  # whatever a network's own code may raise when it meets a stand-in for an image
        raise NotCut("not_traced") from error
    modules = dict(network.named_modules())
    sides: dict[fx.Node, int] = {}
    for node in traced.nodes:
        sides[node] = _side(node, network, modules, sides)
    if not any(_computes(node, modules) for node, side in sides.items() if side == PREFIX):
        raise NotCut("")
    graph_module = fx.GraphModule(network, traced)
    split = split_module(graph_module, network, lambda node: sides[node], tuple_return=True)
    return _halves(split, images)


class _Tracer(fx.Tracer):
    """torch's layers and the random ones of torchvision stay whole, so that they follow their own mode."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, RANDOM_LAYERS) or super().is_leaf_module(m, module_qualified_name)


def _side(node: fx.Node, network: nn.Module, modules: dict[str, nn.Module], sides: dict[fx.Node, int]) -> int:
    """Where a node goes, once those that it depends on have their sides."""
    if any(sides[used] == REST for used in node.all_input_nodes) or node.op == "output":
        return REST
    if node.op == "get_attr":
        value = _attribute(network, str(node.target))
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


def _attribute(network: nn.Module, name: str) -> Any:
    value: Any = network
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _halves(split: fx.GraphModule, images: Tensor) -> Halves:
    """The two submodules, wired as `split` wires them: with images, outputs of the prefix, and parameters.

    What crosses besides a value for each image (sizes, tables made of parameters) must not depend on the batch.
    """
    prefix, rest = split.get_submodule("submod_0"), split.get_submodule("submod_1")
    of_prefix, of_rest = (
        next(node for node in split.graph.nodes if node.op == "call_module" and node.target == name).args
        for name in ("submod_0", "submod_1")
    )
    crossing = [node for node in of_rest if node.op != "get_attr"]

    def cross(images: Tensor) -> list[Any]:
        outputs = prefix(*(_attribute(split, node.target) if node.op == "get_attr" else images for node in of_prefix))
        return [images if node.op == "placeholder" else outputs[node.args[1]] for node in crossing]

    with torch.no_grad():
        one, more = cross(images[:1]), cross(images)
    carries = [_is_of(1, a) and _is_of(len(images), b) for a, b in zip(one, more, strict=True)]
    if not all(carried or _same(a, b) for a, b, carried in zip(one, more, carries, strict=True)):
        raise NotCut("not_traced")

    def boundary(images: Tensor) -> tuple[Tensor, ...]:
        return tuple(value for value, carried in zip(cross(images), carries, strict=True) if carried)

    def remaining(*values: Tensor) -> Tensor:
        given = iter(values)
        crossed = iter([next(given) if carried else value for value, carried in zip(more, carries, strict=True)])
        arguments = [_attribute(split, node.target) if node.op == "get_attr" else next(crossed) for node in of_rest]
        outputs: Tensor = rest(*arguments)[0]
        return outputs

    return Halves(boundary, remaining)


def _is_of(images: int, value: Any) -> bool:
    """Whether a value holds something for each of so many images."""
    return isinstance(value, Tensor) and value.shape[:1] == (images,)


def _same(a: Any, b: Any) -> bool:
    return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else type(a) is type(b) and a == b
