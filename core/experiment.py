"""What an experiment is: a model, data, sizes, a seed and an ordered list of param groups.

Everything that arrives from outside (a preset, a link, the table, the API) becomes an
`Experiment` here or raises an `ExperimentError`. Each field carries the rule that reads and
bounds it, so the dataclasses below are the one table that drives files, page and errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import ExperimentError, Problem
from core.importing import MAX_FILE_BYTES, read_toml
from core.options import FROZEN, MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS, OPTION_RULES
from core.reading import Network, read_optimizers
from core.records import parse_fields, ruled, ruled_fields, unknown_fields, write_fields
from core.rules import Bilingual, Choice, Depth, Flag, Globs, Number, Options, Text, Words
from core.text import Shown

__all__ = ["Experiment", "ExperimentError", "Group", "Problem", "load_presets"]

ROLES = ("any", "weight", "bias", "norm")
SCHEDULES = ("constant", "warmup_cosine", "step", "one_cycle", "linear")
PRESET_KINDS = ("article", "recipes", "pitfalls")

MAX_GROUPS = 40
MAX_NAME = 100  # characters of a model or dataset
MAX_STEPS = 20_000
MAX_POINTS = 320_000  # steps x groups: bounds what a run sends and a chart holds
MAX_BATCH_PIXELS = 2**20  # batch_size x image_size²: 256 images at 64 px, about a second a step on 2 cores


@dataclass(frozen=True, kw_only=True)
class Group:
    """One row of the table: which parameters, and how they are treated.

    `params` are globs over parameter names; `role` narrows them to weights, biases or the
    parameters of normalisation layers, `depth` to blocks of the network ("3", "2-5", "4-", "stem",
    "head"; `core.depth` says how they are counted). `optimizer` names a class of torch.optim, or
    "frozen". With `layer_decay` the group stands for one per depth, and `lr` is the head's: each
    step away from the head multiplies it by that factor (`core.assignment` makes them).
    `momentum` None means the class's own default; `options` are its other keyword arguments,
    given as text (`betas=(0.9, 0.95) nesterov=True`) and kept as (name, value) pairs.
    `schedule` says how `lr` changes (`core.schedules` how exactly); until `start_epoch` whole
    epochs have been trained the group is as frozen. A frozen group ignores these three.
    Raises ExperimentError, with `row` None, for a value outside its rule.
    """

    name: str = ruled(Text(40))
    params: tuple[str, ...] = ruled(Globs(most=20, longest=100))
    role: str = ruled(Choice(ROLES), "any")
    depth: str = ruled(Depth(), "")
    optimizer: str = ruled(Choice(tuple(OPTIMIZER_OPTIONS)), "Adam")
    lr: float = ruled(Number(0.0, 1000.0), 1e-3)
    layer_decay: float | None = ruled(Number(0.01, 1.0, optional=True), None)
    weight_decay: float = ruled(Number(0.0, 100.0), 0.0)
    momentum: float | None = ruled(Number(0.0, 1.0, optional=True), None)
    schedule: str = ruled(Choice(SCHEDULES), "constant")
    start_epoch: int = ruled(Number(0, 100, whole=True), 0)
    options: tuple[tuple[str, Any], ...] = ruled(Options(OPTION_RULES), "")

    def __post_init__(self) -> None:
        parse_fields(self)
        problems = [
            Problem(None, "options", "option_not_taken", _option_values(self, name))
            for name, _ in self.options
            if name not in OPTIMIZER_OPTIONS[self.optimizer]
        ]
        if self.momentum is not None and self.optimizer not in MOMENTUM_OPTIMIZERS:
            values = {"optimizer": self.optimizer, "allowed": ", ".join(MOMENTUM_OPTIMIZERS)}
            problems.append(Problem(None, "momentum", "momentum_not_taken", values))
        if problems:
            raise ExperimentError(problems)

    @property
    def frozen(self) -> bool:
        return self.optimizer == FROZEN

    def trains_after(self, epochs: int) -> bool:
        """Whether the group trains once so many whole epochs have been trained."""
        return not self.frozen and self.start_epoch <= epochs

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON and TOML can hold; `options` as the text that was typed."""
        return write_fields(self)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A whole run, ready to be repeated. Sizes count images, `image_size` pixels a side.

    `frozen_norm` says how normalisation layers whose parameters are all frozen behave:
    "eval" keeps their running statistics as they are, "train" lets them drift. Which models and
    datasets there are, and what they take, is not known here: `core.checking` says that.
    Raises ExperimentError for a value outside its rule, or values that do not fit together.
    """

    title: Bilingual = ruled(Words(100), "")
    summary: Bilingual = ruled(Words(1000), "")
    look_for: Bilingual = ruled(Words(2000), "")
    model: str = ruled(Text(MAX_NAME), "simple_cnn")
    pretrained: bool = ruled(Flag(), False)
    dataset: str = ruled(Text(MAX_NAME), "cifar10")
    train_size: int = ruled(Number(10, 50_000, whole=True), 5000)
    test_size: int = ruled(Number(10, 10_000, whole=True), 1000)
    image_size: int = ruled(Number(32, 224, whole=True), 32)
    epochs: int = ruled(Number(1, 100, whole=True), 3)
    batch_size: int = ruled(Number(2, 1024, whole=True), 128)
    seed: int = ruled(Number(0, 2**31 - 1, whole=True), 0)
    frozen_norm: str = ruled(Choice(("eval", "train")), "eval")
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        parse_fields(self)
        object.__setattr__(self, "groups", tuple(self.groups))
        if problems := [*_size_problems(self), *_group_list_problems(self.groups), *_start_problems(self)]:
            raise ExperimentError(problems)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run; the last, incomplete batch of an epoch is left out."""
        return self.epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        return self.train_size // self.batch_size

    @classmethod
    def from_dict(cls, raw: object) -> Experiment:
        """Read an experiment from plain values, as `to_dict` gives them.

        Raises ExperimentError with every problem found: unknown fields, values outside
        their rules (numbers may be text, as "3e-4"), sizes and groups that do not fit.
        """
        if not isinstance(raw, Mapping):
            raise ExperimentError([Problem(None, "experiment", "not_a_table", {"value": raw})])
        problems = list(unknown_fields(cls, raw))
        groups = raw.get("groups")
        if not isinstance(groups, (list, tuple)) or not groups:
            raise ExperimentError([*problems, Problem(None, "groups", "no_groups")])
        if len(groups) > MAX_GROUPS:
            values = {"count": len(groups), "most": MAX_GROUPS}
            raise ExperimentError([*problems, Problem(None, "groups", "too_many_groups", values)])
        parsed = []
        for row, group in enumerate(groups):
            try:
                parsed.append(_group_from_dict(group))
            except ExperimentError as error:
                problems += [replace(problem, row=row) for problem in error.problems]
        rest = {f.name: raw[f.name] for f in ruled_fields(cls) if f.name in raw}
        try:
            whole = cls(**rest, groups=tuple(parsed) if len(parsed) == len(groups) else (_STAND_IN,))
        except ExperimentError as error:
            problems += error.problems
        if problems:
            raise ExperimentError(problems)
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON and TOML can hold; `from_dict` gives back an equal experiment."""
        return write_fields(self) | {"groups": [group.to_dict() for group in self.groups]}

    @classmethod
    def from_optimizer(cls, model: Network, optimizers: Any, **settings: Any) -> Experiment:
        """The experiment that a torch optimizer, or a list of them, makes of a network's parameters.

        The groups and, where it is known again, the model are read (`core.reading` says how); `settings`
        has what an optimizer does not know (dataset, epochs, seed ...). Raises ExperimentError.
        """
        return cls.from_dict(settings | read_optimizers(model, optimizers))

    @classmethod
    def from_toml(cls, path: str | Path) -> Experiment:
        """Read a TOML file of the form that `presets/` holds. Raises ExperimentError, OSError."""
        with open(path, "rb") as file:
            return cls.from_dict(read_toml(file.read(MAX_FILE_BYTES + 1)))


def load_presets(folder: Path) -> dict[str, Experiment]:
    """Every `*.toml` of the folders `PRESET_KINDS` in `folder` by its stem; in each by the English titles."""
    presets: dict[str, Experiment] = {}
    for kind in PRESET_KINDS:
        read = {path.stem: Experiment.from_toml(path) for path in (folder / kind).glob("*.toml")}
        presets |= sorted(read.items(), key=lambda item: item[1].title.en)
    return presets


def _group_from_dict(raw: object) -> Group:
    if not isinstance(raw, Mapping):
        raise ExperimentError([Problem(None, "groups", "not_a_table", {"value": raw})])
    problems = list(unknown_fields(Group, raw))
    known = {f.name: raw[f.name] for f in ruled_fields(Group) if f.name in raw}
    try:
        group = Group(**({"name": None, "params": None} | known))
    except ExperimentError as error:
        problems += error.problems
    if problems:
        raise ExperimentError(problems)
    return group


def _size_problems(e: Experiment) -> Iterable[Problem]:
    if e.batch_size > e.train_size:
        values = {"value": e.batch_size, "most": e.train_size}
        yield Problem(None, "batch_size", "batch_over_train_size", values)
    if e.batch_size * e.image_size**2 > MAX_BATCH_PIXELS:
        values = {"value": e.batch_size, "size": e.image_size, "most": MAX_BATCH_PIXELS // e.image_size**2}
        yield Problem(None, "batch_size", "batch_too_heavy", values)
    if e.steps > MAX_STEPS:
        yield Problem(None, "epochs", "too_many_steps", {"value": e.steps, "most": MAX_STEPS})
    if e.steps * len(e.groups) > MAX_POINTS and e.steps <= MAX_STEPS:
        values = {"value": e.steps, "groups": len(e.groups), "most": MAX_POINTS // len(e.groups)}
        yield Problem(None, "epochs", "too_many_points", values)


def _group_list_problems(groups: tuple[Group, ...]) -> Iterable[Problem]:
    if not groups:
        yield Problem(None, "groups", "no_groups")
    if len(groups) > MAX_GROUPS:
        yield Problem(None, "groups", "too_many_groups", {"count": len(groups), "most": MAX_GROUPS})
    if groups and all(group.frozen for group in groups):
        yield Problem(0, "optimizer", "all_frozen")
    first: dict[str, int] = {}
    for row, group in enumerate(groups):
        if first.setdefault(group.name, row) != row:
            values = {"value": group.name, "row": first[group.name] + 1}
            yield Problem(row, "name", "duplicate_name", values)


def _start_problems(e: Experiment) -> Iterable[Problem]:
    trainable = [(group.start_epoch, row) for row, group in enumerate(e.groups) if not group.frozen]
    for start, row in trainable:
        if start >= e.epochs:
            values = {"value": start, "epochs": e.epochs, "most": e.epochs - 1}
            yield Problem(row, "start_epoch", "starts_too_late", values)
    if trainable and 0 < min(trainable)[0] < e.epochs:
        start, row = min(trainable)
        yield Problem(row, "start_epoch", "none_starts", {"value": start})


def _option_values(group: Group, name: str) -> dict[str, Any]:
    taken = ", ".join(OPTIMIZER_OPTIONS[group.optimizer])
    return {"value": Shown(name), "optimizer": group.optimizer, "allowed": taken or "-"}


_STAND_IN = Group(name="stand-in", params=("*",))  # for the sizes' checks when a group is wrong
