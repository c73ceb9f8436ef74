"""How large the updates were in runs that learned: a table measured by `python -m tests.usual_updates`.

It describes; it does not judge. A run inside the range may learn badly, one outside may learn well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Usual:
    """Nine in ten medians of update/weight, each of a layer over the first `steps` steps, lie from `low` to `high`."""

    steps: int
    low: float
    high: float


TABLE: dict[str, list[Usual]] = {
    network: [Usual(**row) for row in found["usual"]]
    for network, found in json.loads(FILE.read_text(encoding="utf-8"))["networks"].items()
}


def usual_updates(model: str, steps: int, weights: str = "random") -> Usual | None:
    """Those of the network over as many of the first `steps` steps as were measured, from random weights.

    None for a network that was not measured, for one that starts from other `weights` (as `Started` names them),
    and for a run that is shorter than what was.
    """
    if weights != "random":
        return None
    return next((usual for usual in reversed(TABLE.get(model, [])) if usual.steps <= steps), None)
