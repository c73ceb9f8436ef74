"""Who is where, live: the groups with their counts and every parameter with its group and colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from core import lab
from core.colours import colours
from core.text import say, words
from core.widgets.widget import Widget

LABELS = ("parameter", "shape", "count", "role", "depth", "group", "rule", "shadowed", "none", "tensors", "weights")
SETTINGS = ("lr", "betas", "momentum", "decay", "no_decay", "penalty", "size", "state")
WORDS = {
    language: fixed | {"where_shrinks": say("where_shrinks", language, shrink="{shrink}")}  # filled in the browser
    for language, fixed in words("frozen", *[f"where_{key}" for key in LABELS + SETTINGS]).items()
}


def assignment_value(
    assignment: lab.Assignment, sentences: list[str], resolved: Iterable[lab.ResolvedGroup] = ()
) -> dict[str, Any]:
    """What the view shows: `groups` and their `colours`, `rows` as `Assignment.table`, `problems` as sentences.

    A group is a ResolvedGroup as a dict; its name and counts only, while torch cannot have it yet.
    """
    groups = [asdict(group) for group in resolved]
    if not groups:
        own = [(group.name, assignment.of_group(index)) for index, group in enumerate(assignment.experiment.groups)]
        groups = [{"name": n, "tensors": len(rows), "weights": sum(row.count for row in rows)} for n, rows in own]
    return {"groups": groups, "colours": colours(len(groups)), "rows": assignment.table(), "problems": sentences}


class AssignmentView(Widget):
    """`value` is what `assignment_value` gives; None shows nothing."""

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "assignment_view",
            value=value,
            words=words,
            **kwargs,
        )
