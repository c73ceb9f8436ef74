"""A side of a difference: the page, a kept run, a preset, or a pasted text, as `differences` takes it.

A choice is PAGE or TEXT, or "run:" or "preset:" and the name of a kept run or a preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core import lab
from core.experiment import Experiment, ExperimentError, Problem, are_named, looks_like_groups, read_groups
from core.experiment.errors import unknown_name
from core.experiment.files import check_size
from core.experiment.link import read_link_or_file
from core.page.importing import is_recording
from core.report import KeptRun, RecordingReader
from core.text import say

Presets = Mapping[str, Experiment]
Groups = dict[str, list[dict[str, Any]]]
PAGE, TEXT = "page", "text"


def choices_of(kept: Sequence[KeptRun], presets: Presets, language: str) -> list[tuple[str, str]]:
    """What a side may be: each in words, and the choice; the last run first."""
    of_runs = [(say("other_run", language, name=run.name), f"run:{run.name}") for run in reversed(kept)]
    titles = [(getattr(preset.title, language), f"preset:{name}") for name, preset in presets.items()]
    of_presets = [(say("other_preset", language, title=title), choice) for title, choice in titles]
    return [(say("side_page", language), PAGE), (say("side_text", language), TEXT), *of_runs, *of_presets]


def side_of(
    choice: str | None, text: str | None, raw: Mapping[str, Any], kept: Sequence[KeptRun], presets: Presets
) -> lab.Assignment | Groups:
    """What stands on a side; `raw` are the page's values. None, as a call may have it, is the page, or no text.

    Raises ExperimentError for a text that is none of what can be pasted, for a name that is not there any more, and for
    an experiment whose groups cannot be told, with all of its problems.
    """
    kind, _, name = (choice or PAGE).partition(":")
    if kind == PAGE:
        return _assigned(raw)
    if kind == TEXT:
        return _of_text(text or "")
    known = presets if kind == "preset" else {run.name: run.experiment for run in kept}
    if name not in known:
        raise ExperimentError([unknown_name("other", name, list(known))])
    return _assigned(known[name].to_dict())


def says_of_parameters(side: lab.Assignment | Groups) -> str:
    """How a side tells its parameters: "names", "order" where it numbers them, or "none"."""
    if not isinstance(side, dict):
        return "names"
    groups = side["param_groups"]
    if not any(group["params"] for group in groups):
        return "none"
    return "names" if are_named(groups) else "order"


def _of_text(text: str) -> lab.Assignment | Groups:
    check_size(len(text.encode("utf-8", "surrogatepass")))
    if not text.strip():
        raise ExperimentError([Problem(None, "file", "side_is_empty", {})])
    if is_recording(text):
        reader = RecordingReader()
        reader.read(text.lstrip("\ufeff \r\n\t").split("\n")[0])
        return _assigned(reader.started.experiment.to_dict() if reader.started else {})
    if looks_like_groups(text):
        return read_groups(text)
    return _assigned(read_link_or_file(text))


def _assigned(raw: Mapping[str, Any]) -> lab.Assignment:
    checked = lab.check(raw)
    if checked.assignment is None:
        raise ExperimentError(checked.problems)
    return checked.assignment
