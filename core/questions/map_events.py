"""What a map of rates tells while it is made, and its end."""

from __future__ import annotations

from dataclasses import dataclass

from core.text import say


@dataclass(frozen=True)
class MapPlan:
    """What will be run, told before: `runs` of `steps` steps, of the experiment's `whole` ones, in about `seconds`.

    `rows` are the groups by name; None stands for all of them together. `factors` rise and hold 1. `left_out` are
    the other groups, each with the key of the reason: frozen, without a rate, or later than these steps. `budget` is
    the time that was given, in seconds, which runs that are to tell something may exceed; None where it is not known.
    """

    rows: tuple[str | None, ...]
    factors: tuple[float, ...]
    left_out: tuple[tuple[str, str], ...]
    seeds: int
    steps: int
    whole: int
    runs: int
    seconds: float
    images: int
    classes: int = 10
    budget: float | None = None

    def sentence(self, language: str = "en") -> str:
        values = {"runs": self.runs, "steps": self.steps, "whole": self.whole, "seeds": self.seeds}
        told = say("map_plan", language, **values, images=self.images, seconds=self.seconds)
        if self.budget is None or round(self.seconds) <= round(self.budget):
            return told
        return told + say("map_plan_longer", language, budget=self.budget)


@dataclass(frozen=True)
class Mapping:
    """How far the map has come: run `run` (from 1) of `runs`, and the seconds that are left, by those so far."""

    run: int
    runs: int
    seconds_left: float

    def sentence(self, language: str = "en") -> str:
        return say("map_progress", language, run=self.run, runs=self.runs, left=self.seconds_left)


@dataclass(frozen=True)
class Cell:
    """One run: the rate of `row` (None: of all groups) times `factor`, with the seed `seed`.

    `reason` is "done", or "lost" (its loss grew to four times the first one) or "non_finite", after so many `steps`.
    `loss` and `accuracy` (0 to 1) are on the held-out images, `difference` is that loss minus the one of factor 1 with
    the same seed, and `error` the standard error of that by the images alone; all None unless it is done.
    """

    row: str | None
    factor: float
    seed: int
    reason: str
    steps: int
    loss: float | None = None
    accuracy: float | None = None
    difference: float | None = None
    error: float | None = None


@dataclass(frozen=True)
class RateMap:
    """The map's end. `reason` is "done", "stopped" or "time_limit"; `cells` are those that were run.

    The plan of a map that ended before it was planned is one of no runs.
    """

    plan: MapPlan
    cells: tuple[Cell, ...]
    reason: str
