"""The editable table of param groups: choices, reordering, an error under each cell.

gr.Dataframe has no choice cells and no per-cell errors.
"""

from __future__ import annotations

from typing import Any

from core.colours import PALETTE
from core.experiment import FROZEN, MAX_GROUPS, MOMENTUM_OPTIMIZERS, OPTIMIZER_OPTIONS, ROLES, SCHEDULES, Group
from core.text import words
from core.widgets.widget import Widget

COLUMNS = (
    *("name", "params", "role", "depth", "optimizer", "lr", "layer_decay", "weight_decay", "momentum"),
    *("schedule", "start_epoch", "options"),
)
LABELS = ("add", "delete", "up", "down", "of_group", "new", "default", "all")
HINTS = ("depth_hint", "layer_decay_hint", "schedule_hint", "start_epoch_hint")
WORDS = words("table_", *COLUMNS, *LABELS, *HINTS)

Row = dict[str, str]


def rows_of(groups: tuple[Group, ...]) -> list[Row]:
    """The groups as the table shows them: every cell a text."""
    return [{key: cell_text(value) for key, value in group.to_dict().items()} for group in groups]


def cell_text(value: Any) -> str:
    """How a cell shows a value, also one that does not fit it; a list as its parts side by side."""
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    try:
        if isinstance(value, (list, tuple)):
            return " ".join(map(str, value))
        return "" if value is None else str(value)
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits, lists in lists without end
        return ""


class GroupTable(Widget):
    """`value` is a list of rows of texts; `errors` and `warnings` map "row.column" to a sentence.

    `palette` holds the rows' colours, those of their lines in the charts.
    """

    def __init__(
        self,
        value: list[Row] | None = None,
        errors: dict[str, str] | None = None,
        warnings: dict[str, str] | None = None,
        roles: tuple[str, ...] = ROLES,
        optimizers: tuple[str, ...] = tuple(OPTIMIZER_OPTIONS),
        schedules: tuple[str, ...] = SCHEDULES,
        momentum_optimizers: tuple[str, ...] = MOMENTUM_OPTIMIZERS,
        frozen: str = FROZEN,
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
            roles=roles,
            optimizers=optimizers,
            schedules=schedules,
            momentum_optimizers=momentum_optimizers,
            frozen=frozen,
            palette=palette,
            max_rows=max_rows,
            words=words,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        row = {"type": "object", "properties": {column: {"type": "string"} for column in COLUMNS}}
        return {"type": "array", "items": row}
