"""Param Group Lab: see what each optimizer parameter group's updates really are. Run: python app.py"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pandas as pd
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from core.checking import check
from core.errors import ExperimentError
from core.experiment import load_presets
from core.fetching import cifar10_note, prepare_cifar10, prepare_weights
from core.report import Report
from core.runs import FAILURES, Runs, explain
from core.text import LANGUAGES, fixed_words, language_of, say
from core.training import choose_device
from core.widgets.assignment_view import AssignmentView, assignment_value
from core.widgets.group_table import GroupTable, rows_of
from core.widgets.live_chart import PLOTLY_JS, VENDOR, LiveChart
from core.widgets.plain import SETTINGS, preset_menu, settings_inputs, summary_table

PRESETS = load_presets(Path(__file__).parent / "presets")
FIRST_PRESET = "layerwise_lr"

CSS = """
:root { --problem: #dc2626; --quiet: #52525b; }
.dark { --problem: #f87171; --quiet: #a1a1aa; }
.gradio-container { max-width: 1280px !important; margin: 0 auto; }
#groups, #where, #chart, #summary { contain: inline-size; }  /* wide content scrolls, the page does not */
#problems textarea { color: var(--problem); -webkit-text-fill-color: var(--problem); }
"""
SHOW_STATUS = "() => { document.querySelector('#train').scrollIntoView({behavior: 'smooth'}); }"
READ_LANGUAGE = "() => document.documentElement.lang || navigator.language"


TITLES = {f"preset_{name}": preset.title for name, preset in PRESETS.items()}
I18N = gr.I18n(
    **{language: fixed_words(language) | {k: getattr(t, language) for k, t in TITLES.items()} for language in LANGUAGES}
)
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def _shown(report: Report) -> list[Any]:
    """Updates of the chart, the status line, the made-with note and the summary."""
    columns = [say(f"column_{key}", report.language) for key in ("group", "weights", "distance", "ratio", "reading")]
    summary = gr.Dataframe(pd.DataFrame(report.rows, columns=columns), visible=bool(report.rows))
    return [report.chart, report.status, report.made_with, summary]


def _named(experiment: dict[str, Any] | str) -> object:
    """An API call may name a preset instead of an experiment."""
    return PRESETS[experiment].to_dict() if isinstance(experiment, str) and experiment in PRESETS else experiment


def presets() -> dict[str, Any]:
    """Every preset by its name, as the experiment that `/train` takes."""
    return {name: preset.to_dict() for name, preset in PRESETS.items()}


def assign(experiment: dict[str, Any] | str) -> list[dict[str, Any]]:
    """Which group takes each parameter of an experiment, or of a preset by its name, and by which rule."""
    checked = check(_named(experiment))
    if checked.problems or checked.assignment is None:
        raise gr.Error(str(ExperimentError(checked.problems)), print_exception=False)
    return checked.assignment.table()


def fill(language: str, name: str, *_: Any) -> list[Any]:
    """A preset's text, groups and settings; the dataset is the visitor's or the data's to say."""
    preset = PRESETS[name]
    about = (
        f"{getattr(preset.summary, language)}\n\n**{say('look_for', language)}** {getattr(preset.look_for, language)}"
    )
    return [about, rows_of(preset.groups), *(getattr(preset, field) for field in FILLED)]


FILLED = tuple(field for field in SETTINGS if field != "dataset")


def look_for_data(language: str, name: str, chosen: bool) -> list[Any]:
    """What to say of CIFAR-10, and which dataset to use unless the visitor chose: shapes until it is here."""
    download = prepare_cifar10()
    waiting, failed = download.is_alive(), download.problem is not None
    dataset = "shapes" if waiting or failed else PRESETS[name].dataset
    note = f"{cifar10_note(download, language)} {say('device_note', language, device=choose_device().upper())}"
    return [note, gr.skip() if chosen else dataset, gr.Timer(active=waiting), gr.Button(visible=failed)]


def validate(language: str, raw: dict[str, Any]) -> list[Any]:
    """Errors for the table's cells, who is where, and problems of the settings."""
    checked = check(raw)
    cells = {f"{p.row}.{p.field}": p.sentence(language) for p in checked.problems if p.row is not None}
    others = [p for p in checked.problems if p.row is None]
    in_settings = [f"{say(p.field, language)}: {p.sentence(language)}" for p in others if p.field != "groups"]
    of_groups = [p.sentence(language) for p in others if p.field == "groups"]
    where = gr.skip() if checked.assignment is None else assignment_value(checked.assignment, of_groups)
    settings = gr.Textbox("\n".join(in_settings), visible=bool(in_settings), lines=len(in_settings) or 1)
    return [gr.update(errors=cells), where, settings]


def build(runs: Runs) -> gr.Blocks:
    """The page and its API over `runs`, ready to launch."""
    with gr.Blocks(title=say("title"), analytics_enabled=False) as page:
        parts = _lay_out()
        _wire_inputs(page, parts)
        _wire_runs(parts, runs)
        _publish(runs)
    return page


def _lay_out() -> SimpleNamespace:
    first = PRESETS[FIRST_PRESET]
    parts = SimpleNamespace(language=gr.Textbox("en", visible="hidden"))
    gr.Markdown(I18N("heading"))
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            parts.preset = preset_menu(PRESETS, FIRST_PRESET, I18N)
            parts.data_note = gr.Markdown(elem_id="data-note")
            parts.retry = gr.Button(I18N("try_again"), size="sm", visible=False)
        with gr.Column(scale=3, min_width=280):
            parts.about = gr.Markdown(elem_id="about")
    with gr.Accordion(I18N("settings")):
        parts.settings = settings_inputs(first, I18N)
        parts.problems = gr.Textbox(visible=False, show_label=False, interactive=False, elem_id="problems")
    with gr.Accordion(I18N("groups")):
        gr.Markdown(I18N("groups_help"))
        parts.table = GroupTable(rows_of(first.groups), elem_id="groups")
    with gr.Accordion(I18N("who_is_where")):
        parts.where = AssignmentView(elem_id="where")
    with gr.Row():
        parts.train = gr.Button(I18N("train"), variant="primary", elem_id="train")
        parts.stop = gr.Button(I18N("stop"), variant="stop", interactive=False, elem_id="stop")
    parts.status = gr.Markdown(I18N("status_ready"), elem_id="status")
    parts.made_with = gr.Markdown(elem_id="made-with")
    parts.chart = LiveChart(elem_id="chart")
    parts.summary = summary_table(I18N)
    parts.inputs = [parts.language, parts.table, *parts.settings.values()]
    return parts


def _raw(table: list[dict[str, str]], *settings: Any) -> dict[str, Any]:
    """The page's inputs as a raw experiment."""
    return {"groups": table, **dict(zip(SETTINGS, settings, strict=True))}


def _wire_inputs(page: gr.Blocks, parts: SimpleNamespace) -> None:
    """A preset fills the page, every edit is validated, and the data's arrival is told."""
    poll = gr.Timer(1.0)
    chosen = gr.State(False)  # whether the visitor chose the dataset
    dataset = parts.settings["dataset"]
    filled = [parts.about, parts.table, *(parts.settings[field] for field in FILLED)]
    filling: dict[str, Any] = {"fn": fill, "inputs": [parts.language, parts.preset], "outputs": filled, **QUIET}
    looking: dict[str, Any] = {
        "fn": look_for_data,
        "inputs": [parts.language, parts.preset, chosen],
        "outputs": [parts.data_note, dataset, poll, parts.retry],
        **QUIET,
    }
    checking: dict[str, Any] = {
        "fn": lambda language, *values: validate(language, _raw(*values)),
        "inputs": parts.inputs,
        "outputs": [parts.table, parts.where, parts.problems],
        "trigger_mode": "always_last",
        **QUIET,
    }
    opened = page.load(language_of, parts.language, parts.language, js=READ_LANGUAGE, **QUIET)
    opened.then(**looking).then(**filling).then(**checking)
    parts.preset.input(**filling).then(**looking).then(**checking)
    gr.on([parts.table.input, *(field.input for field in parts.settings.values())], **checking)
    poll.tick(**looking)
    parts.retry.click(lambda: gr.Timer(active=True), None, poll, **QUIET)
    dataset.input(lambda: True, None, chosen, **QUIET)


def _wire_runs(parts: SimpleNamespace, runs: Runs) -> None:
    """Train shows a run while it goes on; Stop ends the visitor's own."""

    def run(request: gr.Request, language: str, *values: Any) -> Iterator[list[Any]]:
        for report in runs.watch(str(request.session_hash), language, _raw(*values)):
            yield _shown(report)

    def stop(request: gr.Request) -> None:
        runs.stop(str(request.session_hash))

    def buttons(running: bool) -> dict[str, Any]:
        def updates() -> list[gr.Button]:
            return [gr.Button(interactive=not running), gr.Button(interactive=running)]

        return {"fn": updates, "inputs": None, "outputs": [parts.train, parts.stop], **QUIET}

    shown = [parts.chart, parts.status, parts.made_with, parts.summary]
    begun = parts.train.click(**buttons(running=True), js=SHOW_STATUS)
    ended = begun.then(run, parts.inputs, shown, concurrency_limit=None, **QUIET)
    ended.then(**buttons(running=False))
    parts.stop.click(stop, None, None, queue=False, **QUIET)


def _publish(runs: Runs) -> None:
    """The API: everything else on the page is private."""

    def train(experiment: dict[str, Any] | str) -> Iterator[list[dict[str, Any]]]:
        """Train an experiment, or a preset by its name; streams lists of events as they happen."""
        try:
            yield from runs.stream(_named(experiment))
        except (ExperimentError, *FAILURES) as error:
            raise gr.Error(explain(error, "en"), print_exception=False) from error

    gr.api(train, concurrency_limit=None)
    gr.api(presets)
    gr.api(assign)


def launch(page: gr.Blocks, **where: Any) -> str:
    """Serve the page, and the Plotly library from the installed package; returns its address."""
    vendor = Mount(f"/{VENDOR}", StaticFiles(directory=PLOTLY_JS))
    page.queue(max_size=64)
    _, address, _ = page.launch(
        i18n=I18N,
        css=CSS,
        theme=gr.themes.Default(),
        ssr_mode=False,
        run_history=False,
        footer_links=["api", "settings"],
        prevent_thread_lock=True,
        app_kwargs={"routes": [vendor]},
        **where,
    )
    return address


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    env = os.environ.get
    parser.add_argument("--host", default=env("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=env("GRADIO_SERVER_PORT", "7860"), help="port to listen on")
    parser.add_argument(
        "--share", action="store_true", default=env("GRADIO_SHARE", "").lower() == "true", help="make a public link"
    )
    parser.add_argument("--data-dir", default=env("DATA_DIR"), help="where CIFAR-10 is or will be kept")
    arguments = parser.parse_args()
    if arguments.data_dir:
        os.environ["DATA_DIR"] = arguments.data_dir
    page = build(Runs())
    launch(page, server_name=arguments.host, server_port=arguments.port, share=arguments.share)
    prepare_cifar10()
    prepare_weights("resnet18")
    page.block_thread()


if __name__ == "__main__":
    main()
