"""What answers every edit of the page: errors in the cells, who is where, and what open panels show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core import lab
from core.experiment import ONLY_NO_RUN, Experiment, ExperimentError
from core.experiment.differences import differences
from core.experiment.link import write_link
from core.page.filling import setting_values
from core.page.handlers import QUIET, Updates
from core.page.inputs import Inputs, raw_of
from core.page.results import Results
from core.page.updates import (
    assignment_value,
    cell_sentences,
    homeless,
    is_refusal,
    row_colours,
    row_sizes,
    setting_sentences,
    settings_line,
    twins,
)
from core.report import Report, rates_figure
from core.text import language_of, say
from core.widgets.address import Address
from core.widgets.assignment_view import AssignmentView
from core.widgets.guide import Guide
from core.widgets.widget import Sentences

RECORDER = "recorder"  # what the tab of Python code shows beside the forms of an experiment


@dataclass(frozen=True)
class Plan:
    """The tab of the planned learning rates; they are drawn while it is shown."""

    tab: gr.Tab
    figure: gr.Plot


@dataclass(frozen=True)
class Code:
    """The tab of Python code: the experiment in one of the `lab.FORMS`, or the RECORDER; written while it is shown."""

    tab: gr.Tab
    form: gr.Radio
    text: gr.Code


@dataclass(frozen=True)
class Checks:
    """The parts that show what a check of `inputs` has found.

    `line` is the settings in one sentence, above their inputs; `trained` holds the names of the groups that train,
    `shown_tab` the id of the tab below the chart that is shown; `seconds` tells how long a run takes where that is
    known. The chart is said to be stale where what was checked is not what its run was, and the address holds the
    page: the preset it began with, and what differs from that.
    """

    inputs: Inputs
    presets: Mapping[str, Experiment]
    preset: gr.Dropdown
    address: Address
    changed: Sentences
    results: Results
    guide: Guide
    line: gr.Accordion
    problems: gr.Textbox
    where: AssignmentView
    plan: Plan
    code: Code
    trained: gr.State
    shown_tab: gr.Textbox
    status: gr.Markdown
    seconds: Callable[[Experiment], float | None]

    @property
    def event(self) -> dict[str, Any]:
        """The check as an event's keyword arguments: of several edits at once the last one counts."""
        return {
            "fn": self._check,
            "inputs": [self.shown_tab, self.code.form, self.results.last, self.preset, self.status, *self.inputs.all],
            "outputs": [
                *(self.inputs.table, self.line, self.where, self.problems),
                *(self.plan.figure, self.code.text, self.trained, self.results.chart, self.guide),
                *(self.address, self.changed, self.status),
            ],
            "trigger_mode": "always_last",
            "concurrency_limit": 4,  # one visitor's large network keeps no other waiting
            **QUIET,
        }

    def wire(self) -> None:
        """Every edit is checked, and the page when a tab is chosen: what it shows is made while it is shown."""
        settings = self.inputs.settings.values()
        gr.on([self.inputs.table.input, *(field.input for field in settings)], **self.event)
        self.inputs.table.submit(self.inputs.put_back, None, self.inputs.filled, **QUIET).then(**self.event)
        self.code.form.input(**self.event)
        for tab in (self.plan.tab, self.code.tab):
            tab.select(None, None, self.shown_tab, js=f"() => '{tab.id}'", **QUIET).then(**self.event)

    def _check(
        self,
        shown_tab: str,
        form: str,
        last: Report | None,
        preset: str | None,
        status: str,
        language: str,
        *values: Any,
    ) -> Updates:
        checked, language = lab.check(raw := raw_of(*values)), language_of(language)
        lines = setting_sentences(checked.problems, language)
        marks: dict[str, Any] = {
            "errors": cell_sentences(checked.problems, language),
            "warnings": cell_sentences(checked.cautions, language),
            "twins": twins(checked.problems, language),
            "settings": setting_values(raw),
        }
        is_looked_at = _is_looked_at(checked)
        stale = last is not None and not is_looked_at and not last.is_of(checked.as_run)
        seconds = None if checked.experiment is None else self.seconds(checked.experiment)
        updates: Updates = {
            self.problems: gr.Textbox(
                "\n".join(lines),
                visible=bool(lines),
                lines=len(lines) or 1,
                elem_classes=["told"] if is_looked_at and len(lines) == 1 else [],
            ),
            self.line: gr.Accordion(label=settings_line(raw, language, seconds)),
            self.results.chart: gr.update(stale=stale, untrainable=is_looked_at),
            self.guide: gr.update(edited=stale, quiet=is_looked_at),
        }
        if not checked.problems and is_refusal(status):
            updates[self.status] = say("status_ready", language)
        if checked.experiment is not None:
            begun = self.presets.get(preset or "")
            changes = differences(begun, checked.experiment, is_change=True) if begun else []
            updates[self.address] = address_of(checked.experiment, preset, is_changed=begun is None or bool(changes))
            told = say("semicolon", language).join(getattr(change, language) for change in changes)
            updates[self.changed] = [say("preset_changed", language, changes=told)] if changes else []
            updates[self.trained] = [group.name for group in checked.experiment.groups if not group.frozen]
        if checked.assignment is None:
            marks |= {"sizes": [], "homeless": {"sentence": "", "names": [], "known": False}}
        else:
            marks["palette"] = row_colours(checked.assignment)
            marks["sizes"] = row_sizes(checked.assignment, len(raw["groups"]), language)
            marks["homeless"] = homeless(checked, checked.assignment, language)
            updates[self.where] = assignment_value(checked, checked.assignment, language)
        if shown_tab == self.plan.tab.id and checked.as_run is not None:
            updates[self.plan.figure] = rates_figure(checked.as_run, lab.planned_rates(checked.as_run), language)
        if shown_tab == self.code.tab.id:
            updates[self.code.text] = gr.update(value=code_of(checked, form, language), visible=True)
        return updates | {self.inputs.table: gr.update(**marks)}


def address_of(experiment: Experiment, preset: str | None, is_changed: bool) -> dict[str, str | None] | None:
    """The preset that the page began with, and the link of what it holds now unless that is the preset itself; None
    where it is too long for one."""
    try:
        return {"preset": preset, "link": write_link(experiment) if is_changed else None}
    except ExperimentError:
        return None


def is_codable(checked: lab.Checked, form: str) -> bool:
    """Whether nothing is wrong with what the form needs: optimizers alone need nothing that can be run here."""
    return checked.assignment is not None and not checked.problems_but(*(ONLY_NO_RUN if form == "optimizers" else ()))


def _is_looked_at(checked: lab.Checked) -> bool:
    """Whether the network is a structure, which cannot be trained: nobody is asked to."""
    return any(problem.key == "structure_not_trained" for problem in checked.problems)


def code_of(checked: lab.Checked, form: str, language: str) -> str:
    """The experiment as Python code, a comment while something is wrong; or the recorder, which is always the same."""
    if form == RECORDER:
        return lab.record_groups()
    if not is_codable(checked, form) or checked.assignment is None:
        fits_optimizers = form != "optimizers" and _is_looked_at(checked) and is_codable(checked, "optimizers")
        return f"# {say('code_of_structure' if fits_optimizers else 'code_waits', language)}"
    return lab.FORMS[form](checked.assignment)


def lay_out_plan(tab: gr.Tab) -> Plan:
    """The tab of the planned learning rates."""
    with tab:
        return Plan(tab, gr.Plot(show_label=False))
