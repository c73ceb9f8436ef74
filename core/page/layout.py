"""The page from top to bottom, but for the panels below a run; nothing is wired yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr

from core.experiment import Experiment
from core.page.checks import Checks, lay_out_plan
from core.page.export_panel import export_panel
from core.page.handlers import Translate
from core.page.inputs import Inputs, settings_inputs
from core.page.opening import Opening, preset_menu
from core.page.results import Results, lay_out_results
from core.page.run_bar import RunBar, lay_out_run_bar
from core.page.sharing_panel import ImportPanel, LinkButton, lay_out_import, lay_out_link_button
from core.widgets.assignment_view import AssignmentView
from core.widgets.group_table import GroupTable, rows_of
from core.widgets.widget import Sentences


@dataclass(frozen=True)
class Layout:
    """The page's parts, by what they are for."""

    opening: Opening
    link: LinkButton
    imports: ImportPanel
    inputs: Inputs
    checks: Checks
    bar: RunBar
    results: Results


def lay_out(presets: Mapping[str, Experiment], first_preset: str, translate: Translate) -> Layout:
    """All of it, filled with the first preset."""
    first = presets[first_preset]
    language = gr.Textbox("en", visible="hidden")
    gr.Markdown(translate("heading"))
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            preset = preset_menu(presets, first_preset, translate)
            data_note = gr.Markdown(elem_id="data-note")
            retry = gr.Button(translate("try_again"), size="sm", visible=False)
            link = lay_out_link_button(translate)
            opened = Sentences(elem_id="opened")
        with gr.Column(scale=3, min_width=280):
            about = gr.Markdown(elem_id="about")
    imports = lay_out_import(translate)
    with gr.Accordion(translate("settings")):
        settings = settings_inputs(first, translate)
        problems = gr.Textbox(visible=False, show_label=False, interactive=False, elem_id="problems")
    with gr.Accordion(translate("groups")):
        gr.Markdown(translate("groups_help"))
        table = GroupTable(rows_of(first.groups), elem_id="groups")
    inputs = Inputs(language, table, settings)
    with gr.Accordion(translate("who_is_where")):
        where = AssignmentView(elem_id="where")
    plan = lay_out_plan(translate)
    code = export_panel(inputs, translate)
    return Layout(
        opening=Opening(
            presets,
            inputs,
            preset=preset,
            about=about,
            opened=opened,
            data_note=data_note,
            retry=retry,
            poll=gr.Timer(1.0),
            wished=gr.State(first.dataset),
            chosen=gr.State(False),
        ),
        link=link,
        imports=imports,
        inputs=inputs,
        checks=Checks(inputs, problems, where, plan, code, gr.State([])),
        bar=lay_out_run_bar(translate),
        results=lay_out_results(translate),
    )
