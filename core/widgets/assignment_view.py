"""Who is where, live: the groups with their counts and every parameter with its group and colour."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.assignment import Assignment
from core.figures import PALETTE
from core.text import words
from core.widgets.source import source

LABELS = ("parameter", "shape", "count", "role", "group", "rule", "shadowed", "none", "tensors", "weights")
WORDS = words(*[f"where_{key}" for key in LABELS])


def assignment_value(assignment: Assignment, sentences: list[str]) -> dict[str, Any]:
    """What the view shows: `groups` with counts, `rows` as `Assignment.table`, `problems` as sentences."""
    groups = []
    for index, group in enumerate(assignment.experiment.groups):
        rows = assignment.of_group(index)
        groups.append({"name": group.name, "tensors": len(rows), "weights": sum(row.count for row in rows)})
    return {"groups": groups, "rows": assignment.table(), "problems": sentences}


class AssignmentView(gr.HTML):
    def __init__(
        self,
        value: dict[str, Any] | None = None,
        palette: tuple[str, ...] = PALETTE,
        words: dict[str, dict[str, str]] = WORDS,
        html_template: str = source("assignment_view.html"),
        css_template: str = source("assignment_view.css"),
        js_on_load: str = source("assignment_view.js"),
        apply_default_css: bool = False,
        **kwargs: Any,
    ):
        super().__init__(
            value=value,
            palette=palette,
            words=words,
            html_template=html_template,
            css_template=css_template,
            js_on_load=js_on_load,
            apply_default_css=apply_default_css,
            **kwargs,
        )
