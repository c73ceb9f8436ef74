"""What the server sends to the page's parts: updates in the order of the handlers' outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import gradio as gr
import pandas as pd

from core import lab
from core.colours import colours
from core.experiment import Experiment, Problem
from core.page.inputs import SETTINGS
from core.report import KeptRun, Report, beside, heat_map, rates_figure
from core.text import say
from core.widgets.group_table import rows_of

SUMMARY_COLUMNS = ("group", "weights", "distance", "ratio", "badge", "reading")  # of the summary
FILLED = tuple(field for field in SETTINGS if field != "dataset")  # that one depends on what is here


def preset_updates(preset: Experiment, language: str) -> list[Any]:
    """A preset's text, its groups, and the settings in `FILLED`."""
    summary, look_for = getattr(preset.summary, language), getattr(preset.look_for, language)
    about = f"{summary}\n\n**{say('look_for', language)}** {look_for}"
    return [about, rows_of(preset.groups), *(getattr(preset, field) for field in FILLED)]


def data_updates(download: lab.Download, wished: str, chosen: bool, language: str, again: bool = False) -> list[Any]:
    """What to say of CIFAR-10, which dataset to use, whether to look again, whether to offer to try again.

    Until CIFAR-10 is here the dataset is the generated shapes, unless the visitor has `chosen` one; then it is the
    one `wished` by what fills the page. Looking `again`
    while it downloads leaves the dataset alone: an answer on its way must not undo a choice made meanwhile.
    """
    waiting, failed = download.is_alive(), download.problem is not None
    dataset = "shapes" if waiting or failed else wished
    device = say("device_note", language, device=lab.choose_device().upper())
    note = f"{cifar10_note(download, language)} {device}"
    stays = chosen or (again and waiting)
    return [note, gr.skip() if stays else dataset, gr.Timer(active=waiting), gr.Button(visible=failed)]


def check_updates(checked: lab.Checked, language: str) -> list[Any]:
    """Errors and warnings for the table's cells, who is where, and the problems of the settings."""
    others = [p for p in checked.problems if p.row is None]
    of_groups = [p.sentence(language) for p in others if p.field == "groups"]
    where = gr.skip() if checked.assignment is None else assignment_value(checked.assignment, of_groups, checked.groups)
    lines = [f"{say(p.field, language)}: {p.sentence(language)}" for p in others if p.field in SETTINGS]
    shown = {"errors": _cells(checked.problems, language), "warnings": _cells(checked.cautions, language)}
    cells = gr.update(**shown, **_palette(checked))
    return [cells, where, gr.Textbox("\n".join(lines), visible=bool(lines), lines=len(lines) or 1)]


def _palette(checked: lab.Checked) -> dict[str, list[str]]:
    """The colour of each row of the table: that of the first group that it stands for."""
    if checked.assignment is None:
        return {}
    places = checked.assignment.places
    of_group = colours(len(places))
    return {"palette": [of_group[places.index(place)] for place in sorted(set(places))]}


def _cells(problems: Iterable[Problem], language: str) -> dict[str, str]:
    """The sentences of the table's cells by "row.column"; a cell with several has one a line."""
    cells: dict[str, list[str]] = {}
    for problem in problems:
        if problem.row is not None:
            cells.setdefault(f"{problem.row}.{problem.field}", []).append(problem.sentence(language))
    return {place: "\n".join(sentences) for place, sentences in cells.items()}


def report_updates(report: Report) -> list[Any]:
    """The chart, the status line, the progress, the made-with note, the summary, the findings, and the report."""
    growing = [report.chart, report.status, report.progress, report.made_with]
    if report.steps and report.progress is not None:
        return [*growing, gr.skip(), gr.skip(), gr.skip()]
    columns = [say(f"column_{key}", report.language) for key in SUMMARY_COLUMNS]
    summary = gr.Dataframe(pd.DataFrame(report.rows, columns=columns), visible=bool(report.rows))
    return [*growing, summary, report.findings, report]


def heat_map_update(last: Report | None, language: str) -> Any:
    """The heat map of the last run, or none."""
    if last is None or last.started is None or not last.columns:
        return None
    return heat_map(last.started, last.columns, language)


def plan_update(checked: lab.Checked, is_open: bool, language: str) -> Any:
    """The planned learning rates, as long as the values can be read; nothing new while the panel is closed."""
    if not is_open or checked.as_run is None:
        return gr.skip()
    return rates_figure(checked.as_run, lab.planned_rates(checked.as_run), language)


def kept_updates(kept: list[KeptRun], ticked: list[str]) -> list[Any]:
    """The kept runs, their list with `ticked` ticked, and the chart with those drawn beside its own."""
    names = [run.name for run in reversed(kept)]
    ticked = [name for name in ticked if name in names]
    return [kept, gr.CheckboxGroup(names, value=ticked), gr.update(others=beside(kept, ticked))]


def cifar10_note(download: lab.Download, language: str) -> str:
    """One sentence on where the download of CIFAR-10 is."""
    if download.is_alive():
        key = "cifar10_loading" if download.total else "cifar10_checking"
        return say(key, language, done=download.done / 1e6, total=download.total / 1e6)
    if download.problem is not None:
        return say("cifar10_missing", language, reason=download.problem)
    return say("cifar10_here", language)


def assignment_value(
    assignment: lab.Assignment, sentences: list[str], resolved: Iterable[lab.ResolvedGroup] = ()
) -> dict[str, Any]:
    """What the view shows: `groups` and their `colours`, `rows` as `Assignment.table`, `problems` as sentences.

    A group is a ResolvedGroup as a dict; its name and counts only, while torch cannot have it yet.
    """
    groups = [asdict(group) for group in resolved]
    if not groups:
        own = [(group.name, assignment.of_group(index)) for index, group in enumerate(assignment.experiment.groups)]
        groups = [{"name": n, "tensors": len(rows), "weights": sum(row.count for row in rows)} for n, rows in own]
    return {"groups": groups, "colours": colours(len(groups)), "rows": assignment.table(), "problems": sentences}
