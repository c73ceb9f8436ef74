"""What a run did to each group, in numbers and in plain words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.events import Finished, FrozenPart, GroupEnd, Started, Step
from core.experiment import FROZEN
from core.report.usual_updates import Usual, usual_updates
from core.text import TEXT, say


@dataclass(frozen=True)
class GroupSummary:
    """One group over the whole run of `steps` steps; `median_ratio` is of update/weight, None where undefined.

    `usual` is the range of such medians in runs of the same network that learned, where it was measured.
    """

    end: GroupEnd
    median_ratio: float | None
    steps: int
    usual: Usual | None = None

    def reading(self, language: str) -> str:
        """What happened, as a sentence with its numbers."""
        end, ratio = self.end, self.median_ratio
        counts = {"moved": end.moved, "weights": end.weights}
        if end.optimizer == FROZEN:
            return say("reading_frozen" if end.moved == 0 else "reading_frozen_moved", language, **counts)
        moved = say("reading_moved", language, **counts)
        if ratio is None or end.moved == 0:
            return moved
        update = say("reading_update", language, percent=100 * ratio)
        return moved + update + (usual_in_words(self.usual, language) if self.usual else "")

    def badge(self, language: str) -> str:
        """In a few words, what the measurements say the group is: they verify "frozen", or refute it."""
        end = self.end
        if self.steps == 0:
            return say("badge_no_step", language)
        if end.optimizer != FROZEN:
            return say("badge_trained" if end.moved else "badge_unmoved", language)
        if end.moved:
            return say("badge_not_frozen", language, moved=end.moved, weights=end.weights)
        if end.drift:
            return say("badge_drifting", language, percent=100 * end.drift)
        return say("badge_frozen", language)


def summarise(steps: Sequence[Step], finished: Finished, model: str = "") -> list[GroupSummary]:
    """One summary per group of a run of the network `model`, in the groups' order."""
    usual, ends = usual_updates(model, finished.step), enumerate(finished.groups)
    return [GroupSummary(end, _median_ratio(steps, index), finished.step, usual) for index, end in ends]


def usual_in_words(usual: Usual, language: str) -> str:
    """Where the medians of runs that learned lie, in percent of the weights."""
    return say("reading_usual", language, low=100 * usual.low, high=100 * usual.high, steps=usual.steps)


def _median_ratio(steps: Sequence[Step], index: int) -> float | None:
    """Over the steps from the group's start on, all if it is frozen, where it is a number."""
    own = [step.groups[index] for step in steps]
    trained = [group for group in own if group.lr is not None] or own
    ratios = [group.update_ratio for group in trained if group.update_ratio is not None]
    ratios = [ratio for ratio in ratios if not math.isnan(ratio)]
    return statistics.median(ratios) if ratios else None


def made_with(started: Started, language: str) -> list[str]:
    """What a run's charts were made with, and what was asked for and could not be had, as Markdown."""
    e = started.experiment
    values = {"device": started.device.upper(), "dataset": _name_of(e.dataset, language)}
    weights = say(f"weights_{started.weights}", language)
    sizes = {"train": e.train_size, "test": e.test_size, "size": e.image_size, "seed": e.seed}
    lines = [say("made_with", language, model=e.model, weights=weights, **sizes, **values)]
    if started.weights_problem:
        lines.append(say("weights_missing", language, reason=started.weights_problem))
    return lines


def frozen_part(event: FrozenPart, language: str) -> str:
    """Whether the frozen beginning of the network is computed once or in every step, and why."""
    if event.problem is not None:
        reason = say(f"frozen_part_{event.problem}", language, **event.values)
        return say("frozen_part_each_step", language, epoch=event.epoch, reason=reason)
    return say("frozen_part_once", language, epoch=event.epoch, images=event.images, megabytes=event.bytes / 1e6)


def _name_of(dataset: str, language: str) -> str:
    """A dataset of the house in words, another by its name."""
    return say(f"dataset_{dataset}", language) if f"dataset_{dataset}" in TEXT else dataset
