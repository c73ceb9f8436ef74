"""Two variants' runs over the same seeds, and what follows from their accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.questions.comparing import Repeated
from core.questions.t_test import Verdict, verdict
from core.text import say


@dataclass(frozen=True)
class Paired:
    """The ends of both variants' runs, `a[i]` and `b[i]` of the same seed; `a` may be one ahead."""

    a: tuple[Repeated, ...]
    b: tuple[Repeated, ...]

    @property
    def accuracies(self) -> list[tuple[float, float]]:
        """Of the seeds with which both runs are done, both accuracies, 0 to 1."""
        both = [(x.accuracy, y.accuracy) for x, y in zip(self.a, self.b, strict=False)]
        return [(x, y) for x, y in both if x is not None and y is not None]

    @property
    def diverged(self) -> int:
        """How many runs ended since a number was no longer finite."""
        return sum(end.reason == "non_finite" for end in (*self.a, *self.b))

    @property
    def verdict(self) -> Verdict | None:
        """None for fewer than two seeds, and where a run diverged: without its seed only the lucky ones would count."""
        pairs = self.accuracies
        if self.diverged or len(pairs) < 2:
            return None
        return verdict([x for x, _ in pairs], [y for _, y in pairs])

    def sentence(self, language: str = "en") -> str:
        """Which of both is better, or why that cannot be said; empty before there is anything to say."""
        return self.verdict.sentence(language) if self.verdict else self._without_verdict("verdict", language)

    def sentence_if_frozen(self, language: str = "en") -> str:
        """The same where `b` is `a` with a group frozen: whether that group earns its training."""
        if (found := self.verdict) is None:
            return self._without_verdict("frozen", language)
        values = found.percent
        if not found.is_larger_than_noise:
            key = "frozen_within" if found.detectable is not None else "frozen_too_few"
            key = key if found.has_spread else "frozen_no_spread"
            return say(key, language, count=found.count, **values)
        if found.difference > 0:
            return say("frozen_falls", language, **values)
        rise = {"difference": -values["difference"], "low": -values["high"], "high": -values["low"]}
        return say("frozen_rises", language, **values | rise)

    def _without_verdict(self, prefix: str, language: str) -> str:
        if self.diverged:
            return say("compare_diverged", language, count=self.diverged)
        if not self.accuracies:
            return ""
        a, b = (100 * accuracy for accuracy in self.accuracies[0])
        return say(f"{prefix}_one_seed", language, a=a, b=b, difference=a - b)


def paired(ends: Sequence[Repeated], variants: int) -> list[Paired]:
    """The first of the `variants` beside each of the others, from the ends of `repeat_all` as far as they have come."""
    first, *others = (tuple(ends[place::variants]) for place in range(variants))
    return [Paired(first, other) for other in others]
