"""An experiment's groups as one function to paste into a project: by rule where the groups are, else by name."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from typing import Any

from core.assignment import Assignment, roles_of
from core.export.groups import FILL, class_code, fill_of, names_of, needs_matrix_muon, settings_of
from core.export.parts import norm_layers
from core.export.python_source import Source, literal, one_per_line, source_of, with_imports
from core.optimizers import SCHEDULERS, MatrixMuon

HEADER = '"""The optimizers of a network by param group. It needs torch only."""'

RULE = "# A parameter is in the first group that has a pattern for one of its names."
RULE_WITH_ROLE = """\
# A parameter is in the first group that has a pattern for one of its names, and
# its role: "weight", "bias", "norm" (of a normalisation layer), or "any"."""
NORMS = """\
# Frozen normalisation layers were in eval mode: after model.train() call .eval() on them,
# or their running statistics go on changing."""

PARAMETERS_OF_GROUPS = '''\
def parameters_of_groups(model: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters that each group takes.

    Raises ValueError for a trainable parameter in no group, and a group without any.
    """
    names: dict[nn.Parameter, list[str]] = {{}}  # tied weights have several
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(name)
{roles}    found: list[list[nn.Parameter]] = [[] for _ in GROUPS]
    left_over = []
    for parameter, known in names.items():
        for group, own in zip(GROUPS, found):
{role_fits}            patterns = group["patterns"]
            if any(fnmatchcase(n, p) for n in known for p in patterns):
                own.append(parameter)
                break
        else:
            if parameter.requires_grad:
                left_over.append(known[0])
    if left_over:
        raise ValueError(f"in no group: {{', '.join(left_over)}}")
    if empty := [g["name"] for g, own in zip(GROUPS, found) if not own]:
        raise ValueError(f"without parameters: {{', '.join(empty)}}")
    return found'''

ROLES = "    roles = roles_of(model)\n"
ROLE_FITS = """\
            if group["role"] not in ("any", roles[parameter]):
                continue
"""

BUILD_OPTIMIZERS = '''\
def build_optimizers(model: nn.Module) -> list[optim.Optimizer]:
    """One optimizer for each class in GROUPS{frozen}."""
    by_class: dict[Any, list[dict[str, Any]]] = {{}}
    for group, parameters in zip(GROUPS, parameters_of_groups(model)):
{freeze}        torch_group = {{"name": group["name"], "params": parameters}}
        torch_group |= group["settings"]
        by_class.setdefault(group["optimizer"], []).append(torch_group)
    return [make(groups) for make, groups in by_class.items()]'''

FREEZE = """\
        if group["optimizer"] is None:
            for parameter in parameters:
                parameter.requires_grad_(False)
            continue
"""


def optimizers_of(assignment: Assignment) -> str:
    """The code, for an experiment that was checked: its assignment, which may lie on the meta device.

    Groups of which depth or layer decay decides are by the names of their parameters.
    """
    groups = assignment.experiment.groups
    roles = any(_rule(assignment, place)[1] != "any" for place in range(len(groups)))
    frozen = any(group.frozen for group in groups)
    parts = [
        *([source_of(norm_layers), source_of(roles_of)] if roles else []),
        *([source_of(MatrixMuon)] if needs_matrix_muon(assignment) else []),
        _table(assignment, roles),
        PARAMETERS_OF_GROUPS.format(
            roles=ROLES if roles else "",
            role_fits=ROLE_FITS if roles else "",
        ),
        BUILD_OPTIMIZERS.format(
            frozen="; groups without one are frozen" if frozen else "", freeze=FREEZE if frozen else ""
        ),
    ]
    code = "\n\n\n".join(parts)
    return with_imports(f"{HEADER}\n\n{code}\n")


def _table(assignment: Assignment, roles: bool) -> str:
    """The groups as plain values, after what there is to say of them."""
    groups = [_literals(assignment, place, roles) for place in range(len(assignment.experiment.groups))]
    notes = [RULE_WITH_ROLE if roles else RULE, *_notes(assignment)]
    return "\n".join([*notes, f"GROUPS: list[dict[str, Any]] = {one_per_line(groups)}"])


def _literals(assignment: Assignment, place: int, roles: bool) -> dict[str, Any]:
    group = assignment.experiment.groups[place]
    patterns, role = _rule(assignment, place)
    rule = {"name": group.name, "patterns": patterns} | ({"role": role} if roles else {})
    if group.frozen:
        return rule | {"optimizer": None}
    optimizer = class_code(assignment, group.optimizer)
    if (fill := fill_of(group)) is not None:
        optimizer = Source(f"partial({optimizer}, {FILL}={literal(fill)})")
    return rule | {"optimizer": optimizer, "settings": settings_of(group)}


def _rule(assignment: Assignment, place: int) -> tuple[list[str], str]:
    """The patterns and the role that a group asks for; its parameters by name where depth decides."""
    group = assignment.experiment.groups[place]
    if not group.depth:
        return list(group.params), group.role
    own = {row.name for row in assignment.of_group(place)}
    names = names_of(assignment, place)
    return [glob.escape(name) if name in own else f"{glob.escape(name)}.*" for name in names], "any"


def _notes(assignment: Assignment) -> Iterator[str]:
    """What the run did with the groups and this code leaves to the reader."""
    experiment = assignment.experiment
    for group in experiment.groups:
        if not group.frozen and group.start_epoch:
            yield f"# {group.name}: frozen until epoch {group.start_epoch}, from 0, in the run; here it trains at once."
        if not group.frozen and group.schedule in SCHEDULERS:
            yield f"# {group.name}: lr followed the schedule {group.schedule} in the run; here it is constant."
    if experiment.frozen_norm == "eval" and assignment.frozen_norms():
        yield NORMS
