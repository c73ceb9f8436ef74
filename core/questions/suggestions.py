"""What a search for rates and decays has found, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from core.experiment import Experiment
from core.questions.trials import with_values
from core.text import say


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
    seeds: int = 0
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
        short = [say("suggest_short", language, **found)] if self.steps < self.whole else []
        return [gain, *short, *(suggestion.sentence(language) for suggestion in self.groups)]


def _words(trial: Trial, language: str) -> str:
    if trial.loss is None or trial.accuracy is None:
        return say("map_lost", language)
    return say("suggest_trial", language, loss=trial.loss, accuracy=100 * trial.accuracy)


def with_suggestions(experiment: Experiment, suggestions: Suggestions) -> Experiment:
    """The experiment with the suggested rates and decays; groups go by their names."""
    usable = [s for s in suggestions.groups if s.refusal_key is None]
    rates = {s.group: s.lr_after for s in usable if s.lr_after is not None}
    decays = {s.group: s.weight_decay_after for s in usable if s.weight_decay_after is not None}
    return with_values(with_values(experiment, rates), decays, "weight_decay")
