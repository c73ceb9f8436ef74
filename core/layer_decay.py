"""Layer-wise learning rate decay: a group that asks for it becomes one group per depth, head first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.experiment import Group
from core.selection import Selector


def spread(groups: Sequence[Group], selector: Selector) -> Iterator[tuple[Group, int]]:
    """The groups with those that ask for layer decay spread over depths; each with the place it had.

    A depth that is k steps away from the head gets lr x factor^k, as in timm's
    `param_groups_layer_decay` (timm/optim/_param_groups.py) after BEiT (arXiv:2106.08254).
    Depths without a parameter of the group are left out; all else stays as it is.
    """
    depths = [candidate.depth for candidate in selector.candidates]
    deepest = max(depths, default=0)
    homes = list(zip(selector.first_fits(groups), depths, strict=True))
    for place, group in enumerate(groups):
        own = sorted({depth for home, depth in homes if home == place}, reverse=True)
        if group.layer_decay is None or group.frozen or not own:
            yield replace(group, layer_decay=None), place
            continue
        for depth in own:
            name = f"{group.name[:34]} d{depth}"
            rate = group.lr * group.layer_decay ** (deepest - depth)
            yield replace(group, name=name, depth=str(depth), lr=rate, layer_decay=None), place
