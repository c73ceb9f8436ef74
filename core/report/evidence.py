"""What was measured of one run, and the questions that several findings ask of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.events import Evaluated, Finished, GroupEnd, GroupStep, Silent, Started, Step, plain
from core.report.learning import Learning
from core.text import say

PART = 5  # first and last fifth: long enough for a median, short enough to be start and end
LITTLE = 0.9  # of a constant guess's loss: sane runs of 60 steps and more end below 0.86, those that failed above 0.93
GONE = 1e-3  # of a gradient at its start: as good as nothing
SPIKE = 3.0  # times the loss at the start: sane runs stay within 2.1 (RMSprop's first step, which is ten times its lr)
SILENT = 0.98  # of a ReLU's outputs: in sane runs at most 0.87 were zero, in those with dead units 0.99 and more


@dataclass(frozen=True)
class Finding:
    """One thing that was measured and is worth a look; `group` is None where it concerns the whole run.

    A sentence holds group names as they were typed: show it as text, not as markup.
    """

    group: str | None
    key: str
    values: Mapping[str, Any]

    def sentence(self, language: str) -> str:
        return say(self.key, language, group=self.group, **self.values)

    def to_json(self, language: str) -> dict[str, Any]:
        """Plain values; numbers that are not finite become None."""
        sentence = {"sentence": self.sentence(language), "values": plain(dict(self.values))}
        return {"group": self.group, "key": self.key} | sentence


@dataclass(frozen=True)
class Evidence:
    """One run from its first step to its end.

    `learning` is how well it did, None where it was not evaluated; `silences` are the shares of silent units
    before the first step and at the end; `group_of` names each parameter's group; `frozen_norm` is the experiment's,
    empty where it is not known; `shared_limit` is what the norm of all gradients together was clipped to, None where
    it was not.
    """

    steps: Sequence[Step]
    finished: Finished
    learning: Learning | None = None
    silences: Sequence[Silent] = ()
    group_of: Mapping[str, str] = field(default_factory=dict)
    frozen_norm: str = ""
    shared_limit: float | None = None

    @property
    def trained(self) -> list[int]:
        """The groups that trained in one step at least: neither frozen nor still to start."""
        return [i for i in range(len(self.ends)) if any(step.groups[i].lr is not None for step in self.steps)]

    @property
    def ends(self) -> tuple[GroupEnd, ...]:
        return self.finished.groups

    def own(self, index: int) -> list[GroupStep]:
        """The steps that a group trained in: from its start on, until it froze if it did."""
        return [step.groups[index] for step in self.steps if step.groups[index].lr is not None]

    @property
    def has_not_learned(self) -> bool:
        """Whether it is no better than guessing; False where that is not known, or the run broke off."""
        return self._was_tested and self.learning is not None and self.learning.is_none

    @property
    def has_learned(self) -> bool:
        """Whether it is known to be better than guessing."""
        return self._was_tested and not self.has_not_learned

    @property
    def _was_tested(self) -> bool:
        """Whether anything is known of how well it does after a step."""
        return self.learning is not None and self.learning.steps != 0 and self.finished.reason != "non_finite"

    @property
    def has_learned_little(self) -> bool:
        """Whether the loss of the last fifth of the batches is still near that of a constant guess."""
        if self.learning is None:
            return False
        return self.has_not_learned or not usual(self.last_losses) < LITTLE * self.learning.guess

    @property
    def last_losses(self) -> list[float]:
        """The batch losses of the last fifth of the run."""
        return [step.loss for step in self.steps[-max(1, len(self.steps) // PART) :]]

    @property
    def spike(self) -> tuple[float, int] | None:
        """The largest batch loss and its step, if it lies far above the first and above a constant guess."""
        losses = [(step.loss, step.step) for step in self.steps if math.isfinite(step.loss)]
        highest = max(losses, default=(0.0, 0))
        base = max(self.steps[0].loss, self.learning.guess if self.learning else 0.0)
        return highest if highest[0] > SPIKE * base else None

    @property
    def died(self) -> list[tuple[str, float, float]]:
        """The layers whose units fell silent: by name, with the share of zeros before and after."""
        if len(self.silences) < 2:
            return []
        before = dict(self.silences[0].layers)
        both = [(layer, before[layer], share) for layer, share in self.silences[-1].layers if layer in before]
        return [(layer, first, last) for layer, first, last in both if first < SILENT <= last]

    @property
    def is_harmed(self) -> bool:
        """Whether anything shows that training went wrong, apart from how far anything moved."""
        return self.has_learned_little or self.spike is not None or bool(self.died)

    def gradients(self, index: int) -> tuple[float, float]:
        """A group's gradient norm in its first step, and in the median of the last fifth of its steps."""
        norms = [step.gradient_norm for step in self.own(index)]
        return norms[0] or 0.0, usual(norms[-max(1, len(norms) // PART) :])

    def has_no_gradient(self, index: int) -> bool:
        """Whether a trained group got none in any step."""
        return all(step.gradient_norm == 0 for step in self.own(index))

    def has_lost_its_gradient(self, index: int) -> bool:
        """Whether nearly nothing is left of a trained group's gradient, though little was learned."""
        first, last = self.gradients(index)
        return self.has_learned_little and last < GONE * first

    def group_of_layer(self, layer: str) -> str | None:
        """The group of a layer's first parameter."""
        names = (group for name, group in self.group_of.items() if name == layer or name.startswith(f"{layer}."))
        return next(names, None)


def usual(values: Iterable[float | None]) -> float:
    """The median of those that are finite numbers; not a number where there are none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return statistics.median(finite) if finite else math.nan


def evidence_of(
    started: Started,
    steps: Sequence[Step],
    evaluations: Sequence[Evaluated],
    silences: Sequence[Silent],
    finished: Finished,
) -> Evidence:
    """The evidence in a run's events."""
    learning = None
    if evaluations:
        last = evaluations[-1]
        size, counts = started.experiment.test_size, started.class_counts
        learning = Learning(last.accuracy, last.loss, started.classes, size, last.step, counts)
    names = iter(started.tensors)
    group_of = {name: group.name for group in started.groups for name in islice(names, group.tensors)}
    experiment = started.experiment
    shared_limit = experiment.clip_at if experiment.clip == "norm" else None
    return Evidence(steps, finished, learning, silences, group_of, experiment.frozen_norm, shared_limit)
