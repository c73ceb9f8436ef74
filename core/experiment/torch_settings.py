"""What computes the steps of a group that was made elsewhere, and its settings. Imports no torch."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.experiment.errors import Problem
from core.experiment.fields import Wrong
from core.experiment.given import Given
from core.experiment.notation import Options
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS, UNKNOWN, is_foreign
from core.text import Shown

HOW = {"foreach", "fused", "capturable", "differentiable"}  # settings that choose how, not what, to compute
# Keys of a torch group that are no settings of its class: names, and what the schedulers of torch note there.
BOOKKEEPING = {
    *("params", "param_names", "name"),
    *("initial_lr", "max_lr", "min_lr", "swa_lr", "max_momentum", "base_momentum"),
}
ONE_CYCLE = {"initial_lr", "max_lr", "min_lr"}  # what OneCycleLR alone notes together
RATE = 1e-3  # where none is known: the default of an experiment's group
# Wrappers that leave the steps as they are: Accelerate, Lightning, Fabric, mmengine, torch, DeepSpeed.
NEUTRAL = {
    *("AcceleratedOptimizer", "LightningOptimizer", "_FabricOptimizer", "OptimWrapper", "AmpOptimWrapper"),
    *("ZeroRedundancyOptimizer", "DeepSpeedZeroOptimizer", "DeepSpeedOptimizerWrapper"),
}


def torch_class(optimizer: Any) -> type | None:
    """torch's own class that computes the steps, if the lab knows it; a class made from it that adds no code counts."""
    for cls in type(optimizer).__mro__:
        if _is_torchs(cls):
            return cls if cls.__name__ in OPTIMIZER_OPTIONS else None
        lab = cls.__module__.partition(".")[0] == __name__.partition(".")[0]  # its Muon for filters computes as torch's
        if not lab and any(not name.startswith(("__", "_abc_")) for name in vars(cls)):
            return None
    return None


def _is_torchs(cls: type) -> bool:
    return f"{cls.__module__}.".startswith("torch.optim.")


def _class_name(given: Given) -> str:
    """How an experiment names the class that computes the group's steps."""
    if given.optimizer is None:
        return UNKNOWN
    cls = torch_class(given.optimizer)
    if cls is not None:
        # AdamW is Adam with this switched on, which torch reads from each group.
        off = cls.__name__ == "AdamW" and given.group.get("decoupled_weight_decay") is False
        return "Adam" if off else cls.__name__
    own = type(given.optimizer)
    module = "torch.optim" if _is_torchs(own) else own.__module__
    path = f"{module}.{own.__qualname__}"
    is_inside = "." in own.__qualname__  # another class, or a function: nothing that code could import
    return path if is_foreign(path) and len(path) <= 100 and not is_inside else UNKNOWN


def settings_of(given: Given, place: int) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of an experiment's group, and what had to be left out.

    Options are text; those that are the class's own default are left out. The rate is that from before a scheduler,
    OneCycleLR's its highest.
    """
    name = _class_name(given)
    group = _plain_group(given)
    defaults = _defaults(torch_class(given.optimizer) or type(given.optimizer))
    values = defaults | group
    row: dict[str, Any] = {"optimizer": name, "lr": values.get("lr"), "weight_decay": values.get("weight_decay", 0.0)}
    if not is_foreign(name):
        taken = OPTIMIZER_OPTIONS[name]
        if name in MOMENTUM_OPTIMIZERS and not _is_equal(values["momentum"], defaults["momentum"]):
            row["momentum"] = values["momentum"]
        changed = [key for key in taken if not _is_equal(values[key], defaults.get(key, False))]
        row["options"] = _options({key: values[key] for key in changed})
        return row, []
    return _foreign(row, values, defaults, given, place)


def _foreign(
    row: dict[str, Any], values: dict[str, Any], defaults: dict[str, Any], given: Given, place: int
) -> tuple[dict[str, Any], list[Problem]]:
    """As `settings_of`, for a class of which nothing is known: what can be written down is kept.

    A rate or decay that is given is never replaced: where it is none, reading the group says so.
    """
    options: dict[str, Any] = {}
    told = []
    for key, default in (("lr", RATE), ("weight_decay", 0.0)):
        row[key] = default if row[key] is None else row[key]
    own = getattr(given.optimizer, "defaults", None)
    for key, value in values.items():
        is_setting = key not in {"lr", "weight_decay", *HOW, *BOOKKEEPING} and (not own or key in own)
        if not is_setting or (key in defaults and _is_equal(value, defaults[key])):
            continue
        if key == "momentum" and _is_share(value):
            row["momentum"] = value
        elif _can_be_written(options | {key: value}):
            options[key] = value
        else:
            told.append(_left_out(place, key, value))
    return row | {"options": _options(options)}, told


def _left_out(place: int, key: str, value: Any) -> Problem:
    return Problem(place, "options", "read_value", {"row": place + 1, "name": key, "value": value})


def keys_left_out(given: Given) -> list[str]:
    """The keys of a group that its class does not read."""
    known = {*_defaults(torch_class(given.optimizer) or type(given.optimizer))}
    known |= {*(getattr(given.optimizer, "defaults", None) or given.group), *HOW}
    marks = BOOKKEEPING if set(given.group) >= ONE_CYCLE else BOOKKEEPING - {"max_lr", "min_lr"}
    return [str(key) for key in given.group if key not in known | marks]


def notices_of(found: Sequence[Given]) -> Iterator[Problem]:
    """What is told once of all groups: keys that their class does not read, classes without a path, rates that are
    missing, wrappers."""
    ignored: dict[str, dict[str, None]] = {}
    for given in found:
        ignored.setdefault(_class_name(given), {}).update(dict.fromkeys(keys_left_out(given)))
    for optimizer, names in ignored.items():
        if names:
            yield Problem(None, "options", "read_keys", {"optimizer": optimizer, "names": ", ".join(names)})
    for cls in dict.fromkeys(type(g.optimizer) for g in found if g.optimizer is not None and _class_name(g) == UNKNOWN):
        yield Problem(None, "optimizer", "read_no_path", {"value": Shown(cls.__qualname__)})
    if missing := sum(is_foreign(_class_name(given)) and _rate(given.group) is None for given in found):
        yield Problem(None, "lr", "read_no_rate", {"count": missing, "lr": RATE})
    for wrapper, optimizer in dict.fromkeys((type(g.wrapper), _class_name(g)) for g in found if g.wrapper is not None):
        if not NEUTRAL & {cls.__name__ for cls in wrapper.__mro__}:
            yield Problem(None, "optimizer", "read_wrapper", {"value": Shown(wrapper.__name__), "optimizer": optimizer})


def _defaults(cls: type) -> dict[str, Any]:
    """The keyword arguments of a class with their defaults."""
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):  # a class without a signature
        return {}
    return {name: _plain(p.default) for name, p in parameters.items() if p.default is not p.empty}


def _plain_group(given: Given) -> dict[str, Any]:
    """A group's own values, from before a scheduler where that has noted them."""
    group = {key: _plain(value) for key, value in given.group.items() if key not in ("params", "param_names")}
    if "lr" in group or "initial_lr" in group:
        group["lr"] = _rate(group)
    momentum = group.get("max_momentum")  # where OneCycleLR and CyclicLR begin, and OneCycleLR ends
    if momentum is not None and "momentum" in group:
        group["momentum"] = momentum
    elif momentum is not None and "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    own = getattr(given.optimizer, "defaults", None)
    if torch_class(given.optimizer) is not None and own and "initial_accumulator_value" in own:
        group["initial_accumulator_value"] = _plain(own["initial_accumulator_value"])  # torch reads no group's
    return group


def _rate(group: Mapping[str, Any]) -> Any:
    """The rate from before a scheduler; the highest of OneCycleLR, which sets its own."""
    if set(group) >= ONE_CYCLE:
        return _plain(group["max_lr"])
    return _plain(group.get("initial_lr", group.get("lr")))


def _plain(value: Any) -> Any:
    """A number for a tensor or array of one; a tuple for a list."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    if not hasattr(value, "item"):
        return value
    try:
        return value.item()
    except (RuntimeError, ValueError):  # torch's and numpy's, of several numbers
        return value


def _is_equal(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except (RuntimeError, ValueError):  # torch's and numpy's, of several numbers: some may be equal, some not
        return False


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _options(values: dict[str, Any]) -> str:
    return " ".join(f"{name}={value!r}" for name, value in values.items())


def _can_be_written(values: dict[str, Any]) -> bool:
    try:
        return dict(Options({}).read(_options(values))) == values
    except Wrong:
        return False
