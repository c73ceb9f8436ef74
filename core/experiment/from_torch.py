"""From optimizers that were built elsewhere to an experiment's plain values. Imports no torch."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.experiment.errors import ExperimentError, Problem
from core.experiment.given import Given, given_groups
from core.experiment.known_networks import known_network
from core.experiment.optimizer_classes import FROZEN, ONE_GROUP_EACH, UNKNOWN
from core.experiment.patterns import few_globs
from core.experiment.torch_settings import keys_left_out, notices_of, settings_of
from core.experiment.wrappers import Network, bare_names
from core.text import Shown

LONGEST_NAME = 40  # of a group
MAX_STRUCTURE = 100_000  # characters: a Transformer of any depth takes some 2,000, or 70 for each parameter
Names = dict[int, list[str]]  # every name of each parameter, by id()


class Reading(NamedTuple):
    """What `Experiment.from_dict` takes, and what of the optimizers is not in it as it stood there."""

    values: dict[str, Any]
    notices: tuple[Problem, ...]


@dataclass
class _Row:
    """A group as it is read: its name, None if it is to get one; its settings, its parameters by id().

    `apart` is what else tells it from others: keys that its class does not read, or that it is an optimizer's only one.
    """

    title: str | None
    settings: dict[str, Any]
    members: list[int]
    apart: str = ""


def read_optimizers(network: Network, optimizers: Any, most: int) -> Reading:
    """The param groups of optimizers, in any form that `core.experiment.given` reads, over a network's parameters.

    Each group keeps its name, or is called "group" and its number; those without a name of their own are merged where
    their settings are equal, and all such groups if there are over `most`. Parameters that no optimizer has, and those
    that do not require gradients, are frozen. Patterns are few and first match wins, so they give the same groups. The
    rate is that from before a scheduler, OneCycleLR's its highest. A class that is not torch's own, or changes what it
    computes, is named by its path.

    Raises ExperimentError, with the group's row, as `Experiment.from_optimizer` says.
    """
    if not hasattr(network, "named_parameters"):
        values = {"value": Shown(type(network).__name__)}
        raise ExperimentError([Problem(None, "network", "not_a_network", values)])
    bare = bare_names(network)
    names: Names = {}
    parameters: dict[int, Any] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(bare(name))
        parameters[id(parameter)] = parameter
    found = given_groups(optimizers)
    empty = [row for row, given in enumerate(found) if not given.parameters]
    left = _left_out(found, names, parameters) if empty else []
    problems = [Problem(row, "params", "group_empty", {"row": row + 1, "names": _few(left)}) for row in empty if left]
    if problems := [*problems, *_member_problems(found, names)]:
        raise ExperimentError(problems)
    rows, notices = _rows(found, names, parameters, most)
    notices += [Problem(row, "params", "read_empty", {"row": row + 1}) for row in empty]
    titles = _titles([row.title for row in rows])
    members = [row.members for row in rows]
    groups = [
        {"name": title, "params": _globs(members, place, names)} | row.settings
        for place, (title, row) in enumerate(zip(titles, rows, strict=True))
    ]
    network_values, told = _network(names, parameters)
    if network_values["model"] == UNKNOWN:
        classes = {bare(name): type(module).__name__ for name, module in network.named_modules(remove_duplicate=False)}
        network_values["structure"] = _structure(names, parameters, classes)
    return Reading({"groups": groups} | network_values, (*told, *notices))


def _network(names: Names, parameters: dict[int, Any]) -> tuple[dict[str, Any], list[Problem]]:
    known = known_network([(names[key][0], _shape(parameter)) for key, parameter in parameters.items()])
    if known is None:
        return {"model": UNKNOWN}, [Problem(None, "model", "read_network_unknown")]
    values: dict[str, Any] = {"model": known.model}
    if known.image_size is not None:
        values["image_size"] = known.image_size
    told = {"model": known.model, "count": known.outputs}
    return values, [Problem(None, "model", "read_outputs", told)] if known.outputs != 10 else []


def _structure(names: Names, parameters: dict[int, Any], classes: dict[str, str]) -> str:
    """The network's names, shapes and classes as lines of `core.structures`; empty where these cannot say it."""
    lines = []
    for key, parameter in parameters.items():
        name = names[key][0]
        kind = classes.get(name.rpartition(".")[0], "")
        if not name.isprintable() or set(name) & set(" {}=#"):
            return ""
        lines.append(" ".join([name, *map(str, _shape(parameter)), *([kind] if kind.isidentifier() else [])]))
    text = "".join(f"{line}\n" for line in lines)
    return text if len(text) <= MAX_STRUCTURE else ""


def _shape(parameter: Any) -> tuple[int, ...]:
    try:
        return tuple(parameter.shape)
    except RuntimeError:  # of a lazy layer that has seen no input yet
        return ()


def _left_out(found: list[Given], names: Names, parameters: dict[int, Any]) -> list[str]:
    """The parameters that require gradients and are in no group."""
    held = {id(parameter) for given in found for parameter in given.parameters}
    return [own[0] for key, own in names.items() if key not in held and parameters[key].requires_grad]


def _member_problems(found: list[Given], names: Names) -> Iterator[Problem]:
    first: dict[int, int] = {}
    for row, given in enumerate(found):
        strange = [str(_shape(parameter)) for parameter in given.parameters if id(parameter) not in names]
        if strange:
            yield Problem(row, "params", "not_the_models", {"value": Shown(_few(strange))})
        twice: dict[int, list[str]] = {}
        for key in (id(parameter) for parameter in given.parameters if id(parameter) in names):
            if key in first:
                twice.setdefault(first[key], []).append(names[key][0])
            first.setdefault(key, row)
        for other, own in twice.items():
            yield Problem(row, "params", "parameter_twice", {"value": _few(own), "row": other + 1})


def _rows(found: list[Given], names: Names, parameters: dict[int, Any], most: int) -> tuple[list[_Row], list[Problem]]:
    """The groups, those that are equal merged, and the frozen rest as the last one; and what is to be told."""
    rows, still = [], []
    filled = [(place, given) for place, given in enumerate(found) if given.parameters]
    notices = [*notices_of([given for _, given in filled])]
    for place, given in filled:
        own = [id(parameter) for parameter in given.parameters]
        off = [key for key in own if not parameters[key].requires_grad]
        still += off
        title = _title_of(given, names)
        settings, told = settings_of(given, place)
        if len(off) < len(own):
            apart = repr([(key, given.group[key]) for key in keys_left_out(given)])
            if settings["optimizer"] in ONE_GROUP_EACH:
                apart += f" {place}"
            rows.append(_Row(title, settings, [key for key in own if key not in set(off)], apart))
            notices += told
        elif title is not None:
            rows.append(_Row(title, {"optimizer": FROZEN}, own))
    if still:
        values = {"count": len(still), "names": _few([names[key][0] for key in still])}
        notices.append(Problem(None, "params", "read_frozen", values))
    held = {key for row in rows for key in row.members}
    left = [key for key in names if key not in held]
    merged = _merge(rows, lambda row: row.apart if row.title is None else None)
    if len(merged) + bool(left) > most:
        notices.append(Problem(None, "groups", "read_merged", {"count": len(merged), "most": most}))
        merged = _merge(merged, lambda row: "")
    return [*merged, *([_Row(FROZEN, {"optimizer": FROZEN}, left)] if left else [])], notices


def _merge(rows: list[_Row], apart: Callable[[_Row], str | None]) -> list[_Row]:
    """The rows with those made one, at the place of the first, whose settings and `apart` are equal; None is never."""
    merged: list[_Row] = []
    by_settings: dict[str, _Row] = {}
    for row in rows:
        more = apart(row)
        key = "" if more is None else repr(sorted(row.settings.items())) + more
        if key and key in by_settings:
            by_settings[key].members += row.members
            continue
        merged.append(_Row(row.title, row.settings, list(row.members), row.apart))
        if key:
            by_settings[key] = merged[-1]
    return merged


def _title_of(given: Given, names: Names) -> str | None:
    """The name that somebody gave the group; not that of its only parameter, which code has put there."""
    name = given.group.get("name")
    if name is None or (len(given.parameters) == 1 and name in names[id(given.parameters[0])]):
        return None
    text = "".join(
        letter for letter in str(name) if not unicodedata.category(letter).startswith("C") or letter.isspace()
    )
    return " ".join(text.split()) or None


def _titles(given: Sequence[str | None]) -> list[str]:
    """Every group's name, shortened and made different; those without one get one that is free."""
    titles: dict[int, str] = {}
    taken: set[str] = set()

    def free(wish: str) -> str:
        name, number = wish[:LONGEST_NAME].rstrip(), 2
        while name in taken:
            end = f" ({number})"
            name, number = wish[: LONGEST_NAME - len(end)].rstrip() + end, number + 1
        taken.add(name)
        return name

    for place, name in sorted(enumerate(given), key=lambda item: item[1] is None):
        titles[place] = free(f"group {place + 1}" if name is None else name)
    return [titles[place] for place in range(len(given))]


def _globs(members: list[list[int]], row: int, names: Names) -> list[str]:
    """Few globs that match every parameter of a group and none of a later one; earlier ones took theirs."""
    own = [names[key][0] for key in members[row]]
    later = [name for keys in members[row + 1 :] for key in keys for name in names[key]]
    earlier = [name for keys in members[:row] for key in keys for name in names[key]]
    try:
        return few_globs(own, later, earlier)
    except ValueError as error:
        raise ExperimentError([Problem(row, "params", "names_too_alike", {"value": str(error)})]) from error


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f", … (+{len(names) - most})" if len(names) > most else "")
