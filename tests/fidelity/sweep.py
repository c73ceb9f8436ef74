"""How far what the lab tells of a run lies from the plain loop's numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import torch

from core.events import Finished, GroupStep, Step
from core.experiment import Experiment
from core.training import train
from tests.fidelity.cases import Case
from tests.fidelity.loop import Measures, train_plainly

LARGEST = 1e-6  # relative, of every norm
LARGEST_PRODUCT = 1e-5  # of the direction, as a part of the norms of gradient and update


@dataclass
class Deviation:
    """The largest of a case, relative, by what it is of; `losses` that differ by a bit, and `counts` that differ."""

    name: str
    largest: Counter[str] = field(default_factory=Counter)
    losses: int = 0
    counts: int = 0

    @property
    def is_small(self) -> bool:
        limits = {"direction": LARGEST_PRODUCT}
        small = all(value <= limits.get(key, LARGEST) for key, value in self.largest.items())
        return small and not self.losses and not self.counts

    def line(self) -> str:
        numbers = "  ".join(f"{key} {value:.0e}" for key, value in sorted(self.largest.items()))
        verdict = "" if self.is_small else "  TOO FAR"
        return f"{self.name:45s} {numbers}  losses {self.losses}  counts {self.counts}{verdict}"

    def take(self, key: str, found: float | None, wanted: float, scale: float | None = None) -> None:
        base = abs(wanted) if scale is None else scale
        difference = abs((0.0 if found is None else found) - wanted)
        self.largest[key] = max(self.largest[key], difference / base if base else float(difference > 0))

    def compare(self, found: GroupStep, wanted: Measures) -> None:
        """One group in one step."""
        self.counts += (found.lr is None) != (wanted.lr is None)
        if wanted.lr is not None:
            self.take("lr", found.lr, wanted.lr)
            self.take("gradient", found.gradient_norm, wanted.gradient_norm)
            scale = wanted.gradient_norm * wanted.update_norm
            self.take("direction", found.direction, wanted.direction, scale)
            if found.clip_factor is not None:
                self.take("clipped", found.clip_factor, wanted.clip_factor or 0.0)
        self.take("weight", found.weight_norm, wanted.weight_norm)
        self.take("update", found.update_norm, wanted.update_norm)
        if found.update_ratio is not None:
            self.take("ratio", found.update_ratio, wanted.update_norm / wanted.before)
        if found.distance is not None:
            self.take("distance", found.distance, wanted.distance)


def deviation(case: Case) -> Deviation:
    """Run a case both ways."""
    plain, events = list(train_plainly(case)), list(train(Experiment.from_dict(case.experiment), "cpu"))
    steps, end, result = [event for event in events if isinstance(event, Step)], events[-1], Deviation(case.name)
    assert isinstance(end, Finished)
    result.counts = abs(len(steps) - len(plain)) + (end.reason != "done")
    for step, (loss, groups) in zip(steps, plain, strict=False):
        result.losses += step.loss != torch.tensor(loss).item()
        for found, wanted in zip(step.groups, groups, strict=True):
            result.compare(found, wanted)
    for found_end, last in zip(end.groups, plain[-1][1], strict=True):
        result.counts += found_end.moved != last.moved
        if found_end.distance is not None:
            result.take("end", found_end.distance, last.distance)
    return result
