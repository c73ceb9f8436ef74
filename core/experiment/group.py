"""A group of an experiment: which parameters it asks for, and how they are treated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.experiment.errors import ExperimentError, Problem, collecting
from core.experiment.fields import Choice, Number, Text, parse_fields, ruled, ruled_fields, unknown_fields, write_fields
from core.experiment.notation import LONGEST_GLOB, Depth, Globs, Options
from core.experiment.optimizer_classes import (
    FROZEN,
    MOMENTUM_OPTIMIZERS,
    OPTIMIZER_OPTIONS,
    OPTION_RULES,
    WITH_TWO_EPS,
    WITHOUT_DECAY,
    OptimizerClass,
    decay_kind,
    is_foreign,
)
from core.experiment.schedule_settings import SCHEDULE_RULES, SCHEDULES, schedule_problems
from core.text import Shown

ROLES = ("any", "weight", "bias", "norm", "matrix", "vector")


@dataclass(frozen=True, kw_only=True)
class Group:
    """One row of the table: which parameters, and how they are treated.

    `params` are globs over parameter names; `role` narrows them to weights, biases or the parameters of
    normalisation layers, or by shape to what has two or more dimensions ("matrix") or fewer ("vector"), `depth` to
    blocks of the network ("3", "2-5", "4-", "stem", "head"; `core.assignment.depth` says how they are counted).
    `optimizer` names a class of torch.optim, or is "frozen"; a class that no run can use is named by its path
    ("lion_pytorch.Lion"), or "unknown". With
    `layer_decay` the group stands for one per depth, and `lr` is the head's: each step away from the head
    multiplies it by that factor (`core.assignment` makes them).
    `momentum` None means the class's own default; `options` are its other keyword arguments,
    given as text (`betas=(0.9, 0.95) nesterov=True`) and kept as (name, value) pairs.
    `schedule` says how `lr` changes (`core.optimizers.schedules` how exactly), and `schedule_options` its settings,
    as text too (`warmup=0.05 floor=0.1`); until `start_epoch` whole epochs have been trained, and from `end_epoch` on
    if there is one, the group is treated as frozen. A frozen group ignores these.
    Raises ExperimentError, with `row` None, for a value outside its rule.
    """

    name: str = ruled(Text(40))
    params: tuple[str, ...] = ruled(Globs(most=200, longest=LONGEST_GLOB))
    role: str = ruled(Choice(ROLES), "any")
    depth: str = ruled(Depth(), "")
    optimizer: str = ruled(OptimizerClass(tuple(OPTIMIZER_OPTIONS)), "Adam")
    lr: float = ruled(Number(0.0, 1000.0), 1e-3)
    layer_decay: float | None = ruled(Number(0.01, 1.0, optional=True), None)
    weight_decay: float = ruled(Number(0.0, 100.0), 0.0)
    momentum: float | None = ruled(Number(0.0, 1.0, optional=True), None)
    schedule: str = ruled(Choice(SCHEDULES), "constant")
    schedule_options: tuple[tuple[str, Any], ...] = ruled(Options(SCHEDULE_RULES), "")
    start_epoch: int = ruled(Number(0, 100, whole=True), 0)
    end_epoch: int | None = ruled(Number(1, 100, whole=True, optional=True), None)
    options: tuple[tuple[str, Any], ...] = ruled(Options(OPTION_RULES), "")

    def __post_init__(self) -> None:
        foreign = isinstance(self.optimizer, str) and is_foreign(self.optimizer)
        parse_fields(self, **({"options": Options({})} if foreign else {}))
        problems = [] if self.frozen else [*self._schedule_problems()]
        if not self.foreign:
            problems += [*self._option_problems(), *self._momentum_problems(), *self._decay_problems()]
        if problems:
            raise ExperimentError(problems)

    def _schedule_problems(self) -> Iterator[Problem]:
        yield from schedule_problems(self.schedule, dict(self.schedule_options))
        if self.end_epoch is not None and self.end_epoch <= self.start_epoch:
            values = {"value": self.end_epoch, "start": self.start_epoch, "least": self.start_epoch + 1}
            yield Problem(None, "end_epoch", "ends_before_start", values)

    def _option_problems(self) -> Iterator[Problem]:
        taken = OPTIMIZER_OPTIONS[self.optimizer]
        for name, value in self.options:
            if name not in taken:
                values = {"value": Shown(name), "optimizer": self.optimizer, "allowed": ", ".join(taken) or "-"}
                yield Problem(None, "options", "option_not_taken", values)
            elif name == "eps" and isinstance(value, tuple) != (self.optimizer in WITH_TWO_EPS):
                key = "two_eps" if self.optimizer in WITH_TWO_EPS else "one_eps"
                yield Problem(None, "options", key, {"optimizer": self.optimizer})

    def _momentum_problems(self) -> Iterator[Problem]:
        if self.momentum is not None and self.optimizer not in MOMENTUM_OPTIMIZERS:
            values = {"optimizer": self.optimizer, "allowed": ", ".join(MOMENTUM_OPTIMIZERS)}
            yield Problem(None, "momentum", "momentum_not_taken", values)

    def _decay_problems(self) -> Iterator[Problem]:
        if self.weight_decay != 0 and self.optimizer in WITHOUT_DECAY:
            yield Problem(None, "weight_decay", "decay_not_taken", {"optimizer": self.optimizer})

    @property
    def frozen(self) -> bool:
        """Whether it trains in no epoch."""
        return self.optimizer == FROZEN

    @property
    def foreign(self) -> bool:
        """Whether no run can use its class: only the class's name and settings are known."""
        return is_foreign(self.optimizer)

    @property
    def decay_kind(self) -> str:
        """How its weight decay enters a step, as `core.experiment.optimizer_classes.decay_kind` tells them apart."""
        return decay_kind(self.optimizer, self.weight_decay, dict(self.options))

    def trains_after(self, epochs: int) -> bool:
        """Whether the group trains once so many whole epochs have been trained."""
        has_ended = self.end_epoch is not None and self.end_epoch <= epochs
        return not self.frozen and self.start_epoch <= epochs and not has_ended

    @classmethod
    def from_dict(cls, raw: object) -> Group:
        """Read a group from plain values, as `to_dict` gives them. Raises ExperimentError with every problem found."""
        if not isinstance(raw, Mapping):
            raise ExperimentError([Problem(None, "groups", "not_a_table", {"value": raw})])
        problems = [*unknown_fields(cls, raw)]
        known = {f.name: raw[f.name] for f in ruled_fields(cls) if f.name in raw}
        with collecting(problems):
            group = cls(**({"name": None, "params": None} | known))
        if problems:
            raise ExperimentError(problems)
        return group

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON and TOML can hold; `options` as the text that was typed."""
        return write_fields(self)


def as_groups(given: object) -> tuple[Group, ...]:
    """The groups in a list or the like. Raises ExperimentError, with the row, for what is no group; and for no list."""
    if isinstance(given, (Mapping, str)) or not isinstance(given, Iterable):
        raise ExperimentError([Problem(None, "groups", "no_list_of_groups", {"value": Shown(type(given).__name__)})])
    groups = tuple(given)
    problems = [
        Problem(row, "groups", "not_a_group", {"value": Shown(type(item).__name__)})
        for row, item in enumerate(groups)
        if not isinstance(item, Group)
    ]
    if problems:
        raise ExperimentError(problems)
    return groups
