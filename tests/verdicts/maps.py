"""How many of a map's sentences hold over ten fresh seeds. `python -m tests.verdicts.maps [PRESET ...]` prints them.

Each is held to runs of the same length: what would gain has the lower mean loss, what gets worse the higher one, and
what gets no worse is not higher by more than the noise that the sentence tells.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import torch

from core.experiment import Experiment, load_presets
from core.questions import RateMap, Statement, map_rates, points, read_map, scaled
from core.questions.trials import Trials, difference

T = TypeVar("T")
PRESETS = load_presets(Path(__file__).parents[2] / "presets")
SHOWN = ("layerwise_lr", "no_decay_bias", "frozen_resnet", "dual_optimizer", "backbone_tenth")
FRESH = range(1000, 1010)  # added to the experiment's seed
TOLD = ("map_gain", "map_worse", "map_room", "map_free", "map_hardly")  # what is held to the runs


def cells_of(rate_map: RateMap, statement: Statement) -> list[tuple[float, str]]:
    """The factors that a sentence speaks of, and what it says of each: "better", "worse" or "no worse"."""
    kind, way = statement.key.split("_")[1:3] if statement.key != "map_hardly" else ("hardly", "")
    factors = rate_map.plan.factors
    if kind == "hardly":
        return [(factor, "no worse") for factor in factors if factor != 1]

    def factor_of(name: str) -> float:
        times = float(statement.values[name])
        wanted = times if way in ("up", "more") else 1 / times
        return min(factors, key=lambda factor: abs(factor / wanted - 1))

    if kind == "gain":
        return [(factor_of("times"), "better")]
    if kind == "free":
        return [(factor_of("times"), "no worse")]
    worse = [(factor_of("next"), "worse")]
    return worse if kind == "worse" else [(factor_of("times"), "no worse"), *worse]


def end_of(job: Generator[object, None, T]) -> T:
    """What a job returns once all that it tells is passed over."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def differences(experiment: Experiment, cells: set[tuple[str | None, float]], steps: int) -> dict[object, list[float]]:
    """Of each cell the losses minus those of factor 1, seed by seed; a lost run counts as infinitely high."""
    found: dict[object, list[float]] = {cell: [] for cell in cells}
    trials = Trials(experiment, "cpu", None, 3600.0)
    for more in FRESH:
        start = end_of(trials.start(more))
        base = end_of(start.run(start.experiment, steps))
        for row, factor in cells:
            run = end_of(start.run(scaled(start.experiment, row, factor), steps))
            way = difference(run, base)
            found[row, factor].append(way.mean if way else float("inf"))
    return found


def check(rate_map: RateMap, experiment: Experiment) -> Iterator[tuple[Statement, bool, list[float]]]:
    """Every sentence with whether it holds, and the mean differences of its cells."""
    said = [each for each in read_map(rate_map) if each.key.startswith(TOLD) and not each.key.endswith("lost")]
    spoken = {(each.row, factor) for each in said for factor, _ in cells_of(rate_map, each)}
    found = {
        cell: statistics.fmean(each) for cell, each in differences(experiment, spoken, rate_map.plan.steps).items()
    }
    noises = {(row, point.factor): point.noise or 0.0 for row, of_row in points(rate_map).items() for point in of_row}
    for each in said:
        told = [(found[each.row, factor], noises[each.row, factor], word) for factor, word in cells_of(rate_map, each)]
        holds = [
            mean < 0 if word == "better" else mean > 0 if word == "worse" else mean <= noise
            for mean, noise, word in told
        ]
        yield each, all(holds), [round(mean, 3) for mean, *_ in told]


def main(names: list[str]) -> None:
    """Map, print every sentence with what ten seeds say of it, and count."""
    torch.set_num_threads(1)
    held, all_ = 0, 0
    for name in names or SHOWN:
        began = time.perf_counter()
        *_, rate_map = map_rates(PRESETS[name], device="cpu")
        assert isinstance(rate_map, RateMap)
        print(f"\n{name}: {rate_map.plan.sentence()}; it took {time.perf_counter() - began:.0f} s", flush=True)
        for statement, holds, means in check(rate_map, PRESETS[name]):
            held, all_ = held + holds, all_ + 1
            print(f"  {'holds' if holds else 'FAILS'}  {statement.sentence()}  {means}", flush=True)
    print(f"\n{held} of {all_} sentences hold over {len(FRESH)} fresh seeds")


if __name__ == "__main__":
    main(sys.argv[1:])
