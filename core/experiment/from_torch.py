"""From torch optimizers that were built elsewhere to an experiment's plain values. Imports no torch."""

from __future__ import annotations

import glob
import inspect
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, Protocol

from core.experiment.errors import ExperimentError, Problem
from core.experiment.optimizer_classes import FROZEN, MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS, decouples
from core.text import Shown

# (tensors, weights) of networks that are known again when they were built elsewhere; a test builds them.
NETWORKS = {(8, 268_650): "simple_cnn", (80, 208_970): "small_vit", (62, 11_181_642): "resnet18"}

BOOKKEEPING = {"params", "param_names", "name", "initial_lr"}  # keys of a torch group that are no settings
HOW = {"foreach", "fused", "capturable", "differentiable"}  # settings that choose how, not what, to compute

Names = dict[int, list[str]]  # every name of each parameter, by id()


class Network(Protocol):
    """As torch.nn.Module."""

    def named_parameters(self, *, remove_duplicate: bool) -> Iterable[tuple[str, Any]]: ...


def read_optimizers(network: Network, optimizers: Any) -> dict[str, Any]:
    """The param groups of one torch optimizer, or of several, as `Experiment.from_dict` takes them.

    Each group keeps its name, or is called "group" and its number; the parameters that no
    optimizer has form a last group, "frozen". Patterns are few and first match wins, so they
    give the same groups. The rate is that from before a scheduler. `model` is there if the
    network has as many tensors and weights as one of the lab's.

    Raises ExperimentError, with the group's row, for a class or an option that the lab does not
    know, a parameter that is not the network's, and one that stands in two places.
    """
    names: Names = {}
    weights: dict[int, int] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
        weights[id(parameter)] = parameter.numel()
    several = isinstance(optimizers, Iterable) and not hasattr(optimizers, "param_groups")
    found = list(_torch_groups(optimizers if several else [optimizers]))
    members = [[id(parameter) for parameter in group["params"]] for _, group in found]
    if problems := [*_class_problems(found), *_member_problems(found, names)]:
        raise ExperimentError(problems)
    rows = [_settings(_torch_class(optimizer), group) for optimizer, group in found]
    left = [key for key in names if not any(key in keys for keys in members)]
    if left:
        rows.append({"optimizer": FROZEN})
        members.append(left)
    titles = _titles([group.get("name") for _, group in found], bool(left))
    globs = [_globs(members, row, names) for row in range(len(rows))]
    groups = [{"name": t, "params": g} | row for t, g, row in zip(titles, globs, rows, strict=True)]
    known = NETWORKS.get((len(weights), sum(weights.values())))
    return {"groups": groups} | ({"model": known} if known else {})


def _torch_groups(optimizers: Iterable[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each group with its optimizer; what is no optimizer counts as one with a group of nothing."""
    for optimizer in optimizers:
        for group in getattr(optimizer, "param_groups", [{"params": []}]):
            yield optimizer, group


def _torch_class(optimizer: Any) -> type | None:
    """torch's own class of that name, if the lab knows it: a class made from it may compute anything."""
    cls = type(optimizer)
    if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:  # the lab's Muon for filters computes as torch's
        cls = cls.__mro__[1]
    own = cls.__module__ == "torch.optim" or cls.__module__.startswith("torch.optim.")
    return cls if own and cls.__name__ in OPTIMIZER_OPTIONS else None


def _class_problems(found: list[tuple[Any, dict[str, Any]]]) -> Iterator[Problem]:
    allowed = ", ".join(name for name in OPTIMIZER_OPTIONS if name != FROZEN)
    for row, (optimizer, group) in enumerate(found):
        cls = _torch_class(optimizer)
        if cls is None:
            values = {"value": Shown(type(optimizer).__name__), "allowed": allowed}
            yield Problem(row, "optimizer", "class_unknown", values)
            continue
        taken = OPTIMIZER_OPTIONS[cls.__name__]
        known = {"lr", "weight_decay", *taken, *inspect.signature(cls).parameters} | BOOKKEEPING | HOW
        for name, value in group.items():
            implied = name == "decoupled_weight_decay" and value is True and decouples(cls.__name__, {})
            if name not in known and not implied:
                values = {"value": Shown(name), "optimizer": cls.__name__, "allowed": ", ".join(taken)}
                yield Problem(row, "options", "option_unknown", values)


def _member_problems(found: list[tuple[Any, dict[str, Any]]], names: Names) -> Iterator[Problem]:
    first: dict[int, int] = {}
    for row, (_, group) in enumerate(found):
        for parameter in group["params"]:
            if id(parameter) not in names:
                yield Problem(row, "params", "not_the_models", {"value": tuple(parameter.shape)})
            elif id(parameter) in first:
                values = {"value": names[id(parameter)][0], "row": first[id(parameter)] + 1}
                yield Problem(row, "params", "parameter_twice", values)
            first.setdefault(id(parameter), row)


def _settings(cls: Any, group: dict[str, Any]) -> dict[str, Any]:
    """The fields of an experiment's group; options as text, those that are torch's own default left out."""
    known = {"lr", "weight_decay", "momentum", *OPTIMIZER_OPTIONS[cls.__name__]}
    signature = inspect.signature(cls).parameters
    defaults = {name: _plain(signature[name].default) for name in signature if name in known}
    given = {name: _plain(group.get(name, defaults[name])) for name in defaults}
    options = [name for name in OPTIMIZER_OPTIONS[cls.__name__] if given[name] != defaults[name]]
    row = {"optimizer": cls.__name__, "options": " ".join(f"{name}={given[name]!r}" for name in options)}
    row |= {"lr": _plain(group.get("initial_lr", given["lr"])), "weight_decay": given["weight_decay"]}
    if cls.__name__ in MOMENTUM_OPTIMIZERS and given["momentum"] != defaults["momentum"]:
        row["momentum"] = given["momentum"]
    return row


def _plain(value: Any) -> Any:
    """A number for a tensor of one; a tuple for a list."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value.item() if hasattr(value, "item") else value


def _titles(given: list[Any], frozen: bool) -> list[str]:
    """Every group's name; those without one get one that is free."""
    taken = {name for name in given if isinstance(name, str)}

    def free(wish: str) -> str:
        name, number = wish, 2
        while name in taken:
            name, number = f"{wish} ({number})", number + 1
        taken.add(name)
        return name

    titles = [name if isinstance(name, str) else free(f"group {row}") for row, name in enumerate(given, 1)]
    return [*titles, free("frozen")] if frozen else titles


def _globs(members: list[list[int]], row: int, names: Names) -> list[str]:
    """Few globs that match every parameter of a group and none of a later one; earlier ones took theirs."""
    own = [names[key][0] for key in members[row]]
    later = [name for keys in members[row + 1 :] for key in keys for name in names[key]]
    earlier = [name for keys in members[:row] for key in keys for name in names[key]]
    matches: dict[str, set[str]] = {}
    for candidate in dict.fromkeys(candidate for name in own for candidate in _candidates(name)):
        if not any(fnmatchcase(name, candidate) for name in later):
            matches[candidate] = {name for name in own if fnmatchcase(name, candidate)}
    shadowed = {candidate: sum(fnmatchcase(name, candidate) for name in earlier) for candidate in matches}
    chosen, missing = [], set(own)
    while missing:
        best = max(matches, key=lambda c: (len(matches[c] & missing), -shadowed[c], -c.count("*"), -len(c)))
        chosen.append(best)
        missing -= matches[best]
    return chosen


def _candidates(name: str) -> Iterator[str]:
    """The name itself, and globs that leave out its middle, its end or its start, or any number in them."""
    parts = [glob.escape(part) for part in name.split(".")]
    yield ".".join(parts)
    for start in range(len(parts)):
        for end in range(start, len(parts)):
            pattern = ".".join([*parts[:start], "*", *parts[end + 1 :]])
            yield pattern
            yield re.sub(r"\d+", "*", pattern)
