"""A training loop as people write it, with every number worked out in float64 from clones; apart from core."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

from core.data import load_dataset
from core.experiment import Experiment
from core.models.simple_cnn import SimpleModel
from core.models.small_vit import SmallViT
from tests.fidelity.cases import Case

HEADS = {"resnet18": "fc", "mobilenet_v3_small": "classifier.3", "efficientnet_b0": "classifier.1"}
HEADS |= {"vgg11_bn": "classifier.6", "squeezenet1_1": "classifier.1"}
PART = 2**20  # elements that are brought to float64 at once


@dataclass(frozen=True)
class Measures:
    """A group in a step, in float64."""

    lr: float | None
    gradient_norm: float
    weight_norm: float
    update_norm: float
    before: float
    distance: float
    direction: float
    moved: int
    clip_factor: float | None


def network(name: str) -> nn.Module:
    """With torch's global random numbers, which dropout then draws from."""
    if name in ("simple_cnn", "small_vit"):
        return SimpleModel(10) if name == "simple_cnn" else SmallViT(10)
    model: nn.Module = torchvision.models.get_model(name)
    old = model.get_submodule(HEADS[name])
    is_linear = isinstance(old, nn.Linear)
    new = nn.Linear(old.in_features, 10) if is_linear else nn.Conv2d(old.in_channels, 10, old.kernel_size)
    model.set_submodule(HEADS[name], new)
    return model


def scheduler(name: str, optimizer: torch.optim.Optimizer, steps: int) -> LRScheduler | None:
    """As README describes them."""
    warmup = max(1, steps // 10)
    make: dict[str, Callable[[], LRScheduler]] = {
        "linear": lambda: LinearLR(optimizer, 1.0, 0.0, steps),
        "step": lambda: StepLR(optimizer, math.ceil(steps / 3), 0.1),
        "one_cycle": lambda: OneCycleLR(optimizer, optimizer.param_groups[0]["lr"], steps, cycle_momentum=False),
        "warmup_cosine": lambda: SequentialLR(
            optimizer,
            [LinearLR(optimizer, 1 / (warmup + 1), 1.0, warmup), CosineAnnealingLR(optimizer, max(1, steps - warmup))],
            [warmup],
        ),
        "multi_step": lambda: MultiStepLR(optimizer, [max(1, steps // 2), max(1, 3 * steps // 4)], 0.1),
        "exponential": lambda: ExponentialLR(optimizer, 0.01 ** (1 / steps)),
        "cosine_restarts": lambda: CosineAnnealingWarmRestarts(optimizer, math.ceil(steps / 3)),
        "wsd": lambda: LambdaLR(optimizer, lambda k: wsd(k, steps)),
    }
    return make[name]() if name in make else None


def wsd(step: int, steps: int) -> float:
    """Up in a twentieth of the steps, down to 0 in the last fifth."""
    rise, fall = max(1, steps // 20), max(1, steps // 5)
    return min(1.0, (step + 1) / (rise + 1), (steps - step) / fall)


class Group:
    """One group's parameters with an optimizer and a scheduler of their own."""

    def __init__(self, values: dict[str, Any], options: dict[str, Any], owned: list[nn.Parameter], steps: int) -> None:
        self.start_epoch, self.parameters = values.get("start_epoch", 0), owned
        decay = {} if values["optimizer"] == "Rprop" else {"weight_decay": 0.0}  # which it does not take
        settings = decay | {k: values[k] for k in ("lr", "momentum", "weight_decay") if k in values}
        fused = {"fused": True} if values["optimizer"] in ("Adam", "AdamW") else {}
        self.optimizer = getattr(torch.optim, values["optimizer"])(owned, **settings, **options, **fused)
        self.scheduler = scheduler(values.get("schedule", "constant"), self.optimizer, steps)
        self.start = [p.detach().clone() for p in owned]

    def step(self, trains: bool, unclipped: dict[nn.Parameter, Tensor]) -> Measures:
        before = [p.detach().clone() for p in self.parameters]
        lr = self.optimizer.param_groups[0]["lr"] if trains else None
        if trains:
            self.optimizer.step()
            if self.scheduler is not None:
                self.scheduler.step()
        gradients = [unclipped.get(p, torch.zeros_like(p)) for p in self.parameters]
        norm, left = root(gradients), root(p.grad for p in self.parameters if p.grad is not None)
        rows = list(zip(self.parameters, before, self.start, gradients, strict=True))
        return Measures(
            lr,
            root(g for *_, g in rows),
            root(p for p, *_ in rows),
            root(*((p, b) for p, b, *_ in rows)),
            root(b for _, b, *_ in rows),
            root(*((p, s) for p, _, s, _ in rows)) / root(s for *_, s, _ in rows),
            sum(float((g.detach().double() * (p.detach().double() - b.double())).sum()) for p, b, _, g in rows),
            sum(int((p != s).sum()) for p, _, s, _ in rows),
            left / norm if norm else None,
        )


def root(*tensors: Any) -> float:
    """The L2 norm over tensors, or over the differences of pairs of them, part by part in float64."""
    pairs = [pair if isinstance(pair, tuple) else (pair, None) for each in tensors for pair in _each(each)]
    total = 0.0
    for left, right in pairs:
        flat = left.detach().reshape(-1)
        other = None if right is None else right.detach().reshape(-1)
        for at in range(0, len(flat), PART):
            part = flat[at : at + PART].double()
            total += float((part if other is None else part - other[at : at + PART].double()).square().sum())
    return math.sqrt(total)


def _each(tensors: Any) -> Any:
    return [tensors] if isinstance(tensors, (tuple, Tensor)) else tensors


def train_plainly(case: Case) -> Iterator[tuple[float, list[Measures]]]:
    """Each step's loss and its groups."""
    e = Experiment.from_dict(case.experiment)
    data = load_dataset(e, torch.device("cpu")).train
    torch.manual_seed(e.seed)
    model = network(e.model).to(memory_format=torch.channels_last)
    steps = e.train_size // e.batch_size
    left, groups = dict(model.named_parameters()), []
    for values in case.experiment["groups"]:
        names = [name for name in left if any(fnmatchcase(name, pattern) for pattern in values["params"])]
        options = case.options if values["name"] == "main" else {}
        span = steps * (e.epochs - values.get("start_epoch", 0))
        groups.append(Group(values, options, [left.pop(name) for name in names], span))
    generator = torch.Generator().manual_seed(e.seed)
    for epoch in range(e.epochs):
        model.train()
        for group in groups:
            for parameter in group.parameters:
                parameter.requires_grad_(group.start_epoch <= epoch)
        for chosen in torch.randperm(e.train_size, generator=generator).split(e.batch_size)[:steps]:
            images, labels = data.images[chosen], data.labels[chosen]
            if images.shape[-1] != e.image_size:
                images = interpolate(images, (e.image_size,) * 2, mode="bilinear")
            model.zero_grad()
            loss = cross_entropy(model(images.contiguous(memory_format=torch.channels_last)), labels)
            loss.backward()
            unclipped = {p: p.grad.clone() for p in model.parameters() if p.grad is not None}
            clip(e, model, groups)
            yield loss.item(), [group.step(group.start_epoch <= epoch, unclipped) for group in groups]


def clip(experiment: Experiment, model: nn.Module, groups: list[Group]) -> None:
    """The gradients, as the experiment says."""
    if experiment.clip == "norm":
        clip_grad_norm_(model.parameters(), experiment.clip_at)
    elif experiment.clip == "value":
        clip_grad_value_(model.parameters(), experiment.clip_at)
    elif experiment.clip == "norm_per_group":
        for group in groups:
            clip_grad_norm_(group.parameters, experiment.clip_at)
