"""Who is where, live: the groups with their counts and every parameter with its group and colour."""

from __future__ import annotations

from typing import Any

from core.assignment import Assignment
from core.figures import PALETTE
from core.text import words
from core.widgets.widget import Widget

LABELS = ("parameter", "shape", "count", "role", "group", "rule", "shadowed", "none", "tensors", "weights")
WORDS = words(*[f"where_{key}" for key in LABELS])


def assignment_value(assignment: Assignment, sentences: list[str]) -> dict[str, Any]:
    """What the view shows: `groups` with counts, `rows` as `Assignment.table`, `problems` as sentences."""
    groups = []
    for index, group in enumerate(assignment.experiment.groups):
        rows = assignment.of_group(index)
        groups.append({"name": group.name, "tensors": len(rows), "weights": sum(row.count for row in rows)})
    return {"groups": groups, "rows": assignment.table(), "problems": sentences}


class AssignmentView(Widget):
    """`value` is what `assignment_value` gives; None shows nothing."""

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        palette: tuple[str, ...] = PALETTE,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "assignment_view",
            value=value,
            palette=palette,
            words=words,
            **kwargs,
        )
