"""How long a network that was never seen takes to who is where: each of torchvision's, the house's, the structures."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from core import lab
from core.models import model_names
from core.structures import structure_names
from tests.benchmarks.row import Row

GROUPS = [{"name": "decay", "params": "*", "role": "weight", "optimizer": "AdamW", "weight_decay": 0.01}]
GROUPS += [{"name": "no decay", "params": "*", "optimizer": "AdamW"}]
SIZES = (224, 160)  # pixels a side; the second, which some refuse, is another one of a network that was just seen


def rows() -> list[Row]:
    """Each network once, one after the other, in this process; what torch imports at first use is there before."""
    lab.check({"model": "simple_cnn", "groups": GROUPS})
    pairs = [[_seconds(name, size) for size in SIZES] for name in [*model_names(), *structure_names()]]
    first, second = zip(*pairs, strict=True)
    looks = {"first look at a network": first, "its next look, at another image size": second}
    return [
        Row(f"{what}: {which}", 1000 * figure, None, None, None, goal, False, "ms")
        for what, seconds in looks.items()
        for which, figure, goal in (("slowest", max(seconds), 500.0), ("median", median(seconds), 150.0))
    ]


def _seconds(name: str, size: int) -> float:
    raw: dict[str, Any] = {"model": name, "image_size": size, "batch_size": 2, "groups": GROUPS}
    began = time.perf_counter()
    assert lab.check(raw).experiment is not None, name
    return time.perf_counter() - began
