"""The editable table of param groups: choices, reordering, an error under each cell.

gr.Dataframe has no choice cells and no per-cell errors.
"""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

from core.colours import PALETTE
from core.experiment import FROZEN, MAX_GROUPS, MOMENTUM_OPTIMIZERS, Choice, Group, Number, ruled_fields
from core.text import words
from core.widgets.widget import Widget

Row = dict[str, str]

RULES = {field.name: field.metadata["rule"] for field in ruled_fields(Group)}
COLUMNS = tuple(RULES)
CHOICES = {column: rule.choices for column, rule in RULES.items() if isinstance(rule, Choice)}
NUMBERS = tuple(column for column, rule in RULES.items() if isinstance(rule, Number))
FROZEN_COLUMNS = ("name", "params", "role", "depth", "optimizer")  # that a frozen group uses
LABELS = ("add", "delete", "up", "down", "of_group", "new", "default", "all")
HINTS = ("depth_hint", "layer_decay_hint", "schedule_hint", "start_epoch_hint")
WORDS = words("table_", *COLUMNS, *LABELS, *HINTS)


def rows_of(groups: tuple[Group, ...]) -> list[Row]:
    """The groups as the table shows them: every cell a text."""
    return [{key: cell_text(value) for key, value in group.to_dict().items()} for group in groups]


def cell_text(value: object) -> str:
    """How a cell shows a value, also one that does not fit it; a list as its parts side by side."""
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    try:
        if isinstance(value, (list, tuple)):
            return " ".join(map(str, value))
        return "" if value is None else str(value)
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits, lists in lists without end
        return ""


BLANK: Row = {f.name: "" if f.default is MISSING else cell_text(f.default) for f in ruled_fields(Group)}


class GroupTable(Widget):
    """`value` is a list of rows of texts; `errors` and `warnings` map "row.column" to a sentence.

    `palette` holds the rows' colours, those of their lines in the charts; `blank` is a new row without its name.
    """

    def __init__(
        self,
        value: list[Row] | None = None,
        errors: dict[str, str] | None = None,
        warnings: dict[str, str] | None = None,
        columns: tuple[str, ...] = COLUMNS,
        choices: dict[str, tuple[str, ...]] = CHOICES,
        numbers: tuple[str, ...] = NUMBERS,
        blank: Row = BLANK,
        momentum_optimizers: tuple[str, ...] = MOMENTUM_OPTIMIZERS,
        frozen: str = FROZEN,
        frozen_columns: tuple[str, ...] = FROZEN_COLUMNS,
        palette: tuple[str, ...] = PALETTE,
        max_rows: int = MAX_GROUPS,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "group_table",
            value=value,
            errors=errors or {},
            warnings=warnings or {},
            columns=columns,
            choices=choices,
            numbers=numbers,
            blank=blank,
            momentum_optimizers=momentum_optimizers,
            frozen=frozen,
            frozen_columns=frozen_columns,
            palette=palette,
            max_rows=max_rows,
            words=words,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        row = {"type": "object", "properties": {column: {"type": "string"} for column in COLUMNS}}
        return {"type": "array", "items": row}
