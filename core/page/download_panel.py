"""What opens when asked for: the last run as CSV, HTML and a recording, the page's experiment as TOML."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import lab
from core.page.handlers import QUIET, Translate
from core.page.inputs import Inputs, raw_of
from core.page.results import Results
from core.report import Report, to_csv, to_html, to_recording
from core.text import LANGUAGES, language_of, say
from core.widgets.widget import FileSaver

KINDS = ("csv", "html", "jsonl", "toml")


def download_panel(tab: gr.Tab, inputs: Inputs, results: Results, translate: Translate) -> None:
    """Lay out and wire the panel."""
    with tab:
        gr.Markdown(translate("download_help"))
        with gr.Row():
            csv, html, jsonl, toml = (
                gr.Button(translate(f"download_{kind}"), elem_id=f"download-{kind}") for kind in KINDS
            )
    saver = FileSaver(elem_id="saver")
    csv.click(_csv, [inputs.language, results.last], saver, **QUIET)
    html.click(_html, [inputs.language, results.last], saver, **QUIET)
    jsonl.click(_recording, [inputs.language, results.last], saver, **QUIET)
    toml.click(_toml, inputs.all, saver, **QUIET)


def _csv(language: str, last: Report | None) -> Any:
    if last is None or last.started is None:
        return _nothing(language)
    names = [group.name for group in last.started.groups]
    return {"name": "measurements.csv", "type": "text/csv", "text": to_csv(last.steps, last.evaluations, names)}


def _html(language: str, last: Report | None) -> Any:
    if last is None or last.started is None:
        return _nothing(language)
    page = to_html(last.started, last.steps, last.evaluations, language_of(language))
    return {"name": "charts.html", "type": "text/html", "text": page}


def _recording(language: str, last: Report | None) -> Any:
    if last is None or last.started is None:
        return _nothing(language)
    return {"name": "run.jsonl", "type": "application/jsonl", "text": to_recording(last.events())}


def _toml(language: str, *values: Any) -> Any:
    title = {language: say("own_title", language) for language in LANGUAGES}
    checked = lab.check(raw_of(*values) | {"title": title})
    if checked.experiment is None:
        gr.Warning(say("fix_first", language_of(language)))
        return gr.skip()
    return {"name": "experiment.toml", "type": "application/toml", "text": checked.experiment.to_toml()}


def _nothing(language: str) -> Any:
    gr.Warning(say("no_run_yet", language_of(language)))
    return gr.skip()
