"""A map of the rates beside as many runs one by one: four groups, five factors, three seeds."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

from core.experiment import Experiment
from core.questions import Cell, MapPlan, RateMap, map_rates
from core.resources.cifar10 import cifar10_is_here
from core.training import train
from tests.benchmarks.row import Row
from tests.benchmarks.training import DEVICE, PRESETS

FACTORS, SEEDS, SECONDS = (0.1, 0.3, 3.0, 10.0), 3, 30.0
TRIED = 6  # of the runs are made one by one, after each map
ROUNDS = 3


def rows() -> list[Row]:
    """The separate runs have the map's steps and its images for the test, and are made as `train` makes them."""
    preset = PRESETS["layerwise_lr"]
    experiment = preset if cifar10_is_here() else replace(preset, dataset="shapes")
    for _ in train(replace(experiment, epochs=1), DEVICE):  # what comes first reads the images, whichever it is
        pass
    found = [_round(experiment) for _ in range(ROUNDS)]
    plans, project, separate = zip(*found, strict=True)
    ratio = median(peer / ours for ours, peer in zip(project, separate, strict=True))
    steps = f"{min(plan.steps for plan in plans)} to {max(plan.steps for plan in plans)}"
    what = f"a map of {plans[0].runs} runs of {steps} steps: as many runs one by one : project"
    return [Row(what, median(project), median(separate), None, ratio, 1.5, True, "s")]


def _round(experiment: Experiment) -> tuple[MapPlan, float, float]:
    """A map's plan, its seconds, and those of as many runs one by one."""
    began = time.perf_counter()
    events = [*map_rates(experiment, FACTORS, SEEDS, SECONDS, DEVICE)]
    project = time.perf_counter() - began
    plan = next(event for event in events if isinstance(event, MapPlan))
    assert isinstance(events[-1], RateMap) and sum(isinstance(event, Cell) for event in events) == plan.runs
    short = replace(experiment, train_size=plan.steps * experiment.batch_size, test_size=plan.images, epochs=1)
    began = time.perf_counter()
    for seed in range(TRIED):
        for _ in train(replace(short, seed=seed), DEVICE):
            pass
    return plan, project, (time.perf_counter() - began) * plan.runs / TRIED
