"""Which parameter belongs to which group, and by which rule: the first matching group takes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torchvision
from torch import nn

from core.experiment import Experiment, ExperimentError, Group, Problem

NORM_LAYERS = (
    nn.modules.batchnorm._NormBase,  # batch and instance normalisation of every dimension
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
    torchvision.ops.FrozenBatchNorm2d,
)


@dataclass(frozen=True)
class Assigned:
    """One parameter of the model and where it went.

    `names` holds every name it has (tied weights have several), the first the one shown;
    `group` is None when no group takes it; `rule` is the glob that won, `shadowed` holds
    the later groups that fit it too, each by its name and the glob that does.
    """

    names: tuple[str, ...]
    parameter: nn.Parameter
    role: str
    group: int | None
    rule: str
    shadowed: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def count(self) -> int:
        return self.parameter.numel()


@dataclass(frozen=True)
class Assignment:
    """An experiment's groups over a model's parameters; `rows` in the model's own order."""

    experiment: Experiment
    model: nn.Module
    rows: tuple[Assigned, ...]
    problems: tuple[Problem, ...]

    def of_group(self, index: int) -> list[Assigned]:
        return [row for row in self.rows if row.group == index]

    def frozen_norms(self, epochs: int = 0) -> list[nn.Module]:
        """The normalisation layers whose own parameters, at least one, are all in groups that are
        frozen or start later than after `epochs` epochs."""
        idle = {index for index, group in enumerate(self.experiment.groups) if not group.trains_after(epochs)}
        return [layer for layer, homes in self._norms() if homes <= idle]

    def norms_of(self, index: int) -> list[nn.Module]:
        """The normalisation layers that belong to a group: all their own parameters are in it.

        Frozen groups that share a layer have it each: what is frozen in parts is frozen as a whole.
        """
        frozen = {index for index, group in enumerate(self.experiment.groups) if group.frozen}
        peers = frozen if index in frozen else {index}
        return [layer for layer, homes in self._norms() if index in homes and homes <= peers]

    def _norms(self) -> Iterator[tuple[nn.Module, set[int | None]]]:
        """Every normalisation layer that has parameters of its own, and the groups these are in."""
        group_of = {id(row.parameter): row.group for row in self.rows}
        for module in self.model.modules():
            homes = {group_of[id(parameter)] for parameter in module.parameters(recurse=False)}
            if isinstance(module, NORM_LAYERS) and homes:
                yield module, homes

    def table(self) -> list[dict[str, object]]:
        """One dict of plain values per parameter: name, shape, count, role, group, rule, shadowed rules."""
        names = [group.name for group in self.experiment.groups]
        return [
            {
                "parameter": row.name,
                "shape": list(row.parameter.shape),
                "count": row.count,
                "role": row.role,
                "group": None if row.group is None else names[row.group],
                "rule": row.rule,
                "shadowed": [{"group": group, "rule": rule} for group, rule in row.shadowed],
            }
            for row in self.rows
        ]


def assign(experiment: Experiment, model: nn.Module) -> Assignment:
    """Give every parameter of `model` to the first group that fits it.

    Raises ExperimentError that names the parameters: a trainable one that no group takes, a
    pattern that matches no name, a group that gets nothing (and who took it all), a parameter
    that a group's optimizer cannot take.
    """
    assignment = preview(experiment, model)
    if assignment.problems:
        raise ExperimentError(assignment.problems)
    return assignment


def preview(experiment: Experiment, model: nn.Module) -> Assignment:
    """As `assign`, but what is wrong is in `problems` and nothing is raised."""
    rows = tuple(_place(experiment.groups, *parameter) for parameter in _parameters(model))
    problems = (*_group_problems(experiment.groups, rows), *_left_over(rows))
    return Assignment(experiment, model, rows, problems)


def _parameters(model: nn.Module) -> Iterator[tuple[tuple[str, ...], nn.Parameter, str]]:
    """Every distinct parameter once: its names, itself, its role."""
    names: dict[nn.Parameter, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(name)
    norms = {p for m in model.modules() if isinstance(m, NORM_LAYERS) for p in m.parameters(recurse=False)}
    for parameter, its_names in names.items():
        yield tuple(its_names), parameter, "norm" if parameter in norms else _role(its_names[0])


def _role(name: str) -> str:
    """ "bias" also for names such as in_proj_bias of attention layers."""
    return "bias" if name.endswith("bias") else "weight"


def _place(groups: tuple[Group, ...], names: tuple[str, ...], parameter: nn.Parameter, role: str) -> Assigned:
    fitting = [(index, rule) for index, group in enumerate(groups) if (rule := _fit(group, names, role))]
    shadowed = tuple((groups[index].name, rule) for index, rule in fitting[1:])
    index, rule = fitting[0] if fitting else (None, "")
    return Assigned(names, parameter, role, index, rule, shadowed)


def _fit(group: Group, names: Iterable[str], role: str) -> str | None:
    """The first of the group's globs that matches one of the names, if the role fits too."""
    if group.role not in ("any", role):
        return None
    return next((glob for glob in group.params if any(fnmatchcase(name, glob) for name in names)), None)


def _group_problems(groups: tuple[Group, ...], rows: tuple[Assigned, ...]) -> Iterator[Problem]:
    all_names = [name for row in rows for name in row.names]
    for index, group in enumerate(groups):
        dead = [glob for glob in group.params if not any(fnmatchcase(name, glob) for name in all_names)]
        for glob in dead:
            yield Problem(index, "params", "glob_matches_nothing", {"value": glob, "near": _near(glob, all_names)})
        own = [row for row in rows if row.group == index]
        if not own and not dead:
            yield _empty_group(index, group, groups, rows)
        if group.optimizer == "Muon" and (flat := [row.name for row in own if row.parameter.ndim < 2]):
            yield Problem(index, "optimizer", "muon_needs_matrices", {"names": _few(flat)})


def _empty_group(index: int, group: Group, groups: tuple[Group, ...], rows: tuple[Assigned, ...]) -> Problem:
    """Why a group gets nothing: no parameter of its role, or earlier groups took them all."""
    shadowing = [row for row in rows if group.name in dict(row.shadowed)]
    takers = {groups[row.group].name for row in shadowing if row.group is not None}
    if takers:
        return Problem(index, "params", "group_shadowed", {"takers": _few(sorted(takers))})
    return Problem(index, "role", "role_matches_nothing", {"value": group.role, "globs": " ".join(group.params)})


def _left_over(rows: tuple[Assigned, ...]) -> Iterator[Problem]:
    if names := [row.name for row in rows if row.group is None and row.parameter.requires_grad]:
        yield Problem(None, "groups", "left_over", {"count": len(names), "names": _few(names, 12)})


def _near(glob: str, names: list[str]) -> str:
    """A few globs by layer that do match, the nearest in spelling first."""
    layers = list(dict.fromkeys(name.split(".")[0] + ".*" if "." in name else name for name in names))
    return _few(difflib.get_close_matches(glob, layers, n=3, cutoff=0.3) or layers)


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f", … (+{len(names) - most})" if len(names) > most else "")
