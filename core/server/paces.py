"""How long a run will take, by those that were computed here before: known before it begins."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from core.experiment import Experiment

MOST_KEPT = 256  # kinds of steps
STEPS = 5  # the first ones warm up: a run of fewer says nothing
# Evaluating a batch costs this part of a step: a forward pass without the backward one, about twice as long.
EVALUATED = 1 / 3
CERTAIN = 5.0  # times the limit: a run's mean step may have been measured while the machine was busy
WATCHED = 0.01  # part of the limit that a run's steps took: the mean of one that ended sooner is that of warming up


@dataclass(frozen=True)
class Paced:
    """Seconds per optimizer step: of the last run, and of the fastest, which took `watched` seconds for all of them."""

    last: float
    fastest: float
    watched: float


class Paces:
    """By what a step costs: network, size of a batch, and which parameters are trained by what."""

    def __init__(self) -> None:
        self._paced: OrderedDict[Hashable, Paced] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, experiment: Experiment, steps: int, each: float) -> None:
        """A run of `experiment` took `each` seconds for a step, in the mean over so many."""
        if steps < STEPS:
            return
        with self._lock:
            for kind in (_kind(experiment), _roughly(experiment)):
                known = self._paced.pop(kind, None)
                if known and known.fastest < each:
                    self._paced[kind] = replace(known, last=each)
                else:
                    self._paced[kind] = Paced(each, each, steps * each)
            while len(self._paced) > MOST_KEPT:
                self._paced.popitem(last=False)

    def seconds(self, experiment: Experiment) -> float | None:
        """About how many a whole run takes; None where none like it was computed yet."""
        paced = self._paced.get(_kind(experiment)) or self._paced.get(_roughly(experiment))
        if paced is None:
            return None
        images = (experiment.epochs + 1) * experiment.test_size
        return paced.last * (experiment.steps + EVALUATED * images / experiment.batch_size)

    def hopeless(self, experiment: Experiment, limit: float) -> float | None:
        """The seconds of its steps, by the fastest run whose steps cost the same, if `limit` is certainly too short."""
        paced = self._paced.get(_kind(experiment))
        if paced is None or paced.watched < WATCHED * limit:
            return None
        seconds = paced.fastest * experiment.steps
        return seconds if seconds > CERTAIN * limit else None


def _roughly(experiment: Experiment) -> Hashable:
    return experiment.model, experiment.image_size, experiment.batch_size


def _kind(experiment: Experiment) -> Hashable:
    groups = [(g.params, g.role, g.depth, g.optimizer, g.start_epoch, g.end_epoch) for g in experiment.groups]
    return _roughly(experiment), experiment.frozen_norm, tuple(groups)
