"""The cases of the sweep: every optimizer with each of its options, every schedule, some networks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from core.experiment import FROZEN, OPTIMIZER_OPTIONS
from core.experiment.fields import Choice
from core.experiment.group import SCHEDULES
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS, OPTION_RULES, WITHOUT_DECAY

SMALL = {"dataset": "shapes", "train_size": 64, "test_size": 20, "batch_size": 16, "epochs": 2}
CLASSES = [name for name in OPTIMIZER_OPTIONS if name != FROZEN]
NETWORKS = ("simple_cnn", "small_vit", "resnet18", "mobilenet_v3_small", "squeezenet1_1", "efficientnet_b0", "vgg11_bn")
FEWEST = {"vgg11_bn": {"train_size": 16, "batch_size": 8}}  # 129 million weights, 103 million of them in one tensor
MATRICES = ["fc1.weight", "fc2.weight"]  # of simple_cnn: torch's own Muon takes no others


@dataclass(frozen=True)
class Case:
    """An experiment as plain values; its groups' options as torch takes them, `options` by name."""

    name: str
    experiment: dict[str, Any]
    options: dict[str, Any]


def case(name: str, group: dict[str, Any], options: dict[str, Any] | None = None, **fields: Any) -> Case:
    """Two groups: biases and normalisation scales by SGD, all else as `group` says."""
    text = " ".join(f"{option}={value!r}" for option, value in (options or {}).items())
    main = {"name": "main", "params": ["*"], "lr": 1e-3, "options": text} | group
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 1e-2, "momentum": 0.9, "weight_decay": 1e-3}
    first = {"name": "biases", "params": ["*.bias"], "optimizer": "SGD", "lr": 1e-2}
    groups = [main, rest] if group["optimizer"] == "Muon" else [first, main]
    return Case(name, SMALL | fields | {"groups": groups}, options or {})


def of_class(name: str) -> Iterator[Case]:
    """A class as it is by default, with decay, with momentum, and with each option."""
    muon = {"params": MATRICES} if name == "Muon" else {}
    base = {"optimizer": name, **muon}
    decay = {} if name in WITHOUT_DECAY else {"weight_decay": 0.05}
    yield case(f"{name}", base)
    if decay:
        yield case(f"{name}, decay", base | decay)
    if name in MOMENTUM_OPTIMIZERS:
        yield case(f"{name}, decay, momentum", base | {"weight_decay": 0.05, "momentum": 0.9})
    for option in OPTIMIZER_OPTIONS[name]:
        for value in _values(name, option):
            momentum = {"momentum": 0.9} if option in ("nesterov", "dampening") else {}
            group = base | momentum | decay
            yield case(f"{name}, {option}={value}", group, {option: value})


def _values(name: str, option: str) -> list[Any]:
    """Other values than torch's own default."""
    default = inspect.signature(getattr(torch.optim, name)).parameters[option].default
    rule = OPTION_RULES[option]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [default - 1 if default else 1]
    if isinstance(default, float):
        return [2 * default if option == "d" else default / 2 if default else 0.1]  # Adafactor's d is 1 or more
    if isinstance(default, tuple):
        return [(1e-8, 1e-2)] if None in default else [tuple(0.9 * part for part in default)]
    return list(rule.choices) if isinstance(rule, Choice) else []


def schedules() -> Iterator[Case]:
    """Every schedule, the second group from the second epoch on, too."""
    for schedule in SCHEDULES:
        for optimizer in ("SGD", "AdamW"):
            for start in (0, 1):
                group = {"optimizer": optimizer, "schedule": schedule, "start_epoch": start, "weight_decay": 0.05}
                yield case(f"{optimizer}, {schedule}, from epoch {start}", group, epochs=3)


def clipped() -> Iterator[Case]:
    """Every way to clip, where it bites, with decay as part of the step and as L2, the second group starting late."""
    for clip, at in (("norm", 0.5), ("norm_per_group", 0.3), ("value", 0.01)):
        for optimizer in ("SGD", "Adam", "AdamW"):
            group = {"optimizer": optimizer, "start_epoch": 1, "weight_decay": 0.05}
            yield case(f"{optimizer}, clip {clip}", group, clip=clip, clip_at=at)


def networks() -> Iterator[Case]:
    """Every network with two optimizers."""
    for model in NETWORKS:
        for optimizer in ("SGD", "AdamW"):
            fields = {"model": model, "image_size": 64 if model not in NETWORKS[:2] else 32} | FEWEST.get(model, {})
            yield case(f"{model}, {optimizer}", {"optimizer": optimizer, "weight_decay": 0.05}, **fields)


def edge() -> Iterator[Case]:
    """A run whose gradients grow to 1e28 while losses and weights stay finite."""
    fields = {"model": "small_vit", "train_size": 240, "epochs": 1}
    group = {"name": "main", "params": ["*"], "optimizer": "AdamW", "lr": 30.0}
    yield Case("small_vit, AdamW, lr 30", SMALL | fields | {"groups": [group]}, {})


def cases() -> Iterator[Case]:
    """All of them."""
    yield from edge()
    for name in CLASSES:
        yield from of_class(name)
    yield from schedules()
    yield from clipped()
    yield from networks()


def short() -> list[Case]:
    """Some of each kind, in seconds: every class with decay, every schedule, clipping, a network, the edge."""
    ends = {name: name if name in WITHOUT_DECAY else f"{name}, decay" for name in CLASSES}
    decayed = [next(c for c in of_class(name) if c.name == ends[name]) for name in CLASSES]
    return [
        *edge(),
        *decayed,
        *list(schedules())[1::4],
        *clipped(),
        *(c for c in networks() if c.name == "small_vit, AdamW"),
    ]
