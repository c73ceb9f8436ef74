"""Which parameters a group asks for: by glob over their names, by role and by depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from core.depth import depths_of
from core.experiment import Group
from core.roles import roles_of


@dataclass(frozen=True)
class Candidate:
    """A parameter as groups see it.

    `names` holds every name it has (tied weights have several), the first the one shown;
    `depth` counts from 0, the stem; `is_deepest` says that it belongs to the head.
    """

    names: tuple[str, ...]
    parameter: nn.Parameter
    role: str
    depth: int
    is_deepest: bool


def candidates_of(model: nn.Module) -> list[Candidate]:
    """Every distinct parameter once, in the model's own order."""
    names: dict[nn.Parameter, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(name)
    roles, depths = roles_of(model), depths_of(model)
    deepest = max(depths.values(), default=0)
    return [Candidate(tuple(names[p]), p, roles[p], depths[p], depths[p] == deepest) for p in names]


def fitting_glob(group: Group, candidate: Candidate) -> str | None:
    """The first of the group's globs that matches one of the names, if role and depth fit too."""
    if group.role not in ("any", candidate.role) or not fits_depth(group.depth, candidate):
        return None
    return matching_glob(group.params, candidate.names)


def matching_glob(globs: Iterable[str], names: Iterable[str]) -> str | None:
    """The first of the globs that matches one of the names."""
    return next((glob for glob in globs if any(fnmatchcase(name, glob) for name in names)), None)


def fits_depth(asked: str, candidate: Candidate) -> bool:
    """Whether a candidate lies in the depths asked for, in the form that `core.rules.Depth` reads."""
    if asked in ("", "head"):
        return candidate.is_deepest or not asked
    low, dash, high = asked.replace("stem", "0").partition("-")
    return int(low) <= candidate.depth <= int(high or (999 if dash else low))


def first_fit(groups: Sequence[Group], candidate: Candidate) -> int | None:
    """The place of the group that takes the candidate, or None."""
    return next((place for place, group in enumerate(groups) if fitting_glob(group, candidate)), None)
