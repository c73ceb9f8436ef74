"""Which parameter belongs to which group, and by which rule: the first matching group takes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import nn

from core.experiment import Experiment, ExperimentError, Group, Problem
from core.layer_decay import spread
from core.roles import NORM_LAYERS
from core.selection import Candidate, Selector, candidates_of, fits_depth
from core.text import Shown


@dataclass(frozen=True)
class Assigned:
    """One parameter of the model and where it went.

    `group` is None when no group takes it; `rule` is the glob that won, `shadowed` holds
    the later groups that fit it too, each by its name and the glob that does.
    """

    candidate: Candidate
    group: int | None
    rule: str
    shadowed: tuple[tuple[str, str], ...]

    @property
    def parameter(self) -> nn.Parameter:
        return self.candidate.parameter

    @property
    def names(self) -> tuple[str, ...]:
        return self.candidate.names

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def role(self) -> str:
        return self.candidate.role

    @property
    def count(self) -> int:
        return self.parameter.numel()


@dataclass(frozen=True)
class Assignment:
    """An experiment's groups over a model's parameters; `rows` in the model's own order.

    `experiment` has the groups that really are: layer decay made one per depth. `places` says
    for each of them which group of the experiment that was asked for it comes from.
    """

    experiment: Experiment
    model: nn.Module
    rows: tuple[Assigned, ...]
    problems: tuple[Problem, ...]
    places: tuple[int, ...]

    def asked(self, problem: Problem) -> Problem:
        """A problem of a group, told of the group that was asked for."""
        return problem if problem.row is None else replace(problem, row=self.places[problem.row])

    def of_place(self, place: int) -> list[Assigned]:
        """The parameters of an asked-for group, however many groups it became."""
        return [row for row in self.rows if row.group is not None and self.places[row.group] == place]

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
        """One dict of plain values per parameter: name, shape, count, role, depth, group, rule, shadowed rules."""
        names = [group.name for group in self.experiment.groups]
        return [
            {
                "parameter": row.name,
                "shape": list(row.parameter.shape),
                "count": row.count,
                "role": row.role,
                "depth": row.candidate.depth,
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
    selector = Selector(candidates_of(model))
    experiment, places, too_many = _spread(experiment, selector)
    rows = tuple(_place(experiment.groups, selector))
    problems = (*_group_problems(experiment.groups, rows, selector), *_left_over(rows))
    assignment = Assignment(experiment, model, rows, (), places)
    return replace(assignment, problems=(*too_many, *map(assignment.asked, problems)))


def _spread(experiment: Experiment, selector: Selector) -> tuple[Experiment, tuple[int, ...], tuple[Problem, ...]]:
    """The experiment with its layer decay spread over depths, the places, and what keeps it from that."""
    groups, places = zip(*spread(experiment.groups, selector), strict=True)
    try:
        return replace(experiment, groups=groups), places, ()
    except ExperimentError as error:
        row = next(place for place, group in enumerate(experiment.groups) if group.layer_decay is not None)
        problems = [p if p.row is None else replace(p, row=places[p.row]) for p in error.problems]
        problems = [replace(p, row=row, field="layer_decay") if p.row is None else p for p in problems]
        return experiment, tuple(range(len(experiment.groups))), tuple(problems)


def _place(groups: tuple[Group, ...], selector: Selector) -> Iterator[Assigned]:
    rules = map(selector.fitting_globs, groups)
    for candidate, own in zip(selector.candidates, zip(*rules, strict=True), strict=True):
        fitting = [(index, rule) for index, rule in enumerate(own) if rule]
        shadowed = tuple((groups[index].name, rule) for index, rule in fitting[1:])
        index, rule = fitting[0] if fitting else (None, "")
        yield Assigned(candidate, index, rule, shadowed)


def _group_problems(groups: tuple[Group, ...], rows: tuple[Assigned, ...], selector: Selector) -> Iterator[Problem]:
    all_names = [name for row in rows for name in row.names]
    layers = list(dict.fromkeys(name.split(".")[0] + ".*" if "." in name else name for name in all_names))
    for index, group in enumerate(groups):
        dead = [glob for glob in group.params if not selector.places(glob)]
        for glob in dead:
            yield Problem(index, "params", "glob_matches_nothing", {"value": glob, "near": _near(glob, layers)})
        own = [row for row in rows if row.group == index]
        if not own and not dead:
            yield _empty_group(index, groups, rows, selector)
        if group.optimizer == "Muon" and (flat := [row.name for row in own if row.parameter.ndim < 2]):
            yield Problem(index, "optimizer", "muon_needs_matrices", {"names": _few(flat)})


def _empty_group(index: int, groups: tuple[Group, ...], rows: tuple[Assigned, ...], selector: Selector) -> Problem:
    """Why a group gets nothing: earlier groups took all, or none is at its depth, or has its role."""
    group = groups[index]
    shadowing = [row for row in rows if group.name in dict(row.shadowed)]
    takers = {groups[row.group].name for row in shadowing if row.group is not None}
    if takers:
        return Problem(index, "params", "group_shadowed", {"takers": _few(sorted(takers))})
    if not any(fits_depth(group.depth, row.candidate) for row in rows):
        deepest = max(row.candidate.depth for row in rows)
        return Problem(index, "depth", "depth_not_there", {"value": Shown(group.depth), "deepest": deepest})
    by_glob = [rows[place].candidate for place in selector.first_globs(group.params)]
    if all(not fits_depth(group.depth, candidate) for candidate in by_glob):
        found = ", ".join(map(str, sorted({candidate.depth for candidate in by_glob})))
        return Problem(index, "depth", "depth_matches_nothing", {"value": Shown(group.depth), "found": found})
    return Problem(index, "role", "role_matches_nothing", {"value": group.role, "globs": " ".join(group.params)})


def _left_over(rows: tuple[Assigned, ...]) -> Iterator[Problem]:
    if names := [row.name for row in rows if row.group is None and row.parameter.requires_grad]:
        yield Problem(None, "groups", "left_over", {"count": len(names), "names": _few(names, 12)})


def _near(glob: str, layers: list[str]) -> str:
    """A few globs by layer that do match, the nearest in spelling first."""
    return _few(difflib.get_close_matches(glob, layers, n=3, cutoff=0.3) or layers)


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f", … (+{len(names) - most})" if len(names) > most else "")
