"""One line of the table of benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`project` and `peer` in `unit`; `ratio` is what the goal bounds, None where that is `project` itself.

    A row without a goal is there to be known.
    """

    what: str
    project: float
    peer: float | None
    limit: float | None
    ratio: float | None
    goal: float | None
    higher_is_better: bool
    unit: str

    @property
    def met(self) -> bool | None:
        """Whether the ratio, or the figure itself where there is none, is as good as the goal; None without one."""
        if self.goal is None:
            return None
        reached = self.project if self.ratio is None else self.ratio
        return reached >= self.goal if self.higher_is_better else reached <= self.goal
