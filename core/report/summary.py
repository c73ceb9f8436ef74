"""What a run did to each group, in numbers and in plain words."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.events import Finished, FrozenPart, GroupEnd, Started, Step
from core.experiment import FROZEN
from core.report.usual_updates import Usual, usual_updates
from core.text import TEXT, say

# What `core.resources` says of a file that it could not get, and the words for it.
REASONS = {
    "no connection": "why_no_connection",
    "no answer in time": "why_no_answer",
    r"HTTP error (?P<code>\d+)": "why_http",
    "not the right file": "why_wrong_file",
    "Permission denied": "why_no_permission",
    "No space left on device": "why_disk_full",
    r"(?P<file>.+) cannot be read": "why_unreadable",
    r"(?P<file>.+) is not the file that its name says": "why_other_file",
}


@dataclass(frozen=True)
class GroupSummary:
    """One group over the whole run of `steps` steps; `median_ratio` is of update/weight, None where undefined
    or where no weight moved.

    `clipped` tells in what share of its steps the group's gradient was clipped, and to which part of it in the median
    of these; None where nothing is clipped. `usual` is the range of such medians in runs of the same network that
    learned, where it was measured; `first` the step in which the group began to train, None if it was still to.
    `frozen_again` tells from which step on it was frozen again, if it was, and whether it was exactly still since.
    """

    end: GroupEnd
    median_ratio: float | None
    steps: int
    usual: Usual | None = None
    first: int | None = 1
    clipped: tuple[float, float | None] | None = None
    frozen_again: tuple[int, bool] | None = None

    def reading(self, language: str) -> str:
        """What happened, as a sentence with its numbers."""
        end, ratio = self.end, self.median_ratio
        counts = {"moved": end.moved, "weights": end.weights}
        if end.optimizer == FROZEN:
            return say("reading_frozen" if end.moved == 0 else "reading_frozen_moved", language, **counts)
        if self.first is None:
            return say("reading_waiting", language)
        moved = say("reading_moved", language, **counts)
        if ratio is None or end.moved == 0:
            return moved
        update = say("reading_update", language, percent=100 * ratio)
        late = say("reading_late", language, step=self.first) if self.first > 1 else ""
        usual = usual_in_words(self.usual, language) if self.usual else ""
        return moved + update + usual + late + self._frozen_again_in_words(language) + self._clipped_in_words(language)

    def _frozen_again_in_words(self, language: str) -> str:
        if self.frozen_again is None:
            return ""
        step, is_still = self.frozen_again
        return say("reading_frozen_again" if is_still else "reading_moved_again", language, step=step)

    def _clipped_in_words(self, language: str) -> str:
        if self.clipped is None:
            return ""
        share, factor = self.clipped
        if factor is None:
            return say("reading_not_clipped", language)
        return say("reading_clipped", language, share=100 * share, percent=100 * factor)

    def badge(self, language: str) -> str:
        """In a few words, what the measurements say the group is: they verify "frozen", or refute it."""
        end = self.end
        if self.steps == 0:
            return say("badge_no_step", language)
        if end.optimizer != FROZEN and self.first is None and not end.drift:
            return say("badge_waiting", language)
        if end.optimizer != FROZEN and not end.moved and end.drift:
            return say("badge_unmoved_drifting", language, percent=100 * end.drift)
        if end.optimizer != FROZEN:
            return say("badge_trained" if end.moved else "badge_unmoved", language)
        if end.moved:
            return say("badge_not_frozen", language, moved=end.moved, weights=end.weights)
        if end.drift:
            return say("badge_drifting", language, percent=100 * end.drift)
        return say("badge_frozen", language)


def summarise(steps: Sequence[Step], finished: Finished, model: str = "") -> list[GroupSummary]:
    """One summary per group of a run of the network `model`, in the groups' order."""
    usual = usual_updates(model, finished.step)
    medians = [_median_ratio(steps, index) if end.moved else None for index, end in enumerate(finished.groups)]
    firsts = [_first_step(steps, index) for index in range(len(finished.groups))]
    clipped = [_clipped(steps, index) for index in range(len(finished.groups))]
    rests = [_frozen_again(steps, index) for index in range(len(finished.groups))]
    each = zip(finished.groups, medians, firsts, clipped, rests, strict=True)
    return [
        GroupSummary(end, median, finished.step, usual, first, clip, rest) for end, median, first, clip, rest in each
    ]


def usual_in_words(usual: Usual, language: str) -> str:
    """Where the medians of runs that learned lie, in percent of the weights."""
    return say("reading_usual", language, low=100 * usual.low, high=100 * usual.high, steps=usual.steps)


def _first_step(steps: Sequence[Step], index: int) -> int | None:
    return next((step.step for step in steps if step.groups[index].lr is not None), None) if steps else 1


def _frozen_again(steps: Sequence[Step], index: int) -> tuple[int, bool] | None:
    trained = [step.step for step in steps if step.groups[index].lr is not None]
    later = [step for step in steps if step.step > trained[-1]] if trained else []
    return (later[0].step, not any(step.groups[index].update_norm for step in later)) if later else None


def _clipped(steps: Sequence[Step], index: int) -> tuple[float, float | None] | None:
    factors = [factor for step in steps if (factor := step.groups[index].clip_factor) is not None]
    if not factors:
        return None
    shrunk = [factor for factor in factors if factor < 1]
    return len(shrunk) / len(factors), statistics.median(shrunk) if shrunk else None


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
    if started.weights == "own":
        return [say("made_elsewhere", language)]
    values = {"device": started.device.upper(), "dataset": _name_of(e.dataset, language)}
    weights = say(f"weights_{started.weights}", language)
    sizes = {"train": e.train_size, "test": e.test_size, "size": e.image_size, "seed": e.seed}
    lines = [say("made_with", language, model=e.model, weights=weights, **sizes, **values)]
    if started.stand_in:
        lines.append(say("weights_stand_in", language, data=started.stand_in))
    if started.weights_problem:
        lines.append(say("weights_missing", language, reason=why(started.weights_problem, language)))
    return lines


def why(problem: str, language: str) -> str:
    """Why a download failed, in the page's language; as it is where it is none of the known reasons."""
    found = ((key, re.fullmatch(pattern, problem)) for pattern, key in REASONS.items())
    return next((say(key, language, **match.groupdict()) for key, match in found if match), problem)


def frozen_part(event: FrozenPart, language: str) -> str:
    """Whether the frozen beginning of the network is computed once or in every step, and why."""
    if event.problem is not None:
        reason = say(f"frozen_part_{event.problem}", language, **event.values)
        return say("frozen_part_each_step", language, epoch=event.epoch, reason=reason)
    return say("frozen_part_once", language, epoch=event.epoch, images=event.images, megabytes=event.bytes / 1e6)


def _name_of(dataset: str, language: str) -> str:
    """A dataset of the house in words, another by its name."""
    return say(f"dataset_{dataset}", language) if f"dataset_{dataset}" in TEXT else dataset
