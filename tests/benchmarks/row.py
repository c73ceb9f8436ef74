"""One line of the table of benchmarks, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = "| what | project | peer | limit | ratio | goal | met |\n|---|---|---|---|---|---|---|"


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


def line(row: Row) -> str:
    """As a line of the table under `HEAD`."""
    figures = [_number(figure, row.unit) for figure in (row.project, row.peer, row.limit)]
    cells = [row.what, *figures, _number(row.ratio, "×"), _goal(row), {True: "yes", False: "no", None: "–"}[row.met]]
    return f"| {' | '.join(cells)} |"


def _goal(row: Row) -> str:
    sign, unit = "≥" if row.higher_is_better else "≤", "×" if row.ratio else row.unit
    return "–" if row.goal is None else f"{sign} {row.goal:g} {unit}"


def _number(figure: float | None, unit: str) -> str:
    return "–" if figure is None else f"{figure:,.3g} {unit}" if figure < 1000 else f"{figure:,.0f} {unit}"
