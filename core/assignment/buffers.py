"""Which layers keep buffers, such as running statistics, and to which parameters these belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn


def layers_with_buffers(
    module: nn.Module, near: Sequence[nn.Parameter] = ()
) -> Iterator[tuple[nn.Module, list[nn.Parameter]]]:
    """Every layer with buffers of its own, and the parameters that they belong to.

    These are the layer's own; else those inside it; else those of the nearest layer
    that has some: before it, after it, or around it.
    """
    own = list(module.parameters(recurse=False))
    if next(module.buffers(recurse=False), None) is not None:
        yield module, own or list(module.parameters()) or list(near)
    children = list(module.children())
    for place, child in enumerate(children):
        if next(child.parameters(), None) is None:
            before, after = map(owned, (children[:place], children[place + 1 :]))
            near_child = next(iter([*before[-1:], *after[:1]]), own or near)
            yield from layers_with_buffers(child, near_child)
        else:
            yield from layers_with_buffers(child)


def owned(modules: Sequence[nn.Module]) -> list[list[nn.Parameter]]:
    """The own parameters of each layer in these modules that has some."""
    layers = (layer for module in modules for layer in module.modules())
    every = (list(layer.parameters(recurse=False)) for layer in layers)
    return [parameters for parameters in every if parameters]


def keeps_statistics(layer: nn.Module) -> bool:
    """Whether training may move a layer's buffers: tables of places are integers."""
    buffers = layer.buffers(recurse=False)
    return any(buffer.is_floating_point() for buffer in buffers)
