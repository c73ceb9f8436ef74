"""An experiment's groups over a network's parameters: who is where, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import nn

from core.assignment.roles import NORM_LAYERS
from core.assignment.selection import Candidate
from core.experiment import Experiment, Problem


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

    `experiment` has the groups as they are run: one per depth where layer decay asks for it. `places`
    says for each of them which group of the original experiment it comes from.
    """

    experiment: Experiment
    model: nn.Module
    rows: tuple[Assigned, ...]
    problems: tuple[Problem, ...]
    places: tuple[int, ...]

    def asked(self, problem: Problem) -> Problem:
        """A problem of a group, reported for the group that was asked for."""
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

        Frozen groups that share a layer each count it: what is frozen in parts is frozen as a whole.
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
