"""The forms in which people have optimizers, as param groups one after the other. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.experiment.errors import ExperimentError, Problem
from core.text import Shown

INSIDE = ("optimizer", "optim", "base_optimizer", "_base_optimizer")  # where wrappers keep the optimizer


@dataclass(frozen=True)
class Given:
    """One param group as it was handed over.

    `optimizer` is what computes its steps, None for a dict that no optimizer holds yet; `wrapper` what
    stands around that, else None.
    """

    group: Mapping[str, Any]
    parameters: list[Any]
    optimizer: Any = None
    wrapper: Any = None


def given_groups(optimizers: Any) -> list[Given]:
    """The groups of an optimizer, or of what holds some.

    Read are whatever has `param_groups`, an object with such things inside, a dict with `params`, tensors as one
    group, and lists, tuples and dicts of all these, such as Lightning's `configure_optimizers` returns: schedulers are
    passed over, and an optimizer that comes twice counts once.
    Raises ExperimentError for anything else, schedulers alone among it, and for a group that holds what is no tensor.
    """
    found = list(_read(optimizers, set()))
    things = optimizers if isinstance(optimizers, (list, tuple)) else [optimizers]
    schedulers = [type(thing).__name__ for thing in things if _is_scheduler(thing)]
    if schedulers and not found:
        raise _refused(", ".join(schedulers), "only_schedulers")
    if problems := [*_no_tensors(found)]:
        raise ExperimentError(problems)
    return found


def _no_tensors(found: list[Given]) -> Iterator[Problem]:
    """The first thing in each group that is no tensor: a text, a number or nothing as it is, else by its class."""
    for row, given in enumerate(found):
        for thing in [item for item in given.parameters if not _is_tensor(item)][:1]:
            is_shown = thing is None or isinstance(thing, (str, int, float))
            value = thing if is_shown else Shown(type(thing).__name__)
            yield Problem(row, "params", "not_a_parameter", {"value": value})


def _is_scheduler(thing: Any) -> bool:
    return hasattr(thing, "get_last_lr")


def _read(thing: Any, seen: set[int]) -> Iterator[Given]:
    if _is_scheduler(thing):  # it has an optimizer too
        return
    if isinstance(thing, Mapping) and "params" in thing:
        yield Given(thing, _parameters(thing))
    elif isinstance(thing, Mapping) and not {"param_groups", "scheduler"} & set(thing):
        inside = [thing["optimizer"]] if "optimizer" in thing else [*thing.values()]
        if any(isinstance(item, (str, int, float)) for item in inside):
            raise _refused(f"dict of {', '.join(map(str, thing))}")
        for item in inside:
            yield from _read(item, seen)
    elif isinstance(thing, Mapping) and "scheduler" in thing:
        return
    elif hasattr(thing, "param_groups") or _inside(thing) is not None:
        yield from _groups_of(thing, seen)
    elif held := getattr(thing, "optimizers", None) or _held(thing):
        yield from _read(held, seen)
    elif isinstance(thing, Iterable) and not isinstance(thing, (str, bytes, Mapping)) and not _is_tensor(thing):
        items = list(thing)
        tensors = [item for item in map(_without_name, items) if _is_tensor(item)]
        if tensors:
            yield Given({}, tensors)
        for item in items:
            if not _is_tensor(_without_name(item)):
                yield from _read(item, seen)
    else:
        raise _refused((thing if isinstance(thing, type) else type(thing)).__name__)


def _refused(thing: str, key: str = "not_an_optimizer") -> ExperimentError:
    return ExperimentError([Problem(None, "optimizers", key, {"value": Shown(thing)})])


def _groups_of(thing: Any, seen: set[int]) -> Iterator[Given]:
    optimizer = thing
    while (inner := _inside(optimizer)) is not None:
        optimizer = inner
    if id(optimizer) in seen:
        return
    seen.add(id(optimizer))
    for group in getattr(thing, "param_groups", optimizer.param_groups):
        yield Given(group, _parameters(group), optimizer, None if optimizer is thing else thing)


def _inside(thing: Any) -> Any:
    """The optimizer that a wrapper has inside, by whatever name if it is the only one; else None."""
    if isinstance(thing, (Mapping, str, type)):
        return None
    if not hasattr(thing, "param_groups") and len(found := _held(thing)) == 1:
        return found[0]
    for inner in (getattr(thing, name, None) for name in INSIDE):
        if hasattr(inner, "param_groups"):
            return inner
        if inner is not None and (deeper := _inside(inner)) is not None:
            return deeper
    return None


def _held(thing: Any) -> list[Any]:
    """The optimizers among an object's attributes."""
    values = {id(value): value for value in getattr(thing, "__dict__", {}).values()}
    return [value for value in values.values() if hasattr(value, "param_groups")]


def _parameters(group: Mapping[str, Any]) -> list[Any]:
    """A group's tensors. What can be gone through only once stays there as a list: so torch's `add_param_group`.

    What holds nothing, as a text, counts as one of them: `given_groups` says that it is none.
    """
    given = group["params"]
    if _is_tensor(given) or isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        return [given]
    if isinstance(given, Mapping):
        return list(given.values())
    items = list(given)
    if isinstance(given, Iterator) and isinstance(group, dict):
        group["params"] = items
    return list(map(_without_name, items))


def _without_name(item: Any) -> Any:
    """A tensor that comes with its name, as `named_parameters` gives it, alone."""
    named = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
    return item[1] if named and _is_tensor(item[1]) else item


def _is_tensor(thing: Any) -> bool:
    return hasattr(thing, "requires_grad") and hasattr(thing, "numel")
