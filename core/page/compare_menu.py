"""The menu of what the page's experiment is compared with, and what its choices stand for.

A choice is ONE_GROUP or IN_TURN, or "frozen:", "run:" or "preset:" and the name of a group, a kept run or a preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core import lab
from core.experiment import Bilingual, Experiment, ExperimentError
from core.experiment.errors import unknown_name
from core.report import KeptRun
from core.server import Choose
from core.structures import runnable
from core.text import say

Presets = Mapping[str, Experiment]

ONE_GROUP, IN_TURN = "one_group", "in_turn"
MOST_DIFFERENCES = 8  # that are told


def choices_of(groups: Sequence[str], kept: Sequence[KeptRun], presets: Presets) -> list[str]:
    """All choices, for the names of the groups that train; the last run first, and presets that can be run."""
    of_kinds = {"frozen": groups, "run": [run.name for run in reversed(kept)], "preset": runnable(presets)}
    return [ONE_GROUP, IN_TURN, *(f"{kind}:{name}" for kind, names in of_kinds.items() for name in names)]


def name_of(choice: str, presets: Presets, language: str) -> str:
    """A choice in words."""
    kind, _, name = choice.partition(":")
    if kind == "frozen":
        return say("other_frozen", language, group=name)
    if kind == "run":
        return say("other_run", language, name=name)
    if kind == "preset" and name in presets:
        return say("other_preset", language, title=getattr(presets[name].title, language))
    return say("other_in_turn" if choice == IN_TURN else "other_one_group", language)


def chosen(choice: str, kept: Sequence[KeptRun], presets: Presets) -> Choose:
    """What gives the experiment to compare with; it raises ExperimentError where that is not there, or cannot be."""
    kind, _, name = choice.partition(":")

    def choose(experiment: Experiment) -> Experiment:
        if kind == "frozen":
            return lab.with_frozen(experiment, name)
        if kind not in ("run", "preset"):
            return lab.merged(experiment)
        known = presets if kind == "preset" else {run.name: run.experiment for run in kept}
        if name not in known:
            raise ExperimentError([unknown_name("other", name, list(known))])
        return known[name]

    return choose


def from_a_to_b(name: str, differences: Sequence[Bilingual], language: str) -> str:
    """One sentence: what B is, and in what it differs from A."""
    if not differences:
        return say("compare_same", language, name=name)
    told = [getattr(difference, language) for difference in differences[:MOST_DIFFERENCES]]
    if more := len(differences) - len(told):
        told.append(say("and_more", language, count=more))
    return say("compare_differences", language, name=name, differences=say("semicolon", language).join(told))
