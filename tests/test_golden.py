"""Golden runs: the first steps of every preset still give the numbers that are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from pytest import approx

from core.experiment import Experiment
from tests.golden import FILE, PRESETS, TOLERANCE, TOLERANCES, measure, shortened, torch_version

KEPT = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(KEPT["threads"])
    yield
    torch.set_num_threads(threads)


def changed(name: str, experiment: Experiment) -> list[str]:
    """What a run does not give as it is kept: the losses, or the groups of these names."""
    found, kept, rel = measure(experiment), KEPT["runs"][name], TOLERANCES.get(name, TOLERANCE)
    assert list(found["groups"]) == list(kept["groups"])
    groups = [group for group, numbers in kept["groups"].items() if found["groups"][group] != approx(numbers, rel=rel)]
    return groups if found["losses"] == approx(kept["losses"], rel=rel) else ["losses", *groups]


def test_every_preset_is_kept() -> None:
    assert set(KEPT["runs"]) == set(PRESETS)
    assert {len(run["losses"]) for run in KEPT["runs"].values()} == {20}


@pytest.mark.parametrize("name", PRESETS)
def test_a_run_gives_the_numbers_that_are_kept(name: str) -> None:
    different = changed(name, shortened(PRESETS[name]))
    if different and torch_version() != KEPT["torch"]:
        pytest.skip(f"torch {torch_version()} gives other numbers than {KEPT['torch']}, of which they are kept")
    assert different == []


@pytest.mark.parametrize(
    "change",
    [
        {"lr": 0.0101},
        {"momentum": 0.91},
        {"weight_decay": 0.0},
        {"weight_decay": 1.01e-4},
        {"params": ("*.weight", "fc2.bias")},
    ],
    ids=str,
)
def test_a_small_change_is_seen(change: dict[str, object]) -> None:
    """Of the weights' group: a rate, momentum or decay by a percent, no decay, and a bias taken too."""
    experiment = shortened(PRESETS["no_decay_bias"])
    weights, biases = experiment.groups
    assert changed("no_decay_bias", replace(experiment, groups=(replace(weights, **change), biases)))
