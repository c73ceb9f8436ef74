"""The schedules that a group can name, and the settings that each takes beside the group's own lr."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.experiment.errors import Problem
from core.experiment.fields import Number, PlainRule, Rule, Wrong
from core.text import Shown

# What each schedule takes, and what it does where it is not told: as `core.optimizers.schedulers` has it. Lengths are
# shares of the group's steps, and a `floor` is a share of the group's own lr.
SCHEDULE_OPTIONS: dict[str, dict[str, Any]] = {
    "constant": {},
    "warmup_cosine": {"warmup": 0.1, "floor": 0.0},
    "step": {"gamma": 0.1},
    "one_cycle": {"warmup": 0.3},
    "linear": {"warmup": 0.0, "floor": 0.0},
    "multi_step": {"milestones": (0.5, 0.75), "gamma": 0.1},
    "exponential": {"floor": 0.01},
    "cosine_restarts": {"cycles": 3, "growth": 1, "floor": 0.0},
    "wsd": {"warmup": 0.05, "decay": 0.2, "floor": 0.0},
}
SCHEDULES = tuple(SCHEDULE_OPTIONS)
MOST_MILESTONES = 10


@dataclass(frozen=True)
class Shares(PlainRule):
    """Rising numbers from 0 to 1, one or several: a tuple, or a list of them."""

    most: int = MOST_MILESTONES

    def read(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, (tuple, list)) or not 0 < len(value) <= self.most:
            raise Wrong("not_shares", value=value, most=self.most)
        shares = tuple(Number(0.0, 1.0).read(item) for item in value)
        if list(shares) != sorted(set(shares)):
            raise Wrong("not_shares", value=value, most=self.most)
        return shares


SCHEDULE_RULES: dict[str, Rule] = {
    "cycles": Number(1, 100, whole=True),
    "decay": Number(0.0, 1.0),
    "floor": Number(0.0, 1.0),
    "gamma": Number(0.0, 1.0),
    "growth": Number(1, 10, whole=True),
    "milestones": Shares(),
    "warmup": Number(0.0, 1.0),
}


def schedule_problems(schedule: str, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """What a schedule does not take, or not together; each setting by itself is within its rule."""
    taken = SCHEDULE_OPTIONS[schedule]
    for name in settings:
        if name not in taken:
            values = {"value": Shown(name), "schedule": schedule, "allowed": ", ".join(taken) or "-"}
            yield Problem(None, "schedule_options", "schedule_option_not_taken", values)
    if schedule == "exponential" and settings.get("floor") == 0:
        yield Problem(None, "schedule_options", "floor_of_exponential", {"value": Shown("floor=0")})
    if schedule == "one_cycle" and settings.get("warmup") == 1:
        yield Problem(None, "schedule_options", "one_cycle_falls", {"value": Shown("warmup=1")})
    whole = taken | dict(settings)
    if schedule == "wsd" and (length := whole["warmup"] + whole["decay"]) > 1:
        values = {"warmup": whole["warmup"], "decay": whole["decay"], "value": Shown(f"{length:g}")}
        yield Problem(None, "schedule_options", "wsd_too_long", values)
