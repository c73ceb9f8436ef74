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
from core.page.importing import contents_of, read_box, tell
from core.page.inputs import Inputs, raw_of
from core.page.opening import Opening
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

    def wire(self, opening: Opening, checks: Checks) -> None:
        """Once there is a page to fill."""

        def take(language: str, box: dict[str, Any]) -> Updates:
            language = language_of(language)
            raw, said = read_box(box, language)
            if raw is None:
                return {self.said: said}
            return opening.fill_with(raw, [], language) | {opening.chosen: False, self.said: said}

        outputs = [*opening.outputs, opening.chosen, self.said]
        taken = self.box.submit(take, [opening.inputs.language, self.box], outputs, **QUIET)
        taken.then(**checks.event)


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
