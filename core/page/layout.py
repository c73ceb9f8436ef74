"""The page from top to bottom: the bar, the table on the left, the chart on the right, tabs below it; not wired yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import gradio as gr

from core.experiment import Experiment, ThingToTry
from core.page.checks import Checks, lay_out_plan
from core.page.export_panel import export_panel
from core.page.handlers import Translate
from core.page.inputs import Inputs, settings_inputs
from core.page.opening import Opening, preset_menu
from core.page.results import Results, lay_out_chart, lay_out_results
from core.page.run_bar import RunBar, lay_out_run_bar
from core.page.sharing_panel import LinkButton, lay_out_link_button, lay_out_link_field
from core.text import say
from core.widgets.address import Address
from core.widgets.assignment_view import AssignmentView
from core.widgets.group_table import GroupTable, rows_of
from core.widgets.guide import Guide
from core.widgets.widget import Sentences

# The tabs below the chart in their order: an id, which a link may name, and the key of the words.
TABS = {
    "look": "look_for",
    "course": "course",
    "found": "findings_tab",
    "suggest": "suggest",
    "code": "python_code",
    "map": "map",
    "compare": "compare",
    "differences": "differences",
    "heatmap": "heatmap",
    "planned": "planned",
    "range": "range",
    "match": "match",
    "read": "how_to_read",
    "downloads": "downloads",
    "import": "import_panel",
}


@dataclass(frozen=True)
class Layout:
    """The page's parts, by what they are for; `tab` holds the tabs by their ids, some of them still empty."""

    opening: Opening
    link: LinkButton
    inputs: Inputs
    checks: Checks
    bar: RunBar
    results: Results
    tabs: gr.Tabs
    tab: Mapping[str, gr.Tab]


def lay_out(
    presets: Mapping[str, Experiment],
    things: Mapping[str, ThingToTry],
    first_preset: str,
    translate: Translate,
    seconds: Callable[[Experiment], float | None],
) -> Layout:
    """All of it but what is in the tabs that ask more than one run, filled with the first preset."""
    first = presets[first_preset]
    language, shown_tab = (gr.Textbox(value, visible="hidden", max_lines=1) for value in ("en", "look"))
    address = Address(elem_id="address")
    with gr.Row(elem_id="bar"):
        gr.HTML(f"<h1>{say('title')}</h1>", elem_id="brand", padding=False)
        preset = preset_menu(presets, first_preset, translate)
        bar = lay_out_run_bar(translate)
        copy = lay_out_link_button(translate)
    with gr.Row(elem_id="work"):
        guide = Guide(elem_id="guide")
        with gr.Column(elem_id="drawn", min_width=280):
            _heading("chart", translate)
            chart, made_with = lay_out_chart()
        with gr.Column(elem_id="left", min_width=280):
            _heading("groups", translate)
            link = LinkButton(copy, lay_out_link_field())
            lesson, opened = Sentences(elem_id="lesson"), Sentences(elem_id="opened")
            table = GroupTable(rows_of(first.groups), base=rows_of(first.groups), elem_id="groups")
            problems = gr.Textbox(visible=False, show_label=False, interactive=False, elem_id="problems")
            with gr.Accordion(translate("settings"), open=False, elem_id="settings") as line:
                settings = settings_inputs(first, translate)
            with gr.Row(elem_id="data"):
                data_note = gr.Markdown(elem_id="data-note")
                retry = gr.Button(translate("try_again"), size="sm", visible=False)
            with gr.Accordion(translate("who_is_where"), elem_id="every"):
                gr.Markdown(translate("groups_help"))
                where = AssignmentView(elem_id="where")
        with gr.Column(elem_id="asked", min_width=280):
            _heading("below", translate)
            with gr.Tabs(elem_id="below", selected="look") as tabs:
                tab = {key: gr.Tab(translate(words), id=key, elem_id=key) for key, words in TABS.items()}
    with tab["look"]:
        changed = Sentences(elem_id="changed")
        about, to_try = gr.Markdown(elem_id="about"), gr.Markdown(elem_id="to-try")
        trying = gr.Button(translate("try_it"), size="sm", elem_id="try")
    results = lay_out_results(tab, chart, made_with, translate)
    inputs = Inputs(language, table, settings)
    plan, code = lay_out_plan(tab["planned"]), export_panel(tab["code"], inputs, translate)
    return Layout(
        opening=Opening(
            presets,
            things,
            inputs,
            preset=preset,
            about=about,
            to_try=to_try,
            trying=trying,
            lesson=lesson,
            opened=opened,
            chart=chart,
            data_note=data_note,
            retry=retry,
            poll=gr.Timer(1.0, active=False),  # begins once the page has been filled
            wished=gr.State(first.dataset),
            chosen=gr.State(False),
            filled=gr.State(first_preset),
        ),
        link=link,
        inputs=inputs,
        checks=Checks(
            *(inputs, presets, preset, address, changed, results, guide, line, problems, where),
            *(plan, code, gr.State([]), shown_tab, bar.status, seconds),
        ),
        bar=bar,
        results=results,
        tabs=tabs,
        tab=tab,
    )


def _heading(of: str, translate: Translate) -> None:
    """A heading for those who move by headings; the page's look says the same."""
    gr.Markdown(translate(f"heading_{of}"), elem_classes="unseen")
