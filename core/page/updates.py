"""What the server tells the page's parts, as plain values: of the data, of the table's cells, of who is where."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import lab
from core.colours import colours
from core.experiment import Problem
from core.page.filling import SETTINGS, table_rows
from core.report import GroupSummary, Report, why
from core.structures import structure_names
from core.text import LANGUAGES, Shown, as_typed, percent, say
from core.widgets.group_table import Row

METER_DECADES = 5  # of update sizes that a row's meter spans, up to the weights' own size


@dataclass(frozen=True)
class DataNews:
    """What to say of CIFAR-10, which dataset to use (None: leave it), whether its download goes on, or has failed."""

    note: str
    dataset: str | None
    is_waiting: bool
    has_failed: bool


def data_news(download: lab.Download, wished: str, chosen: bool, language: str, again: bool = False) -> DataNews:
    """Until CIFAR-10 is here the dataset is the generated shapes, unless the visitor has `chosen` one; then it is the
    one `wished` by what fills the page.

    Looking `again` while it downloads leaves the dataset alone: an answer on its way must not undo a choice made
    meanwhile.
    """
    waiting, failed = download.is_alive(), download.problem is not None
    device = say("device_note", language, device=lab.choose_device().upper())
    stays = chosen or (again and waiting)
    dataset = None if stays else "shapes" if waiting or failed else wished
    return DataNews(f"{cifar10_note(download, language)} {device}", dataset, waiting, failed)


def cifar10_note(download: lab.Download, language: str) -> str:
    """One sentence on where the download of CIFAR-10 is."""
    if download.is_alive():
        key = "cifar10_loading" if download.total else "cifar10_checking"
        return say(key, language, done=download.done / 1e6, total=download.total / 1e6)
    if download.problem is not None:
        return say("cifar10_missing", language, reason=why(download.problem, language))
    return say("cifar10_here", language)


def cell_sentences(problems: Iterable[Problem], language: str) -> dict[str, str]:
    """The sentences of the table's cells by "row.column"; a cell with several has one a line."""
    cells: dict[str, list[str]] = {}
    for problem in problems:
        if problem.row is not None:
            cells.setdefault(f"{problem.row}.{problem.field}", []).append(problem.sentence(language))
    return {place: "\n".join(sentences) for place, sentences in cells.items()}


def twins(problems: Iterable[Problem], language: str) -> dict[str, dict[str, str]]:
    """For the cell of each name that is an earlier row's too: that row's cell, and the sentence for it."""
    return {
        f"{problem.row}.name": {
            "place": f"{problem.values['row'] - 1}.name",
            "sentence": say("duplicate_name", language, value=problem.values["value"], row=problem.row + 1),
        }
        for problem in problems
        if problem.key == "duplicate_name" and problem.row is not None
    }


def setting_sentences(problems: Iterable[Problem], language: str) -> list[str]:
    """What is wrong with the settings, each line with its field."""
    of_settings = [p for p in problems if p.row is None and p.field in SETTINGS]
    return [say("behind", language, label=say(p.field, language), text=p.sentence(language)) for p in of_settings]


def refusal(problems: Sequence[Problem], rows: Sequence[Row], language: str) -> str:
    """Why a run is not begun: the first problem with its group and column, and how many more there are."""
    first, more = problems[0], len(problems) - 1
    label, why = say(first.field, language) if first.field in SETTINGS else "", first.sentence(language)
    if first.row is not None:
        label = f"{rows[first.row]['name']}, {say(f'table_{first.field}', language)}"
    told = say("not_begun", language, why=say("behind", language, label=label, text=why) if label else why)
    return f"{told} {say('and_more', language, count=more)}" if more else told


def is_refusal(status: str) -> bool:
    """Whether a status line says why a run was not begun."""
    beginnings = (say("not_begun", language, why="").rstrip(" .。") for language in LANGUAGES)
    return status.startswith(tuple(beginnings))


def row_colours(assignment: lab.Assignment) -> list[str]:
    """The colour of each row of the table: that of the first group that it stands for."""
    of_group = colours(len(assignment.places))
    return [of_group[assignment.places.index(place)] for place in sorted(set(assignment.places))]


def row_sizes(assignment: lab.Assignment, rows: int, language: str) -> list[str]:
    """How large the group of each row of the table is, in words."""
    whole = sum(row.count for row in assignment.rows) or 1
    sizes = []
    for place in range(rows):
        own = assignment.of_place(place)
        weights = sum(row.count for row in own)
        values = {"tensors": len(own), "weights": weights, "percent": 100 * weights / whole}
        sizes.append(say("row_size", language, **values))
    return sizes


def homeless(checked: lab.Checked, assignment: lab.Assignment, language: str) -> dict[str, Any]:
    """What is said of the parameters that are in no group, and their names: none where all are in one."""
    names = [row.name for row in assignment.rows if row.group is None]
    sentences = [p.sentence(language) for p in checked.problems if p.row is None and p.field == "groups"]
    return {"sentence": " ".join(sentences), "names": names, "known": True}


def measured_rows(report: Report, rows: Sequence[Row], places: Sequence[int], language: str) -> list[dict[str, Any]]:
    """What a run measured of each row of the table that ran, as the table shows it; `places` are the groups' rows."""
    measured = []
    for place, row in enumerate(rows):
        own = [group for group, home in zip(report.summaries, places, strict=True) if home == place]
        if own:
            measured.append(_measured(own, row, language))
    return measured


def measured_again(report: Report, language: str) -> list[dict[str, Any]]:
    """The same of a run that is over, whatever the table holds by now."""
    if report.started is None:
        return []
    raw = report.started.experiment.to_dict()
    assignment = lab.check(raw).assignment
    return (
        measured_rows(report, table_rows(raw), assignment.places, language) if assignment and report.summaries else []
    )


def _measured(groups: Sequence[GroupSummary], row: Row, language: str) -> dict[str, Any]:
    """Of one row: a badge where nothing was updated, else the median update size, or the range of its depths'."""
    first = groups[0]
    reading = first.reading(language) if len(groups) == 1 else ""
    ratios = sorted(group.median_ratio for group in groups if group.median_ratio)
    if not ratios or not any(group.end.moved for group in groups):
        return {"row": row, "text": first.badge(language), "place": None, "usual": None, "title": reading}
    size = "–".join(dict.fromkeys(percent(100 * ratio, 2) for ratio in (ratios[0], ratios[-1])))
    usual = first.usual and [_on_meter(first.usual.low), _on_meter(first.usual.high)]
    place = _on_meter(statistics.median(ratios))
    return {
        "row": row,
        "text": say("row_measured", language, size=size),
        "place": place,
        "usual": usual,
        "title": reading,
    }


def _on_meter(ratio: float) -> float:
    """0 for 1e-5 of the weights or less, 1 for the weights themselves or more."""
    return min(max(1 + math.log10(ratio) / METER_DECADES, 0.0), 1.0)


def settings_line(raw: Mapping[str, Any], language: str, seconds: float | None = None) -> str:
    """The settings in one line: network, weights, images, length, seed, and about how many `seconds` a run takes.

    Of a network that is known by its names and shapes only just its name. Wrong ones stand there as they were typed.
    """
    if raw.get("structure") or raw["model"] in structure_names():
        return say("settings_line_structure", language, model=_in_line(raw["model"], language))
    weights = say("line_pretrained" if raw["pretrained"] else "line_random", language)
    dataset = say(f"line_{raw['dataset']}", language) if raw["dataset"] in ("cifar10", "shapes") else raw["dataset"]
    values = {**raw, "weights": weights, "dataset": dataset}
    line = say("settings_line", language, **{name: _in_line(value, language) for name, value in values.items()})
    if raw["clip"] != "none":
        clip, at = (_in_line(raw[field], language) for field in ("clip", "clip_at"))
        line += say("line_clip", language, clip=clip, clip_at=at)
    return line if seconds is None else f"{line} · {duration(seconds, language)}"


def duration(seconds: float, language: str) -> str:
    """To two digits, in seconds or in minutes."""
    if seconds < 100:
        return say("about_seconds", language, seconds=float(f"{seconds:.2g}"))
    return say("about_minutes", language, minutes=float(f"{seconds / 60:.2g}"))


def _in_line(value: object, language: str) -> str:
    if isinstance(value, int) and abs(value) < 10**9:
        return f"{value:,}"
    return as_typed(Shown(value) if isinstance(value, str) else value, language)


def assignment_value(checked: lab.Checked, assignment: lab.Assignment, language: str) -> dict[str, Any]:
    """What the view shows: `groups` and their `colours`, `rows` as `Assignment.table`, `problems` and `notes` as
    sentences.

    A group is a ResolvedGroup as a dict; its name and counts only, while torch cannot have it yet. `begins` has for
    each the name of the table's row that it is the first group of, or "".
    """
    groups = [asdict(group) for group in checked.groups]
    if not groups:
        own = [(group.name, assignment.of_group(index)) for index, group in enumerate(assignment.experiment.groups)]
        groups = [{"name": n, "tensors": len(rows), "weights": sum(row.count for row in rows)} for n, rows in own]
    problems = [p.sentence(language) for p in checked.problems if p.row is None and p.field == "groups"]
    marks = {"colours": colours(len(groups)), "problems": problems, "notes": depth_notes(checked, assignment, language)}
    places = assignment.places
    asked = (checked.experiment or assignment.experiment).groups
    begins = [asked[place].name if places.index(place) == index else "" for index, place in enumerate(places)]
    return {"groups": groups, "rows": assignment.table(), "begins": begins, **marks}


def depth_notes(checked: lab.Checked, assignment: lab.Assignment, language: str) -> list[str]:
    """How many depths each layer decay has made, and of how many the network has."""
    if checked.experiment is None:
        return []
    whole = len({row.candidate.depth for row in assignment.rows})
    named = [
        (checked.experiment.groups[place].name, assignment.of_place(place)) for place in sorted(assignment.decayed)
    ]
    found = [(name, len({row.candidate.depth for row in rows})) for name, rows in named]
    return [say("where_depths", language, name=name, count=count, whole=whole) for name, count in found]
