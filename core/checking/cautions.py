"""What is allowed but may not have been meant, each with its group and field. Never a reason not to train."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torch import nn

from core.assignment import Assigned, Assignment, count_blocks, output_matrices
from core.experiment import OPTIMIZER_OPTIONS, UNKNOWN, Group, Problem
from core.experiment.optimizer_classes import L2
from core.models import form_of, is_zero, zeros_of
from core.structures import lines_of

FEW = 6  # names that a caution lists
TABLES = (nn.Embedding, nn.EmbeddingBag)
NOT_HIDDEN = ("embed", "lm_head")  # in a name
# What timm's `no_weight_decay()`, those of Swin, SimMIM and MAE, and torchvision's --transformer-embedding-decay keep
# from decay, by the last part of a name: tokens, tables of positions, and the temperature of Swin V2's attention.
TOKEN_OR_TABLE = re.compile(
    r"(cls|class|dist(illation)?|mask|reg(ister)?)_tokens?\d*|class_embedding|logit_scale|attention_biases"
    r"|((abs|absolute)_)?pos(ition|itional)?_embed(ding|dings)?(_\w+)?|relative_position_bias_table|rel_pos_[hw]"
)
# The scale of a residual branch (LayerScale, arXiv:2103.17239), as timm, ConvNeXt, torchvision and Transformers call
# it. A vector, so that timm and MAE spare it; torchvision's has three dimensions.
LAYER_SCALE = re.compile(
    r"(.*\.)?(gamma(_?\d+|_xca)?|layer_scale(_\w+)?|ls\d+|layer_?scale_?\w*\.lambda_?\d+|lambda_\d)"
)


def cautions(assignment: Assignment) -> list[Problem]:
    """The warnings of every group that was asked for, in the table's order; each names its value and says why."""
    of_place = dict(zip(assignment.places, assignment.experiment.groups, strict=True))
    return [
        caution
        for place, group in of_place.items()
        for caution in (
            *_of_what_came_frozen(place, group, assignment),
            *(_of_frozen(place, assignment) if group.frozen else _of_trained(place, group, assignment)),
        )
    ]


def _of_what_came_frozen(index: int, group: Group, assignment: Assignment) -> Iterator[Problem]:
    """What the network's own code froze trains in no group."""
    names = [row.name for row in assignment.of_place(index) if row.came_frozen]
    if names and (index in assignment.frozen_unasked or not group.frozen):
        yield Problem(index, "optimizer", "came_frozen", {"count": len(names), "names": _few(names)})


def _of_trained(index: int, group: Group, assignment: Assignment) -> Iterator[Problem]:
    rows = assignment.of_place(index)
    if group.weight_decay > 0:
        yield from _of_decay(index, group, rows)
    if index in assignment.decayed and rows:
        yield from _of_layer_decay(index, rows, assignment)
    if group.optimizer == "Muon":
        yield from _of_muon(index, rows, assignment)
    if group.end_epoch is not None:
        yield from _of_end(index, group.end_epoch, assignment)
    if group.lr == 0 and rows:
        key = "lr_zero_first" if group.optimizer == "Rprop" else "lr_zero"
        yield Problem(index, "lr", key, {"optimizer": group.optimizer})
    zeros = _zero_at_start(assignment)
    if rows and all(row.name in zeros for row in rows):
        yield Problem(index, "params", "all_zero_at_start", {"count": len(rows)})


def _of_decay(index: int, group: Group, rows: list[Assigned]) -> Iterator[Problem]:
    """Decay of what is better left alone (arXiv:1812.01187, 2.3), and L2 in an adaptive class (arXiv:1711.05101)."""
    decay = f"{group.weight_decay:g}"
    if count := sum(row.role != "weight" for row in rows):
        yield Problem(index, "weight_decay", "decay_on_norm_or_bias", {"count": count, "decay": decay})
    if names := [row.name for row in rows if row.role == "weight" and _is_better_undecayed(row)]:
        values = {"count": len(names), "decay": decay, "names": _few(names)}
        yield Problem(index, "weight_decay", "decay_on_tokens_or_scales", values)
    if group.decay_kind == L2 and "decoupled_weight_decay" in OPTIMIZER_OPTIONS[group.optimizer]:
        yield Problem(index, "optimizer", "decay_not_decoupled", {"optimizer": group.optimizer, "decay": decay})


def _is_better_undecayed(row: Assigned) -> bool:
    """A special token, a table of positions, or the scale of a branch: a vector, however it is laid out."""
    if TOKEN_OR_TABLE.fullmatch(row.name.rpartition(".")[2]):
        return True
    return row.count == max(row.parameter.shape, default=1) and bool(LAYER_SCALE.fullmatch(row.name))


def _of_layer_decay(index: int, rows: list[Assigned], assignment: Assignment) -> Iterator[Problem]:
    """Layer decay that has nothing to spread, or spreads over far fewer depths than the network has blocks."""
    own = {row.candidate.depth for row in rows}
    depths, blocks = len({row.candidate.depth for row in assignment.rows}), count_blocks(assignment.model)
    if len(own) == 1:
        yield Problem(index, "layer_decay", "layer_decay_one_depth", {"depth": own.pop(), "count": depths})
    if 2 * depths < blocks:
        yield Problem(index, "layer_decay", "layer_decay_few_depths", {"count": depths, "blocks": blocks})


def _of_muon(index: int, rows: list[Assigned], assignment: Assignment) -> Iterator[Problem]:
    """Embeddings and output layers in Muon, which is for hidden layers: left out in DeepSpeed#7641, as its author says
    ("Embeddings, classifier heads", README of github.com/KellerJordan/Muon).

    They are known by their class, by their place at the network's end, by the names that DeepSpeed looks for, or by
    being tied to one another.
    """
    tables = {module.weight for module in assignment.model.modules() if isinstance(module, TABLES)}
    outer = tables | output_matrices(assignment.model)
    names = [
        row.name
        for row in rows
        if row.parameter in outer or len(row.names) > 1 or any(part in row.name.lower() for part in NOT_HIDDEN)
    ]
    if names:
        yield Problem(index, "optimizer", "muon_on_embeddings", {"count": len(names), "names": _few(names)})


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:FEW]) + (", …" if len(names) > FEW else "")


def _of_frozen(index: int, assignment: Assignment) -> Iterator[Problem]:
    """requires_grad=False does not stop running statistics (pytorch#86590)."""
    if count := _drifting(index, assignment, 0):
        yield Problem(index, "optimizer", "frozen_norm_drifts", {"count": count})


def _of_end(index: int, end: int, assignment: Assignment) -> Iterator[Problem]:
    """As `_of_frozen`, from the epoch on with which a group freezes."""
    if count := _drifting(index, assignment, end):
        yield Problem(index, "end_epoch", "frozen_norm_drifts_on", {"count": count})


def _drifting(index: int, assignment: Assignment, epochs: int) -> int:
    """How many layers of a group that does not train after so many epochs keep changing their running statistics."""
    if assignment.experiment.frozen_norm == "eval":
        return 0
    own = {layer for i, place in enumerate(assignment.places) if place == index for layer in assignment.layers_of(i)}
    layers = own.intersection(assignment.idle_layers(epochs))
    return sum(getattr(layer, "running_mean", None) is not None for layer in layers)


def _zero_at_start(assignment: Assignment) -> frozenset[str]:
    """The parameters that start as zero throughout."""
    experiment = assignment.experiment
    if not any(row.parameter.is_meta for row in assignment.rows):  # a network at hand
        return frozenset(row.name for row in assignment.rows if is_zero(row.parameter))
    if experiment.model == UNKNOWN or lines_of(experiment) is not None:  # names and shapes alone
        return frozenset()
    return zeros_of(form_of(experiment))
