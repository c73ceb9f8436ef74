"""One line of the table of benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`project` in `unit`, `ratio` of it to `peer` or to `limit` as the goal counts it; None where there is none."""

    what: str
    project: float
    peer: float | None
    limit: float | None
    ratio: float | None
    goal: float
    higher_is_better: bool
    unit: str

    @property
    def met(self) -> bool:
        """Whether the ratio, or the figure itself where there is none, is as good as the goal."""
        reached = self.project if self.ratio is None else self.ratio
        return reached >= self.goal if self.higher_is_better else reached <= self.goal
