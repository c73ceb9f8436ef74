"""Range tests: one rate rises while the others stay, drawn as loss against learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core import lab
from core.page.handlers import Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.run_bar import RunBar
from core.report import range_figure
from core.server import Runs, range_answers, told, visitor_of
from core.text import language_of
from core.widgets.widget import Sentences


def range_panel(tab: gr.Tab, inputs: Inputs, bar: RunBar, rate_map: gr.State, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel; `rate_map` holds the last map and its experiment, to say where they disagree."""
    with tab:
        bar.starters["range_start"].render()
        figure = gr.Plot(show_label=False, elem_id="range-plot")
        shown = Sentences(elem_id="range-shown")
        gr.Markdown(translate("range_help"))

    def ask(request: gr.Request, found: Any, language: str, *values: Any) -> Iterator[Updates]:
        visitor, language, raw = visitor_of(request), language_of(language), raw_of(*values)
        experiment, drawn = lab.check(raw).experiment, 0
        for answer in told(raw, language, lambda e: range_answers(runs, visitor, language, e)):
            updates = bar.tell(answer.status, answer.progress)
            tests = answer.result.tests if answer.result else ()
            if len(tests) > drawn or answer.progress is None:
                drawn = len(tests)
                updates |= {figure: range_figure(tests, language) if tests else None, shown: answer.sentences}
            if answer.progress is None and found and experiment is not None and found[1] == experiment:
                told_apart = lab.disagreements(found[0], experiment, tests)
                updates[shown] = [*answer.sentences, *(each.sentence(language) for each in told_apart)]
            yield updates

    bar.start(bar.starters["range_start"], ask, [rate_map, *inputs.all], [*bar.told, figure, shown])
