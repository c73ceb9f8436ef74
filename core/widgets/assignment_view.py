"""Who is where, live: the groups with their counts and every parameter with its group and colour."""

from __future__ import annotations

from typing import Any

from core.text import say, words
from core.widgets.widget import Widget

COLUMNS = ("parameter", "group", "rule", "shadowed", "role", "depth", "shape", "count")  # of `Assignment.table`
LABELS = ("none", "tensors", "weights")
SETTINGS = ("lr", "betas", "momentum", "decay", "no_decay", "penalty", "size", "state")
WORDS = {
    language: fixed
    | {"frozen": say("frozen", language)}
    | {"shrinks": say("where_shrinks", language, shrink="{shrink}")}  # filled in the browser
    for language, fixed in words("where_", *COLUMNS, *LABELS, *SETTINGS).items()
}


class AssignmentView(Widget):
    """`value` is what `assignment_value` gives; None shows nothing."""

    def __init__(
        self,
        value: dict[str, object] | None = None,
        columns: tuple[str, ...] = COLUMNS,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "assignment_view",
            value=value,
            columns=columns,
            words=words,
            **kwargs,
        )
