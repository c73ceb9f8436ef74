"""How deep in the network each parameter sits: from 0, the stem, block by block to the head.

A network of timm says so itself (`group_matcher`) and is believed, also inside another network. Any other is read by
its order of modules, its blocks wherever they are: below wrappers, backbones, encoders and stages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from torch import nn

from core.assignment.blocks import LISTS, Blocks, is_composite
from core.assignment.roles import is_norm
from core.experiment.wrappers import bare_names

Part = list[nn.Module | nn.Parameter]  # what has one depth


def depths_of(model: nn.Module) -> dict[nn.Parameter, int]:
    """The depth of every parameter of `model`.

    A depth is a block: an element of the network's lists of blocks, in order. All before the first one is the stem,
    depth 0, as are embeddings wherever they are registered, and parameters that belong to no child, such as a class
    token. The head is the largest depth: all from the first fully connected layer behind the blocks on (a pooler,
    several classifiers), or else the last module; what stands between belongs to the last block. A normalisation
    layer belongs to what it follows. A network without lists has a depth per child. A tied parameter is where its
    first name is.

    timm counts this way on its vision transformers, ResNets, Swins and ConvNeXts; pooler and classifier learn alike
    in the code of arXiv:2006.05987 (github.com/asappresearch/revisit-bert-finetuning).
    """
    found: dict[nn.Parameter, int] = {}
    for depth, part in enumerate(_parts(Blocks(model))):
        for parameter in _parameters(part):
            found.setdefault(parameter, depth)
    taken = {depth: place for place, depth in enumerate(sorted(set(found.values())))}
    return {parameter: taken[found[parameter]] if parameter in found else 0 for parameter in model.parameters()}


def count_blocks(model: nn.Module) -> int:
    """How many blocks there are in the lists of a network, wherever these are."""
    blocks = Blocks(model)
    return blocks.count(blocks.model)


def output_matrices(model: nn.Module) -> set[nn.Parameter]:
    """What gives the network's outputs: the last matrix of the head, and those beside it that take the same inputs.

    Empty for a network that ends with a block, as one does whose output layer is tied to its embeddings.
    """
    blocks = Blocks(model)
    _, *behind = _parts(blocks)
    inside = blocks.inside()
    head = [p for p in _parameters(behind[-1] if behind else []) if p.ndim > 1 and p not in inside]
    return {p for p in head if p is head[-1] or p.shape[0] != p.shape[1] == head[-1].shape[1]}


def _parts(blocks: Blocks) -> list[Part]:
    """What has one depth, in the order of the depths."""
    return _joined(_Reader(blocks).read(blocks.model).in_order())


def _parameters(part: Part) -> Iterator[nn.Parameter]:
    for each in part:
        yield from each.parameters() if isinstance(each, nn.Module) else [each]


@dataclass
class _Parts:
    """A network in its own order: what stands before its blocks, a part for each block, and what stands behind."""

    stem: Part = field(default_factory=list)
    trunk: list[Part] = field(default_factory=list)
    rest: list[nn.Module] = field(default_factory=list)
    own: list[nn.Parameter] = field(default_factory=list)  # of no child

    def add(self, other: _Parts) -> None:
        """What follows; where there are blocks already, its stem belongs to the first of its own."""
        self.trunk += _behind(self.trunk, self.rest)
        if self.trunk and other.trunk:
            other.trunk[0][:0] = [*other.own, *other.stem]
        else:
            self.own += other.own
            self.stem += other.stem
        self.trunk += other.trunk
        self.rest = other.rest

    def in_order(self) -> list[Part]:
        parts = [*([self.stem] if self.stem else []), *self.trunk]
        parts += _behind(parts, self.rest)
        if not parts:
            return [[*self.own]]
        parts[0][:0] = self.own
        return parts


def _behind(parts: list[Part], rest: list[nn.Module]) -> list[Part]:
    """The head, if any, of what stands behind the last block; what comes before the head joins that block."""
    if not rest:
        return []
    linear = (place for place, module in enumerate(rest) if _has_linear(module))
    start = next(linear, len(rest) - 1) if parts else 0
    if start:
        parts[-1] += rest[:start]
    return [[*rest[start:]]]


def _has_linear(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Linear) for part in module.modules())


class _Reader:
    """Reads the parts of a network whose blocks are known."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def read(self, network: nn.Module) -> _Parts:
        """Of a network, or of a wrapper around one."""
        if said := _as_it_says(network):
            return _Parts(said[0], said[1:])
        children = self._blocks.children(network)
        networks = [child for child in children if self._is_network(child)]
        blocky = [child for child in children if child in networks or self._has_blocks(child)]
        if not blocky:
            blocky = networks = self._wrapped(children)
        opened = [child for child in children if child in blocky or isinstance(child, LISTS)]
        own = [*network.parameters(recurse=False)]
        if not opened:
            return _Parts([*children[:1]], [[child] for child in children[1:]], own=own)
        first, last = children.index((blocky or opened)[0]), children.index(opened[-1])
        early = [*children[:first], *_embeddings(children[last + 1 :])]
        found = _Parts([*early], own=own)
        for child in children[first : last + 1]:
            if child in networks:
                found.add(self.read(child))
            else:
                found.add(_Parts(trunk=self._opened(child) if child in opened else [[child]]))
        found.rest += [child for child in children[last + 1 :] if child not in early]
        return found

    def _has_blocks(self, child: nn.Module) -> bool:
        return self._blocks.is_list(child) or self._blocks.is_stage(child)

    def _is_network(self, module: nn.Module) -> bool:
        return _says(module) or self._blocks.is_network(module)

    def _wrapped(self, children: list[nn.Module]) -> list[nn.Module]:
        """The network that its wrapper's heads follow, in a list, if there is one without lists of blocks."""
        network, heads = children[:1], children[1:]
        if not heads:
            return [child for child in network if is_composite(child) or isinstance(child, LISTS)]
        alone = self._blocks.is_block(children[0]) and not any(is_composite(head) for head in heads)
        return network if alone and all(is_norm("", head) or _has_linear(head) for head in heads) else []

    def _opened(self, module: nn.Module) -> list[Part]:
        """The parts of a list, or of a stage: what stands around a stage's blocks belongs to the nearest."""
        children = self._blocks.children(module)
        if self._blocks.is_stage(module):
            blocks = self._blocks.list_of(module)
            place = children.index(blocks)
            parts: list[Part] = [[block] for block in self._blocks.children(blocks)]
            parts[0][:0] = children[:place]
            parts[-1] += children[place + 1 :]
        else:
            parts = [part for child in children for part in self._element(child)] or [[]]
        parts[0][:0] = module.parameters(recurse=False)
        return parts

    def _element(self, child: nn.Module) -> list[Part]:
        if self._is_network(child):
            return self.read(child).in_order()
        blocks = self._blocks
        is_opened = blocks.is_list(child) or blocks.is_stage(child) or blocks.is_list_of_layers(child)
        return self._opened(child) if is_opened else [[child]]


def _embeddings(modules: list[nn.Module]) -> list[nn.Module]:
    """The tables among some modules, each with its normalisation."""
    pairs = zip([None, *modules], modules, strict=False)
    return [
        module
        for before, module in pairs
        if isinstance(module, nn.Embedding) or (isinstance(before, nn.Embedding) and is_norm("", module))
    ]


def _says(module: nn.Module) -> bool:
    """Whether a network groups its parameters itself; a compiled one only repeats the words of the one inside."""
    return hasattr(type(module), "group_matcher")


def _as_it_says(network: Any) -> list[Part]:
    """The parts of a network of timm, in its own words."""
    if not _says(network):
        return []
    try:
        from timm.models import group_parameters  # whoever has such a network has timm
    except ImportError:
        return []
    bare, matcher = bare_names(network), network.group_matcher
    named = {bare(name): parameter for name, parameter in network.named_parameters()}
    stand_in: Any = SimpleNamespace(named_parameters=named.items)  # all that is asked of the network
    depths: dict[str, int] = group_parameters(stand_in, matcher(coarse=False), reverse=True)
    parts: list[Part] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for name, parameter in named.items():
        parts[depths[name]].append(parameter)
    return parts


def _joined(parts: list[Part]) -> list[Part]:
    """The parts, a normalisation layer that stands alone joined to the part before it, as is a second head."""
    joined: list[Part] = []
    for part in parts:
        norms = all(isinstance(each, nn.Module) and is_norm("", each) for each in part)
        if joined and (norms or _are_parallel(joined[-1][-1:], part)):
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    return joined


def _are_parallel(before: Part, part: Part) -> bool:
    """Whether two parts are heads of the same inputs, neither of which takes what the other gives."""
    if len(before) != 1 or len(part) != 1:
        return False
    a, b = before[0], part[0]
    if not isinstance(a, nn.Linear) or not isinstance(b, nn.Linear):
        return False
    return a.in_features == b.in_features != a.out_features
