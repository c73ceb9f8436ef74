"""A network of the meta device from the names and shapes of its tensors: to be looked at, not to be run.

What modules there are, the names say. Their classes are torch's own where names and shapes, or the kinds that a
structure tells, leave no doubt; everything else that is alike is of one class, as the blocks of a network are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import nn

from core.structures import Structure, Tensor, load_structure, read_structure, structure_names

EMBEDDING = re.compile(r"(?i)(?!.*(un_?embed|out|proj|logit)).*(emb(ed|edding)?s?|tokens?|bias)(_\d+)?|wte|wpe|shared")
MAGNITUDE = re.compile(r"(.*\.)?lora_magnitude_vector\.\w+")  # DoRA's, one of each adapter
NO_NORM = re.compile(r"(?i).*(act|prelu|scale|gamma|gate).*")
NUMBER = re.compile(r"\d+")
MOST_COMPARED = 32  # kinds of blocks in one place, and forms of one kind: no network has nearly as many
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
    is_list = not node.tensors and _are_elements(node.children)
    if is_list:
        parts.sort(key=lambda item: [int(number) for number in NUMBER.findall(item[0])])
    made = nn.ModuleList() if is_list else None if parts else _leaf(node, path)
    module = copy_of(_class_of(node, path, classes)) if made is None else made
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


def _are_elements(parts: Mapping[str, _Node]) -> bool:
    """Whether parts are those of a list: numbers alone, or names that differ in numbers only, of larger parts.

    Layers that are called so, such as fc1 and fc2, are those of a perceptron, whose class is no list.
    """
    names = [*parts]
    if len({NUMBER.sub("", name) for name in names}) != 1:
        return False
    return names[0].isdecimal() or (len(names) > 1 and any(part.children for part in parts.values()))


@dataclass
class _Class:
    """A class of modules that are alike, and the names in each of them."""

    made: nn.Module
    members: set[frozenset[str]] = field(default_factory=set)

    def fits(self, names: frozenset[str]) -> bool:
        """Whether half of all names are in both: a block may have a shortcut that its neighbour lacks."""
        return names in self.members or any(2 * len(own & names) >= len(own | names) for own in self.members)


def _class_of(node: _Node, path: str, classes: dict[str, list[_Class]]) -> nn.Module:
    """An empty module of the class of its kind, or, where that is not known, of those alike in the same place."""
    kinds = {tensor.kind for tensor in node.tensors.values()} - {""}
    key = min(kinds) if kinds and not node.children else path
    names, known = frozenset((*node.tensors, *node.children)), classes.setdefault(key, [])
    found = next((each for each in known[:MOST_COMPARED] if each.fits(names)), None)
    if found is None:
        found = _Class(type(key.rpartition(".")[2].strip("*") or "Part", (nn.Module,), {})())
        known.append(found)
    if len(found.members) < MOST_COMPARED:
        found.members.add(names)
    return found.made


def _leaf(node: _Node, path: str) -> nn.Module | None:
    """A layer of torch's own class that has just these tensors, or None."""
    shapes = tuple(_parameters(node.tensors.values()).items())
    made = _made(shapes, _kind(node, path), frozenset(_buffers(node.tensors.values())))
    return None if made is None else copy_of(made)


def _parameters(tensors: Iterable[Tensor]) -> dict[str, tuple[int, ...]]:
    return {tensor.name.rpartition(".")[2]: tensor.shape for tensor in tensors if not tensor.is_buffer}


def _buffers(tensors: Iterable[Tensor]) -> set[str]:
    return {tensor.name.rpartition(".")[2] for tensor in tensors if tensor.is_buffer}


def _kind(node: _Node, path: str) -> str:
    """The class that the structure tells, else what name and shapes say: "Embedding", "norm", "layer" or ""."""
    name = path.rpartition(".")[2]
    told = next((tensor.kind for tensor in node.tensors.values() if tensor.kind), "")
    weight = _parameters(node.tensors.values()).get("weight")
    if told or weight is None:
        return told
    alone = [*node.tensors] == ["weight"]
    if len(weight) == 1:
        is_slope = alone and weight == (1,)  # PReLU's, as a norm has no single number
        return "" if is_slope or NO_NORM.fullmatch(name) or MAGNITUDE.fullmatch(path) else "norm"
    return "Embedding" if len(weight) == 2 and alone and EMBEDDING.fullmatch(name) else "layer"


def copy_of(module: nn.Module) -> nn.Module:
    """Another module as it is, with parameters of its own: much quicker made than a new one, and smaller.

    What else it holds they share, such as tables of hooks: nothing hooks into what is only looked at.
    """
    copied = object.__new__(type(module))
    own = {name: _parameter(p.shape) for name, p in module._parameters.items() if p is not None}
    copied.__dict__ = module.__dict__ | {"_parameters": own, "_modules": {}, "_buffers": {**module._buffers}}
    return copied


def _parameter(shape: tuple[int, ...]) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape, device="meta"))


@lru_cache(maxsize=256)
def _made(shapes: tuple[tuple[str, tuple[int, ...]], ...], kind: str, buffers: frozenset[str]) -> nn.Module | None:
    """A layer of torch's own class with parameters of just these names and shapes, or None: it is copied."""
    made = _layer(dict(shapes), kind, buffers)
    own = {name: tuple(value.shape) for name, value in made.named_parameters()} if made is not None else None
    return made if own == dict(shapes) else None


def _layer(shapes: Mapping[str, tuple[int, ...]], kind: str, buffers: frozenset[str]) -> nn.Module | None:
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
