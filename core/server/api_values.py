"""The shapes of the API's values, as type hints that Gradio turns into JSON schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from core.experiment import Choice, Experiment, Group, Number, Rule, ruled_fields
from core.experiment.fields import Flag, Words
from core.experiment.notation import Globs


def _hint_of(rule: Rule) -> Any:
    """What a field with this rule takes and gives; numbers may be text, as in the table's cells."""
    if isinstance(rule, Number):
        number = int | str if rule.whole else float | str
        return number | None if rule.optional else number
    if isinstance(rule, Choice):
        return Literal[rule.choices]
    if isinstance(rule, Globs):
        return list[str] | str
    if isinstance(rule, Words):
        return dict[str, str] | str
    return bool if isinstance(rule, Flag) else str


def _hints_of(cls: type) -> dict[str, Any]:
    return {field.name: _hint_of(field.metadata["rule"]) for field in ruled_fields(cls)}


if TYPE_CHECKING:
    ExperimentFields = dict[str, Any]
    ExperimentOrName = dict[str, Any] | str
else:
    GroupFields = TypedDict("GroupFields", _hints_of(Group), total=False)
    ExperimentFields = TypedDict("ExperimentFields", _hints_of(Experiment) | {"groups": list[GroupFields]}, total=False)
    ExperimentOrName = ExperimentFields | str  # an experiment, or a preset's name, a link, a file's text


class AlsoFits(TypedDict):
    """Another group that fits the parameter, and by which rule."""

    group: str
    rule: str


class AssignedParameter(TypedDict):
    """One parameter of `count` weights, and the group that takes it by `rule`, ahead of those in `shadowed`."""

    parameter: str
    shape: list[int]
    count: int
    role: str
    depth: int
    group: str | None
    rule: str | None
    shadowed: list[AlsoFits]


class SeedRun(TypedDict):
    """One run; `accuracy`, 0 to 1, is None unless `reason` is "done"."""

    seed: int
    accuracy: float | None
    reason: str


class VerdictValues(TypedDict):
    """Means and standard deviations of accuracy, 0 to 1, over `count` seeds; `difference` is that of the means.

    Noise alone stays below `margin` in 95 % of cases; from `low` to `high` is the 95 % confidence interval. A true
    difference of `detectable` is found to be larger than the noise in 80 % of cases: what is within the noise is not
    shown to be equal. Where every seed shows the same difference (no `has_spread`) nothing is known of the noise,
    nothing is claimed, and these three are None. `detectable` alone is None where so few seeds find no difference
    reliably, however large.
    """

    count: int
    groups_mean: float
    groups_spread: float
    one_group_mean: float
    one_group_spread: float
    difference: float
    margin: float
    low: float | None
    high: float | None
    detectable: float | None
    has_spread: bool
    is_larger_than_noise: bool
    sentence: str


class SeedsAnswer(TypedDict):
    """How far the comparison has come, `progress` 0 to 1; at the end the runs, and what follows from them.

    `groups` are the experiment's runs; `one_group` those of the other experiment, or with one group if no other was
    given. `differences` says in words what differs from the first to the second. `verdict` is None with one seed, or
    if a run ended with numbers that are not finite; `sentence` says it in words, or why there is none.
    """

    status: str
    progress: float | None
    groups: list[SeedRun]
    one_group: list[SeedRun]
    differences: list[str]
    verdict: VerdictValues | None
    sentence: str


class FrozenGroup(TypedDict):
    """The runs with `group` frozen; in `verdict` they are the `one_group`, beside those with nothing frozen."""

    group: str
    runs: list[SeedRun]
    verdict: VerdictValues | None
    sentence: str


class AblationAnswer(TypedDict):
    """How far the runs have come, `progress` 0 to 1: those of the experiment as it is, and with each group frozen."""

    status: str
    progress: float | None
    as_it_is: list[SeedRun]
    frozen: list[FrozenGroup]
