"""The page and its API, wired: a preset or a link fills it, every edit is checked, Train shows a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from core import lab
from core.experiment import load_lessons, load_presets, load_things_to_try
from core.page.checks import Checks
from core.page.compare_panel import compare_panel
from core.page.course_panel import CoursePanel
from core.page.differences_panel import differences_panel
from core.page.download_panel import download_panel
from core.page.handlers import QUIET, Updates
from core.page.inputs import Inputs, raw_of
from core.page.layout import TABS, lay_out
from core.page.map_panel import map_panel
from core.page.match_panel import match_panel
from core.page.opening import Opening
from core.page.publishing import publish
from core.page.range_panel import range_panel
from core.page.results import Results
from core.page.run_bar import RunBar
from core.page.sharing_panel import lay_out_import, open_link, told_of_link
from core.page.short_page import ShortPage
from core.page.suggest_panel import suggest_panel
from core.page.updates import measured_again, measured_rows, refusal
from core.page.watching import watch
from core.report import Followed, KeptRun, Report, better_before, keep
from core.server import Api, Runs, Visits, visitor_of
from core.text import LANGUAGES, fixed_words, language_of, say
from core.widgets.address import PRESET_PARAMETER

FOLDER = Path(__file__).parents[2] / "presets"
PRESETS = load_presets(FOLDER)
THINGS_TO_TRY = load_things_to_try(FOLDER / "things_to_try.toml", PRESETS)
LESSONS = load_lessons(FOLDER / "course.toml", PRESETS)
FIRST_PRESET = "layerwise_lr"
CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
OPEN = "open"  # the parameter of the address that names a tab below the chart
SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
# The browser's language, and the name of the visit: one that the tab makes up, and keeps when it is loaded anew. A tab
# holds its name as a lock: a duplicate of it, which has what the tab has stored, is a visit of its own.
GREET = """async () => {
  const isFree = (name) => new Promise((tell) => {
    if (!navigator.locks) return tell(true); // neither https nor this machine
    navigator.locks.request(`visit ${name}`, { ifAvailable: true }, (lock) => {
      tell(lock !== null);
      return lock && new Promise(() => {});
    }).catch(() => tell(true));
  });
  const makeUp = () => Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
  let visit = "";
  try {
    visit = sessionStorage.getItem("visit") || makeUp();
    if (!(await isFree(visit))) await isFree((visit = makeUp()));
    sessionStorage.setItem("visit", visit);
  } catch {} // a frame that may store nothing
  return [navigator.language, visit];
}"""
TITLES = {f"preset_{name}": preset.title for name, preset in PRESETS.items()}
I18N = gr.I18n(
    **{language: fixed_words(language) | {k: getattr(t, language) for k, t in TITLES.items()} for language in LANGUAGES}
)


def build(runs: Runs, followed: Followed | None = None) -> gr.Blocks:
    """The page and its API over `runs`, ready to launch; a recording that is `followed` is shown as it grows."""
    page: gr.Blocks
    with ShortPage(title=say("title"), fill_width=True, analytics_enabled=False) as page:
        publish(Api(runs, PRESETS).endpoints)  # first, so that their names are theirs
        parts = lay_out(PRESETS, THINGS_TO_TRY, FIRST_PRESET, I18N, runs.seconds)
        inputs, checks, bar, results = parts.inputs, parts.checks, parts.bar, parts.results
        tab = parts.tab
        rate_map = map_panel(tab["map"], inputs, checks, bar, runs, I18N)
        suggest_panel(tab["suggest"], inputs, checks, bar, runs, I18N)
        compare_panel(tab["compare"], checks, bar, results, runs, PRESETS, I18N)
        differences_panel(tab["differences"], inputs, results, PRESETS, I18N)
        range_panel(tab["range"], inputs, bar, rate_map, runs, I18N)
        match_panel(tab["match"], inputs, checks, bar, runs, I18N)
        download_panel(tab["downloads"], inputs, results, I18N)
        imports = lay_out_import(tab["import"], I18N)
        CoursePanel(tab["course"], LESSONS, parts.opening, I18N).wire(checks)
        checks.wire()
        parts.link.wire(inputs)
        imports.wire(parts.opening, checks, bar, results)
        visit = Visit(Visits(), gr.Textbox(visible="hidden", max_lines=1))
        _wire_opening(page, parts.opening, checks, visit, _bring_back(visit, checks, bar, results))
        _open_tab(page, parts.tabs, checks)
        _wire_train(inputs, checks, bar, results, runs, visit)
        bar.wire_stop(runs)
        results.wire_detail(runs)
        if followed is not None:
            watch(followed, parts.opening, checks, bar, results)
    return page


class Visit(NamedTuple):
    """The runs of a visit are kept outside its session, in `visits`, by the `name` that its browser made up."""

    visits: Visits
    name: gr.Textbox


def _bring_back(of: Visit, checks: Checks, bar: RunBar, results: Results) -> dict[str, Any]:
    """What brings the runs of a visit back, as an event's keyword arguments; from now on they are kept."""
    inputs = checks.inputs

    def bring_back(name: str, language: str) -> Updates:
        visit = of.visits.recall(name)
        if visit is None:
            return {results.kept: gr.skip()}
        last, names = visit.last, [run.name for run in visit.kept]
        updates = results.draw_beside(list(visit.kept), names[-2:-1]) | {checks.guide: gr.update(runs=len(names))}
        if last is None or last.started is None:
            return updates
        chart = gr.update(**{**updates[results.chart], "value": last.chart})
        measured = gr.update(measured=measured_again(last, language_of(language)))
        updates |= results.show(last) | bar.tell(last.status, None)
        return updates | {results.chart: chart, inputs.table: measured}

    results.kept.change(of.visits.keep, [of.name, results.kept, results.last], None, **QUIET)
    outputs = [*results.shown, *results.beside[:3], *bar.told, checks.guide, inputs.table]
    return {"fn": bring_back, "inputs": [of.name, inputs.language], "outputs": outputs, **QUIET}


def _wire_opening(
    page: gr.Blocks, opening: Opening, checks: Checks, visit: Visit, bring_back: Mapping[str, Any]
) -> None:
    """The page is filled when it opens, by its link if it has one, and when a preset is chosen; a visit's runs come
    back."""
    inputs, name_of_visit = opening.inputs, visit.name

    def greet(tag: str, visit: str) -> Updates:
        return {inputs.language: language_of(tag), name_of_visit: visit} | inputs.fill_menus()

    def begin(request: gr.Request, language: str, chosen: bool, name: str) -> Updates:
        raw, said = open_link(request, language_of(language))
        lesson: Updates = {opening.lesson: told_of_link(request)}
        asked = request.query_params.get(PRESET_PARAMETER)
        asked = asked if asked in PRESETS else None
        if raw is None:
            name = asked or name
            lesson |= {opening.preset: name, opening.opened: said}
            return opening.fill_with_preset(language, chosen, name) | lesson
        return opening.fill_with(raw, said, language_of(language), asked) | lesson

    chosen: list[Any] = [inputs.language, opening.chosen, opening.preset]
    told = [inputs.language, name_of_visit]
    greeted = page.load(greet, told, [*told, *inputs.menus], js=GREET, **QUIET)
    greeted.then(begin, chosen, opening.outputs, **QUIET).then(**bring_back).then(**checks.event)
    opening.wire_menu(opening.preset, opening.fill_with_preset, opening.outputs, checks.event, opening.filled)
    opening.wire_try(checks.event)
    opening.wire_data(checks.event)


def _open_tab(page: gr.Blocks, tabs: gr.Tabs, checks: Checks) -> None:
    """A link that ends in ?open=map shows that tab, and one of a lesson the course."""

    def open_asked(request: gr.Request) -> Updates:
        is_lesson = request.query_params.get(PRESET_PARAMETER) in LESSONS
        asked = request.query_params.get(OPEN, "course" if is_lesson else None)
        return {tabs: gr.Tabs(selected=asked), checks.shown_tab: asked} if asked in TABS else {tabs: gr.skip()}

    opened = page.load(open_asked, None, [tabs, checks.shown_tab], **QUIET)
    opened.then(None, None, None, js=SCRIPT, **QUIET)


def _wire_train(inputs: Inputs, checks: Checks, bar: RunBar, results: Results, runs: Runs, visit: Visit) -> None:
    """Train shows a run while it goes on, keeps it, and draws its heat map; the guide goes on with it."""

    def run(
        request: gr.Request, visitor: str, kept: list[KeptRun], ticked: list[str], language: str, *values: Any
    ) -> Iterator[Updates]:
        raw, names = raw_of(*values), [each.name for each in kept]
        checked = lab.check(raw)
        if checked.problems:
            yield bar.tell(refusal(checked.problems, raw["groups"], language_of(language)), None)
            return
        # The last run stays, dashed, beside the one that begins; the one that was drawn so before it goes.
        beside = results.draw_beside(kept, [name for name in ticked if name not in names[-2:]] + names[-1:])
        report, watcher = None, visitor_of(request)
        try:
            for report in runs.watch(watcher, language_of(language), raw):
                updates = beside | results.show(report) | bar.tell(report.status, report.progress)
                beside = {}
                if report.summaries and checked.assignment is not None:
                    measured = measured_rows(report, raw["groups"], checked.assignment.places, language_of(language))
                    updates[inputs.table] = gr.update(measured=measured)
                yield updates
        finally:  # whether or not anybody is there to see its end
            if report is not None and report.steps:
                report.cut_off(is_watched=watcher.reads() is True)
                visit.visits.keep(visitor, keep(kept, report), report)

    def keep_last(language: str, last: Report | None, kept: list[KeptRun], ticked: list[str]) -> Updates:
        """The run joins those of the visit, the one before it stays drawn; if one of these did better, that is said."""
        if last is None:
            return results.draw_beside(kept, ticked)
        better = better_before(kept, last, language_of(language))
        said = {results.findings: [*better, *(last.findings if last.found else [])]} if better else {}
        kept = keep(kept, last)
        return results.draw_beside(kept, ticked) | said | {checks.guide: gr.update(runs=len(kept))}

    shown = [*results.shown, *results.beside[:3], *bar.told, inputs.table]
    asked = [inputs.language, results.last, results.kept, results.drawn]
    keeping = {"fn": keep_last, "inputs": asked, "outputs": [*results.beside, results.findings, checks.guide], **QUIET}
    ended = bar.start(bar.train, run, [visit.name, results.kept, results.drawn, *inputs.all], shown, keeping)
    ended.then(**checks.event)
    ended.then(results.draw_heat_map, [inputs.language, results.last], results.heat_map, **QUIET)
