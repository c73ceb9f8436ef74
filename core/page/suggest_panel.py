"""Learning rates that were seen to do better, put into the table by a click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.rates_in_table import RatesInTable
from core.page.run_bar import RunBar
from core.server import Runs, suggest_answers, told
from core.text import language_of
from core.widgets.widget import Sentences


def suggest_panel(inputs: Inputs, checks: Checks, bar: RunBar, runs: Runs, translate: Translate) -> gr.Accordion:
    """Lay out and wire the panel."""
    panel = gr.Accordion(translate("suggest"), open=False, elem_id="suggest")
    with panel:
        gr.Markdown(translate("suggest_help"))
        with gr.Row():
            seconds = gr.Number(90, label=translate("map_seconds"), min_width=90, elem_id="suggest-seconds")
            bar.starters["suggest_start"].render()
            apply = gr.Button(translate("rates_apply"), interactive=False, elem_id="suggest-apply")
            undo = gr.Button(translate("rates_undo"), interactive=False, elem_id="suggest-undo")
        shown, said = Sentences(elem_id="suggestions"), Sentences(elem_id="suggest-put")
    found = gr.State(None)
    put = RatesInTable(inputs, checks, undo, said, gr.State(None))

    def ask(request: gr.Request, limit: Any, language: str, *values: Any) -> Iterator[Updates]:
        session, language = str(request.session_hash), language_of(language)
        for answer in told(raw_of(*values), language, lambda e: suggest_answers(runs, session, language, e, limit)):
            usable = answer.result is not None and answer.result.is_better
            updates = {shown: answer.sentences, said: [], found: answer.result, apply: gr.Button(interactive=usable)}
            yield bar.tell(answer.status, answer.progress) | updates

    def put_in(found: Any, language: str, rows: list[dict[str, str]]) -> Updates:
        rates = {s.group: s.lr_after for s in found.groups if s.refusal_key is None and s.lr_after is not None}
        return put.put(rows, rates, language)

    bar.start(bar.starters["suggest_start"], ask, [seconds, *inputs.all], [*bar.told, shown, said, found, apply])
    apply.click(put_in, [found, inputs.language, inputs.table], put.changed, **QUIET).then(**checks.event)
    put.wire_undo()
    return panel
