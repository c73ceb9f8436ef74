"""The page and its API, wired: a preset or a link fills it, every edit is checked, Train shows a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr

from core import lab
from core.experiment import load_presets
from core.page.compare_panel import compare_panel, keep_last
from core.page.download_panel import download_panel
from core.page.export_panel import code_update, wire_export
from core.page.handlers import QUIET, check_when_opened, while_busy
from core.page.inputs import menus, raw_of
from core.page.layout import lay_out
from core.page.publishing import publish
from core.page.sharing_panel import open_link, opening_updates, wire_sharing
from core.page.suggest_panel import suggest_panel
from core.page.updates import check_updates, data_updates, heat_map_update, plan_update, preset_updates, report_updates
from core.report import Report
from core.server import Api, Runs
from core.text import LANGUAGES, fixed_words, language_of, say

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
FIRST_PRESET = "layerwise_lr"
CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
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
