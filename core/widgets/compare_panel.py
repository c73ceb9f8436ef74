"""What opens below a run when asked for: other runs beside it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr

from core.kept import KeptRun, delete, keep
from core.report import Report
from core.widgets.plain import QUIET, Translate
from core.widgets.updates import kept_updates


def compare_panel(parts: SimpleNamespace, translate: Translate) -> None:
    """Lay out and wire the list of earlier runs; a finished run joins it through `keep_last`."""
    with gr.Accordion(translate("compare"), open=False, elem_id="compare"):
        parts.earlier = gr.CheckboxGroup([], label=translate("earlier"), elem_id="earlier")
        remove = gr.Button(translate("delete_ticked"), size="sm", elem_id="delete-ticked")
    outputs = [parts.kept, parts.earlier, parts.chart]

    def remove_ticked(kept: list[KeptRun], ticked: list[str]) -> list[Any]:
        return kept_updates(delete(kept, ticked), [])

    parts.earlier.input(kept_updates, [parts.kept, parts.earlier], outputs, **QUIET)
    remove.click(remove_ticked, [parts.kept, parts.earlier], outputs, **QUIET)


def keep_last(last: Report | None, kept: list[KeptRun], ticked: list[str]) -> list[Any]:
    """Add the last run to the kept ones, if it measured anything."""
    if last is not None and last.started is not None and last.steps:
        kept = keep(kept, last.started.experiment, last.chart, last.accuracy)
    return kept_updates(kept, ticked)
