"""Rates and decays that were seen to lower the loss: a search by short runs, its result tried with other seeds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from core.events import Progress
from core.experiment import Experiment, ExperimentError, Group, Number, Problem, Wrong
from core.questions.coordinate_search import CoordinateSearch, Searching
from core.questions.trials import LOSS_GAIN, Stop, Trials, difference, trained, with_values
from core.text import say
from core.training import TIME_LIMIT, Ended, ShortRun, Start

SECONDS = Number(20, TIME_LIMIT)
JOINT_RUNS, GROUP_RUNS = 10, 6  # that a search has at least, for all groups together and for each
CONFIRMING = 0.4  # part of the time that is kept for trying the result again
MORE_SEEDS = 3  # that it is tried again with
ERRORS = 3.0  # standard errors that the gain must exceed


@dataclass(frozen=True)
class Suggestion:
    """One group's learning rate and weight decay before and after; both None for a frozen one.

    `refusal_key` says why it has no rate that could be changed.
    """

    group: str
    lr_before: float | None
    lr_after: float | None
    weight_decay_before: float | None
    weight_decay_after: float | None
    refusal_key: str | None = None

    def sentence(self, language: str = "en") -> str:
        if self.refusal_key is not None:
            return say(self.refusal_key, language, group=self.group)
        key = "suggest_stays" if self.lr_before == self.lr_after else "suggest_lr"
        rate = say(key, language, group=self.group, before=self.lr_before, after=self.lr_after)
        if self.weight_decay_before == self.weight_decay_after:
            return rate
        decays = {"before": self.weight_decay_before, "after": self.weight_decay_after}
        return say("suggest_decay", language, rate=rate, **decays)


@dataclass(frozen=True)
class Trial:
    """The start or the proposal over the further seeds: mean loss and accuracy (0 to 1) on the held-out images.

    Both are None where a run was lost.
    """

    loss: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Suggestions:
    """The search's end. `reason` is "done", "stopped" or "time_limit"; `groups` is then empty but for "done".

    Where nothing better was found (`is_better` is false) the values after are those before. `before` and `after` are
    means over `seeds` other seeds, with runs of `steps` of the experiment's `whole` steps; `noise` is three standard
    errors of the gain. The search itself took `runs` runs.
    """

    reason: str
    groups: tuple[Suggestion, ...] = ()
    is_better: bool = False
    before: Trial | None = None
    after: Trial | None = None
    noise: float | None = None
    seeds: int = MORE_SEEDS
    steps: int = 0
    whole: int = 0
    runs: int = 0

    def sentences(self, language: str = "en") -> list[str]:
        """What was found, and what it gains, with its noise; then group by group."""
        if self.reason != "done":
            return []
        found = {"runs": self.runs, "seeds": self.seeds, "steps": self.steps, "whole": self.whole}
        if not self.is_better or self.before is None or self.after is None:
            return [say("suggest_nothing", language, **found)]
        values = found | {"before": _words(self.before, language), "after": _words(self.after, language)}
        gain = say("suggest_gain", language, **values, noise="–" if self.noise is None else f"{self.noise:.3f}")
        return [gain, *(suggestion.sentence(language) for suggestion in self.groups)]


def _words(trial: Trial, language: str) -> str:
    if trial.loss is None or trial.accuracy is None:
        return say("map_lost", language)
    return say("suggest_trial", language, loss=trial.loss, accuracy=100 * trial.accuracy)


def suggest(
    experiment: Experiment,
    seconds: float = 90.0,
    device: str | torch.device | None = None,
    stop: Stop = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Progress | Searching | Suggestions]:
    """Search for learning rates with which the experiment reaches a lower loss, within so many `seconds`.

    First for all groups together, then group by group (a coordinate search), by short runs from one start; a tenth and
    a thousandth of a group's weight decay are tried too. Judged by the loss on up to 500 training images that no run
    trains on, never on the test images. What is found is tried again, next to the start, with three other seeds, and
    proposed only if the loss fell with each of them, by more than three standard errors on average, and the accuracy
    did not. Yields `Searching` about five times a second (and Progress while weights are fetched or the frozen
    beginning is computed), at last one `Suggestions`.

    Raises ExperimentError for `seconds` outside 20 to 600, and what `map_rates` raises.
    """
    try:
        seconds = SECONDS.read(seconds)
    except Wrong as wrong:
        raise ExperimentError([Problem(None, "seconds", wrong.key, wrong.values)]) from None
    if not [*trained(experiment)]:
        raise ExperimentError([Problem(None, "groups", "map_no_groups")])
    yield from _Suggester(Trials(experiment, device, stop, time_limit), min(seconds, 0.9 * time_limit)).events()


def with_suggestions(experiment: Experiment, suggestions: Suggestions) -> Experiment:
    """The experiment with the suggested rates and decays; groups go by their names."""
    usable = [s for s in suggestions.groups if s.refusal_key is None]
    rates = {s.group: s.lr_after for s in usable if s.lr_after is not None}
    decays = {s.group: s.weight_decay_after for s in usable if s.weight_decay_after is not None}
    return with_values(with_values(experiment, rates), decays, "weight_decay")


class _Suggester:
    """Searches, then tries what was found with other seeds."""

    def __init__(self, trials: Trials, seconds: float) -> None:
        self._trials, self._seconds = trials, seconds
        self._experiment = trials.experiment
        self._began = time.monotonic()

    def events(self) -> Iterator[Progress | Searching | Suggestions]:
        try:
            yield (yield from self._found())
        except Ended as ended:
            yield Suggestions(ended.reason)

    def _found(self) -> Generator[Progress | Searching, None, Suggestions]:
        start = yield from self._trials.start()
        yield from self._trials.time_runs(start)
        again = self._trials.steps_for(2 * MORE_SEEDS, CONFIRMING * self._seconds, starts=MORE_SEEDS)
        wanted = JOINT_RUNS + GROUP_RUNS * len([*trained(self._experiment)])
        steps = min(self._trials.steps_for(wanted, (1 - CONFIRMING) * self._seconds), again)
        searching = (1 - CONFIRMING) * self._seconds - (time.monotonic() - self._began)
        kept = CONFIRMING * self._seconds
        search = CoordinateSearch(start, self._trials, steps, searching, self._seconds, kept)
        yield from search.events()
        for proposal in search.proposals():
            result = yield from self._try_again(proposal, again, search.runs)
            if result.is_better:
                return result
        return self._result(self._experiment, again, search.runs)

    def _try_again(
        self, proposal: Experiment, steps: int, searched: int
    ) -> Generator[Progress | Searching, None, Suggestions]:
        """The proposal next to the start, with seeds that the search has not seen."""
        pairs: list[tuple[ShortRun, ShortRun]] = []
        for more in range(1, MORE_SEEDS + 1):
            start = yield from self._trials.start(more)
            before = yield from self._run(start, start.experiment, steps, searched)
            after = yield from self._run(start, replace(start.experiment, groups=proposal.groups), steps, searched)
            pairs.append((before, after))
        return self._result(proposal, steps, searched, pairs)

    def _run(
        self, start: Start, experiment: Experiment, steps: int, searched: int
    ) -> Generator[Progress | Searching, None, ShortRun]:
        training = start.run(experiment, steps)
        while True:
            try:
                next(training)
            except StopIteration as end:
                run: ShortRun = end.value
                return run
            if self._trials.clock.pulse_is_due():
                left = max(self._began + self._seconds - time.monotonic(), 0.0)
                yield Searching(searched, None, left, self._seconds, trying_again=True)

    def _result(
        self, proposal: Experiment, steps: int, searched: int, pairs: Sequence[tuple[ShortRun, ShortRun]] = ()
    ) -> Suggestions:
        before, after = (_mean(runs) for runs in zip(*pairs, strict=True)) if pairs else (None, None)
        noise = _noise(pairs)
        is_better = bool(pairs) and _is_better(pairs, before, after, noise, math.log(self._trials.classes))
        after_all = (proposal if is_better else self._experiment).groups
        groups = tuple(_suggestion(*pair) for pair in zip(self._experiment.groups, after_all, strict=True))
        sizes = {"steps": steps, "whole": self._experiment.steps, "runs": searched}
        return Suggestions("done", groups, is_better, before, after, noise, **sizes)


def _suggestion(group: Group, after: Group) -> Suggestion:
    if group.frozen:
        return Suggestion(group.name, None, None, None, None, "map_frozen")
    values = (group.lr, after.lr, group.weight_decay, after.weight_decay)
    return Suggestion(group.name, *values, None if group.lr else "map_lr_zero")


def _mean(runs: Sequence[ShortRun]) -> Trial:
    losses = [run.loss for run in runs if run.loss is not None]
    accuracies = [run.accuracy for run in runs if run.accuracy is not None]
    if len(losses) < len(runs):
        return Trial(None, None)
    return Trial(statistics.fmean(losses), statistics.fmean(accuracies))


def _noise(pairs: Sequence[tuple[ShortRun, ShortRun]]) -> float | None:
    """Three standard errors of the mean gain: by the seeds, or by the images where these know less."""
    found = [way for before, after in pairs if (way := difference(after, before)) is not None]
    if len(found) < 2 or len(found) < len(pairs):
        return None
    by_images = math.sqrt(statistics.fmean(way.error**2 for way in found))
    return ERRORS * max(statistics.stdev(way.mean for way in found), by_images) / math.sqrt(len(found))


def _is_better(
    pairs: Sequence[tuple[ShortRun, ShortRun]],
    before: Trial | None,
    after: Trial | None,
    noise: float | None,
    guess: float,
) -> bool:
    """Whether the loss fell with every seed, by more than the noise on average, and the accuracy did not.

    A run that was lost with some seed gives way to one that is lost with none, and better than a constant guess.
    """
    if after is None or before is None or after.loss is None or after.accuracy is None:
        return False
    if before.loss is None or before.accuracy is None:
        return after.loss < guess - LOSS_GAIN
    fell = all(way is not None and way.mean < 0 for way in (difference(b, a) for a, b in pairs))
    return fell and before.loss - after.loss > (noise or 0.0) and after.accuracy >= before.accuracy
