"""torch's Muon for convolution filters too."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

import torch
from torch import Tensor


class MatrixMuon(torch.optim.Muon):
    """torch's Muon for convolution filters too: each (out, in, k, k) is seen as a matrix (out, in*k*k).

    Flattening is what the method's author does: github.com/KellerJordan/Muon, `muon_update`.
    """

    def __init__(self, params: Iterable[dict[str, Any]], **defaults: Any) -> None:
        # torch's constructor refuses all but matrices, so the groups are added after it.
        super().__init__([{"params": []}], **defaults)
        self.param_groups.clear()
        for group in params:
            self.add_param_group(group)

    def _init_group(self, group: MutableMapping[str, Any], *kept: list[Tensor]) -> bool:
        """torch's own collecting of parameters, gradients and momenta; then views of them as matrices.

        A filter in channels_last gives its columns in the order of its memory: the
        update is the same in any order.
        """
        has_complex = super()._init_group(group, *kept)
        turned = [p.ndim == 4 and not p.is_contiguous() for p in kept[0]]
        for tensors in kept:
            for i, tensor in enumerate(tensors):
                rows = tensor.permute(0, 2, 3, 1) if turned[i] else tensor
                tensors[i] = rows.view(len(rows), -1)
        return has_complex
