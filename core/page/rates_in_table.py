"""Learning rates and weight decays put into the table by a click, and taken back by another."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from gradio.blocks import Block

from core.page.checks import Checks
from core.page.handlers import QUIET, Updates
from core.page.inputs import Inputs
from core.text import language_of, say
from core.widgets.group_table import Row
from core.widgets.widget import Sentences


@dataclass(frozen=True)
class RatesInTable:
    """`undo` brings back the rows as they were before the last rates came in; `said` says what has happened."""

    inputs: Inputs
    checks: Checks
    undo: gr.Button
    said: Sentences
    before: gr.State

    @property
    def changed(self) -> list[Block]:
        """What `put` and `undo` change."""
        return [self.inputs.table, self.before, self.said, self.undo]

    def put(self, rows: list[Row], values: dict[str, dict[str, float]], language: str) -> Updates:
        """New values by the groups' names and the table's columns; groups that are not there any more are left out.

        Each has an "lr", and a "weight_decay" where that changes.
        """
        language = language_of(language)
        known = [name for name in values if name in {row["name"] for row in rows}]
        if not known:
            return {self.said: [say("rates_no_group", language)]}
        cells = {name: {column: f"{value:.3g}" for column, value in values[name].items()} for name in known}
        put = [row | cells.get(row["name"], {}) for row in rows]
        told = (
            say("rates_with_decay" if "weight_decay" in of else "rates_one", language, group=name, **of)
            for name, of in cells.items()
        )
        said = [say("rates_put", language, rates=", ".join(told))]
        return {self.inputs.table: put, self.before: rows, self.said: said, self.undo: gr.Button(interactive=True)}

    def wire_undo(self) -> None:
        """A click on `undo`, and the check of the table that follows."""

        def take_back(language: str, rows: list[Row]) -> Updates:
            said = [say("rates_undone", language_of(language))]
            return {self.inputs.table: rows, self.said: said, self.undo: gr.Button(interactive=False)}

        changed = [self.inputs.table, self.said, self.undo]
        self.undo.click(take_back, [self.inputs.language, self.before], changed, **QUIET).then(**self.checks.event)
