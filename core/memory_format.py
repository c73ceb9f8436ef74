"""How a network's filters and images lie in memory."""

from __future__ import annotations

import torch

from core.own import own_model


def memory_format(model: str, device: torch.device | str) -> torch.memory_format:
    """The layout for a network and its images on `device`: on a CPU channels_last, as convolutions are faster so.

    Elsewhere, and for somebody's own network, whose code may need it, it is torch's default.
    """
    is_ours = model != own_model()
    return torch.channels_last if is_ours and torch.device(device).type == "cpu" else torch.contiguous_format
