"""An experiment's plain values, right or wrong, as what the page's table and settings can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import lab
from core.experiment import MAX_GROUPS, Experiment, Number, Wrong, ruled_fields
from core.structures import structure_names
from core.widgets.group_table import BLANK, COLUMNS, Row, cell_text

SETTINGS = (
    *("model", "dataset", "frozen_norm", "pretrained", "clip", "clip_at"),
    *("train_size", "test_size", "image_size", "epochs", "batch_size", "seed", "structure"),
)
ANY_NUMBER = Number(-1e12, 1e12)


def network_names() -> list[str]:
    """What the menu of networks holds: those that can be trained, then those that are known by their shapes only."""
    return [*lab.model_names(), *structure_names()]


def has_rows(raw: Mapping[str, Any]) -> bool:
    """Whether `raw` holds groups that the table can show."""
    groups = raw.get("groups")
    listed = isinstance(groups, (list, tuple)) and 0 < len(groups) <= MAX_GROUPS
    return listed and all(isinstance(group, Mapping) for group in groups or ())


def table_rows(raw: Mapping[str, Any]) -> list[Row]:
    """A row for each group: its values as texts, also wrong ones; what is left out has its default."""
    return [{column: cell_text(group.get(column, BLANK[column])) for column in COLUMNS} for group in raw["groups"]]


def setting_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting by its name; the default where a value is left out or its input cannot show it."""
    fields = {field.name: field for field in ruled_fields(Experiment)}
    values = {name: _setting(fields[name].metadata["rule"], raw, fields[name].default, name) for name in SETTINGS}
    menus = {"dataset": lab.dataset_names} | ({} if values["structure"] else {"model": network_names})
    return values | {name: fields[name].default for name, names in menus.items() if values[name] not in names()}


def _setting(rule: Any, raw: Mapping[str, Any], default: Any, name: str) -> Any:
    """A number outside its bounds can be shown, and is then said to be wrong; no number, or no menu's name, cannot."""
    value = raw.get(name, default)
    for reader in (rule, ANY_NUMBER) if isinstance(rule, Number) else (rule,):
        try:
            return reader.read(value)
        except Wrong:
            continue
    return default
