"""What opens when asked for: learning rates that match an update size of the visitor's choice, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core import lab
from core.experiment import Experiment
from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.run_bar import RunBar
from core.server import Runs, match_rates, visitor_of
from core.text import language_of, say
from core.widgets.group_table import Row, rows_of
from core.widgets.widget import Sentences


def match_panel(tab: gr.Tab, inputs: Inputs, checks: Checks, bar: RunBar, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel."""
    with tab:
        with gr.Row():
            target = gr.Textbox(
                label=translate("rates_target"), placeholder="0.01", max_lines=1, min_width=140, elem_id="target"
            )
            bar.starters["rates_start"].render()
            put = gr.Button(translate("rates_apply"), interactive=False, elem_id="rates-apply")
            undo = gr.Button(translate("rates_undo"), interactive=False, elem_id="rates-undo")
        result = Sentences(elem_id="matches")
        gr.Markdown(translate("rates_help"))
    found, before = gr.State(None), gr.State(None)  # the suggestions; the table's rows as they were

    def ask(request: gr.Request, target: str, language: str, *values: Any) -> Iterator[Updates]:
        visitor = visitor_of(request)
        for answer in match_rates(runs, visitor, language_of(language), raw_of(*values), target):
            usable = gr.Button(interactive=_is_usable(answer.result))
            told = {result: answer.sentences, found: answer.result, put: usable}
            yield bar.tell(answer.status, answer.progress) | told

    def apply(suggestions: Any, language: str, rows: list[Row], *settings: Any) -> Updates:
        rated = with_rates(_spread(rows, lab.check(raw_of(rows, *settings)).as_run), suggestions)
        return {inputs.table: rated, before: rows} | applied(True, language)

    def take_back(language: str, rows: list[Row]) -> Updates:
        return {inputs.table: rows} | applied(False, language)

    def applied(are: bool, language: str) -> Updates:
        told = [say("rates_applied" if are else "rates_undone", language_of(language))]
        return {result: told, put: gr.Button(interactive=not are), undo: gr.Button(interactive=are)}

    bar.start(bar.starters["rates_start"], ask, [target, *inputs.all], [*bar.told, result, found, put])
    changed = [inputs.table, before, result, put, undo]
    put.click(apply, [found, *inputs.all], changed, **QUIET).then(**checks.event)
    undo.click(take_back, [inputs.language, before], changed, **QUIET).then(**checks.event)


def _spread(rows: list[Row], as_run: Experiment | None) -> list[Row]:
    """The rows as they were typed; where layer decay makes more groups of them, those."""
    return rows if as_run is None or len(as_run.groups) == len(rows) else rows_of(as_run.groups)


def with_rates(rows: list[Row], suggestions: lab.SizeMatches) -> list[Row]:
    """The table's rows with the suggested learning rates, to three digits; the rest as it was typed."""
    rates = {s.group: s.lr_after for s in suggestions.groups if s.refusal_key is None}
    return [row | {"lr": f"{rates[row['name']]:.3g}"} if row["name"] in rates else row for row in rows]


def _is_usable(suggestions: lab.SizeMatches | None) -> bool:
    return suggestions is not None and any(s.refusal_key is None for s in suggestions.groups)
