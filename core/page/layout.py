"""The page from top to bottom, before anything is wired."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import gradio as gr

from core.experiment import Experiment
from core.page.export_panel import export_panel
from core.page.inputs import Translate, preset_menu, settings_inputs, summary_table
from core.page.sharing_panel import import_panel, link_button
from core.page.updates import FILLED
from core.widgets.assignment_view import AssignmentView
from core.widgets.group_table import GroupTable, rows_of
from core.widgets.live_chart import LiveChart
from core.widgets.widget import ProgressBar, Sentences


def lay_out(presets: Mapping[str, Experiment], first_preset: str, translate: Translate) -> SimpleNamespace:
    """Everything but the panels that open when asked for, filled with the first preset; the parts by name."""
    first = presets[first_preset]
    parts = SimpleNamespace(language=gr.Textbox("en", visible="hidden"))
    gr.Markdown(translate("heading"))
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            parts.preset = preset_menu(presets, first_preset, translate)
            parts.data_note = gr.Markdown(elem_id="data-note")
            parts.retry = gr.Button(translate("try_again"), size="sm", visible=False)
            link_button(parts, translate)
        with gr.Column(scale=3, min_width=280):
            parts.about = gr.Markdown(elem_id="about")
    import_panel(parts, translate)
    with gr.Accordion(translate("settings")):
        parts.settings = settings_inputs(first, translate)
        parts.problems = gr.Textbox(visible=False, show_label=False, interactive=False, elem_id="problems")
    with gr.Accordion(translate("groups")):
        gr.Markdown(translate("groups_help"))
        parts.table = GroupTable(rows_of(first.groups), elem_id="groups")
    with gr.Accordion(translate("who_is_where")):
        parts.where = AssignmentView(elem_id="where")
    with gr.Accordion(translate("planned"), open=False, elem_id="planned") as parts.plan_panel:
        parts.plan = gr.Plot(show_label=False)
        parts.plan_open = gr.State(False)
    export_panel(parts, translate)
    with gr.Column(elem_id="run-bar"):
        with gr.Row():
            parts.train = gr.Button(translate("train"), variant="primary", elem_id="train")
            parts.stop = gr.Button(translate("stop"), variant="stop", interactive=False, elem_id="stop")
        parts.status = gr.Markdown(translate("status_ready"), elem_id="status")
        parts.progress = ProgressBar(elem_id="progress")
    parts.made_with = gr.Markdown(elem_id="made-with")
    parts.chart = LiveChart(elem_id="chart")
    with gr.Accordion(translate("how_to_read"), open=False):
        gr.Markdown(translate("chart_help"))
        gr.Markdown(translate("decay_help"))
    parts.summary = summary_table(translate)
    parts.findings = Sentences(elem_id="findings")
    with gr.Accordion(translate("heatmap"), open=False, elem_id="heatmap"):
        parts.heat_map = gr.Plot(show_label=False)
    parts.last = gr.State(None)  # the last run's report
    parts.kept = gr.State([])
    for key in ("one_group", "over_seeds", "rates_start"):  # rendered in their panels
        setattr(parts, key, gr.Button(translate(key), render=False, elem_id=key.replace("_", "-")))
    parts.starters = [parts.train, parts.one_group, parts.over_seeds, parts.rates_start]
    parts.shown = [
        parts.chart,
        parts.status,
        parts.progress,
        parts.made_with,
        parts.summary,
        parts.findings,
        parts.last,
    ]
    parts.wished = gr.State(first.dataset)  # of the preset, the link or the file
    parts.chosen = gr.State(False)  # whether the visitor chose the dataset
    filled = [parts.about, parts.table, *(parts.settings[field] for field in FILLED)]
    parts.opening = [*filled, parts.wished, parts.preset, parts.opened]
    parts.inputs = [parts.language, parts.table, *parts.settings.values()]
    return parts
