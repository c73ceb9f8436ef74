"""Which parameters a group asks for: by glob over their names, by role and by depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from torch import nn

from core.assignment.depth import depths_of
from core.assignment.roles import roles_of
from core.experiment import Group
from core.experiment.fields import half_width
from core.experiment.notation import parts_of
from core.experiment.wrappers import bare_names


@dataclass(frozen=True)
class Candidate:
    """A parameter as groups see it.

    `names` holds every name it has (tied weights have several) in the network inside its wrappers, the first the one
    shown; `depth` counts from 0, the stem; `is_deepest` says that it belongs to the head, `came_frozen` that the
    network came with it switched off (`requires_grad`).
    """

    names: tuple[str, ...]
    parameter: nn.Parameter
    role: str
    depth: int
    is_deepest: bool
    came_frozen: bool


def candidates_of(model: nn.Module) -> list[Candidate]:
    """Every distinct parameter once, in the model's own order, by its names below any wrappers."""
    bare = bare_names(model)
    names: dict[nn.Parameter, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(bare(name))
    roles, depths = roles_of(model), depths_of(model)
    deepest = max(depths.values(), default=0)
    return [
        Candidate(tuple(names[p]), p, roles[p], depths[p], depths[p] == deepest, not p.requires_grad) for p in names
    ]


class Selector:
    """Finds what groups ask for among the parameters of one model; compares each glob with each name once."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        self._names = [(name, place) for place, candidate in enumerate(candidates) for name in candidate.names]
        self._places: dict[str, set[int]] = {}

    def places(self, glob: str) -> set[int]:
        """The places of the candidates that have a name which the glob matches."""
        if glob not in self._places:
            matches = _matcher(glob)
            self._places[glob] = {place for name, place in self._names if matches(name)}
        return self._places[glob]

    def meant(self, globs: Sequence[str]) -> tuple[str, ...]:
        """The globs; one that matches no name as it was typed is what a Chinese keyboard gives for one, or several."""
        return tuple(meant for glob in globs for meant in self._meant(glob))

    def _meant(self, glob: str) -> list[str]:
        if glob.isascii() or self.places(glob):
            return [glob]
        return [part if self.places(part) else half_width(part) for part in parts_of(glob)]

    def first_globs(self, globs: Sequence[str]) -> dict[int, str]:
        """For each place the first of the globs that matches a name there."""
        found: dict[int, str] = {}
        for glob in reversed(globs):
            found |= dict.fromkeys(self.places(glob), glob)
        return found

    def fitting_globs(self, group: Group) -> list[str | None]:
        """For each candidate the first of the group's globs that matches a name of it, if role and depth fit too."""
        of_place = self.first_globs(group.params)
        return [
            of_place.get(place) if fits_role(group.role, each) and fits_depth(group.depth, each) else None
            for place, each in enumerate(self.candidates)
        ]

    def first_fits(self, groups: Sequence[Group]) -> list[int | None]:
        """For each candidate the place of the group that takes it, or None."""
        rules = map(self.fitting_globs, groups)
        return [next((place for place, rule in enumerate(own) if rule), None) for own in zip(*rules, strict=True)]


@lru_cache(maxsize=4096)
def _matcher(glob: str) -> Callable[[str], object]:
    """Whether a name fits, as `fnmatch.fnmatchcase`, which would look the glob up again for every name."""
    return re.compile(translate(glob)).match


def fits_role(asked: str, candidate: Candidate) -> bool:
    """Whether a candidate has the role asked for, or the shape: nanoGPT decays what has two or more dimensions."""
    return asked in ("any", candidate.role, "matrix" if candidate.parameter.ndim > 1 else "vector")


def fits_depth(asked: str, candidate: Candidate) -> bool:
    """Whether a candidate lies in the depths asked for, in the form that `core.experiment.notation.Depth` reads."""
    if asked in ("", "head"):
        return candidate.is_deepest or not asked
    low, dash, high = asked.replace("stem", "0").partition("-")
    return int(low) <= candidate.depth <= int(high or (999 if dash else low))
