"""The editable table of param groups: a row of five columns each, the others on demand, errors below the cells.

gr.Dataframe has no choice cells and no per-cell errors.
"""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

from core.colours import PALETTE
from core.experiment import FROZEN, MAX_GROUPS, MOMENTUM_OPTIMIZERS, Choice, Group, Number, ruled_fields
from core.experiment.schedule_settings import SCHEDULE_OPTIONS
from core.text import words
from core.widgets.widget import Widget

Row = dict[str, str]

PARTS = ("group_table_history",)  # of its script

RULES = {field.name: field.metadata["rule"] for field in ruled_fields(Group)}
COLUMNS = tuple(RULES)
CHOICES = {column: rule.choices for column, rule in RULES.items() if isinstance(rule, Choice)}
NUMBERS = tuple(column for column, rule in RULES.items() if isinstance(rule, Number))
FROZEN_COLUMNS = ("name", "params", "role", "depth", "optimizer")  # that a frozen group uses
ESSENTIAL = ("name", "params", "optimizer", "lr", "weight_decay")  # always in sight
LABELS = (
    *("add", "delete", "duplicate", "copy", "up", "down", "of_group", "new", "default", "all", "more", "filter"),
    *("undo", "redo", "reset", "before", "all_placed", "into_new", "never"),
)
HINTS = tuple(f"{column}_hint" for column in COLUMNS if column not in ESSENTIAL)
# What each schedule does unless told otherwise, as its cell would say it.
DEFAULTS = {
    name: " ".join(f"{option}={value!r}" for option, value in taken.items()) for name, taken in SCHEDULE_OPTIONS.items()
}
MANY = 8  # rows: beyond, each is one line, and a filter finds them
GLOSSES = tuple(f"choice_{choice}" for choice in (*CHOICES["role"], *CHOICES["schedule"], FROZEN))
WORDS = words("table_", *COLUMNS, *LABELS, *HINTS, *GLOSSES)


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

    `palette` holds the rows' colours, those of their lines in the charts, `sizes` a text for each row, `base` the rows
    that "reset" goes back to, with `base_settings`, as undo and redo do with the rows and `settings` that were: their
    event is `submit`, with {"settings"}. `images` is the dataset that came by itself: the states that undo leads back
    to have it too. `twins` is for the cells of names that another row has, {"place": the other
    row's cell, "sentence": for it}; `homeless` {"sentence", "names", "known"} of the parameters that are in no group;
    `blank` is a new row without its name. `measured` is what the last run measured, for each group {"row", "text",
    "place", "usual", "title"}: `row` is the row that ran; `place` and the two ends of `usual` are from 0 to 1 on the
    meter, or None.
    """

    def __init__(
        self,
        value: list[Row] | None = None,
        errors: dict[str, str] | None = None,
        warnings: dict[str, str] | None = None,
        sizes: list[str] | None = None,
        homeless: dict[str, Any] | None = None,
        measured: list[dict[str, Any]] | None = None,
        base: list[Row] | None = None,
        settings: dict[str, Any] | None = None,
        base_settings: dict[str, Any] | None = None,
        images: str = "",
        twins: dict[str, dict[str, str]] | None = None,
        columns: tuple[str, ...] = COLUMNS,
        essential: tuple[str, ...] = ESSENTIAL,
        choices: dict[str, tuple[str, ...]] = CHOICES,
        numbers: tuple[str, ...] = NUMBERS,
        blank: Row = BLANK,
        momentum_optimizers: tuple[str, ...] = MOMENTUM_OPTIMIZERS,
        schedule_defaults: dict[str, str] = DEFAULTS,
        frozen: str = FROZEN,
        frozen_columns: tuple[str, ...] = FROZEN_COLUMNS,
        palette: tuple[str, ...] = PALETTE,
        max_rows: int = MAX_GROUPS,
        many: int = MANY,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "group_table",
            parts=PARTS,
            value=value,
            errors=errors or {},
            warnings=warnings or {},
            sizes=sizes or [],
            homeless=homeless or {},
            measured=measured or [],
            base=base or [],
            settings=settings,
            base_settings=base_settings or {},
            images=images,
            twins=twins or {},
            columns=columns,
            essential=essential,
            choices=choices,
            numbers=numbers,
            blank=blank,
            momentum_optimizers=momentum_optimizers,
            schedule_defaults=schedule_defaults,
            frozen=frozen,
            frozen_columns=frozen_columns,
            palette=palette,
            max_rows=max_rows,
            many=many,
            words=words,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        row = {"type": "object", "properties": {column: {"type": "string"} for column in COLUMNS}}
        return {"type": "array", "items": row}
