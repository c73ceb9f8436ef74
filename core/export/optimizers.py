"""An experiment's groups as one function to paste into a project: by rule where the groups are, else by name.

`optimizers.py.jinja` is the code, from top to bottom; here is what its branches and braces ask for.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator

from core.assignment import Assignment, is_norm, roles_of
from core.experiment import Experiment
from core.experiment.optimizer_classes import ONE_GROUP_EACH
from core.experiment.wrappers import INSERTED, WITH_MODULE
from core.export.groups import (
    FILL,
    class_code,
    fill_of,
    import_of,
    module_of,
    names_of,
    needs_matrix_muon,
    settings_of,
)
from core.export.parts import norm_layers
from core.export.python_source import Source, literal
from core.export.templates import filled
from core.optimizers import SCHEDULERS, MatrixMuon


def optimizers_of(assignment: Assignment) -> str:
    """The code, for an experiment that was checked: its assignment, which may lie on the meta device.

    Groups of which depth or layer decay decides are by the names of their parameters.
    """
    groups = assignment.experiment.groups
    roles = {_rule(assignment, place)[1] for place in range(len(groups))}
    by_role = bool(roles - {"any"})
    return filled(
        "optimizers.py.jinja",
        modules=sorted({import_of(module) for group in groups if (module := module_of(group))}),
        MatrixMuon=MatrixMuon,
        norm_layers=norm_layers,
        roles_of=roles_of,
        is_norm=is_norm,
        wrapped=_is_wrapped(assignment),
        inserted=sorted(INSERTED),
        with_module=sorted(WITH_MODULE),
        tied=any(len(row.names) > 1 for row in assignment.rows),
        by_role=by_role,
        by_shape=bool(roles & {"matrix", "vector"}),
        needs_matrix_muon=needs_matrix_muon(assignment),
        notes=_notes(assignment),
        idle_layers=assignment.experiment.frozen_norm == "eval" and assignment.idle_layers(),
        groups=[_values(assignment, place, by_role) for place in range(len(groups))],
        freezes=any(group.frozen for group in groups),
    )


def _is_wrapped(assignment: Assignment) -> bool:
    """Whether the network at hand has names that wrapping has put parts into."""
    names = {name for row in assignment.rows for name in row.names}
    return any(name not in names for name, _ in assignment.model.named_parameters())


def _values(assignment: Assignment, place: int, by_role: bool) -> dict[str, object]:
    """A group as plain values."""
    group = assignment.experiment.groups[place]
    patterns, role = _rule(assignment, place)
    rule = {"name": group.name, "patterns": patterns} | ({"role": role} if by_role else {})
    if group.frozen:
        return rule | {"optimizer": None}
    optimizer = class_code(assignment, group.optimizer)
    if (fill := fill_of(group)) is not None:
        optimizer = Source(f"partial({optimizer}, {FILL}={literal(fill)})")
    elif group.optimizer in ONE_GROUP_EACH:
        optimizer = Source(f"partial({optimizer})")  # equal to no other: an optimizer for each of these groups
    return rule | {"optimizer": optimizer, "settings": settings_of(group)}


def _rule(assignment: Assignment, place: int) -> tuple[list[str], str]:
    """The patterns and the role that a group asks for; its parameters by name where depth decides."""
    group = assignment.experiment.groups[place]
    if not group.depth:
        return list(group.params), group.role
    own = {row.name for row in assignment.of_group(place)}
    names = names_of(assignment, place, {row.parameter: row.name for row in assignment.rows})
    return [glob.escape(name) if name in own else f"{glob.escape(name)}.*" for name in names], "any"


def _notes(assignment: Assignment) -> Iterator[str]:
    """What the run did with the groups and this code leaves to the reader."""
    if assignment.experiment.clip != "none":
        yield f"In the run gradients were clipped: {_clipping_call(assignment.experiment)} after each loss.backward()."
    for group in assignment.experiment.groups:
        if module_of(group):
            yield f"{group.name}: see that {group.optimizer}, which is not torch's, takes these settings."
        if not group.frozen and group.start_epoch:
            yield f"{group.name}: frozen until epoch {group.start_epoch}, from 0, in the run; here it trains at once."
        if not group.frozen and group.end_epoch is not None:
            yield f"{group.name}: frozen from epoch {group.end_epoch}, from 0, on in the run; here it goes on."
        if not group.frozen and group.schedule in SCHEDULERS:
            settings = "".join(f" {name}={value!r}" for name, value in group.schedule_options)
            yield f"{group.name}: lr followed the schedule {group.schedule}{settings} in the run; here it is constant."


def _clipping_call(experiment: Experiment) -> str:
    if experiment.clip == "value":
        return f"torch.nn.utils.clip_grad_value_(model.parameters(), {experiment.clip_at})"
    of_what = "model.parameters()" if experiment.clip == "norm" else "each group's parameters"
    return f"torch.nn.utils.clip_grad_norm_({of_what}, {experiment.clip_at})"
