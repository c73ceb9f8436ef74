"""What a setting is: an experiment, and what is known of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.experiment import Experiment

# Why a run fails, and by which findings that is named. What cannot be told apart by what a run shows is one cause:
# a rate too high may leap, raise the loss, kill units, or end in numbers that are not finite.
CAUSES: dict[str, frozenset[str]] = {
    "rate too high": frozenset(
        {
            *("finding_leap", "finding_overshoot", "finding_spike", "finding_dead_units"),
            *("finding_non_finite", "finding_non_finite_led", "finding_non_finite_all"),
        }
    ),
    "rate too low": frozenset({"finding_near_start", "finding_barely_moved", "finding_unmoved"}),
    "ascent": frozenset({"finding_ascent"}),
    "decay": frozenset({"finding_decay_dominates", "finding_penalty_dominates", "finding_decay_shrinks"}),
    "clipping": frozenset({"finding_clipped"}),
    "few weights train": frozenset({"finding_few_trained"}),
}


@dataclass(frozen=True)
class Setting:
    """One experiment; `cause` is one of CAUSES and `group` the group at fault, None where it is every one.

    Both are None for a sane setting. `half` is "tune" for those that rules may be tuned on, else "held out".
    """

    name: str
    experiment: Experiment
    cause: str | None
    group: str | None
    half: str

    @property
    def is_of_cnn(self) -> bool:
        return self.experiment.model == "simple_cnn"

    @property
    def is_sane(self) -> bool:
        return self.cause is None


def group(name: str, params: str, optimizer: str = "Adam", lr: float = 1e-3, **fields: Any) -> dict[str, Any]:
    """One group as plain values."""
    return {"name": name, "params": params.split(), "optimizer": optimizer, "lr": lr, **fields}


def everything(optimizer: str, lr: float, **fields: Any) -> list[dict[str, Any]]:
    """One group for the whole network."""
    return [group("all", "*", optimizer, lr, **fields)]


def layers(optimizer: str, lr: float, **own: dict[str, Any]) -> list[dict[str, Any]]:
    """One group for each layer of simple_cnn, treated alike but for the fields given by its name."""
    names = ("conv1", "conv2", "fc1", "fc2")
    return [group(name, f"{name}.*", optimizer, lr) | own.get(name, {}) for name in names]


CNN: dict[str, Any] = {"model": "simple_cnn", "epochs": 3}
VIT: dict[str, Any] = {"model": "small_vit", "train_size": 2000, "test_size": 400, "batch_size": 64, "epochs": 2}
RESNET: dict[str, Any] = {"model": "resnet18", "train_size": 1000, "test_size": 300, "batch_size": 32, "epochs": 2}
PRETRAINED: dict[str, Any] = RESNET | {"pretrained": True}


def experiment(sizes: dict[str, Any], groups: list[dict[str, Any]], **fields: Any) -> Experiment:
    """On CIFAR-10 at 32 pixels unless `fields` say otherwise."""
    return Experiment.from_dict({"dataset": "cifar10", "groups": groups} | sizes | fields)


def halved(rows: list[tuple[str, Experiment, str | None, str | None]]) -> list[Setting]:
    """The rows as settings; the first, third ... are to tune on, the others are held out."""
    return [Setting(*row, half="held out" if place % 2 else "tune") for place, row in enumerate(rows)]
