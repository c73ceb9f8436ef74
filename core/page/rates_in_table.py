"""Learning rates put into the table by a click, and taken back by another."""

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

    def put(self, rows: list[Row], rates: dict[str, float], language: str) -> Updates:
        """The rates, by the groups' names, in the table; groups that are not there any more are left out."""
        language = language_of(language)
        known = {row["name"] for row in rows} & set(rates)
        if not known:
            return {self.said: [say("rates_no_group", language)]}
        told = ", ".join(f"{name} {rates[name]:.3g}" for name in rates if name in known)
        put = [row | {"lr": f"{rates[row['name']]:.3g}"} if row["name"] in known else row for row in rows]
        said = [say("rates_put", language, rates=told)]
        return {self.inputs.table: put, self.before: rows, self.said: said, self.undo: gr.Button(interactive=True)}

    def wire_undo(self) -> None:
        """A click on `undo`, and the check of the table that follows."""

        def take_back(language: str, rows: list[Row]) -> Updates:
            said = [say("rates_undone", language_of(language))]
            return {self.inputs.table: rows, self.said: said, self.undo: gr.Button(interactive=False)}

        changed = [self.inputs.table, self.said, self.undo]
        self.undo.click(take_back, [self.inputs.language, self.before], changed, **QUIET).then(**self.checks.event)
