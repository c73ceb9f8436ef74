"""The groups of a recording as an experiment over a network that is known by its names and shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.experiment import FROZEN, MAX_GROUPS, OPTIMIZER_OPTIONS, UNKNOWN, Experiment, ExperimentError, Group, Problem
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS, is_foreign
from core.experiment.patterns import MOST_COMPARISONS, few_globs
from core.structures import Structure, Tensor, unwrapped

OWN_NETWORK = "my network"
LONGEST = 40  # characters of a group's name


def experiment_of(
    groups: Sequence[Mapping[str, Any]], parameters: Sequence[Mapping[str, Any]]
) -> tuple[Experiment, list[list[int]], list[str]]:
    """The experiment of a recording's first line, the places of each group's parameters, and all parameters' names.

    These are the names inside wrappers such as torch.compile's. A group without parameters is left out; one none of
    whose parameters trains is frozen.

    Raises ExperimentError, KeyError, TypeError, ValueError.
    """
    if len(groups) > MAX_GROUPS:  # before their names are compared
        many = {"count": len(groups), "most": MAX_GROUPS}
        raise ExperimentError([Problem(None, "groups", "too_many_groups", many)])
    places: list[list[int]] = [[] for _ in groups]
    for number, parameter in enumerate(parameters):
        home = parameter["group"]
        if home is not None:
            if isinstance(home, bool) or not 0 <= home < len(groups):
                raise ValueError(f"group {str(home)[:20]} of {len(groups)}")
            places[home].append(number)
    structure = Structure(unwrapped([Tensor(str(p["name"]), tuple(map(int, p["shape"]))) for p in parameters]))
    names = [tensor.name for tensor in structure.tensors]
    nobodys = {name for name, parameter in zip(names, parameters, strict=True) if parameter["group"] is None}
    rows, taken = [], set[str]()
    for place, group in enumerate(groups):
        own = [names[number] for number in places[place]]
        trains = any(parameters[number]["trains"] is True for number in places[place])
        others = {names[number] for later in places[place + 1 :] for number in later}
        earlier = [names[number] for before in places[:place] for number in before]
        if not own:  # Trainer's group without decay, where LoRA trains matrices alone
            continue
        globs = few_globs(own, [*others, *nobodys], earlier, MOST_COMPARISONS // len(groups))
        name = _free(" ".join(str(group["name"]).split())[:LONGEST] or "group", taken)
        rows.append({"name": name, "params": globs} | _settings(group, trains))
    values = {"model": OWN_NETWORK, "structure": structure.text(), "groups": rows}
    return Experiment.from_dict(values), places, names


def left_out(started: Mapping[str, Any]) -> list[str]:
    """The names of the groups without parameters, of a first line that could be read."""
    own = {parameter["group"] for parameter in started.get("parameters", [])}
    return [str(group["name"])[:LONGEST] for place, group in enumerate(started["groups"]) if place not in own]


def _settings(group: Mapping[str, Any], trains: bool) -> dict[str, Any]:
    """The optimizer and its settings, as far as an experiment can hold them."""
    if not trains:
        return {"optimizer": FROZEN}
    path, settings = str(group["optimizer"]), group["settings"]
    name = path.rpartition(".")[2] if path.startswith("torch.optim.") else path
    if name not in OPTIMIZER_OPTIONS:
        name = path if is_foreign(path) else UNKNOWN
    taken = OPTIMIZER_OPTIONS.get(name, ())
    values = {"optimizer": name} | {key: settings[key] for key in ("lr", "weight_decay") if key in settings}
    if name in MOMENTUM_OPTIMIZERS:
        values["momentum"] = settings.get("momentum")
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items() if key in taken}
    values["options"] = " ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)
    try:
        Group(name="a", params=("*",), **values)
    except ExperimentError:  # what its table could not show is left out
        return {"optimizer": name, "lr": 0.0}
    return values


def _free(wish: str, taken: set[str]) -> str:
    name, number = wish, 2
    while name in taken:
        end = f" ({number})"
        name, number = wish[: LONGEST - len(end)] + end, number + 1
    taken.add(name)
    return name
