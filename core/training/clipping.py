"""Gradients that are clipped between the backward pass and the step, by torch's own functions."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from core.assignment import Assignment


class Clipping:
    """Clips the gradients of an assignment's network as its experiment says.

    norm            `clip_grad_norm_(network.parameters(), clip_at)`: where the norm of all gradients together is
                    larger than `clip_at`, all are multiplied by clip_at / (norm + 1e-6) (arXiv:1211.5063, 3.2)
    norm_per_group  the same for the gradients of each group alone
    value           `clip_grad_value_(network.parameters(), clip_at)`: every number into [-clip_at, clip_at]
    """

    def __init__(self, assignment: Assignment) -> None:
        experiment = assignment.experiment
        self._kind, self._at = experiment.clip, experiment.clip_at
        every = list(assignment.model.parameters())
        groups = [[row.parameter for row in assignment.of_group(index)] for index in range(len(experiment.groups))]
        self._together = groups if self._kind == "norm_per_group" else [every]

    def copies(self) -> dict[nn.Parameter, Tensor] | None:
        """Copies of the gradients that there are, before they are clipped; None where nothing is."""
        if self._kind == "none":
            return None
        return {p: p.grad.clone() for parameters in self._together for p in parameters if p.grad is not None}

    def clip(self) -> None:
        """Clip the gradients that there are."""
        for parameters in self._together:
            if self._kind == "value":
                clip_grad_value_(parameters, self._at)
            elif self._kind != "none":
                clip_grad_norm_(parameters, self._at)
