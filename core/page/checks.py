"""What answers every edit of the page: errors in the cells, who is where, and what open panels show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import lab
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs, raw_of
from core.page.updates import assignment_value, cell_sentences, row_colours, setting_sentences
from core.report import rates_figure
from core.text import language_of, say
from core.widgets.assignment_view import AssignmentView


@dataclass(frozen=True)
class Plan:
    """The panel of the planned learning rates; they are drawn while it is open."""

    panel: gr.Accordion
    figure: gr.Plot
    is_open: gr.State


@dataclass(frozen=True)
class Code:
    """The panel of the experiment as Python code, in one of the `lab.FORMS`; it is written while it is open."""

    panel: gr.Accordion
    form: gr.Radio
    text: gr.Code
    is_open: gr.State


@dataclass(frozen=True)
class Checks:
    """The parts that show what a check of `inputs` has found; `trained` holds the names of the groups that train."""

    inputs: Inputs
    problems: gr.Textbox
    where: AssignmentView
    plan: Plan
    code: Code
    trained: gr.State

    @property
    def event(self) -> dict[str, Any]:
        """The check as an event's keyword arguments: of several edits at once the last one counts."""
        return {
            "fn": self._check,
            "inputs": [self.plan.is_open, self.code.is_open, self.code.form, *self.inputs.all],
            "outputs": [self.inputs.table, self.where, self.problems, self.plan.figure, self.code.text, self.trained],
            "trigger_mode": "always_last",
            **QUIET,
        }

    def wire(self) -> None:
        """Every edit is checked, and the page when a panel opens: what it shows is made while it is open."""
        settings = self.inputs.settings.values()
        gr.on([self.inputs.table.input, *(field.input for field in settings)], **self.event)
        self.code.form.input(**self.event)
        for panel, is_open in ((self.plan.panel, self.plan.is_open), (self.code.panel, self.code.is_open)):
            panel.expand(lambda: True, None, is_open, **QUIET).then(**self.event)
            panel.collapse(lambda: False, None, is_open, **QUIET)

    def _check(self, plan_open: bool, code_open: bool, form: str, language: str, *values: Any) -> Updates:
        checked, language = lab.check(raw_of(*values)), language_of(language)
        lines = setting_sentences(checked.problems, language)
        marks: dict[str, Any] = {
            "errors": cell_sentences(checked.problems, language),
            "warnings": cell_sentences(checked.cautions, language),
        }
        updates: Updates = {self.problems: gr.Textbox("\n".join(lines), visible=bool(lines), lines=len(lines) or 1)}
        if checked.experiment is not None:
            updates[self.trained] = [group.name for group in checked.experiment.groups if not group.frozen]
        if checked.assignment is not None:
            marks["palette"] = row_colours(checked.assignment)
            updates[self.where] = assignment_value(checked, checked.assignment, language)
        if plan_open and checked.as_run is not None:
            updates[self.plan.figure] = rates_figure(checked.as_run, lab.planned_rates(checked.as_run), language)
        if code_open:
            updates[self.code.text] = code_of(checked, form, language)
        return updates | {self.inputs.table: gr.update(**marks)}


def code_of(checked: lab.Checked, form: str, language: str) -> str:
    """The experiment as Python code; a comment while something is wrong."""
    if checked.problems or checked.assignment is None:
        return f"# {say('code_waits', language)}"
    return lab.FORMS[form](checked.assignment)


def lay_out_plan(translate: Translate) -> Plan:
    """The panel of the planned learning rates, closed."""
    with gr.Accordion(translate("planned"), open=False, elem_id="planned") as panel:
        return Plan(panel, gr.Plot(show_label=False), gr.State(False))
