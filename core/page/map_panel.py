"""Which rate matters: the map of learning rates, cell by cell; a click puts a cell's rates into the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core import lab
from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.map_view import map_value, rates_of
from core.page.rates_in_table import RatesInTable
from core.page.run_bar import RunBar
from core.server import Runs, map_answers, told, visitor_of
from core.text import language_of
from core.widgets.map_grid import MapGrid
from core.widgets.widget import Sentences

SHOW = "() => document.querySelector('#map-grid').scrollIntoView({block: 'start'})"  # what was found
FACTORS = "1/30 1/10 1/3 3 10 30"


def map_panel(tab: gr.Tab, inputs: Inputs, checks: Checks, bar: RunBar, runs: Runs, translate: Translate) -> gr.State:
    """Lay out and wire the panel; returns it, and where the last map and its experiment are kept."""
    with tab:
        with gr.Row():
            factors = gr.Textbox(FACTORS, label=translate("map_factors"), max_lines=1, elem_id="factors")
            seeds = gr.Number(2, label=translate("map_seeds"), min_width=90, elem_id="map-seeds")
            seconds = gr.Number(60, label=translate("map_seconds"), min_width=90, elem_id="map-seconds")
        with gr.Row():
            bar.starters["map_start"].render()
            undo = gr.Button(translate("rates_undo"), interactive=False, elem_id="map-undo")
        grid = MapGrid(elem_id="map-grid")
        said = Sentences(elem_id="map-put")
        shown = Sentences(elem_id="map-shown")
        gr.Markdown(translate("map_help"))
    found = gr.State(None)  # the map and the experiment that it is of
    put = RatesInTable(inputs, checks, undo, said, gr.State(None))

    def ask(request: gr.Request, asked: str, count: Any, limit: Any, language: str, *values: Any) -> Iterator[Updates]:
        visitor, language, raw = visitor_of(request), language_of(language), raw_of(*values)
        experiment, drawn = lab.check(raw).experiment, -1
        answers = told(raw, language, lambda e: map_answers(runs, visitor, language, e, asked, count, limit))
        for answer in answers:
            updates = bar.tell(answer.status, answer.progress) | {shown: answer.sentences}
            if answer.result is not None and experiment is not None and len(answer.result.cells) != drawn:
                drawn = len(answer.result.cells)
                updates |= {grid: map_value(answer.result, experiment, language), found: (answer.result, experiment)}
            yield updates

    def choose(found: Any, value: Any, language: str, rows: list[dict[str, str]]) -> Updates:
        chosen = value.get("chosen") if isinstance(value, dict) else None
        rates = rates_of(found[0], found[1], chosen) if found else {}
        return put.put(rows, {name: {"lr": rate} for name, rate in rates.items()}, language)

    told_parts = [*bar.told, shown, grid, found]
    mapped = bar.start(bar.starters["map_start"], ask, [factors, seeds, seconds, *inputs.all], told_parts)
    mapped.then(None, None, None, js=SHOW, **QUIET)
    chosen = grid.select(choose, [found, grid, inputs.language, inputs.table], put.changed, **QUIET)
    chosen.then(**checks.event)
    put.wire_undo()
    return found
