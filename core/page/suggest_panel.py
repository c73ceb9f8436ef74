"""What opens when asked for: learning rates that would bring every group to a target, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr

from core import lab
from core.experiment import Experiment
from core.page.handlers import QUIET, while_busy
from core.page.inputs import SETTINGS, Translate, raw_of
from core.server import Runs, suggest_rates
from core.text import language_of, say
from core.widgets.group_table import Row, rows_of
from core.widgets.widget import Sentences


def suggest_panel(parts: SimpleNamespace, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel."""
    with gr.Accordion(translate("suggest"), open=False, elem_id="suggest"):
        gr.Markdown(translate("rates_help"))
        with gr.Row():
            target = gr.Number(1e-3, label=translate("rates_target"), min_width=140, elem_id="target")
            parts.rates_start.render()
            put = gr.Button(translate("rates_apply"), interactive=False, elem_id="rates-apply")
            undo = gr.Button(translate("rates_undo"), interactive=False, elem_id="rates-undo")
        result = Sentences(elem_id="suggestions")
    found, before = gr.State(None), gr.State(None)  # the suggestions; the table's rows as they were

    def ask(request: gr.Request, language: str, target: Any, *values: Any) -> Iterator[list[Any]]:
        session = str(request.session_hash)
        for answer in suggest_rates(runs, session, language_of(language), raw_of(*values), target):
            usable = gr.Button(interactive=_is_usable(answer.suggestions))
            yield [answer.status, answer.progress, answer.sentences, answer.suggestions, usable]

    def apply(language: str, suggestions: Any, rows: list[Row], *settings: Any) -> list[Any]:
        told = [say("rates_applied", language_of(language))]
        rated = with_rates(_spread(rows, lab.check(raw_of(rows, *settings)).as_run), suggestions)
        return [rated, rows, told, gr.Button(interactive=False), gr.Button(interactive=True)]

    def take_back(language: str, rows: list[Row]) -> list[Any]:
        told = [say("rates_undone", language_of(language))]
        return [rows, told, gr.Button(interactive=True), gr.Button(interactive=False)]

    inputs = [parts.table, *(parts.settings[field] for field in SETTINGS)]
    outputs = [parts.status, parts.progress, result, found, put]
    while_busy(parts, parts.rates_start, ask, [parts.language, target, *inputs], outputs)
    applied = [parts.table, before, result, put, undo]
    put.click(apply, [parts.language, found, *inputs], applied, **QUIET).then(**parts.checking)
    undone = [parts.table, result, put, undo]
    undo.click(take_back, [parts.language, before], undone, **QUIET).then(**parts.checking)


def _spread(rows: list[Row], as_run: Experiment | None) -> list[Row]:
    """The rows as they were typed; where layer decay makes more groups of them, those."""
    return rows if as_run is None or len(as_run.groups) == len(rows) else rows_of(as_run.groups)


def with_rates(rows: list[Row], suggestions: lab.Suggestions) -> list[Row]:
    """The table's rows with the suggested learning rates, to three digits; the rest as it was typed."""
    rates = {s.group: s.lr_after for s in suggestions.groups if s.refusal_key is None}
    return [row | {"lr": f"{rates[row['name']]:.3g}"} if row["name"] in rates else row for row in rows]


def _is_usable(suggestions: lab.Suggestions | None) -> bool:
    return suggestions is not None and any(s.refusal_key is None for s in suggestions.groups)
