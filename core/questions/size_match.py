"""What a search for rates that match an update size tells: how far it is, and at its end one suggestion per group."""

from __future__ import annotations

from dataclasses import dataclass

from core.text import say


@dataclass(frozen=True)
class MatchProbe:
    """How far the search has come: probe `round` of at most `rounds`, `done` of `total` steps in it."""

    round: int
    rounds: int
    done: int
    total: int

    def sentence(self, language: str = "en") -> str:
        return say("match_probing", language, **vars(self))


@dataclass(frozen=True)
class SizeMatch:
    """One group: its learning rate and its median update/weight ratio before and after.

    The medians are over the first `steps` steps of the `whole` of the run with its own seed. Where `refusal_key` is
    not None, the rate is left as it is and the key names the reason; the ratio after is then what it has beside the
    other groups' new rates. A ratio is None where it could not be measured, and everything is None for a frozen group.
    """

    group: str
    lr_before: float | None
    ratio_before: float | None
    lr_after: float | None
    ratio_after: float | None
    refusal_key: str | None = None
    steps: int = 0
    whole: int = 0

    def sentence(self, language: str = "en") -> str:
        """The suggestion, or why there is none, as a sentence with its numbers."""
        if self.refusal_key is not None:
            return say(self.refusal_key, language, group=self.group, steps=self.steps)
        values = {"lr_before": self.lr_before, "lr_after": self.lr_after, "group": self.group}
        values |= {"steps": self.steps, "whole": self.whole}
        return say("match_lr", language, before=self.ratio_before, after=self.ratio_after, **values)


@dataclass(frozen=True)
class SizeMatches:
    """The search's end. `reason` is "done", "stopped", "time_limit" or "non_finite".

    `groups` holds one suggestion per group, in order, or none if the search was cut short.
    """

    target: float
    reason: str
    groups: tuple[SizeMatch, ...]
