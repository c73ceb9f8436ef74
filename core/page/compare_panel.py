"""What opens below a run when asked for: the experiment beside another, once or over seeds, and earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core import lab
from core.experiment import ExperimentError
from core.page.checks import Checks
from core.page.compare_menu import IN_TURN, ONE_GROUP, Presets, choices_of, chosen, from_a_to_b, name_of
from core.page.frozen_table import frozen_table, lay_out_frozen_table
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import raw_of
from core.page.results import Results
from core.page.run_bar import RunBar
from core.report import KeptRun, Report, delete, keep
from core.server import (
    Answer,
    Compared,
    Runs,
    compare_over_seeds,
    explain,
    freeze_in_turn,
    in_which_they_differ,
    visitor_of,
)
from core.text import language_of, say
from core.widgets.widget import Sentences

LONGEST_SHORT = 30  # characters of a name in the chart's legend


def compare_panel(
    tab: gr.Tab, checks: Checks, bar: RunBar, results: Results, runs: Runs, presets: Presets, translate: Translate
) -> None:
    """Lay out and wire the panel."""
    inputs = checks.inputs
    with tab:
        with gr.Row():
            listed = [(translate(f"other_{choice}"), choice) for choice in (ONE_GROUP, IN_TURN)]
            menu = gr.Dropdown(
                listed,
                label=translate("compare_with"),
                filterable=False,
                scale=3,
                min_width=260,
                elem_id="compare-with",
            )
            count = gr.Number(3, label=translate("seeds"), min_width=120, elem_id="seed-count")
        with gr.Row():
            bar.starters["run_both"].render()
            bar.starters["over_seeds"].render()
        result = Sentences(elem_id="comparison")
        frozen = lay_out_frozen_table()
        results.earlier.render()
        remove = gr.Button(translate("delete_ticked"), size="sm", elem_id="delete-ticked")
        gr.Markdown(translate("compare_help"))
    other = gr.State(None)  # the report of the run of B

    def fill_menu(choice: str, groups: list[str], kept: list[KeptRun], language: str) -> Updates:
        """Anew when a group or a run has come or gone; what is not there any more gives way to one group."""
        choices = choices_of(groups, kept, presets)
        named = [(name_of(each, presets, language_of(language)), each) for each in choices]
        return {menu: gr.Dropdown(named) if choice in choices else gr.Dropdown(named, value=ONE_GROUP)}

    def once(
        request: gr.Request, choice: str, kept: list[KeptRun], last: Report | None, language: str, *values: Any
    ) -> Iterator[Updates]:
        """A's run drawn as ever, B's dashed beside it, and the difference in words; groups in turn in words only."""
        visitor, language, raw = visitor_of(request), language_of(language), raw_of(*values)
        if choice == IN_TURN:
            for answer in freeze_in_turn(runs, visitor, language, raw, 1):
                yield bar.tell(answer.status, answer.progress) | _tell(answer, choice, language) | {other: None}
            return
        choose = chosen(choice, kept, presets)
        try:
            for first, second in runs.compare(visitor, language, raw, last, choose):
                said = difference_in_words(first, second, language)
                if said and (ours := lab.check(raw).experiment):
                    differences = in_which_they_differ(ours, choose(ours))
                    said.append(from_a_to_b(name_of(choice, presets, language), differences, language))
                told = {result: said, frozen: gr.Dataframe(visible=False), other: second}
                yield results.show(first) | _both(first, second, choice, language) | told
        except ExperimentError as error:
            yield {bar.progress: None, result: explain(error, language).splitlines(), other: None}

    def _both(first: Report, second: Report | None, choice: str, language: str) -> Updates:
        now = second or first
        status = say("of_two", language, run=2 if second else 1, status=now.status)
        told = bar.tell(status, progress_of_both(first, second))
        if second is None:
            return told
        return told | {results.chart: gr.update(others=[{"name": short(choice, language), "text": second.chart}])}

    def repeat(
        request: gr.Request, choice: str, kept: list[KeptRun], count: Any, language: str, *values: Any
    ) -> Iterator[Updates]:
        visitor, language, raw = visitor_of(request), language_of(language), raw_of(*values)
        if choice == IN_TURN:
            answers = freeze_in_turn(runs, visitor, language, raw, count)
        else:
            choose = chosen(choice, kept, presets)
            answers = compare_over_seeds(runs, visitor, language, raw, choose, count)
        for answer in answers:
            yield bar.tell(answer.status, answer.progress) | _tell(answer, choice, language)

    def _tell(answer: Answer, choice: str, language: str) -> Updates:
        """Next to the buttons: what was found, B's differences, a row for each group; or why nothing was begun."""
        if not isinstance(answer, Compared):
            return {result: [answer.status], frozen: gr.Dataframe(visible=False)}
        sentences = list(answer.sentences)
        if choice != IN_TURN:
            sentences.append(from_a_to_b(name_of(choice, presets, language), answer.differences, language))
        return {result: sentences, frozen: frozen_table(answer, language)}

    def short(choice: str, language: str) -> str:
        return name_of(choice, presets, language).partition(",")[0][:LONGEST_SHORT]

    def remove_ticked(kept: list[KeptRun], ticked: list[str]) -> Updates:
        return results.draw_beside(delete(kept, ticked), [])

    def keep_both(
        choice: str, last: Report | None, other: Report | None, kept: list[KeptRun], ticked: list[str], language: str
    ) -> Updates:
        """Both runs of a comparison are kept, and the second ticked, so that it stays drawn."""
        kept = keep(kept, last) if last is not None else kept
        if other is not None:
            kept = keep(kept, other, short(choice, language_of(language)))
            ticked = [*ticked, *(run.name for run in kept if run.chart == other.chart)]
        return results.draw_beside(kept, ticked)

    changes = [tab.select, checks.trained.change, results.kept.change]
    gr.on(changes, fill_menu, [menu, checks.trained, results.kept, inputs.language], menu, **QUIET)
    told = [*bar.told, result, frozen]
    asked = [menu, results.kept, results.last, *inputs.all]
    both = [menu, results.last, other, results.kept, results.drawn, inputs.language]
    keeping = {"fn": keep_both, "inputs": both, "outputs": results.beside, **QUIET}
    bar.start(bar.starters["run_both"], once, asked, [*results.shown, *told, other], keeping)
    bar.start(bar.starters["over_seeds"], repeat, [menu, results.kept, count, *inputs.all], told)
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
    if second is None or not second.is_done or first.accuracy is None or second.accuracy is None:
        return []
    a, b = 100 * first.accuracy, 100 * second.accuracy
    return [say("verdict_one_seed", language, a=a, b=b, difference=a - b)]
