"""How deep in the network each parameter sits, by the model's own order of blocks: from 0, the stem, to the head."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from core.assignment.roles import NORM_LAYERS

LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def depths_of(model: nn.Module) -> dict[nn.Parameter, int]:
    """The depth of every parameter of `model`.

    A depth is a block: an element of the model's lists of blocks, in order. All before the first
    list is the stem, depth 0; the last module is the head, the largest depth; what stands between
    the last block and the head belongs to that block, and so does a normalisation layer to what it
    follows. A model without such lists has a depth per child. Parameters that belong to no child,
    such as a class token, are at depth 0.

    timm counts this way on its vision transformers, ResNets, Swins and ConvNeXts:
    github.com/huggingface/pytorch-image-models, timm/models/*.py, `group_matcher`.
    """
    depths = dict.fromkeys(model.parameters(), 0)
    for depth, modules in enumerate(_with_their_norms(_parts_of_model(model))):
        depths |= {parameter: depth for module in modules for parameter in module.parameters()}
    return depths


Part = list[nn.Module]  # what has one depth


def _parts_of_model(model: nn.Module) -> list[Part]:
    children = _with_parameters(model)
    lists = [child for child in children if isinstance(child, LISTS) or _is_stage(child)]
    if not lists:
        return [[child] for child in children]
    first, last = children.index(lists[0]), children.index(lists[-1])
    stem, rest = children[:first], children[last + 1 :]
    trunk = [part for child in children[first : last + 1] for part in (_parts(child) if child in lists else [[child]])]
    trunk[-1] += rest[:-1]
    return [*([stem] if stem else []), *trunk, *([rest[-1:]] if rest else [])]


def _parts(module: nn.Module) -> list[Part]:
    """The parts of a list of blocks, or of a stage: what stands around a stage's blocks belongs to the nearest."""
    children = _with_parameters(module)
    if isinstance(module, LISTS):
        opened = [_parts(child) if _is_block_list(child) or _is_stage(child) else [[child]] for child in children]
        return [part for parts in opened for part in parts]
    place = next(place for place, child in enumerate(children) if _is_block_list(child))
    parts = _parts(children[place])
    parts[0][:0] = children[:place]
    parts[-1] += children[place + 1 :]
    return parts


def _is_block_list(module: nn.Module) -> bool:
    """A list of modules of one class, neither single layers nor lists themselves."""
    if not isinstance(module, LISTS):
        return False
    children = _with_parameters(module)
    alike = len({type(child) for child in children}) == 1
    return alike and not isinstance(children[0], LISTS) and any(True for _ in children[0].children())


def _is_stage(module: nn.Module) -> bool:
    """A module around one list of blocks; with several it is a block with branches."""
    if isinstance(module, LISTS):
        return False
    return sum(_is_block_list(child) for child in module.children()) == 1


def _with_their_norms(parts: list[Part]) -> Iterator[Part]:
    """The parts, a normalisation layer that stands alone joined to the part before it."""
    joined: list[Part] = []
    for part in parts:
        if joined and all(isinstance(module, NORM_LAYERS) for module in part):
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    return iter(joined)


def _with_parameters(module: nn.Module) -> list[nn.Module]:
    return [child for child in module.children() if next(child.parameters(), None) is not None]
