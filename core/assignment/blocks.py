"""Where a network's lists of blocks are."""

from __future__ import annotations

from collections import Counter

from torch import nn

from core.assignment.roles import is_norm
from core.experiment.wrappers import INSERTED, calls_it_module

LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
PARALLEL = "experts"  # what people call a list whose elements do not follow one another


class Blocks:
    """Tells the blocks of one network from what they are made of and from what stands around them.

    A block has two layers at least, not counting normalisation (a convolution with its BatchNorm is one layer), and
    stands in a list with others of its class.
    """

    def __init__(self, model: nn.Module) -> None:
        self._classes: Counter[type] = Counter()
        self._children: dict[nn.Module, list[nn.Module]] = {}
        self._layers: dict[nn.Module, int] = {}  # with parameters of their own, in each module
        self._count: dict[nn.Module, int] = {}  # of blocks
        self.model = without_wrappers(model)
        self._look("", self.model)

    def _look(self, name: str, module: nn.Module) -> None:
        named = [(own_name, without_wrappers(child)) for own_name, child in module.named_children()]
        for own_name, child in named:
            if child not in self._layers:
                self._look(own_name, child)
            if own_name == PARALLEL:
                self._count[child] = 0
        self._classes[type(module)] += 1
        children = [child for _, child in named if next(child.parameters(), None) is not None]
        own = any(True for _ in module.parameters(recurse=False)) and not is_norm(name, module)
        large = Counter(type(child) for child in children if self._layers[child] > 1)
        alike = max(large.values(), default=0) if isinstance(module, LISTS) else 0
        self._children[module] = children
        self._layers[module] = own + sum(self._layers[child] for child in children)
        self._count[module] = max(alike, sum(self._count[child] for child in children))

    def children(self, module: nn.Module) -> list[nn.Module]:
        """Those that have parameters, themselves or in their own children, without wrappers."""
        return self._children[module]

    def count(self, module: nn.Module) -> int:
        """How many blocks there are in the lists of a module, those of its stages together."""
        return self._count[module]

    def is_block(self, module: nn.Module) -> bool:
        """Whether a module has the size of a block."""
        return is_composite(module) and self._layers[module] > 1

    def is_network(self, module: nn.Module) -> bool:
        """Whether a module with blocks in it is more than one of them: a block's class comes more than once."""
        return not isinstance(module, LISTS) and self._classes[type(module)] == 1 and self._count[module] > 1

    def is_list(self, module: nn.Module) -> bool:
        """A list that has blocks in it."""
        return isinstance(module, LISTS) and self._count[module] > 1

    def inside(self) -> set[nn.Parameter]:
        """The parameters of all blocks."""
        found: set[nn.Parameter] = set()
        for each in filter(self.is_list, self._children):
            large = [child for child in self._children[each] if self._layers[child] > 1]
            often = Counter(map(type, large))
            found.update(p for child in large if often[type(child)] > 1 for p in child.parameters())
        return found

    def is_list_of_layers(self, module: nn.Module) -> bool:
        """A list of modules of one class that consist of others, such as a convolution with its BatchNorm."""
        children = self._children[module] if isinstance(module, LISTS) else []
        return len(set(map(type, children))) == 1 and is_composite(children[0])

    def is_stage(self, module: nn.Module) -> bool:
        """A module around one list of blocks; with several it is a block with branches."""
        return not isinstance(module, LISTS) and sum(map(self.is_list, self._children[module])) == 1

    def list_of(self, stage: nn.Module) -> nn.Module:
        """The list that a stage stands around."""
        return next(filter(self.is_list, self._children[stage]))


def without_wrappers(module: nn.Module) -> nn.Module:
    """What a wrapper holds, such as DataParallel, torch.compile or FSDP; any other module itself."""
    children = dict(module.named_children())
    held = [
        child for name, child in children.items() if name in INSERTED or (name == "module" and calls_it_module(module))
    ]
    return without_wrappers(held[0]) if held and len(children) == 1 else module


def is_composite(module: nn.Module) -> bool:
    """Neither a single layer nor a list."""
    return not isinstance(module, LISTS) and next(module.children(), None) is not None
