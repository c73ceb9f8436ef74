"""What the server tells the page's parts, as plain values: of the data, of the table's cells, of who is where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from core import lab
from core.colours import colours
from core.experiment import Problem
from core.page.filling import SETTINGS
from core.text import say


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
        return say("cifar10_missing", language, reason=download.problem)
    return say("cifar10_here", language)


def cell_sentences(problems: Iterable[Problem], language: str) -> dict[str, str]:
    """The sentences of the table's cells by "row.column"; a cell with several has one a line."""
    cells: dict[str, list[str]] = {}
    for problem in problems:
        if problem.row is not None:
            cells.setdefault(f"{problem.row}.{problem.field}", []).append(problem.sentence(language))
    return {place: "\n".join(sentences) for place, sentences in cells.items()}


def setting_sentences(problems: Iterable[Problem], language: str) -> list[str]:
    """What is wrong with the settings, each line with its field."""
    of_settings = [p for p in problems if p.row is None and p.field in SETTINGS]
    return [f"{say(p.field, language)}: {p.sentence(language)}" for p in of_settings]


def row_colours(assignment: lab.Assignment) -> list[str]:
    """The colour of each row of the table: that of the first group that it stands for."""
    of_group = colours(len(assignment.places))
    return [of_group[assignment.places.index(place)] for place in sorted(set(assignment.places))]


def assignment_value(checked: lab.Checked, assignment: lab.Assignment, language: str) -> dict[str, Any]:
    """What the view shows: `groups` and their `colours`, `rows` as `Assignment.table`, `problems` as sentences.

    A group is a ResolvedGroup as a dict; its name and counts only, while torch cannot have it yet.
    """
    groups = [asdict(group) for group in checked.groups]
    if not groups:
        own = [(group.name, assignment.of_group(index)) for index, group in enumerate(assignment.experiment.groups)]
        groups = [{"name": n, "tensors": len(rows), "weights": sum(row.count for row in rows)} for n, rows in own]
    problems = [p.sentence(language) for p in checked.problems if p.row is None and p.field == "groups"]
    return {"groups": groups, "colours": colours(len(groups)), "rows": assignment.table(), "problems": problems}
