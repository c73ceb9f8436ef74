"""Golden runs: what the first steps of every preset that can be run gave, kept in golden.json.

`python -m tests.golden` writes it anew. A changed number fails the test (test_golden.py), and the commit that changes
it says why. They are computed in double precision: in single precision the rounding of another processor more than
doubles some of a ResNet's losses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from core.events import Finished, Step
from core.experiment import Experiment, load_presets
from core.models.build import shapes_and_zeros
from core.structures import runnable
from core.training import train

FILE = Path(__file__).with_name("golden.json")
PRESETS = runnable(load_presets(Path(__file__).parents[1] / "presets"))
EPOCHS, STEPS = 4, 20

# Relative. Between AVX-512, AVX2 and SSE4, and one and two threads, numbers differ by 1e-12; by 1e-6 where batch norms
# train at a high rate, by 5e-4 with Muon, which computes in bfloat16. Learning rates of 1 % more change each by 1e-2.
TOLERANCES = {"no_decay_norms": 1e-4, "muon_adamw": 5e-3}
TOLERANCE = 1e-6  # of all others


def shortened(preset: Experiment) -> Experiment:
    """The preset from random weights on few generated images, until its last group has trained for an epoch."""
    batch = 8 if preset.model == "resnet18" else 16
    few = {"dataset": "shapes", "train_size": STEPS // EPOCHS * batch, "test_size": 10, "batch_size": batch}
    return Experiment.from_dict(preset.to_dict() | few | {"image_size": 32, "epochs": EPOCHS, "pretrained": False})


@contextmanager
def double_precision() -> Iterator[None]:
    """New networks and images are float64: how another processor rounds stays far below what is compared.

    Networks without values, which are kept for all who ask, are made anew inside and afterwards.
    """
    torch.set_default_dtype(torch.float64)
    shapes_and_zeros.cache_clear()
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        shapes_and_zeros.cache_clear()


def measure(experiment: Experiment) -> dict[str, Any]:
    """Every step's loss, and of every group the last step's norms, and how much of it has moved."""
    with double_precision():
        events = list(train(experiment, "cpu"))
    steps, end = [event for event in events if isinstance(event, Step)], events[-1]
    assert isinstance(end, Finished)
    groups = {
        of_end.name: {
            "weight_norm": of_step.weight_norm,
            "update_norm": of_step.update_norm,
            "distance": of_step.distance,
            "moved": of_end.moved,
            **({} if of_end.drift is None else {"drift": of_end.drift}),
        }
        for of_end, of_step in zip(end.groups, steps[-1].groups, strict=True)
    }
    return {"losses": [step.loss for step in steps], "groups": groups}


def torch_version() -> str:
    """Without what it was built for, as "+cpu"."""
    return torch.__version__.partition("+")[0]


def write() -> None:
    """Measure all presets on one thread, and keep the numbers."""
    torch.set_num_threads(1)
    runs = {name: measure(shortened(preset)) for name, preset in PRESETS.items()}
    text = json.dumps({"torch": torch_version(), "threads": 1, "runs": runs}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
