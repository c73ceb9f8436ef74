"""An experiment's groups over a network's parameters: who is where, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from torch import nn
from torch.nn.parameter import is_lazy

from core.assignment.buffers import keeps_statistics, layers_with_buffers
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
    def shape(self) -> tuple[int, ...]:
        """Empty for a lazy layer that has seen no input yet."""
        return () if is_lazy(self.parameter) else tuple(self.parameter.shape)

    @property
    def count(self) -> int:
        return 0 if is_lazy(self.parameter) else self.parameter.numel()

    @property
    def came_frozen(self) -> bool:
        return self.candidate.came_frozen


@dataclass(frozen=True)
class Assignment:
    """An experiment's groups over a model's parameters; `rows` in the model's own order.

    `experiment` has the groups as they are run: one per depth where layer decay asks for it. `places`
    says for each of them which group of the original experiment it comes from, `decayed` which of those asked for it.
    Those of `frozen_unasked`, by the original's places, are frozen because all their parameters came so from the
    network's own code.
    """

    experiment: Experiment
    model: nn.Module
    rows: tuple[Assigned, ...]
    problems: tuple[Problem, ...]
    places: tuple[int, ...]
    decayed: frozenset[int] = frozenset()
    frozen_unasked: frozenset[int] = frozenset()

    def asked(self, problem: Problem) -> Problem:
        """A problem of a group, reported for the group that was asked for."""
        return problem if problem.row is None else replace(problem, row=self.places[problem.row])

    def of_place(self, place: int) -> list[Assigned]:
        """The parameters of an asked-for group, however many groups it became."""
        return [row for row in self.rows if row.group is not None and self.places[row.group] == place]

    def of_group(self, index: int) -> list[Assigned]:
        return [row for row in self.rows if row.group == index]

    def trains(self, row: Assigned, epochs: int = 0) -> bool:
        """Whether a parameter trains once so many whole epochs have been trained.

        As torch has it, what comes with `requires_grad` False stays frozen, whatever its group is.
        """
        return row.group is not None and not row.came_frozen and self.experiment.groups[row.group].trains_after(epochs)

    def idle_layers(self, epochs: int = 0) -> list[nn.Module]:
        """The layers that keep statistics of what passes through, and whose parameters, those that the statistics
        belong to, are all frozen after `epochs` whole epochs."""
        trained = {row.parameter for row in self.rows if self.trains(row, epochs)}
        return [layer for layer, own in self._layers if keeps_statistics(layer) and trained.isdisjoint(own)]

    def layers_of(self, index: int) -> list[nn.Module]:
        """The layers with buffers that belong to a group: it has one of their parameters at least."""
        own = {row.parameter for row in self.of_group(index)}
        return [layer for layer, parameters in self._layers if not own.isdisjoint(parameters)]

    @cached_property
    def _layers(self) -> list[tuple[nn.Module, list[nn.Parameter]]]:
        return list(layers_with_buffers(self.model))

    def table(self) -> list[dict[str, object]]:
        """One dict of plain values per parameter: name, shape, count, role, depth, group, rule, shadowed rules."""
        names = [group.name for group in self.experiment.groups]
        return [
            {
                "parameter": row.name,
                "shape": list(row.shape),
                "count": row.count,
                "role": row.role,
                "depth": row.candidate.depth,
                "group": None if row.group is None else names[row.group],
                "rule": row.rule,
                "shadowed": [{"group": group, "rule": rule} for group, rule in row.shadowed],
            }
            for row in self.rows
        ]
