"""Learning rates and weight decays that were seen to do better, put into the table by a click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.rates_in_table import RatesInTable
from core.page.run_bar import RunBar
from core.server import Runs, suggest_answers, told, visitor_of
from core.text import language_of
from core.widgets.widget import Sentences


def suggest_panel(tab: gr.Tab, inputs: Inputs, checks: Checks, bar: RunBar, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel."""
    with tab:
        with gr.Row():
            seconds = gr.Number(90, label=translate("map_seconds"), min_width=90, elem_id="suggest-seconds")
            bar.starters["suggest_start"].render()
            apply = gr.Button(translate("rates_apply"), interactive=False, elem_id="suggest-apply")
            undo = gr.Button(translate("rates_undo"), interactive=False, elem_id="suggest-undo")
        shown, said = Sentences(elem_id="suggestions"), Sentences(elem_id="suggest-put")
        gr.Markdown(translate("suggest_help"))
    found = gr.State(None)
    put = RatesInTable(inputs, checks, undo, said, gr.State(None))

    def ask(request: gr.Request, limit: Any, language: str, *values: Any) -> Iterator[Updates]:
        visitor, language = visitor_of(request), language_of(language)
        for answer in told(raw_of(*values), language, lambda e: suggest_answers(runs, visitor, language, e, limit)):
            usable = answer.result is not None and answer.result.is_better
            updates = {shown: answer.sentences, said: [], found: answer.result, apply: gr.Button(interactive=usable)}
            yield bar.tell(answer.status, answer.progress) | updates

    def put_in(found: Any, language: str, rows: list[dict[str, str]]) -> Updates:
        values = {}
        for group in found.groups:
            if group.refusal_key is None:
                values[group.group] = {"lr": group.lr_after}
                if group.weight_decay_after != group.weight_decay_before:
                    values[group.group]["weight_decay"] = group.weight_decay_after
        return put.put(rows, values, language)

    bar.start(bar.starters["suggest_start"], ask, [seconds, *inputs.all], [*bar.told, shown, said, found, apply])
    apply.click(put_in, [found, inputs.language, inputs.table], put.changed, **QUIET).then(**checks.event)
    put.wire_undo()
