"""The page and its API, wired: a preset or a link fills it, every edit is checked, Train shows a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from core.experiment import load_presets
from core.page.checks import Checks
from core.page.compare_panel import compare_panel
from core.page.download_panel import download_panel
from core.page.handlers import QUIET, Updates
from core.page.inputs import Inputs, raw_of
from core.page.layout import lay_out
from core.page.map_panel import map_panel
from core.page.match_panel import match_panel
from core.page.opening import Opening
from core.page.publishing import publish
from core.page.range_panel import range_panel
from core.page.results import Results
from core.page.run_bar import SHOW_STATUS, RunBar
from core.page.sharing_panel import open_link
from core.page.suggest_panel import suggest_panel
from core.report import KeptRun, Report, better_before, keep
from core.server import Api, Runs
from core.text import LANGUAGES, fixed_words, language_of, say

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
FIRST_PRESET = "layerwise_lr"
CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
OPEN = "open"  # the parameter of the address that names a panel
SHOW_PANEL = f"() => document.getElementById(new URLSearchParams(location.search).get('{OPEN}'))?.scrollIntoView()"
READ_LANGUAGE = "() => document.documentElement.lang || navigator.language"
TITLES = {f"preset_{name}": preset.title for name, preset in PRESETS.items()}
I18N = gr.I18n(
    **{language: fixed_words(language) | {k: getattr(t, language) for k, t in TITLES.items()} for language in LANGUAGES}
)


def build(runs: Runs) -> gr.Blocks:
    """The page and its API over `runs`, ready to launch."""
    page: gr.Blocks
    with gr.Blocks(title=say("title"), analytics_enabled=False) as page:
        publish(Api(runs, PRESETS).endpoints)  # first, so that their names are theirs
        parts = lay_out(PRESETS, FIRST_PRESET, I18N)
        inputs, checks, bar, results = parts.inputs, parts.checks, parts.bar, parts.results
        map_, rate_map = map_panel(inputs, checks, bar, runs, I18N)
        panels = {
            "map": map_,
            "suggest": suggest_panel(inputs, checks, bar, runs, I18N),
            "range": range_panel(inputs, bar, rate_map, runs, I18N),
            "match": match_panel(inputs, checks, bar, runs, I18N),
        }
        compare_panel(checks, bar, results, runs, PRESETS, I18N)
        download_panel(inputs, results, I18N)
        checks.wire()
        parts.link.wire(inputs)
        parts.imports.wire(parts.opening, checks)
        _wire_opening(page, parts.opening, checks)
        _open_panels(page, panels)
        _wire_train(inputs, bar, results, runs)
        bar.wire_stop(runs)
    return page


def _wire_opening(page: gr.Blocks, opening: Opening, checks: Checks) -> None:
    """The page is filled when it opens, by its link if it has one, and when a preset is chosen."""
    inputs = opening.inputs

    def greet(tag: str) -> Updates:
        return {inputs.language: language_of(tag)} | inputs.fill_menus()

    def begin(request: gr.Request, language: str, chosen: bool, name: str) -> Updates:
        raw, said = open_link(request, language_of(language))
        if raw is None:
            return opening.fill_with_preset(language, chosen, name) | {opening.opened: said}
        return opening.fill_with(raw, said, language_of(language))

    chosen: list[Any] = [inputs.language, opening.chosen, opening.preset]
    greeted = page.load(greet, inputs.language, [inputs.language, *inputs.menus], js=READ_LANGUAGE, **QUIET)
    greeted.then(begin, chosen, opening.outputs, **QUIET).then(**checks.event)
    opening.preset.input(opening.fill_with_preset, chosen, opening.outputs, **QUIET).then(**checks.event)
    opening.wire_data()


def _open_panels(page: gr.Blocks, panels: Mapping[str, gr.Accordion]) -> None:
    """A link that ends in ?open=map opens that panel and shows it."""

    def open_asked(request: gr.Request) -> list[Any]:
        asked = request.query_params.get(OPEN)
        return [gr.Accordion(open=True) if name == asked else gr.skip() for name in panels]

    opened = page.load(open_asked, None, [*panels.values()], **QUIET)
    opened.then(None, None, None, js=SHOW_PANEL, **QUIET)


def _wire_train(inputs: Inputs, bar: RunBar, results: Results, runs: Runs) -> None:
    """Train shows a run while it goes on, keeps it, and draws its heat map."""

    def run(request: gr.Request, language: str, *values: Any) -> Iterator[Updates]:
        for report in runs.watch(str(request.session_hash), language_of(language), raw_of(*values)):
            yield results.show(report) | bar.tell(report.status, report.progress)

    def keep_last(language: str, last: Report | None, kept: list[KeptRun], ticked: list[str]) -> Updates:
        """The run joins those of the visit; if one of these did better with other rates, that is said first."""
        if last is None:
            return results.draw_beside(kept, ticked)
        better = better_before(kept, last, language_of(language))
        said = {results.findings: [*better, *(last.findings if last.found else [])]} if better else {}
        return results.draw_beside(keep(kept, last), ticked) | said

    ended = bar.start(bar.train, run, inputs.all, [*results.shown, *bar.told], js=SHOW_STATUS)
    asked = [inputs.language, results.last, results.kept, results.earlier]
    ended.then(keep_last, asked, [*results.beside, results.findings], **QUIET)
    ended.then(results.draw_heat_map, [inputs.language, results.last], results.heat_map, **QUIET)
