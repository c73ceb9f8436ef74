"""Param Group Lab: see what each optimizer parameter group's updates really are. Run: python app.py"""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from core.assignment import Assignment
from core.checking import check
from core.data import DatasetUnavailable
from core.errors import ExperimentError
from core.events import Step, to_json
from core.experiment import Experiment, load_presets
from core.fetching import cifar10_note, prepare_cifar10, prepare_weights
from core.report import Report
from core.text import LANGUAGES, TEXT, language_of, say
from core.training import choose_device, train
from core.turns import LineFull, Turns
from core.widgets.assignment_view import AssignmentView, assignment_value
from core.widgets.group_table import GroupTable, rows_of
from core.widgets.live_chart import PLOTLY_JS, VENDOR, LiveChart
from core.widgets.settings import settings_inputs

PRESETS = load_presets(Path(__file__).parent / "presets")
FIRST_PRESET = "layerwise_lr"
LONGEST_LINE = 16  # runs that wait or compute

CSS = """
:root { --problem: #dc2626; --quiet: #52525b; }
.dark { --problem: #f87171; --quiet: #a1a1aa; }
.gradio-container { max-width: 1280px !important; margin: 0 auto; }
#problems textarea { color: var(--problem); -webkit-text-fill-color: var(--problem); }
"""
READ_LANGUAGE = "() => document.documentElement.lang || navigator.language"


def translations(language: str) -> dict[str, str]:
    """The words that the browser chooses by itself: all fixed ones, and the presets' titles."""
    fixed = {key: say(key, language) for key, (english, _) in TEXT.items() if "{" not in english}
    return fixed | {f"preset_{name}": getattr(preset.title, language) for name, preset in PRESETS.items()}


I18N = gr.I18n(**{language: translations(language) for language in LANGUAGES})


class Runs:
    """The line of runs, and each visitor's own to stop."""

    def __init__(self) -> None:
        self.turns = Turns(LONGEST_LINE)
        self._stops: dict[str, threading.Event] = {}

    def on_page(self, session: str, language: str, raw: dict[str, Any]) -> Iterator[list[Any]]:
        """Run what the page holds; yields updates of chart, status, made-with note and summary."""
        report = Report(language)
        checked = check(raw)
        experiment = checked.experiment
        if experiment is None or checked.problems:
            yield [gr.skip(), say("fix_first", language), gr.skip(), gr.skip()]
            return
        stop = self._stops[session] = threading.Event()
        yield ["", report.status, "", gr.Dataframe(visible=False)]
        try:
            for event in self.turns.in_turn(lambda: train(experiment, stop=stop), stop.is_set):
                if report.take(event):
                    yield [report.chart, report.status, report.made_with, _summary(report)]
        except (LineFull, DatasetUnavailable, RuntimeError) as error:
            yield [gr.skip(), _failure(error, language), gr.skip(), gr.skip()]
        finally:
            self._stops.pop(session, None)

    def stop(self, request: gr.Request) -> None:
        if stop := self._stops.get(str(request.session_hash)):
            stop.set()

    def on_api(self, raw: dict[str, Any] | str) -> Iterator[list[dict[str, Any]]]:
        """Train an experiment; yields the events, as plain JSON, in the bursts they come in."""
        experiment, _ = _checked(raw)
        burst = []
        try:
            for event in self.turns.in_turn(lambda: train(experiment), lambda: False):
                burst.append(to_json(event))
                if not isinstance(event, Step):
                    yield burst
                    burst = []
        except (LineFull, DatasetUnavailable, RuntimeError) as error:
            raise gr.Error(_failure(error, "en"), print_exception=False) from error


def _failure(error: Exception, language: str) -> str:
    if isinstance(error, LineFull):
        return say("line_full", language)
    if isinstance(error, DatasetUnavailable):
        return say("dataset_missing", language)
    return say("run_failed", language, reason=str(error).partition("\n")[0][:200])


def _summary(report: Report) -> Any:
    if not report.rows:
        return gr.skip()
    columns = [say(f"column_{key}", report.language) for key in ("group", "weights", "distance", "ratio", "reading")]
    return gr.Dataframe(pd.DataFrame(report.rows, columns=columns), visible=True)


def _checked(raw: dict[str, Any] | str) -> tuple[Experiment, Assignment]:
    """What an API call asks for, an experiment or a preset's name; raises gr.Error with every problem."""
    checked = check(PRESETS[raw].to_dict() if isinstance(raw, str) and raw in PRESETS else raw)
    if checked.problems or checked.experiment is None or checked.assignment is None:
        raise gr.Error(str(ExperimentError(checked.problems)), print_exception=False)
    return checked.experiment, checked.assignment


def presets() -> dict[str, Any]:
    """Every preset by its name, as the experiment that `/train` takes."""
    return {name: preset.to_dict() for name, preset in PRESETS.items()}


def assign(experiment: dict[str, Any] | str) -> list[dict[str, Any]]:
    """Which group takes each parameter of an experiment, or of a preset by its name, and by which rule."""
    _, assignment = _checked(experiment)
    return assignment.table()


def fill(language: str, name: str, *_: Any) -> list[Any]:
    """A preset's text, groups and settings; the dataset is the visitor's or the data's to say."""
    preset = PRESETS[name]
    about = (
        f"{getattr(preset.summary, language)}\n\n**{say('look_for', language)}** {getattr(preset.look_for, language)}"
    )
    return [about, rows_of(preset.groups), *(getattr(preset, field) for field in FILLED)]


FILLED = ("model", "frozen_norm", "pretrained", "train_size", "test_size", "image_size", "epochs", "batch_size", "seed")


def look_for_data(language: str, name: str, chosen: bool) -> list[Any]:
    """What to say of CIFAR-10, and which dataset to use unless the visitor chose: shapes until it is here."""
    download = prepare_cifar10()
    waiting, failed = download.is_alive(), download.problem is not None
    dataset = "shapes" if waiting or failed else PRESETS[name].dataset
    note = f"{cifar10_note(download, language)} {say('device_note', language, device=choose_device().upper())}"
    return [note, gr.skip() if chosen else dataset, gr.Timer(active=waiting), gr.Button(visible=failed)]


def validate(language: str, raw: dict[str, Any]) -> list[Any]:
    """Errors for the table's cells, who is where, problems of the settings, and whether to allow Train."""
    checked = check(raw)
    cells = {f"{p.row}.{p.field}": p.sentence(language) for p in checked.problems if p.row is not None}
    others = [p for p in checked.problems if p.row is None]
    in_settings = [f"{say(p.field, language)}: {p.sentence(language)}" for p in others if p.field != "groups"]
    of_groups = [p.sentence(language) for p in others if p.field == "groups"]
    where = gr.skip() if checked.assignment is None else assignment_value(checked.assignment, of_groups)
    settings = gr.Textbox("\n".join(in_settings), visible=bool(in_settings), lines=len(in_settings) or 1)
    return [gr.update(errors=cells), where, settings, gr.Button(interactive=not checked.problems)]


def build() -> gr.Blocks:
    """The page and its API, ready to launch."""
    runs = Runs()
    with gr.Blocks(title=say("title"), analytics_enabled=False) as page:
        language = gr.Textbox("en", visible="hidden", elem_id="language")
        gr.Markdown(I18N("heading"))
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                titles = [(I18N(f"preset_{name}"), name) for name in PRESETS]
                preset = gr.Dropdown(
                    titles,
                    value=FIRST_PRESET,
                    label=I18N("preset"),
                    info=I18N("preset_info"),
                    filterable=False,
                    elem_id="preset",
                )
                data_note = gr.Markdown(elem_id="data-note")
                retry = gr.Button(I18N("try_again"), size="sm", visible=False)
            with gr.Column(scale=3, min_width=280):
                about = gr.Markdown(elem_id="about")
        with gr.Accordion(I18N("settings")):
            settings = settings_inputs(PRESETS[FIRST_PRESET], I18N)
            problems = gr.Textbox(visible=False, show_label=False, interactive=False, elem_id="problems")
        with gr.Accordion(I18N("groups")):
            gr.Markdown(I18N("groups_help"))
            table = GroupTable(rows_of(PRESETS[FIRST_PRESET].groups), elem_id="groups")
        with gr.Accordion(I18N("who_is_where")):
            where = AssignmentView(elem_id="where")
        with gr.Row():
            go = gr.Button(I18N("train"), variant="primary", elem_id="train")
            halt = gr.Button(I18N("stop"), variant="stop", interactive=False, elem_id="stop")
        status = gr.Markdown(I18N("status_ready"), elem_id="status")
        made_with = gr.Markdown(elem_id="made-with")
        chart = LiveChart(elem_id="chart")
        summary = gr.Dataframe(label=I18N("summary"), visible=False, interactive=False, wrap=True, elem_id="summary")
        poll = gr.Timer(1.0)
        chosen = gr.State(False)  # whether the visitor chose the dataset

        inputs = [language, table, *settings.values()]

        def raw_of(values: tuple[Any, ...]) -> dict[str, Any]:
            return {"groups": values[0], **dict(zip(settings, values[1:], strict=True))}

        def run(request: gr.Request, language: str, *values: Any) -> Iterator[list[Any]]:
            yield from runs.on_page(str(request.session_hash), language, raw_of(values))

        def train(experiment: dict[str, Any] | str) -> Iterator[list[dict[str, Any]]]:
            """Train an experiment, or a preset by its name; streams lists of events as they happen."""
            yield from runs.on_api(experiment)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        filling: dict[str, Any] = dict(
            fn=fill, inputs=[language, preset], outputs=[about, table, *(settings[f] for f in FILLED)], **quiet
        )
        looking: dict[str, Any] = dict(
            fn=look_for_data,
            inputs=[language, preset, chosen],
            outputs=[data_note, settings["dataset"], poll, retry],
            **quiet,
        )
        checking: dict[str, Any] = dict(
            fn=lambda language, *values: validate(language, raw_of(values)),
            inputs=inputs,
            outputs=[table, where, problems, go],
            trigger_mode="always_last",
            **quiet,
        )
        page.load(language_of, language, language, js=READ_LANGUAGE, **quiet).then(**looking).then(**filling).then(
            **checking
        )
        preset.input(**filling).then(**looking).then(**checking)
        poll.tick(**looking)
        retry.click(lambda: gr.Timer(active=True), None, poll, **quiet)
        settings["dataset"].input(lambda: True, None, chosen, **quiet)
        gr.on([table.input, *(field.input for field in settings.values())], **checking)
        begun = go.click(lambda: [gr.Button(interactive=False), gr.Button(interactive=True)], None, [go, halt], **quiet)
        ended = begun.then(run, inputs, [chart, status, made_with, summary], concurrency_limit=None, **quiet)
        ended.then(lambda: [gr.Button(interactive=True), gr.Button(interactive=False)], None, [go, halt], **quiet)
        halt.click(runs.stop, None, None, queue=False, **quiet)
        gr.api(train, concurrency_limit=None)
        gr.api(presets)
        gr.api(assign)
    return page


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
    page = build()
    launch(page, server_name=arguments.host, server_port=arguments.port, share=arguments.share)
    prepare_cifar10()
    prepare_weights("resnet18")
    page.block_thread()


if __name__ == "__main__":
    main()
