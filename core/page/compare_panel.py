"""What opens below a run when asked for: the same with one group, over seeds, and earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.experiment import ExperimentError
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.results import Results
from core.page.run_bar import RunBar
from core.report import KeptRun, Report, delete, keep
from core.server import Runs, compare_over_seeds, explain
from core.text import language_of, say
from core.widgets.widget import Sentences


def compare_panel(inputs: Inputs, bar: RunBar, results: Results, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel."""
    with gr.Accordion(translate("compare"), open=False, elem_id="compare"):
        gr.Markdown(translate("compare_help"))
        with gr.Row():
            bar.starters["one_group"].render()
            bar.starters["over_seeds"].render()
            count = gr.Number(3, label=translate("seeds"), min_width=120, elem_id="seed-count")
        result = Sentences(elem_id="comparison")
        results.earlier.render()
        remove = gr.Button(translate("delete_ticked"), size="sm", elem_id="delete-ticked")
    other = gr.State(None)  # the report of the run with one group

    def compare(request: gr.Request, last: Report | None, language: str, *values: Any) -> Iterator[Updates]:
        """The page's own run drawn as ever, the one with one group dashed beside it, and the difference in words."""
        session, language = str(request.session_hash), language_of(language)
        try:
            for first, second in runs.compare(session, language, raw_of(*values), last):
                difference = {result: difference_in_words(first, second, language), other: second}
                yield results.show(first) | _both(first, second, language) | difference
        except ExperimentError as error:
            yield {bar.progress: None, result: explain(error, language).splitlines(), other: None}

    def _both(first: Report, second: Report | None, language: str) -> Updates:
        now = second or first
        status = say("of_two", language, run=2 if second else 1, status=now.status)
        told = bar.tell(status, progress_of_both(first, second))
        if second is None:
            return told
        beside = [{"name": say("one_group_short", language), "text": second.chart}]
        return told | {results.chart: gr.update(others=beside)}

    def repeat(request: gr.Request, count: Any, language: str, *values: Any) -> Iterator[Updates]:
        session, language = str(request.session_hash), language_of(language)
        for answer in compare_over_seeds(runs, session, language, raw_of(*values), count):
            yield bar.tell(answer.status, answer.progress) | {result: answer.sentences}

    def remove_ticked(kept: list[KeptRun], ticked: list[str]) -> Updates:
        return results.draw_beside(delete(kept, ticked), [])

    def keep_both(
        last: Report | None, other: Report | None, kept: list[KeptRun], ticked: list[str], language: str
    ) -> Updates:
        """Both runs of a comparison are kept, and the second ticked, so that it stays drawn."""
        kept = keep(kept, last) if last is not None else kept
        if other is not None:
            kept = keep(kept, other, say("one_group_short", language_of(language)))
            ticked = [*ticked, *(run.name for run in kept if run.chart == other.chart)]
        return results.draw_beside(kept, ticked)

    asked = [*results.shown, *bar.told, result, other]
    done = bar.start(bar.starters["one_group"], compare, [results.last, *inputs.all], asked)
    both = [results.last, other, results.kept, results.earlier, inputs.language]
    done.then(keep_both, both, results.beside, **QUIET)
    bar.start(bar.starters["over_seeds"], repeat, [count, *inputs.all], [*bar.told, result])
    ticks = [results.kept, results.earlier]
    results.earlier.input(results.draw_beside, ticks, results.beside, **QUIET)
    remove.click(remove_ticked, ticks, results.beside, **QUIET)


def progress_of_both(first: Report, second: Report | None) -> float | None:
    """The part of both runs that is done, 0 to 1; None once they are over."""
    if second is None:
        return (first.progress or 0.0) / 2
    return None if second.progress is None else (1 + second.progress) / 2


def difference_in_words(first: Report, second: Report | None, language: str) -> list[str]:
    """One sentence once both are done; none before."""
    if second is None or not second.is_done or second.started is None:
        return []
    if first.accuracy is None or second.accuracy is None:
        return []
    ours, one = 100 * first.accuracy, 100 * second.accuracy
    values = {"ours": ours, "one": one, "difference": ours - one}
    return [say("one_group_result", language, group=second.started.groups[0].name, **values)]
