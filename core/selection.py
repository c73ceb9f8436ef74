"""Which parameters a group asks for: by glob over their names, by role and by depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

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


def fitting_globs(group: Group, candidates: Sequence[Candidate]) -> list[str | None]:
    """For each candidate the first of the group's globs that matches one of its names, if role and depth fit too."""
    of_place = first_globs(group.params, [candidate.names for candidate in candidates])
    return [
        of_place.get(place) if group.role in ("any", candidate.role) and fits_depth(group.depth, candidate) else None
        for place, candidate in enumerate(candidates)
    ]


def first_globs(globs: Iterable[str], all_names: Sequence[Sequence[str]]) -> dict[int, str]:
    """For each place in `all_names` the first of the globs that matches a name there; every glob is read once."""
    found: dict[int, str] = {}
    left = [(name, place) for place, names in enumerate(all_names) for name in names]
    for glob in globs:
        matches = _matcher(glob)
        found |= {place: glob for name, place in left if matches(name)}
        left = [(name, place) for name, place in left if place not in found]
    return found


def matches_any(glob: str, names: Iterable[str]) -> bool:
    """Whether the glob matches one of the names."""
    return any(map(_matcher(glob), names))


@lru_cache(maxsize=4096)
def _matcher(glob: str) -> Callable[[str], object]:
    """Whether a name fits, as `fnmatch.fnmatchcase`, which would look the glob up again for every name."""
    return re.compile(translate(glob)).match


def fits_depth(asked: str, candidate: Candidate) -> bool:
    """Whether a candidate lies in the depths asked for, in the form that `core.rules.Depth` reads."""
    if asked in ("", "head"):
        return candidate.is_deepest or not asked
    low, dash, high = asked.replace("stem", "0").partition("-")
    return int(low) <= candidate.depth <= int(high or (999 if dash else low))


def first_fits(groups: Sequence[Group], candidates: Sequence[Candidate]) -> list[int | None]:
    """For each candidate the place of the group that takes it, or None."""
    rules = [fitting_globs(group, candidates) for group in groups]
    return [next((place for place, rule in enumerate(own) if rule), None) for own in zip(*rules, strict=True)]
