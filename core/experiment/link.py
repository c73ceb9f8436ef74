"""An experiment as the text of a link, `?c=...`, and back.

The text is base64url without padding, of zlib, of compact JSON: {"v": 1} and the fields that
differ from their defaults. It holds what the page holds, the group table and the settings; the
texts that describe a preset (title, summary, look_for) stay out. Links are for ever: a default
that changes, or a field that is renamed, needs a new version and a reader for the old one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import MISSING
from typing import Any

from core.experiment.errors import ExperimentError, Problem, not_an_experiment
from core.experiment.experiment import Experiment
from core.experiment.fields import Words, ruled_fields
from core.experiment.files import MAX_FILE_BYTES, read_json, read_text
from core.experiment.group import Group

__all__ = ["MAX_LINK", "PARAMETER", "VERSION", "is_address", "read_link", "read_link_or_file", "write_link"]

PARAMETER = "c"  # of the page's address
VERSION = 1
MAX_LINK = 6000  # characters; proxies refuse a request line over 8 kB: nginx.org, large_client_header_buffers


def write_link(experiment: Experiment) -> str:
    """The text that `read_link` reads back to the same table and settings; the title and the like are left out.

    Raises ExperimentError, with field "link", where it would be longer than `MAX_LINK` characters.
    """
    if not isinstance(experiment, Experiment):
        raise not_an_experiment(experiment)
    raw = experiment.to_dict()
    groups = [_without_defaults(Group, group) for group in raw["groups"]]
    plain = {"v": VERSION, **_without_defaults(Experiment, raw), "groups": groups}
    packed = zlib.compress(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(text) > MAX_LINK:
        raise _problem("too_long_for_link", count=len(text), most=MAX_LINK)
    return text


def read_link(text: str) -> Experiment:
    """The experiment of a link's text, or of a whole address that has it, in time and memory that `MAX_LINK` and
    `MAX_FILE_BYTES` bound.

    Raises ExperimentError: with field "link" where the text is too long, cut off, no link at all or
    of another version; else with the field that is wrong.
    """
    if not isinstance(text, str):
        raise _problem("not_a_text", value=text)
    if "?" in text or "://" in text:
        found = re.search(rf"[?&]{PARAMETER}=([^&#]*)", text)
        if found is None:
            raise _problem("link_without_experiment", name=f"?{PARAMETER}=")
        text = found[1]
    if len(text) > MAX_LINK:
        raise _problem("link_too_long", count=len(text), most=MAX_LINK)
    try:
        raw = read_json(_unpack(text))
    except (ValueError, zlib.error) as error:
        raise _problem("link_unreadable") from error
    if not isinstance(raw, dict):
        raise _problem("link_unreadable")
    version = raw.pop("v", None)
    if type(version) is not int or version != VERSION:
        raise _problem("link_version", value=version, known=VERSION)
    return Experiment.from_dict(raw)


def read_link_or_file(text: str) -> dict[str, Any]:
    """The plain values of a page's address or of a file's text. Raises ExperimentError."""
    return read_link(text.strip()).to_dict() if is_address(text) else read_text(text)


def is_address(text: str) -> bool:
    """Whether a text is meant as a page's address."""
    return text.lstrip()[:8].lower().startswith(("http://", "https://"))


def _unpack(text: str) -> str:
    """The JSON that was packed. Raises ValueError, zlib.error."""
    if not re.fullmatch("[A-Za-z0-9_-]*", text):
        raise binascii.Error("not base64url")
    stream = zlib.decompressobj()
    content = stream.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES or not stream.eof or stream.unused_data:
        raise ValueError("too large, cut off, or with something behind it")
    return content.decode()


def _without_defaults(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    """The values that differ from their field's default, without the texts for both languages."""
    rules = {f.name: f.metadata["rule"] for f in ruled_fields(cls)}
    defaults = {f.name: rules[f.name].write(rules[f.name].read(f.default)) for f in _optional(cls)}
    kept = {key: value for key, value in values.items() if key not in defaults or value != defaults[key]}
    return {key: value for key, value in kept.items() if not isinstance(rules.get(key), Words)}


def _optional(cls: type) -> list[Any]:
    return [f for f in ruled_fields(cls) if f.default is not MISSING]


def _problem(key: str, **values: Any) -> ExperimentError:
    return ExperimentError([Problem(None, "link", key, values)])
