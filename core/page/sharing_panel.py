"""What is on the page as a link, and a link or a file as what is on the page."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import lab
from core.experiment import ONLY_NO_RUN, ExperimentError, Wrong
from core.experiment.fields import Text
from core.experiment.link import PARAMETER, read_link, write_link
from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.importing import contents_of, read_box, read_run, tell
from core.page.inputs import Inputs, raw_of
from core.page.opening import Opening
from core.page.results import Results
from core.page.run_bar import RunBar
from core.page.updates import measured_again
from core.report import KeptRun, Report, keep
from core.text import language_of, say
from core.widgets.address import NOTE, TITLE
from core.widgets.import_box import ImportBox
from core.widgets.link_field import LinkField
from core.widgets.widget import Sentences


@dataclass(frozen=True)
class LinkButton:
    """A click makes a link of what is on the page at that moment; any change of the page takes it away."""

    button: gr.Button
    field: LinkField

    def wire(self, inputs: Inputs) -> None:
        """Once there are inputs to make a link of."""
        changes = [inputs.table.change, *(field.change for field in inputs.settings.values())]
        gr.on(changes, None, None, self.field, js="() => null", **QUIET)
        emptied = self.button.click(None, None, self.field, js="() => null", **QUIET)
        emptied.then(link_value, inputs.all, self.field, **QUIET)


@dataclass(frozen=True)
class ImportPanel:
    """The text of a file is pasted, dropped or chosen, and fills the page."""

    box: ImportBox
    said: Sentences

    def wire(self, opening: Opening, checks: Checks, bar: RunBar, results: Results) -> None:
        """Once there is a page to fill."""

        def open_run(report: Report, said: list[str], kept: list[KeptRun], ticked: list[str]) -> Updates:
            """The run's experiment fills the page, and the run stands there as if it had just ended."""
            language, experiment = report.language, report.started.experiment if report.started else None
            filled = opening.fill_with(experiment.to_dict() if experiment else {}, [], language)
            beside = results.draw_beside(keep(kept, report), [*ticked, *(run.name for run in kept[-1:])])
            chart = gr.update(**{**filled[results.chart], **beside[results.chart], "value": report.chart})
            table = gr.update(**{**filled[opening.inputs.table], "measured": measured_again(report, language)})
            updates = filled | beside
            shown = results.show(report) | bar.tell(report.status, None) | {results.chart: chart, self.said: said}
            return updates | shown | {opening.inputs.table: table, opening.chosen: False}

        def take(language: str, box: dict[str, Any], kept: list[KeptRun], ticked: list[str]) -> Updates:
            language = language_of(language)
            run = read_run(box, language)
            if run is not None:
                return open_run(run[0], run[1], kept, ticked) if run[0] is not None else {self.said: run[1]}
            raw, said = read_box(box, language)
            if raw is None:
                return {self.said: said}
            return opening.fill_with(raw, [], language) | {opening.chosen: False, self.said: said}

        shown = [*results.shown, *results.beside, *bar.told]
        outputs = list(dict.fromkeys([*opening.outputs, opening.chosen, self.said, *shown]))
        asked = [opening.inputs.language, self.box, results.kept, results.drawn]
        taken = self.box.submit(take, asked, outputs, **QUIET)
        drawn = taken.then(**checks.event)
        drawn.then(results.draw_heat_map, [opening.inputs.language, results.last], results.heat_map, **QUIET)


def lay_out_link_button(translate: Translate) -> gr.Button:
    """In the bar."""
    return gr.Button(translate("copy_link"), size="md", elem_id="copy-link")


def lay_out_link_field() -> LinkField:
    """Where the link is shown, to copy it by hand."""
    return LinkField(space=os.environ.get("SPACE_ID", ""), elem_id="link")


def lay_out_import(tab: gr.Tab, translate: Translate) -> ImportPanel:
    """The panel."""
    with tab:
        panel = ImportPanel(ImportBox(elem_id="import-box"), Sentences(elem_id="imported"))
        gr.Markdown(translate("import_help"))
        return panel


def link_value(language: str, *values: Any) -> dict[str, str]:
    """The link of the page's values, or why there is none: what is not valid is not sent to others."""
    language = language_of(language)
    checked = lab.check(raw_of(*values))
    if checked.experiment is None or checked.problems_but(*ONLY_NO_RUN):
        return {"problem": say("fix_before_link", language)}
    try:
        return {"link": write_link(checked.experiment)}
    except ExperimentError as error:
        return {"problem": error.problems[0].sentence(language)}


def open_link(request: gr.Request, language: str) -> tuple[dict[str, Any] | None, list[str]]:
    """The plain values of the link in the page's address, if there is a good one, and what to say of it."""
    link = request.query_params.get(PARAMETER)
    if link is None:
        return None, []
    try:
        experiment = read_link(link)
    except ExperimentError as error:
        return None, [say("link_failed", language), *tell(error.problems, language)]
    problems, raw = lab.check_experiment(experiment).problems, experiment.to_dict()
    key = "link_opened_structure" if any(p.key == "structure_not_trained" for p in problems) else "link_opened"
    return raw, [contents_of(key, raw, language), *tell(problems, language)]


def told_of_link(request: gr.Request) -> list[str]:
    """The title and the note of the page's address, as plain text; what is too long or no text is left out."""
    told = []
    for name, longest in ((TITLE, 80), (NOTE, 400)):
        with suppress(Wrong):
            told.append(Text(longest).read(request.query_params.get(name)))
    return told
