"""A map of learning rates: a row per group, a column per factor, in each cell a loss that can be clicked."""

from __future__ import annotations

from typing import Any

from core.text import words
from core.widgets.widget import Widget

WORDS = words("map_", "all", "times", "hint")


class MapGrid(Widget):
    """`value` is {"factors": texts, "rows": [{"group": name or None, "colour": text, "cells": [cell, ...]}]}.

    A cell is None where nothing was run (yet), else {"loss": text, "more": text, "shade": -1 to 1, "title": text}: a
    lower loss than with the rates as they are is a shade below 0. A click on a cell sets `value["chosen"]` to its
    [row, column], counted from 0, and triggers "select".
    """

    def __init__(
        self, value: dict[str, Any] | None = None, words: dict[str, dict[str, str]] = WORDS, **kwargs: Any
    ) -> None:
        super().__init__("map_grid", value=value, words=words, **kwargs)
