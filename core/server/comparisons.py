"""One experiment beside others over several seeds: is a difference noise, and which groups earn their training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import lab
from core.experiment import Bilingual, Experiment, differences
from core.server.answers import Answer, answer_of, told
from core.server.runs import Choose, Runs, checked_other
from core.server.visitors import Visitor
from core.text import say


@dataclass(frozen=True)
class Compared(Answer):
    """`pairs` are A's runs beside those of each other experiment, as far as they have come: one, or one for each of
    `groups`, which is frozen in it. `differences` are those from A to the one other."""

    pairs: Sequence[lab.Paired] = ()
    groups: Sequence[str] = ()
    differences: Sequence[Bilingual] = ()


def compare_over_seeds(
    runs: Runs, visitor: Visitor, language: str, raw: dict[str, Any], choose: Choose, count: Any
) -> Iterator[Answer]:
    """The page's experiment against the one that `choose` gives for it, each over `count` seeds."""

    def begin(experiment: Experiment) -> Iterator[Answer]:
        other = checked_other(experiment, choose).experiment
        assert other is not None, "no problem was found"
        return answers_over_seeds(runs, visitor, language, experiment, other, count)

    return told(raw, language, begin)


def freeze_in_turn(runs: Runs, visitor: Visitor, language: str, raw: dict[str, Any], count: Any) -> Iterator[Answer]:
    """The page's experiment against itself with each group frozen in turn, each over `count` seeds."""
    return told(raw, language, lambda experiment: answers_in_turn(runs, visitor, language, experiment, count))


def answers_over_seeds(
    runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment, other: Experiment, count: Any
) -> Iterator[Compared]:
    """Of two experiments that can run; the other runs with the seeds of the first. Raises one of FAILURES."""
    found = in_which_they_differ(experiment, other)
    for answer in _answers(runs, visitor, language, experiment, (other,), count):
        sentences = [answer.pairs[0].sentence(language)] if answer.pairs and answer.progress is None else []
        yield replace(answer, sentences=[*filter(None, sentences)], differences=found)


def answers_in_turn(
    runs: Runs, visitor: Visitor | None, language: str, experiment: Experiment, count: Any
) -> Iterator[Compared]:
    """As `freeze_in_turn`, of an experiment that can run. Raises one of FAILURES."""
    variants = lab.frozen_in_turn(experiment)
    for answer in _answers(runs, visitor, language, experiment, tuple(variants.values()), count):
        pairs = dict(zip(variants, answer.pairs, strict=False))
        found = {group: pair.sentence_if_frozen(language) for group, pair in pairs.items()}
        sentences = [say("behind", language, label=group, text=words) for group, words in found.items() if words]
        if sum(pair.verdict is not None for pair in pairs.values()) > 1:
            sentences.append(say("frozen_by_chance", language))
        yield replace(answer, sentences=sentences, groups=tuple(variants))


def in_which_they_differ(a: Experiment, b: Experiment) -> list[Bilingual]:
    """`differences` but for the seed, which is A's for both; of the groups as they were typed and as they are run,
    after layer decay, those that take fewer sentences."""
    b = replace(b, seed=a.seed)
    return min(differences(a, b), differences(lab.as_run(a), lab.as_run(b)), key=len)


def _answers(
    runs: Runs,
    visitor: Visitor | None,
    language: str,
    experiment: Experiment,
    others: tuple[Experiment, ...],
    count: Any,
) -> Iterator[Compared]:
    """How far the runs are, and those that are over beside each other; at the end why they ended."""
    ends: list[lab.Repeated] = []
    pairs: list[lab.Paired] = []
    for event in runs.in_turn(visitor, lambda stop: lab.compute(lab.repeat_all, experiment, others, count, stop=stop)):
        if isinstance(event, lab.Repeated):
            ends.append(event)
            pairs = lab.paired(ends, 1 + len(others))
        else:
            answer = answer_of(event, language)
            yield Compared(answer.status, answer.progress, pairs=pairs)
    if ends:
        reasons = {end.reason for end in ends} - {"done"}
        yield Compared(say(f"asked_{max(reasons, default='done')}", language), None, pairs=pairs)
