"""A network of the meta device from the names and shapes of its tensors: to be looked at, not to be run.

What modules there are, the names say. Their classes are torch's own where names and shapes, or the kinds that a
structure tells, leave no doubt; everything else that is alike is of one class, as the blocks of a network are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import nn

from core.structures import Structure, Tensor, load_structure, read_structure, structure_names

EMBEDDING = re.compile(r"(?i)(?!.*(un_?embed|out|proj|logit)).*(emb(ed|edding)?s?|tokens?|bias)(_\d+)?|wte|wpe|shared")
NO_NORM = re.compile(r"(?i).*(act|prelu|scale|gamma|gate).*")
NUMBER = re.compile(r"\d+")
CONVOLUTIONS = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}


@lru_cache(maxsize=8)
def network_of(text: str) -> nn.Module:
    """The network of a structure of the menu, by its name, or of one's own, by its lines; one for all who ask.

    Raises ExperimentError for lines that are none.
    """
    structure = load_structure(text) if text in structure_names() else read_structure(text)
    return build_network(structure)


def build_network(structure: Structure) -> nn.Module:
    """Parameters and buffers of the structure on the meta device, in modules of the names that it has."""
    root = _Node()
    for tensor in structure.tensors:
        *path, own = tensor.name.split(".")
        node = root
        for part in path:
            node = node.children.setdefault(part, _Node())
        node.tensors[own] = tensor
    return _module(root, "", {})


@dataclass
class _Node:
    """One module: its own tensors, and the modules in it, by their names."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    children: dict[str, _Node] = field(default_factory=dict)


def _module(node: _Node, path: str, classes: dict[str, list[_Class]]) -> nn.Module:
    """`path` is the module's name with every number in it as *."""
    parts = [*node.children.items()]
    is_list = not node.tensors and _are_numbered([*node.children])
    if is_list:
        parts.sort(key=lambda item: [int(number) for number in NUMBER.findall(item[0])])
    made = nn.ModuleList() if is_list else None if parts else _leaf(node, path.rpartition(".")[2])
    module = _class_of(node, path, classes)() if made is None else made
    for name, child in parts:
        below = f"{path}.{'*' if is_list else name}".removeprefix(".")
        module.add_module(name, _module(child, below, classes))
    for name, tensor in node.tensors.items():
        values = torch.empty(tensor.shape, device="meta")
        if tensor.is_buffer:
            module.register_buffer(name, values if values.ndim else values.long())
        elif module._parameters.get(name) is None:
            module.register_parameter(name, nn.Parameter(values))
    return module


def _are_numbered(names: Sequence[str]) -> bool:
    """Whether names differ in nothing but numbers, as those of a list of modules do."""
    return len({NUMBER.sub("", name) for name in names}) == 1 and (len(names) > 1 or names[0].isdecimal())


@dataclass
class _Class:
    """A class of modules that are alike, and the names in each of them."""

    made: type[nn.Module]
    members: list[set[str]] = field(default_factory=list)

    def fits(self, names: set[str]) -> bool:
        """Whether half of all names are in both: a block may have a shortcut that its neighbour lacks."""
        return any(2 * len(own & names) >= len(own | names) for own in self.members)


def _class_of(node: _Node, path: str, classes: dict[str, list[_Class]]) -> type[nn.Module]:
    """One class for the modules of one kind, or, where that is not known, for those alike of one place in blocks."""
    kinds = {tensor.kind for tensor in node.tensors.values()} - {""}
    key = min(kinds) if kinds and not node.children else path
    names, known = {*node.tensors, *node.children}, classes.setdefault(key, [])
    found = next((each for each in known if each.fits(names)), None)
    if found is None:
        found = _Class(type(key.rpartition(".")[2].strip("*") or "Part", (nn.Module,), {}))
        known.append(found)
    found.members.append(names)
    return found.made


def _leaf(node: _Node, name: str) -> nn.Module | None:
    """A layer of torch's own class that has just these tensors, or None."""
    made = _made(_parameters(node.tensors.values()), _kind(node, name), _buffers(node.tensors.values()))
    own = {key: value.shape for key, value in made.named_parameters()} if made is not None else {}
    return made if own == {key: torch.Size(t.shape) for key, t in node.tensors.items() if not t.is_buffer} else None


def _parameters(tensors: Iterable[Tensor]) -> dict[str, tuple[int, ...]]:
    return {tensor.name.rpartition(".")[2]: tensor.shape for tensor in tensors if not tensor.is_buffer}


def _buffers(tensors: Iterable[Tensor]) -> set[str]:
    return {tensor.name.rpartition(".")[2] for tensor in tensors if tensor.is_buffer}


def _kind(node: _Node, name: str) -> str:
    """The class that the structure tells, else what name and shapes say: "Embedding", "norm", "layer" or ""."""
    told = next((tensor.kind for tensor in node.tensors.values() if tensor.kind), "")
    weight = _parameters(node.tensors.values()).get("weight")
    if told or weight is None:
        return told
    if len(weight) == 1:
        return "" if NO_NORM.fullmatch(name) else "norm"
    alone = [*node.tensors] == ["weight"]
    return "Embedding" if len(weight) == 2 and alone and EMBEDDING.fullmatch(name) else "layer"


def _made(shapes: Mapping[str, tuple[int, ...]], kind: str, buffers: set[str]) -> nn.Module | None:
    weight, bias = shapes.get("weight"), "bias" in shapes
    if weight is None or 0 in weight:
        return None
    if len(weight) == 1 and (kind == "norm" or "norm" in kind.lower()):
        if "running_mean" in buffers:
            return nn.BatchNorm2d(weight[0], device="meta")
        return nn.LayerNorm(weight[0], bias=bias, device="meta") if bias else nn.RMSNorm(weight[0], device="meta")
    if len(weight) == 2 and "embedding" in kind.lower():
        return nn.Embedding(*weight, device="meta")
    if len(weight) == 2 and (kind == "layer" or "linear" in kind.lower()):
        return nn.Linear(weight[1], weight[0], bias=bias, device="meta")
    if len(weight) in CONVOLUTIONS and kind != "Embedding":
        layer = CONVOLUTIONS[len(weight)]
        return layer(weight[1], weight[0], weight[2:], bias=bias, device="meta")  # type: ignore[arg-type]  # sizes by axis
    return None
