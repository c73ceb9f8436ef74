"""The groups of a recording as an experiment over a network that is known by its names and shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.events import Started, Step
from core.experiment import FROZEN, MAX_GROUPS, OPTIMIZER_OPTIONS, UNKNOWN, Experiment, ExperimentError, Group, Problem
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS, is_foreign
from core.experiment.patterns import MOST_COMPARISONS, few_globs
from core.structures import Structure, Tensor, unwrapped

OWN_NETWORK = "my network"
OWN = "own"  # the weights of a run that was made elsewhere
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
        rows.append({"name": name, "params": globs} | _settings(group, trains)[0])
    values = {"model": OWN_NETWORK, "structure": structure.text(), "groups": rows}
    return Experiment.from_dict(values), places, names


def thawed(started: Started, step: Step, rows: Sequence[Mapping[str, Any]]) -> Started:
    """With the settings, from its row of the first line, of each group that was frozen there and trains in the step.

    Such a step tells its rate: somebody switched `requires_grad` on in mid-run.
    """
    pairs = enumerate(zip(started.groups, step.groups, strict=True))
    places = [place for place, (info, now) in pairs if info.optimizer == FROZEN and now.lr is not None]
    if not places or started.weights != OWN:
        return started
    groups, infos = [*started.experiment.groups], [*started.groups]
    for place in places:
        settings, _ = _settings(rows[place], True)
        groups[place] = Group(name=groups[place].name, params=groups[place].params, **settings)
        infos[place] = replace(infos[place], optimizer=groups[place].optimizer)
    return replace(started, experiment=replace(started.experiment, groups=tuple(groups)), groups=tuple(infos))


def left_out(started: Mapping[str, Any]) -> list[str]:
    """The names of the groups without parameters, of a first line that could be read."""
    own = {parameter["group"] for parameter in started.get("parameters", [])}
    return [str(group["name"])[:LONGEST] for place, group in enumerate(started["groups"]) if place not in own]


def settings_left_out(started: Mapping[str, Any]) -> list[str]:
    """The settings that an experiment cannot hold, each with its group's name, of a first line that could be read."""
    training = {parameter["group"] for parameter in started.get("parameters", []) if parameter["trains"] is True}
    groups = [group for place, group in enumerate(started["groups"]) if place in training]
    return [f"{str(group['name'])[:LONGEST]}: {each}" for group in groups for each in _settings(group, True)[1]]


def _settings(group: Mapping[str, Any], trains: bool) -> tuple[dict[str, Any], list[str]]:
    """The optimizer and its settings, as far as an experiment can hold them; and those that it cannot.

    0 stands for a rate that it cannot hold.
    """
    if not trains:
        return {"optimizer": FROZEN}, []
    path = str(group["optimizer"])
    name = path.rpartition(".")[2] if path.startswith("torch.optim.") else path
    if name not in OPTIMIZER_OPTIONS:
        name = path if is_foreign(path) else UNKNOWN
    fields = {"lr", "weight_decay"} | ({"momentum"} if name in MOMENTUM_OPTIMIZERS else set())
    values: dict[str, Any] = {"optimizer": name, "options": ""}
    lost = []
    for key, value in group["settings"].items():
        given = tuple(value) if isinstance(value, list) else value
        if key in fields:
            wished = values | {key: value}
        elif key in OPTIMIZER_OPTIONS.get(name, ()) and value is not None:
            wished = values | {"options": f"{values['options']} {key}={given!r}".strip()}
        else:
            continue
        if _is_held(wished):
            values = wished
        else:
            lost.append(f"{key}={given!r}"[:LONGEST])
            values |= {"lr": 0.0} if key == "lr" else {}
    return values, lost


def _is_held(values: Mapping[str, Any]) -> bool:
    """Whether a group may have these settings."""
    try:
        Group(name="a", params=("*",), **values)
    except ExperimentError:
        return False
    return True


def _free(wish: str, taken: set[str]) -> str:
    name, number = wish, 2
    while name in taken:
        end = f" ({number})"
        name, number = wish[: LONGEST - len(end)] + end, number + 1
    taken.add(name)
    return name
