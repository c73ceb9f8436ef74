"""Two ways of grouping side by side: which parameters are in another group, and which settings differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import pandas as pd

from core import lab
from core.experiment import ExperimentError
from core.page.handlers import QUIET, Translate, Updates
from core.page.importing import tell
from core.page.inputs import Inputs, raw_of
from core.page.results import Results
from core.page.sides import PAGE, TEXT, Groups, Presets, choices_of, says_of_parameters, side_of
from core.report import KeptRun
from core.text import language_of, say
from core.widgets.widget import Sentences

SIDES = {"a": PAGE, "b": TEXT}  # and what each is at first
KEYS = ("moved", "new", "gone", "group", "setting")  # of what the table tells: what a difference's key begins with
COLUMNS = ("what", "in_a", "in_b")
WIDTHS: list[str | int] = ["50%", "25%", "25%"]
MOST_ROWS, MOST_TOLD = 500, 20


def differences_panel(tab: gr.Tab, inputs: Inputs, results: Results, presets: Presets, translate: Translate) -> None:
    """Lay out and wire the panel."""
    menus, texts = {}, {}
    with tab:
        for side, choice in SIDES.items():
            first = [(translate(f"side_{each}"), each) for each in (PAGE, TEXT)]
            with gr.Row():
                menus[side] = gr.Dropdown(
                    first, value=choice, label=side.upper(), filterable=False, min_width=220, elem_id=f"side-{side}"
                )
                look: dict[str, Any] = {"lines": 3, "max_lines": 6, "scale": 3, "min_width": 280}
                texts[side] = gr.Textbox(
                    label=translate("pasted_text"), visible=choice == TEXT, elem_id=f"text-{side}", **look
                )
        button = gr.Button(translate("differences_show"), elem_id="differences-show")
        said = Sentences(elem_id="differences-said")
        look = {"interactive": False, "wrap": True, "column_widths": WIDTHS}
        table = gr.Dataframe(visible=False, show_label=False, elem_id="differences-table", **look)
        gr.Markdown(translate("differences_help"))

    def fill_menus(a: str, b: str, kept: list[KeptRun], language: str) -> Updates:
        choices = choices_of(kept, presets, language_of(language))
        known = [choice for _, choice in choices]
        chosen = zip(menus.values(), (a, b), strict=True)
        return {menu: gr.Dropdown(choices, value=now if now in known else PAGE) for menu, now in chosen}

    def show(
        a: str | None,
        b: str | None,
        text_a: str | None,
        text_b: str | None,
        kept: list[KeptRun],
        language: str,
        *values: Any,
    ) -> Updates:
        language = language_of(language)
        sides: list[lab.Assignment | Groups] = []
        for name, choice, text in (("A", a, text_a), ("B", b, text_b)):
            try:
                sides.append(side_of(choice, text, raw_of(*values), kept, presets))
            except ExperimentError as error:
                pasted = [p.sentence(language) for p in error.problems if p.field in ("file", "link")]
                lines = [
                    say("behind", language, label=name, text=line) for line in pasted or tell(error.problems, language)
                ]
                return {said: lines, table: gr.Dataframe(visible=False)}
        found = lab.differences(sides[0], sides[1])
        return {said: in_words(sides, found, language), table: as_table(found, language)}

    of_menus = [*menus.values()]
    changes = [tab.select, results.kept.change]
    gr.on(changes, fill_menus, [*of_menus, results.kept, inputs.language], of_menus, **QUIET)
    for side, menu in menus.items():
        menu.input(_choose(texts[side], said, table), menu, [texts[side], said, table], **QUIET)
    asked = [*of_menus, *texts.values(), results.kept, *inputs.all]
    button.click(show, asked, [said, table], concurrency_limit=4, **QUIET)  # as for `Checks.event`


def _choose(text: gr.Textbox, said: Sentences, table: gr.Dataframe) -> Callable[[str], Updates]:
    """A text is typed where one is chosen; what was told of other sides goes."""
    return lambda choice: {text: gr.Textbox(visible=choice == TEXT), said: [], table: gr.Dataframe(visible=False)}


def in_words(sides: Sequence[lab.Assignment | Groups], found: Sequence[lab.Difference], language: str) -> list[str]:
    """How many differences of which kind, what a side does not tell, and what torch refuses."""
    counts = {key: sum(_kind(each) == key for each in found) for key in KEYS}
    said = [say("differences_counted", language, **counts) if found else say("differences_none", language)]
    how = [says_of_parameters(side) for side in sides]
    for name, of_this, of_other in (("A", *how), ("B", *reversed(how))):
        if of_this == "none":
            said.append(say("differences_settings_only", language, side=name))
        elif of_this == "order" and of_other != "none":
            said.append(say("differences_by_order", language, side=name))
    twice = [each.sentence(language) for each in found if each.key == "twice"]
    said += twice[:MOST_TOLD]
    if len(twice) > MOST_TOLD:
        said.append(say("and_more", language, count=len(twice) - MOST_TOLD))
    if (count := sum(counts.values())) > MOST_ROWS:
        said.append(say("differences_cut", language, shown=MOST_ROWS, count=count))
    return said


def _kind(difference: lab.Difference) -> str:
    """ "setting" of "setting_new" too."""
    return difference.key.partition("_")[0]


def as_table(found: Sequence[lab.Difference], language: str) -> gr.Dataframe:
    """A row each, hidden while there are none; what is the same kind of difference stands together."""
    told = [each for key in KEYS for each in found if _kind(each) == key][:MOST_ROWS]
    rows = []
    for each in told:
        none = say("not_on_side" if _kind(each) in ("group", "setting") else "in_no_group", language)
        rows.append([each.what, *(none if value is None else value for value in (each.before, each.after))])
    columns = [say(f"column_{key}", language) for key in COLUMNS]
    return gr.Dataframe(pd.DataFrame(rows, columns=columns), visible=bool(rows))
