"""What a map of rates says, in sentences with their numbers: what would gain, how much room there is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.questions.map_events import Cell, RateMap
from core.questions.trials import LOSS_GAIN
from core.text import say

ERRORS = 3.0  # standard errors: of thirty comparisons that differ in nothing, one in ten maps claims one
ONE_SEED = 2.0  # differences were seen to spread over the seeds by twice their standard error over the images

# The median of sqrt(chi-square / n) with n = seeds - 1: what the median of many standard deviations is too small by.
# Source: en.wikipedia.org/wiki/Chi-squared_distribution; tests/questions/test_map_sentences.py works them out.
MEDIAN_OF_DEVIATIONS = {2: 0.67449, 3: 0.83255, 4: 0.88806, 5: 0.91606}


@dataclass(frozen=True)
class Point:
    """A row's runs at one factor, over the seeds: mean loss and accuracy, None where a run did not end well.

    `difference` is the mean loss minus that of factor 1 with the same seeds, `noise` what such a difference stays
    below by chance: three standard errors over the seeds; with one seed, six over the images. Both are None where the
    run of factor 1 did not end well with some seed.
    """

    factor: float
    loss: float | None
    accuracy: float | None
    difference: float | None
    noise: float | None

    @property
    def is_worse(self) -> bool:
        """A run that was lost is worse than any other."""
        if self.difference is None or self.noise is None:
            return self.loss is None
        return self.difference > self.noise

    @property
    def is_better(self) -> bool:
        """A run that ended well is better than one that was lost."""
        if self.difference is None or self.noise is None:
            return self.loss is not None
        return self.difference < -self.noise


@dataclass(frozen=True)
class Statement:
    """One thing that a map shows of a row (None: all groups together).

    A sentence holds group names as they were typed: show it as text, not as markup.
    """

    row: str | None
    key: str
    values: Mapping[str, Any]

    def sentence(self, language: str = "en") -> str:
        values = dict(self.values)
        if "loss" in values:
            lost = values["loss"] is None
            values["loss"] = say("map_lost", language) if lost else f"{values['loss']:.2f}"
        group = say("map_all", language) if self.row is None else self.row
        return say(self.key, language, group=group, **values)


def points(rate_map: RateMap) -> dict[str | None, tuple[Point, ...]]:
    """Every row's points, by rising factors; once the map is over, only those with as many seeds as factor 1."""
    runs: dict[tuple[str | None, float], list[Cell]] = {}
    for cell in rate_map.cells:
        runs.setdefault((cell.row, cell.factor), []).append(cell)
    base = runs.get((None, 1.0), [])
    whole = {key: cells for key, cells in runs.items() if len(cells) == len(base) or not rate_map.reason}
    usual = _usual_deviation(whole.values())
    own = {key: _point(key[1], cells, usual) for key, cells in whole.items()}
    return {
        row: tuple(own[key] for f in rate_map.plan.factors if (key := (None if f == 1 else row, f)) in own)
        for row in rate_map.plan.rows
    }


def _point(factor: float, cells: Sequence[Cell], usual: float | None) -> Point:
    losses = [cell.loss for cell in cells if cell.loss is not None]
    differences = [cell.difference for cell in cells if cell.difference is not None]
    if len(losses) < len(cells):
        return Point(factor, None, None, None, None)
    accuracy = statistics.fmean(cell.accuracy or 0.0 for cell in cells)
    if len(differences) < len(cells):
        return Point(factor, statistics.fmean(losses), accuracy, None, None)
    if usual is None:
        error = ONE_SEED * (cells[0].error or 0.0)
    else:
        own = statistics.stdev(differences) if len(differences) > 1 else usual
        error = max(usual, own) / math.sqrt(len(cells))
    return Point(factor, statistics.fmean(losses), accuracy, statistics.fmean(differences), ERRORS * error)


def _usual_deviation(runs: Iterator[list[Cell]] | Any) -> float | None:
    """The standard deviation over the seeds of a difference to factor 1, as the median over all factors has it.

    Two seeds alone tell little of it; all rows and factors together do. None with one seed.
    """
    found = [
        statistics.stdev(differences)
        for cells in runs
        if len(differences := [c.difference for c in cells if c.difference is not None and c.factor != 1]) > 1
    ]
    seeds = max((len(cells) for cells in runs), default=0)
    return statistics.median(found) / MEDIAN_OF_DEVIATIONS[seeds] if found else None


def read_map(rate_map: RateMap) -> list[Statement]:
    """What the map shows: first whether the experiment learns at all as it is, then row by row."""
    found, plan = points(rate_map), rate_map.plan
    said = [*_of_learning(rate_map, found)]
    if plan.seeds == 1 and rate_map.cells:
        said.append(Statement(None, "map_one_seed", {}))
    of_rows = [statement for row, of_row in found.items() for statement in _of_row(row, of_row)]
    if of_rows and plan.steps < plan.whole:  # Example 1 at a tenth of its rates: no worse in 25, seven points in 117
        said.append(Statement(None, "map_short", {"steps": plan.steps, "whole": plan.whole}))
    return said + of_rows


def _of_learning(rate_map: RateMap, found: Mapping[str | None, Sequence[Point]]) -> Iterator[Statement]:
    base = next((p for of_row in found.values() for p in of_row if p.factor == 1), None)
    guess, steps = math.log(rate_map.plan.classes), rate_map.plan.steps
    if base is not None and (base.loss is None or base.loss > guess - LOSS_GAIN):
        yield Statement(None, "map_no_learning", {"steps": steps, "loss": base.loss, "guess": guess})


def _of_row(row: str | None, of_row: Sequence[Point]) -> Iterator[Statement]:
    base = next((p for p in of_row if p.factor == 1), None)
    if base is None:
        return
    best = min((p for p in of_row if p.is_better), key=lambda p: p.loss or math.inf, default=None)
    if best is not None:
        key = "map_gain_more" if best.factor > 1 else "map_gain_less"
        values = {"times": times(best.factor), "base": base.loss, "loss": best.loss, "noise": best.noise}
        yield Statement(row, key if base.loss is not None else f"{key}_lost", values)
        return
    if base.loss is None:
        return
    up = [p for p in of_row if p.factor > 1]
    down = [p for p in reversed(of_row) if p.factor < 1]
    if up and down and not any(p.is_worse for p in (*up, *down)):
        most = max((p for p in (*up, *down)), key=lambda p: abs(p.difference or 0.0))
        spans = {"low": times(down[-1].factor), "high": times(up[-1].factor)}
        yield Statement(row, "map_hardly", spans | {"most": abs(most.difference or 0.0), "noise": most.noise})
        return
    yield from _of_side(row, up, "up", base)
    yield from _of_side(row, down, "down", base)


def _of_side(row: str | None, side: Sequence[Point], way: str, base: Point) -> Iterator[Statement]:
    """How far the rate can go one way, the factors from near 1 to far."""
    if not side:
        return
    free = next((place for place, point in enumerate(side) if point.is_worse), len(side))
    if free == len(side):
        last = side[-1]
        values = {"times": times(last.factor), "loss": last.loss, "base": base.loss, "noise": last.noise}
        yield Statement(row, f"map_free_{way}", values)
        return
    worse = side[free]
    values = {"next": times(worse.factor), "loss": worse.loss, "base": base.loss}
    if free:
        yield Statement(row, f"map_room_{way}", values | {"times": times(side[free - 1].factor)})
    else:
        yield Statement(row, f"map_worse_{way}", values)


def times(factor: float) -> str:
    """How many times more or less, in at most three digits: "30" for 30 and for 1/30."""
    return f"{max(factor, 1 / factor):.3g}"
