"""Param Group Lab: see what each optimizer parameter group's updates really are. Run: python app.py"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from core import lab
from core.experiment import load_presets
from core.report import Report
from core.resources.custom import OwnUnusable
from core.resources.freed_memory import keep_freed_memory
from core.server import MOST_SESSIONS, Api, Doors, Runs, Sessions, bring_along, no_call, serves_this_machine_only
from core.text import LANGUAGES, fixed_words, language_of, say
from core.widgets.compare_panel import compare_panel, keep_last
from core.widgets.download_panel import download_panel
from core.widgets.export_panel import code_update, wire_export
from core.widgets.layout import lay_out
from core.widgets.live_chart import PLOTLY_JS, VENDOR
from core.widgets.plain import QUIET, check_when_opened, menus, raw_of, while_busy
from core.widgets.publishing import publish
from core.widgets.sharing_panel import open_link, opening_updates, wire_sharing
from core.widgets.suggest_panel import suggest_panel
from core.widgets.updates import (
    check_updates,
    data_updates,
    heat_map_update,
    plan_update,
    preset_updates,
    report_updates,
)

PRESETS = load_presets(Path(__file__).parent / "presets")
FIRST_PRESET = "layerwise_lr"
MOST_REQUESTS = 128  # that wait: fifty visitors who type have up to two each

CSS = """
:root { --problem: #dc2626; --caution: #b45309; --quiet: #52525b; }
.dark { --problem: #f87171; --caution: #fbbf24; --quiet: #a1a1aa; }
.gradio-container { max-width: 1280px !important; margin: 0 auto; overflow: visible !important; }
:is(#opened, #imported, #findings, #comparison, #suggestions):not(:has(li)) { display: none; }
#link:not(:has(input:not([hidden]), p:not(:empty))) { display: none; }
#groups, #where, #chart, #summary { contain: inline-size; }  /* wide content scrolls, the page does not */
#run-bar { position: sticky; top: 0; bottom: 0; z-index: 20; padding: 8px 0; background: var(--body-background-fill); }
#problems textarea { color: var(--problem); -webkit-text-fill-color: var(--problem); }
"""
SHOW_STATUS = "document.querySelector('#train').scrollIntoView({behavior: 'smooth'})"
READ_LANGUAGE = "() => document.documentElement.lang || navigator.language"
TITLES = {f"preset_{name}": preset.title for name, preset in PRESETS.items()}
I18N = gr.I18n(
    **{language: fixed_words(language) | {k: getattr(t, language) for k, t in TITLES.items()} for language in LANGUAGES}
)


def build(runs: Runs) -> gr.Blocks:
    """The page and its API over `runs`, ready to launch."""
    with gr.Blocks(title=say("title"), analytics_enabled=False) as page:
        publish(Api(runs, PRESETS).endpoints)  # first, so that their names are theirs
        parts = lay_out(PRESETS, FIRST_PRESET, I18N)
        _wire_inputs(page, parts)
        wire_sharing(parts)
        wire_export(parts)
        suggest_panel(parts, runs, I18N)
        compare_panel(parts, runs, I18N)
        download_panel(parts, I18N)
        _wire_runs(parts, runs)
    return page


def _wire_inputs(page: gr.Blocks, parts: SimpleNamespace) -> None:
    """A preset or a link fills the page, every edit is validated, and the data's arrival is told."""
    poll = gr.Timer(1.0)
    dataset = parts.settings["dataset"]

    def greet(tag: str) -> list[Any]:
        return [language_of(tag), *menus()]

    def fill(language: str, chosen: bool, name: str, said: tuple[str, ...] = ()) -> list[Any]:
        preset, language = PRESETS[name], language_of(language)
        data = data_updates(lab.prepare_cifar10(), preset.dataset, chosen, language)
        return [*preset_updates(preset, language), preset.dataset, gr.skip(), list(said), *data]

    def begin(request: gr.Request, language: str, chosen: bool, name: str) -> list[Any]:
        raw, said = open_link(request, language_of(language))
        if raw is None:
            return fill(language, chosen, name, tuple(said))
        return opening_updates(raw, said, language_of(language))

    def look_again(language: str, wished: str, chosen: bool) -> list[Any]:
        return data_updates(lab.prepare_cifar10(), wished, chosen, language_of(language), again=True)

    def validate(plan_open: bool, code_open: bool, form: str, language: str, *values: Any) -> list[Any]:
        checked, language = lab.check(raw_of(*values)), language_of(language)
        code = code_update(checked, code_open, form, language)
        return [*check_updates(checked, language), plan_update(checked, plan_open, language), code]

    def try_again() -> gr.Timer:
        lab.prepare_cifar10(again=True)
        return gr.Timer(active=True)

    data = [parts.data_note, dataset, poll, parts.retry]
    parts.filled = [*parts.opening, *data]
    filling: dict[str, Any] = {"inputs": [parts.language, parts.chosen, parts.preset], "outputs": parts.filled, **QUIET}
    parts.checking = {
        "fn": validate,
        "inputs": [parts.plan_open, *parts.code_inputs, *parts.inputs],
        "outputs": [parts.table, parts.where, parts.problems, parts.plan, parts.code],
        "trigger_mode": "always_last",
        **QUIET,
    }
    check_when_opened(parts.plan_panel, parts.plan_open, parts)
    greeted = [parts.language, parts.settings["model"], dataset]
    opened = page.load(greet, parts.language, greeted, js=READ_LANGUAGE, **QUIET)
    opened.then(begin, **filling).then(**parts.checking)
    parts.preset.input(fill, **filling).then(**parts.checking)
    gr.on([parts.table.input, *(field.input for field in parts.settings.values())], **parts.checking)
    poll.tick(look_again, [parts.language, parts.wished, parts.chosen], data, **QUIET)
    parts.retry.click(try_again, None, poll, **QUIET)
    dataset.input(lambda: True, None, parts.chosen, **QUIET)


def _wire_runs(parts: SimpleNamespace, runs: Runs) -> None:
    """Train shows a run while it goes on; Stop ends the visitor's own."""

    def run(request: gr.Request, language: str, *values: Any) -> Iterator[list[Any]]:
        for report in runs.watch(str(request.session_hash), language_of(language), raw_of(*values)):
            yield report_updates(report)

    def stop(request: gr.Request) -> None:
        runs.stop(str(request.session_hash))

    def draw_heat_map(language: str, last: Report | None) -> Any:
        return heat_map_update(last, language_of(language))

    kept = [parts.kept, parts.earlier, parts.chart]
    ended = while_busy(parts, parts.train, run, parts.inputs, parts.shown, js=SHOW_STATUS)
    ended.then(keep_last, [parts.last, parts.kept, parts.earlier], kept, **QUIET)
    ended.then(draw_heat_map, [parts.language, parts.last], parts.heat_map, **QUIET)
    parts.stop.click(stop, None, None, queue=False, **QUIET)


def launch(page: gr.Blocks, **where: Any) -> str:
    """Serve the page, and the Plotly library from the installed package; returns its address.

    With the package `mcp` installed the API's endpoints are tools of an MCP server too.
    """

    async def plotly(request: Request) -> Response:
        """A mounted folder would look for the file below the path that a proxy has taken off."""
        return await StaticFiles(directory=PLOTLY_JS).get_response("plotly.min.js", request.scope)

    page.queue(max_size=MOST_REQUESTS)
    _, address, _ = page.launch(
        i18n=I18N,
        css=CSS,
        theme=gr.themes.Default(),
        ssr_mode=False,
        run_history=False,
        state_session_capacity=MOST_SESSIONS,
        mcp_server=find_spec("mcp") is not None,
        footer_links=["api", "settings"],
        prevent_thread_lock=True,
        app_kwargs={
            "routes": [Route(f"/{VENDOR}/plotly.min.js", plotly)],
            "middleware": [Middleware(Doors), Middleware(Sessions, page=page)],
            "exception_handlers": {RequestValidationError: no_call},
        },
        **where,
    )
    return address


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    env = os.environ.get
    parser.add_argument("--host", default=env("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=env("GRADIO_SERVER_PORT"), help="port to listen on (7860)")
    parser.add_argument(
        "--share", action="store_true", default=env("GRADIO_SHARE", "").lower() == "true", help="make a public link"
    )
    parser.add_argument("--data-dir", default=env("DATA_DIR"), help=say("help_data_dir"))
    parser.add_argument("--model", help=say("help_model"))
    arguments = parser.parse_args()
    keep_freed_memory()
    try:
        is_private = serves_this_machine_only(arguments.host, arguments.share)
        bring_along(arguments.model, arguments.data_dir, is_private)
    except OwnUnusable as problem:
        parser.error(str(problem))
    page = build(Runs())
    if find_spec("spaces") is not None:  # at the launch it looks for functions that use its GPU
        lab.load()
    launch(page, server_name=arguments.host, server_port=arguments.port, share=arguments.share)
    lab.prepare_cifar10()
    lab.prepare_weights("resnet18")
    page.block_thread()


if __name__ == "__main__":
    main()
