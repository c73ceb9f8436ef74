"""Rates and decays that were seen to lower the loss: a search by short runs, its result tried with other seeds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

import torch

from core.events import Progress
from core.experiment import Experiment, ExperimentError, Group, Number, Problem, Wrong
from core.questions.coordinate_search import CoordinateSearch, Searching
from core.questions.suggestions import Suggestion, Suggestions, Trial
from core.questions.trials import LOSS_GAIN, PATIENCE, Stop, Trials, difference, trained
from core.training import TIME_LIMIT, Ended, ShortRun, Start

SECONDS = Number(20, TIME_LIMIT)
JOINT_RUNS, GROUP_RUNS = 10, 6  # that a search has at least, for all groups together and for each
CONFIRMING = 0.4  # part of the time that is kept for trying the result again
MORE_SEEDS, FEWEST_SEEDS = 3, 2  # that it is tried again with
ERRORS = 3.0  # standard errors that the gain must exceed


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
    trains on, never on the test images. What is found is tried again, next to the start, with two or three other
    seeds, over the whole run where that takes at most as long again; it is proposed only if the loss fell with each of
    them, by more than three standard errors on average, and the accuracy did not; a lower decay only where the proposed
    rates with the decay as it was are worse by the same measure. Yields `Searching` about five times a second (and
    Progress while weights are fetched or the frozen beginning is computed), at last one `Suggestions`.

    Raises ExperimentError for `seconds` outside 20 to 600, and what `map_rates` raises.
    """
    try:
        seconds = SECONDS.read(seconds)
    except Wrong as wrong:
        raise ExperimentError([Problem(None, "seconds", wrong.key, wrong.values)]) from None
    if not [*trained(experiment)]:
        raise ExperimentError([Problem(None, "groups", "map_no_groups")])
    yield from _Suggester(Trials(experiment, device, stop, time_limit), min(seconds, 0.9 * time_limit)).events()


class _Suggester:
    """Searches, then tries what was found with other seeds."""

    def __init__(self, trials: Trials, seconds: float) -> None:
        self._trials, self._seconds = trials, seconds
        self._experiment = trials.experiment
        self._began = time.monotonic()
        self._seeds, self._steps, self._kept = MORE_SEEDS, 0, 0.0  # set by `_plan`
        self._before: dict[int, ShortRun] = {}  # the start's runs, by seed

    def events(self) -> Iterator[Progress | Searching | Suggestions]:
        try:
            yield (yield from self._found())
        except Ended as ended:
            yield Suggestions(ended.reason)

    def _found(self) -> Generator[Progress | Searching, None, Suggestions]:
        start = yield from self._trials.start()
        yield from self._trials.time_runs([start])
        searching = self._plan()
        wanted = JOINT_RUNS + GROUP_RUNS * len([*trained(self._experiment)])
        steps = min(self._trials.steps_for(wanted, searching), self._steps)
        left = searching - (time.monotonic() - self._began)
        search = CoordinateSearch(start, self._trials, steps, left, self._seconds, self._kept)
        yield from search.events()
        for proposal in dict.fromkeys(_without_rounding(self._experiment, each) for each in search.proposals()):
            if proposal == self._experiment:
                continue
            result = yield from self._try_again(proposal, search.runs)
            if result.is_better:
                return result
        return self._result(self._experiment, search.runs)

    def _plan(self) -> float:
        """The seconds that are for searching. What is found is tried again over the whole run, with fewer seeds if need
        be, where that takes no more than `PATIENCE` times what is kept for it.

        A rate above the best one is ahead in the first steps (short-horizon bias: arXiv:1803.02021).
        """
        kept = CONFIRMING * self._seconds
        searching, longest = self._seconds - kept, min(PATIENCE * kept, self._trials.clock.left())
        plans = [(seeds, self._experiment.steps) for seeds in (MORE_SEEDS, FEWEST_SEEDS)]
        plans.append((MORE_SEEDS, self._trials.steps_for(2 * MORE_SEEDS, kept, starts=MORE_SEEDS)))
        for self._seeds, self._steps in plans:
            need = self._trials.seconds_for(2 * self._seeds, self._steps, self._seeds)
            if need <= longest:
                break
        self._kept = max(kept, need)
        self._seconds = searching + self._kept
        return searching

    def _try_again(self, proposal: Experiment, searched: int) -> Generator[Progress | Searching, None, Suggestions]:
        """The proposal next to the start, with seeds that the search has not seen, until one speaks against it.

        If it lowers decays too, its rates alone are run beside it: two runs whose decays do nothing differ by chance,
        by more than the images' standard error. A decay is lowered only if that is better in the same way; only where
        the time is too short for these runs, rates and decays are judged together.
        """
        pairs: list[tuple[ShortRun, ShortRun]] = []
        alone: list[ShortRun] = []
        rates_alone = _with_decays_of(self._experiment, proposal)
        more_seconds = self._trials.seconds_for(self._seeds, self._steps)
        lowers_too = rates_alone not in (proposal, self._experiment) and 4 * more_seconds < self._trials.clock.left()
        self._seconds += lowers_too * more_seconds
        for more in range(1, self._seeds + 1):
            start = yield from self._trials.start(more)
            if more not in self._before:
                self._before[more] = yield from self._run(start, start.experiment, searched)
            changed = replace(start.experiment, groups=proposal.groups)
            pairs.append((self._before[more], (yield from self._run(start, changed, searched))))
            if not _has_fallen(*pairs[-1]):
                break
            if lowers_too:
                alone.append((yield from self._run(start, replace(changed, groups=rates_alone.groups), searched)))
        result = self._result(proposal, searched, pairs)
        if not result.is_better or not alone:
            return result
        befores, afters = zip(*pairs, strict=True)
        needed = self._result(proposal, searched, [*zip(alone, afters, strict=True)])
        without = self._result(rates_alone, searched, [*zip(befores, alone, strict=True)])
        return result if needed.is_better else without

    def _run(
        self, start: Start, experiment: Experiment, searched: int
    ) -> Generator[Progress | Searching, None, ShortRun]:
        training = start.run(experiment, self._steps)
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
        self, proposal: Experiment, searched: int, pairs: Sequence[tuple[ShortRun, ShortRun]] = ()
    ) -> Suggestions:
        before, after = (_mean(runs) for runs in zip(*pairs, strict=True)) if pairs else (None, None)
        noise = _noise(pairs)
        guess = math.log(self._trials.classes)
        is_better = len(pairs) == self._seeds and _is_better(pairs, before, after, noise, guess)
        after_all = (proposal if is_better else self._experiment).groups
        groups = tuple(_suggestion(*pair) for pair in zip(self._experiment.groups, after_all, strict=True))
        sizes = {"seeds": self._seeds, "steps": self._steps, "whole": self._experiment.steps, "runs": searched}
        return Suggestions("done", groups, is_better, before, after, noise, **sizes)


def _without_rounding(experiment: Experiment, proposal: Experiment) -> Experiment:
    """The proposal, its rates as they were where it came back to them: 0.001 / 3 · 3 is 0.000999 in three digits."""
    pairs = zip(experiment.groups, proposal.groups, strict=True)
    return replace(
        proposal, groups=tuple(replace(b, lr=a.lr) if math.isclose(a.lr, b.lr, rel_tol=0.01) else b for a, b in pairs)
    )


def _with_decays_of(experiment: Experiment, proposal: Experiment) -> Experiment:
    """The proposal's rates with the experiment's decays."""
    pairs = zip(experiment.groups, proposal.groups, strict=True)
    return replace(proposal, groups=tuple(replace(after, weight_decay=group.weight_decay) for group, after in pairs))


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


def _has_fallen(before: ShortRun, after: ShortRun) -> bool:
    """Whether the loss is lower with one seed; a run that was lost is worse than one that was not."""
    way = difference(after, before)
    return way.mean < 0 if way is not None else before.loss is None and after.loss is not None


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
    fell = all(_has_fallen(*pair) for pair in pairs)
    return fell and before.loss - after.loss > (noise or 0.0) and after.accuracy >= before.accuracy
