"""The editable table of param groups: choices, reordering, an error under each cell.

gr.Dataframe has no choice cells and no per-cell errors, so this is a gr.HTML whose template
is constant: all data goes into the page by `textContent` and `.value`.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.experiment import MAX_GROUPS, ROLES, Group
from core.figures import PALETTE
from core.options import FROZEN, MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS
from core.text import words
from core.widgets.source import source

COLUMNS = ("name", "params", "role", "optimizer", "lr", "weight_decay", "momentum", "options")
LABELS = ("add", "delete", "up", "down", "of_group", "new", "default")
WORDS = words(*[f"table_{key}" for key in COLUMNS + LABELS])

Row = dict[str, str]


def rows_of(groups: tuple[Group, ...]) -> list[Row]:
    """The groups as the table shows them: every cell a text."""
    return [{key: _cell(value) for key, value in group.to_dict().items()} for group in groups]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value).removesuffix(".0")


class GroupTable(gr.HTML):
    """`value` is a list of rows of texts; `errors` maps "row.column" to a sentence."""

    def __init__(
        self,
        value: list[Row] | None = None,
        errors: dict[str, str] | None = None,
        roles: tuple[str, ...] = ROLES,
        optimizers: tuple[str, ...] = tuple(OPTIMIZER_OPTIONS),
        momentum_optimizers: tuple[str, ...] = MOMENTUM_OPTIMIZERS,
        frozen: str = FROZEN,
        palette: tuple[str, ...] = PALETTE,
        max_rows: int = MAX_GROUPS,
        words: dict[str, dict[str, str]] = WORDS,
        html_template: str = source("group_table.html"),
        css_template: str = source("group_table.css"),
        js_on_load: str = source("group_table.js"),
        apply_default_css: bool = False,
        **kwargs: Any,
    ):
        super().__init__(
            value=value,
            errors=errors or {},
            roles=roles,
            optimizers=optimizers,
            momentum_optimizers=momentum_optimizers,
            frozen=frozen,
            palette=palette,
            max_rows=max_rows,
            words=words,
            html_template=html_template,
            css_template=css_template,
            js_on_load=js_on_load,
            apply_default_css=apply_default_css,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        row = {"type": "object", "properties": {column: {"type": "string"} for column in COLUMNS}}
        return {"type": "array", "items": row}
