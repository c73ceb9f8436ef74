"""The first group that fits takes a parameter; a group with layer decay becomes one group per depth, head first."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import nn

from core.assignment.assignment import Assigned, Assignment
from core.assignment.selection import Selector, candidates_of, fits_depth
from core.experiment import FROZEN, Experiment, ExperimentError, Group, Problem, not_an_experiment
from core.experiment.errors import collecting
from core.text import Shown


def assign(experiment: Experiment, model: nn.Module) -> Assignment:
    """Give every parameter of `model` to the first group that fits it.

    Raises ExperimentError that names the parameters: a trainable one that no group takes, a
    pattern that matches no name, a group that gets nothing (and which took it all), a parameter
    that a group's optimizer cannot take; also for what is no experiment or no network.
    """
    assignment = preview(experiment, model)
    if assignment.problems:
        raise ExperimentError(assignment.problems)
    return assignment


def preview(experiment: Experiment, model: nn.Module) -> Assignment:
    """As `assign`, but what is wrong is in `problems`; nothing is raised where there are experiment and network."""
    if not isinstance(model, nn.Module):
        raise ExperimentError([Problem(None, "network", "no_network_at_hand", {"value": _class_of(model)})])
    if not isinstance(experiment, Experiment):
        raise not_an_experiment(experiment)
    selector = Selector(candidates_of(model))
    decayed = frozenset(place for place, group in enumerate(experiment.groups) if group.layer_decay is not None)
    experiment, unreadable = _as_meant(experiment, selector)
    experiment, places, too_many = _spread(experiment, selector)
    frozen, none_trains = _frozen_as_they_came(experiment, selector)
    rows = tuple(_place(frozen.groups, selector))
    problems: tuple[Problem, ...] = (*_group_problems(frozen.groups, rows, selector), *_left_over(rows))
    if not rows:
        problems = (Problem(None, "network", "no_parameters", {"value": _class_of(model)}),)
    pairs = zip(places, experiment.groups, frozen.groups, strict=True)
    unasked = frozenset(place for place, asked, group in pairs if group.frozen and not asked.frozen)
    assignment = Assignment(frozen, model, rows, (), places, decayed, unasked)
    return replace(assignment, problems=(*unreadable, *too_many, *none_trains, *map(assignment.asked, problems)))


def _as_meant(experiment: Experiment, selector: Selector) -> tuple[Experiment, list[Problem]]:
    """The experiment with the globs that its own ones stand for among the names, and what is wrong with those."""
    groups, problems = list(experiment.groups), list[Problem]()
    if all("".join(group.params).isascii() for group in groups):
        return experiment, []
    for row, group in enumerate(experiment.groups):
        if not "".join(group.params).isascii():
            with collecting(problems, row):
                groups[row] = replace(group, params=selector.meant(group.params))
    return replace(experiment, groups=tuple(groups)), problems


def _spread(experiment: Experiment, selector: Selector) -> tuple[Experiment, tuple[int, ...], tuple[Problem, ...]]:
    """The experiment with its layer decay spread over depths, the places, and what keeps it from that."""
    groups, places = zip(*spread_over_depths(experiment.groups, selector), strict=True)
    try:
        return replace(experiment, groups=groups), places, ()
    except ExperimentError as error:
        row = next(place for place, group in enumerate(experiment.groups) if group.layer_decay is not None)
        problems = [p if p.row is None else replace(p, row=places[p.row]) for p in error.problems]
        problems = [replace(p, row=row, field="layer_decay") if p.row is None else p for p in problems]
        return experiment, tuple(range(len(experiment.groups))), tuple(problems)


def _frozen_as_they_came(experiment: Experiment, selector: Selector) -> tuple[Experiment, tuple[Problem, ...]]:
    """The experiment with the groups frozen whose parameters all came so, and what keeps it from that."""
    if not any(candidate.came_frozen for candidate in selector.candidates):
        return experiment, ()
    fits = zip(selector.first_fits(experiment.groups), selector.candidates, strict=True)
    came_frozen: dict[int | None, bool] = {}
    for place, candidate in fits:
        came_frozen[place] = came_frozen.get(place, True) and candidate.came_frozen
    groups = (
        replace(group, optimizer=FROZEN, momentum=None, options=()) if came_frozen.get(place) else group
        for place, group in enumerate(experiment.groups)
    )
    try:
        return replace(experiment, groups=tuple(groups)), ()
    except ExperimentError:
        return experiment, (Problem(None, "groups", "came_frozen_all"),)


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
        flat = [row.name for row in own if row.parameter.ndim < 2 and not row.came_frozen]
        if group.optimizer == "Muon" and flat:
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


def _class_of(thing: object) -> Shown:
    return Shown((thing if isinstance(thing, type) else type(thing)).__name__)


def _near(glob: str, layers: list[str]) -> str:
    """A few globs by layer that do match, the nearest in spelling first."""
    return _few(difflib.get_close_matches(glob, layers, n=3, cutoff=0.3) or layers)


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f", … (+{len(names) - most})" if len(names) > most else "")


def spread_over_depths(groups: Sequence[Group], selector: Selector) -> Iterator[tuple[Group, int]]:
    """The groups with those that ask for layer decay spread over depths; each with the place it had.

    A depth that is k steps away from the head gets lr x factor^k, as in timm's
    `param_groups_layer_decay` (timm/optim/_param_groups.py) after BEiT (arXiv:2106.08254).
    Depths without a parameter of the group are left out; all else stays as it is.
    """
    depths = [candidate.depth for candidate in selector.candidates]
    deepest = max(depths, default=0)
    homes = list(zip(selector.first_fits(groups), depths, strict=True))
    for place, group in enumerate(groups):
        own = sorted({depth for home, depth in homes if home == place}, reverse=True)
        if group.layer_decay is None or group.frozen or not own:
            yield replace(group, layer_decay=None), place
            continue
        for depth in own:
            name = f"{group.name[:34]} d{depth}"
            rate = group.lr * group.layer_decay ** (deepest - depth)
            yield replace(group, name=name, depth=str(depth), lr=rate, layer_decay=None), place
