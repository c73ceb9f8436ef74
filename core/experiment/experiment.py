"""What an experiment is: a model, data, sizes, a seed and an ordered list of param groups.

Everything that arrives from outside (a preset, a link, the table, the API) becomes an
`Experiment` here or raises an `ExperimentError`. Each field carries the rule that reads and
bounds it, so the dataclasses below are the one table that drives files, page and errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.experiment.errors import ExperimentError, Problem, collecting
from core.experiment.fields import (
    Bilingual,
    Choice,
    Flag,
    Lines,
    Number,
    Text,
    Words,
    parse_fields,
    ruled,
    ruled_fields,
    unknown_fields,
    write_fields,
)
from core.experiment.files import MAX_FILE_BYTES, read_toml, write_toml
from core.experiment.from_torch import MAX_STRUCTURE, read_optimizers
from core.experiment.group import Group, as_groups
from core.experiment.wrappers import Network

# How gradients are clipped before a step, by torch.nn.utils: not, the norm of all together by `clip_grad_norm_`
# (arXiv:1211.5063), the norm of each group by itself, or every single number by `clip_grad_value_`.
CLIPS = ("none", "norm", "norm_per_group", "value")

PRESET_KINDS = ("article", "recipes", "pitfalls", "structures", "course")

MAX_GROUPS = 128
MAX_GLOB_CHARACTERS = 80_000  # of all groups' patterns: bounds what files hold and names are compared with
MAX_NAME = 100  # characters of a model or dataset
MAX_STEPS = 20_000
MAX_POINTS = 320_000  # steps x groups: bounds what a run sends and a chart holds
MAX_BATCH_PIXELS = 2**20  # batch_size x image_size²: 256 images at 64 px, about a second a step on 2 cores


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of an experiment but its groups. Sizes count images, `image_size` pixels a side.

    `frozen_norm` says how normalisation layers whose parameters are all frozen behave:
    "eval" keeps their running statistics as they are, "train" lets them drift. `clip` says whether gradients are
    clipped before each step, and what of them, at `clip_at` (`core.training.clipping`). `structure` is a network that
    is known by its names and shapes only (`core.structures`), with `model` as what to call it. Which models and
    datasets there are, and what they take, is not known here: `core.checking` says that.
    Raises ExperimentError for a value outside its rule, or values that do not fit together.
    """

    title: Bilingual = ruled(Words(100), "")
    summary: Bilingual = ruled(Words(1000), "")
    look_for: Bilingual = ruled(Words(2000), "")
    model: str = ruled(Text(MAX_NAME), "simple_cnn")
    structure: str = ruled(Lines(MAX_STRUCTURE), "")
    pretrained: bool = ruled(Flag(), False)
    dataset: str = ruled(Text(MAX_NAME), "cifar10")
    train_size: int = ruled(Number(10, 50_000, whole=True), 5000)
    test_size: int = ruled(Number(10, 10_000, whole=True), 1000)
    image_size: int = ruled(Number(32, 224, whole=True), 32)
    epochs: int = ruled(Number(1, 100, whole=True), 3)
    batch_size: int = ruled(Number(2, 1024, whole=True), 128)
    seed: int = ruled(Number(0, 2**31 - 1, whole=True), 0)
    frozen_norm: str = ruled(Choice(("eval", "train")), "eval")
    clip: str = ruled(Choice(CLIPS), "none")
    clip_at: float = ruled(Number(1e-6, 1e6), 1.0)

    def __post_init__(self) -> None:
        parse_fields(self)
        if problems := [*self._problems()]:
            raise ExperimentError(problems)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run; the last, incomplete batch of an epoch is left out."""
        return self.epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches of the training images."""
        return self.train_size // self.batch_size

    def _problems(self) -> Iterator[Problem]:
        """What does not fit together, each value by itself being within its rule."""
        if self.batch_size > self.train_size:
            values = {"value": self.batch_size, "most": self.train_size}
            yield Problem(None, "batch_size", "batch_over_train_size", values)
        if self.batch_size * self.image_size**2 > MAX_BATCH_PIXELS:
            most = MAX_BATCH_PIXELS // self.image_size**2
            values = {"value": self.batch_size, "size": self.image_size, "most": most}
            yield Problem(None, "batch_size", "batch_too_heavy", values)
        if self.steps > MAX_STEPS:
            yield Problem(None, "epochs", "too_many_steps", {"value": self.steps, "most": MAX_STEPS})


@dataclass(frozen=True, kw_only=True)
class Experiment(Settings):
    """A whole run, ready to be repeated: settings and an ordered list of param groups. Raises as `Settings` does."""

    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", as_groups(self.groups))
        super().__post_init__()

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        if self.steps * len(self.groups) > MAX_POINTS and self.steps <= MAX_STEPS:
            values = {"value": self.steps, "groups": len(self.groups), "most": MAX_POINTS // len(self.groups)}
            yield Problem(None, "epochs", "too_many_points", values)
        yield from _group_list_problems(self.groups)
        yield from _start_problems(self)

    @property
    def turns(self) -> tuple[int, ...]:
        """After how many whole epochs some group starts to train or freezes, 0 among them, in order."""
        trained = [group for group in self.groups if not group.frozen]
        ends = {group.end_epoch for group in trained if group.end_epoch is not None}
        return tuple(sorted({0, *(group.start_epoch for group in trained), *ends}))

    @classmethod
    def from_dict(cls, raw: object) -> Experiment:
        """Read an experiment from plain values, as `to_dict` gives them.

        Raises ExperimentError with every problem found: unknown fields, values outside
        their rules (numbers may be text, as "3e-4"), sizes and groups that do not fit.
        """
        if not isinstance(raw, Mapping):
            raise ExperimentError([Problem(None, "experiment", "not_a_table", {"value": raw})])
        problems = [*unknown_fields(cls, raw)]
        groups = raw.get("groups")
        if groups is not None and not isinstance(groups, (list, tuple)):
            raise ExperimentError([*problems, Problem(None, "groups", "groups_not_a_list", {"value": groups})])
        if not groups:
            raise ExperimentError([*problems, Problem(None, "groups", "no_groups")])
        if len(groups) > MAX_GROUPS:
            raise ExperimentError([*problems, _too_many(groups)])
        parsed: list[Group] = []
        for row, group in enumerate(groups):
            with collecting(problems, row):
                parsed.append(Group.from_dict(group))
        settings = {f.name: raw[f.name] for f in ruled_fields(cls) if f.name in raw}
        experiment = None
        with collecting(problems):
            if len(parsed) == len(groups):
                experiment = cls(**settings, groups=tuple(parsed))
            else:
                Settings(**settings)  # what is wrong with them is told beside what is wrong with the groups
        if experiment is None or problems:
            raise ExperimentError(problems)
        return experiment

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON and TOML can hold; `from_dict` gives back an equal experiment."""
        return write_fields(self) | {"groups": [group.to_dict() for group in self.groups]}

    @classmethod
    def from_optimizer(
        cls, network: Network, optimizers: Any, *, model: str | None = None, **settings: Any
    ) -> Experiment:
        """The experiment that torch optimizers make of a network's parameters.

        `optimizers` is an optimizer, a list of dicts as one is made of, or what `core.experiment.given` says; wrappers
        of network and optimizers are looked through. `model` is the network's name here: unless given, the network of
        the menu that has parameters of the same names and shapes, else "unknown" with its names and shapes, which
        cannot be trained here but looked at, assigned and exported, over the network at hand too. `settings` are what
        no optimizer knows (dataset, epochs, seed ...). What was left out or stands for something unknown is told by
        `warnings.warn`, a sentence each.

        Raises ExperimentError, with the group's row, for what is no optimizer, a group without parameters where some
        that train are in none, a parameter that is not the network's or stands in two places, or a value out of bounds.
        """
        reading = read_optimizers(network, optimizers, MAX_GROUPS)
        for notice in reading.notices:
            if model is None or notice.field != "model":
                warnings.warn(notice.sentence(), stacklevel=2)
        named: dict[str, Any] = {} if model is None else {"model": model, "structure": ""}
        values = reading.values | settings | named
        if "image_size" in reading.values:
            values.setdefault("batch_size", min(128, MAX_BATCH_PIXELS // values["image_size"] ** 2))
        return cls.from_dict(values)

    def to_toml(self) -> str:
        """The text of a preset file, which `from_toml` reads back to an equal experiment."""
        return write_toml(self.to_dict())

    @classmethod
    def from_toml(cls, path: str | Path) -> Experiment:
        """Read a TOML file of the form that `presets/` holds. Raises ExperimentError, OSError."""
        with open(path, "rb") as file:
            return cls.from_dict(read_toml(file.read(MAX_FILE_BYTES + 1)))


def load_presets(folder: Path) -> dict[str, Experiment]:
    """Every `*.toml` of the folders `PRESET_KINDS` in `folder` by its stem; by title in each, lessons by number."""
    presets: dict[str, Experiment] = {}
    for kind in PRESET_KINDS:
        read = {path.stem: Experiment.from_toml(path) for path in (folder / kind).glob("*.toml")}
        presets |= sorted(read.items(), key=lambda item: item[0] if kind == "course" else item[1].title.en)
    return presets


def _group_list_problems(groups: tuple[Group, ...]) -> Iterator[Problem]:
    if not groups:
        yield Problem(None, "groups", "no_groups")
    if len(groups) > MAX_GROUPS:
        yield _too_many(groups)
    if (count := sum(len(glob) for group in groups for glob in group.params)) > MAX_GLOB_CHARACTERS:
        yield Problem(None, "groups", "too_long_patterns", {"count": count, "most": MAX_GLOB_CHARACTERS})
    if groups and all(group.frozen for group in groups):
        yield Problem(0, "optimizer", "all_frozen")
    first: dict[str, int] = {}
    for row, group in enumerate(groups):
        if first.setdefault(group.name, row) != row:
            values = {"value": group.name, "row": first[group.name] + 1}
            yield Problem(row, "name", "duplicate_name", values)


def _start_problems(e: Experiment) -> Iterator[Problem]:
    trainable = [(group, row) for row, group in enumerate(e.groups) if not group.frozen]
    for group, row in trainable:
        values = {"epochs": e.epochs, "most": e.epochs - 1}
        if group.start_epoch >= e.epochs:
            yield Problem(row, "start_epoch", "starts_too_late", values | {"value": group.start_epoch})
        elif group.end_epoch is not None and group.end_epoch >= e.epochs:
            yield Problem(row, "end_epoch", "ends_too_late", values | {"value": group.end_epoch})
    first, row = min(((group.start_epoch, row) for group, row in trainable), default=(0, 0))
    if 0 < first < e.epochs:
        yield Problem(row, "start_epoch", "none_starts", {"value": first})
    idle = [epoch for epoch in range(first, e.epochs) if not any(group.trains_after(epoch) for group, _ in trainable)]
    ended = [(group.end_epoch, row) for group, row in trainable if group.end_epoch in idle]
    if ended:
        end, row = min(ended)
        yield Problem(row, "end_epoch", "none_goes_on", {"epoch": end + 1})


def _too_many(groups: Sequence[object]) -> Problem:
    return Problem(None, "groups", "too_many_groups", {"count": len(groups), "most": MAX_GROUPS})
