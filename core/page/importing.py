"""What is pasted or dropped: an experiment, a network by its names and shapes, a recorded run."""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from core import lab
from core.experiment import ExperimentError, Problem
from core.experiment.files import check_size, read_json, read_text
from core.experiment.known_networks import known_network
from core.experiment.link import is_address, read_link
from core.page.filling import has_rows, setting_values
from core.page.not_imported import instead_of, nothing_known
from core.report import OWN_NETWORK, Report, left_out, read_recording, settings_left_out
from core.structures import LONGEST, Structure, looks_like_network, read_network
from core.text import say

MOST_TOLD = 20  # problems of a file that are told; the cells show all of theirs
ONE_GROUP = {"name": "all", "params": ["*"], "optimizer": "AdamW", "lr": 1e-4, "weight_decay": 0.01}

Read = tuple[dict[str, Any] | None, list[str]]
RECORDING = re.compile(r'\ufeff?\s*\{\s*"event"\s*:\s*"Started"')  # how one begins, as json or jq writes it


def read_run(box: Mapping[str, Any], language: str) -> tuple[Report | None, list[str]] | None:
    """The run that a recording holds, and what to say of it; None for what is meant as something else."""
    text = _text_of(box)
    if text is None or not is_recording(text):
        return None
    report = Report(language)
    try:
        for event in read_recording(text):
            report.take(event)
    except ExperimentError as error:
        return None, [say("import_failed", language), *tell(error.problems, language)]
    experiment = report.started.experiment if report.started else None
    values = {"model": experiment.model, "count": len(experiment.groups)} if experiment else {}
    said = [say("recording_opened", language, steps=len(report.steps), **values)]
    first = read_json(text.lstrip("\ufeff \r\n\t").split("\n")[0])
    if "parameters" in first and (names := left_out(first)):
        said.append(say("recording_empty_groups", language, names=", ".join(names)))
    if "parameters" in first and (lost := settings_left_out(first)):
        said.append(say("recording_settings_left_out", language, names=", ".join(lost)))
    one_in = box.get("one_in")
    if isinstance(one_in, int) and one_in > 1:
        said.append(say("recording_thinned", language, every=one_in))
    return report, said


def is_recording(text: str) -> bool:
    """Whether a text is meant as a recorded run."""
    return RECORDING.match(text) is not None


def read_box(box: Mapping[str, Any], language: str) -> Read:
    """As `read_file`, of what `core.widgets.import_box` sends."""
    return read_file(_text_of(box), language, box.get("bytes"))


def read_file(text: str | None, language: str, size: Any = None) -> Read:
    """The plain values of a file's text, None where the page is to stay as it is, and what to say of it.

    Wrong values fill the page too, so that they can be corrected there. A file that is not UTF-8 has None as its text;
    one that is too large to be sent has its `size`, in bytes, instead.
    """
    try:
        check_size(size if isinstance(size, int) else 0)
        if isinstance(text, str) and is_address(text):
            raw = read_link(text.strip()).to_dict()
        elif isinstance(text, str) and (wrong := instead_of(text)):
            raise ExperimentError([wrong])
        elif isinstance(text, str) and looks_like_network(text):
            return _of_network(read_network(text), language)
        elif isinstance(text, str) and (wrong := nothing_known(text)):
            raise ExperimentError([wrong])
        else:
            raw = read_text(b"\xff" if text is None else text)
        problems = lab.check(raw).problems
    except ExperimentError as error:
        return None, [say("import_failed", language), *tell(error.problems, language)]
    if not has_rows(raw):
        return None, [say("import_failed", language), *tell(problems, language)]
    said = contents_of("imported", raw, language)
    return raw, [f"{said} {say('imported_wrong', language)}" if problems else said, *tell(problems, language)]


def _text_of(box: Mapping[str, Any]) -> str | None:
    packed, text = box.get("packed"), box.get("text")
    return _unpacked(packed) if isinstance(packed, str) else text if isinstance(text, str) else None


def _unpacked(packed: str) -> str | None:
    """Text that the browser has packed, cut off behind what is read of any; None for what is no such thing."""
    try:
        content = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), LONGEST + 1)
        return content.decode(errors="replace")
    except (ValueError, zlib.error):
        return None


def _of_network(structure: Structure, language: str) -> Read:
    """A network of the menu again, or one of the visitor's own."""
    parameters = [(tensor.name, tensor.shape) for tensor in structure.tensors if not tensor.is_buffer]
    known = known_network(parameters)
    raw: dict[str, Any] = {"groups": [ONE_GROUP]}
    if known is None:
        raw |= {"model": OWN_NETWORK, "structure": structure.text()}
    else:
        raw |= {"model": known.model} | ({"image_size": known.image_size} if known.image_size else {})
    problems = [p for p in lab.check(raw).problems if p.field == "structure"]
    if problems:
        return None, [say("import_failed", language), *tell(problems, language)]
    weights = sum(math.prod(shape) for _, shape in parameters)
    return raw, [say("imported_network", language, tensors=len(parameters), weights=weights)]


def contents_of(key: str, raw: Mapping[str, Any], language: str) -> str:
    """What has been read, in one sentence."""
    values = setting_values(raw)
    dataset = say("line_cifar10", language) if values["dataset"] == "cifar10" else values["dataset"]
    return say(key, language, count=len(raw["groups"]), model=values["model"], dataset=dataset, seed=values["seed"])


def tell(problems: Sequence[Problem], language: str) -> list[str]:
    """Each problem with its place; of many the first ones, and how many more there are."""
    lines = [problem.with_place(language) for problem in problems[:MOST_TOLD]]
    more = len(problems) - len(lines)
    return [*lines, say("and_more", language, count=more)] if more else lines
