"""Measures how large updates are in runs that learn. `python -m tests.usual_updates` writes what the page shows.

Each of `NETWORKS` trains from random weights with common settings, one group a layer or block, for 117 steps on
CIFAR-10: simple_cnn with all settings and two seeds in batches of 128, the slower ones with some settings, one seed and
smaller batches, so that all of it takes a few minutes. Those that come near the best accuracy have learned; of
their layers the median update/weight over the first steps is kept; the range of nine in ten of them goes into
core/report/usual_updates.json.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from core.events import Evaluated, Step
from core.experiment import Experiment
from core.models import meta_model
from core.report.usual_updates import FILE
from core.training import train

AGES = (10, 40, 117)  # steps; three epochs of 39
LEARNED = 0.9  # of the best accuracy of the network's runs with that seed
BEGINNING = 10  # steps, in which the largest single update is looked for
SETTINGS: dict[str, dict[str, Any]] = {
    "Adam 0.001": {"optimizer": "Adam", "lr": 1e-3},
    "Adam 0.0003": {"optimizer": "Adam", "lr": 3e-4},
    "Adam 0.003": {"optimizer": "Adam", "lr": 3e-3},
    "AdamW 0.001, decay 0.05": {"optimizer": "AdamW", "lr": 1e-3, "weight_decay": 0.05},
    "RMSprop 0.001": {"optimizer": "RMSprop", "lr": 1e-3},
    "SGD 0.01, momentum 0.9": {"optimizer": "SGD", "lr": 0.01, "momentum": 0.9},
    "SGD 0.05, momentum 0.9": {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9},
}


class Survey(NamedTuple):
    """What a network is trained with: the names of its settings, seeds, and sizes that give 117 steps."""

    settings: tuple[str, ...]
    seeds: tuple[int, ...]
    sizes: dict[str, int]


FEW = ("Adam 0.001", "Adam 0.0003", "AdamW 0.001, decay 0.05", "SGD 0.05, momentum 0.9")
NETWORKS = {
    "simple_cnn": Survey(tuple(SETTINGS), (0, 1), {"train_size": 5000, "batch_size": 128, "test_size": 1000}),
    "small_vit": Survey(FEW, (0,), {"train_size": 2496, "batch_size": 64, "test_size": 400}),
    "resnet18": Survey(FEW, (0,), {"train_size": 1248, "batch_size": 32, "test_size": 400}),
}


def by_layer(model: str, settings: dict[str, Any], seed: int = 0) -> Experiment:
    """An experiment with one group for each layer, or for each block where a network has many; all treated alike."""
    everything: dict[str, Any] = {"model": model, "seed": seed, "dataset": "cifar10", "epochs": 3}
    everything |= NETWORKS[model].sizes | {"groups": [{"name": "all", "params": "*"}]}
    names = [name for name, _ in meta_model(Experiment.from_dict(everything)).named_parameters()]
    layers = dict.fromkeys(".".join(name.split(".")[: min(2, name.count("."))]) or name for name in names)
    groups = [{"name": layer, "params": layer if layer in names else f"{layer}.*", **settings} for layer in layers]
    return Experiment.from_dict(everything | {"groups": groups})


class Run(NamedTuple):
    """The last accuracy, 0 to 1; for each age the median update/weight of every layer; the largest of the beginning."""

    accuracy: float
    medians: dict[int, list[float]]
    leap: float


def measure(experiment: Experiment) -> Run:
    """Train it on the CPU."""
    events = list(train(experiment, "cpu"))
    steps = [event for event in events if isinstance(event, Step)]
    accuracy = [event.accuracy for event in events if isinstance(event, Evaluated)][-1]
    leap = max(group.update_ratio or 0.0 for step in steps[:BEGINNING] for group in step.groups)
    return Run(accuracy, {age: list(_medians(steps[:age])) for age in AGES}, leap)


def _medians(steps: list[Step]) -> Iterator[float]:
    for layer in zip(*(step.groups for step in steps), strict=True):
        ratios = [group.update_ratio for group in layer if group.update_ratio is not None]
        if ratios:
            yield statistics.median(ratios)


def survey(model: str) -> dict[str, Any]:
    """All settings and seeds of a network: their accuracies, and the range of the updates of those that learned."""
    names, seeds, _ = NETWORKS[model]
    runs = {(name, seed): measure(by_layer(model, SETTINGS[name], seed)) for name in names for seed in seeds}
    best = {seed: max(run.accuracy for (_, of), run in runs.items() if of == seed) for seed in seeds}
    learned = {(name, seed): run for (name, seed), run in runs.items() if run.accuracy >= LEARNED * best[seed]}
    usual = []
    for age in AGES:
        low, *_, high = statistics.quantiles([m for run in learned.values() for m in run.medians[age]], n=20)
        usual.append({"steps": age, "low": float(f"{low:.2g}"), "high": float(f"{high:.2g}")})
    return {
        "usual": usual,
        "largest_leap": float(f"{max(run.leap for run in learned.values()):.2g}"),
        "learned": [f"{name}, seed {seed}" for name, seed in learned],
        "accuracies": {f"{name}, seed {seed}": round(run.accuracy, 4) for (name, seed), run in runs.items()},
    }


def main() -> None:
    """Survey all networks, a line for each run, and write the file."""
    torch.set_num_threads(1)
    found = {}
    for model in NETWORKS:
        found[model] = survey(model)
        print(model, *found[model].items(), sep="\n  ", flush=True)
    text = json.dumps({"torch": torch.__version__.partition("+")[0], "networks": found}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
