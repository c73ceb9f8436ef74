"""What opens below a run when asked for: the same with one group, over seeds, and earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr

from core.experiment import ExperimentError
from core.page.handlers import QUIET, while_busy
from core.page.inputs import SETTINGS, Translate, raw_of
from core.page.updates import kept_updates, report_updates
from core.report import KeptRun, Report, delete, keep
from core.server import Runs, compare_over_seeds, explain
from core.text import language_of, say
from core.widgets.widget import Sentences


def compare_panel(parts: SimpleNamespace, runs: Runs, translate: Translate) -> None:
    """Lay out and wire the panel; a finished run joins the earlier ones through `keep_last`."""
    with gr.Accordion(translate("compare"), open=False, elem_id="compare"):
        gr.Markdown(translate("compare_help"))
        with gr.Row():
            parts.one_group.render()
            parts.over_seeds.render()
            count = gr.Number(3, label=translate("seeds"), min_width=120, elem_id="seed-count")
        result = Sentences(elem_id="comparison")
        parts.earlier = gr.CheckboxGroup([], label=translate("earlier"), elem_id="earlier")
        remove = gr.Button(translate("delete_ticked"), size="sm", elem_id="delete-ticked")
    other = gr.State(None)  # the report of the run with one group
    kept = [parts.kept, parts.earlier, parts.chart]
    parts.earlier.input(kept_updates, [parts.kept, parts.earlier], kept, **QUIET)
    remove.click(_delete, [parts.kept, parts.earlier], kept, **QUIET)

    def compare(request: gr.Request, language: str, last: Report | None, *values: Any) -> Iterator[list[Any]]:
        yield from _compare(runs, str(request.session_hash), language_of(language), last, raw_of(*values))

    def repeat(request: gr.Request, language: str, count: Any, *values: Any) -> Iterator[list[Any]]:
        session, language = str(request.session_hash), language_of(language)
        for answer in compare_over_seeds(runs, session, language, raw_of(*values), count):
            yield [answer.status, answer.progress, answer.sentences]

    inputs = [parts.table, *(parts.settings[field] for field in SETTINGS)]
    shown, answered = [*parts.shown, result, other], [parts.status, parts.progress, result]
    done = while_busy(parts, parts.one_group, compare, [parts.language, parts.last, *inputs], shown)
    done.then(_keep_both, [parts.language, parts.last, other, parts.kept, parts.earlier], kept, **QUIET)
    while_busy(parts, parts.over_seeds, repeat, [parts.language, count, *inputs], answered)


def _delete(kept: list[KeptRun], ticked: list[str]) -> list[Any]:
    return kept_updates(delete(kept, ticked), [])


def keep_last(last: Report | None, kept: list[KeptRun], ticked: list[str]) -> list[Any]:
    """Add the last run to the kept ones."""
    return kept_updates(keep(kept, last) if last is not None else kept, ticked)


def _keep_both(
    language: str, last: Report | None, other: Report | None, kept: list[KeptRun], ticked: list[str]
) -> list[Any]:
    """Add both runs of a comparison to the kept ones, and tick the second, so that it stays drawn."""
    kept = keep(kept, last) if last is not None else kept
    if other is not None:
        kept = keep(kept, other, say("one_group_short", language_of(language)))
        ticked = [*ticked, *(run.name for run in kept if run.chart == other.chart)]
    return kept_updates(kept, ticked)


def _compare(runs: Runs, session: str, language: str, last: Report | None, raw: dict[str, Any]) -> Iterator[list[Any]]:
    """The page's own run drawn as ever, the one with one group dashed beside it, and the difference in words."""
    try:
        for first, second in runs.compare(session, language, raw, last):
            yield [*_both(first, second, language), _difference(first, second, language), second]
    except ExperimentError as error:
        yield [gr.skip(), gr.skip(), None, *[gr.skip()] * 4, explain(error, language).splitlines(), None]


def _both(first: Report, second: Report | None, language: str) -> list[Any]:
    updates = report_updates(first)
    now = second or first
    updates[1] = say("of_two", language, run=2 if second else 1, status=now.status)
    updates[2] = _progress_of_both(first, second)
    if second is not None:
        updates[0] = gr.update(others=[{"name": say("one_group_short", language), "text": second.chart}])
    return updates


def _progress_of_both(first: Report, second: Report | None) -> float | None:
    if second is None:
        return (first.progress or 0.0) / 2
    return None if second.progress is None else (1 + second.progress) / 2


def _difference(first: Report, second: Report | None, language: str) -> list[str]:
    """One sentence once both are done; none before."""
    done = second is not None and second.finished is not None and second.finished.reason == "done"
    if not done or second is None or second.accuracy is None or first.accuracy is None or second.started is None:
        return []
    ours, one = 100 * first.accuracy, 100 * second.accuracy
    values = {"ours": ours, "one": one, "difference": ours - one}
    return [say("one_group_result", language, group=second.started.groups[0].name, **values)]
