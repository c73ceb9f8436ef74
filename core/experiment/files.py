"""An experiment's plain values as the text of a file, JSON or TOML, and back; whether they fit is for others to say."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from core.experiment.errors import ExperimentError, Problem

__all__ = ["MAX_FILE_BYTES", "check_size", "read_json", "read_text", "read_toml", "write_toml"]

MAX_FILE_BYTES = 512 * 1024  # the largest experiment that the rules allow takes about 400 KiB
MAX_KEY_PARTS = 16  # of a dotted TOML key: tomllib's memory grows with the square (240 kB of "a.a.a" took over 8 GB)
# Strings and comments as toml.io/en/v1.0.0 has them; one that is not closed reaches to the end of its line or the text.
TOML_TEXTS = re.compile(
    r""""{3}(?:[^\\]|\\.|\\\Z)*?(?:"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|\#[^\n]*""",
    re.DOTALL,
)


def check_size(size: int) -> None:
    """Raises ExperimentError, with field "file", for more bytes than `MAX_FILE_BYTES`."""
    if size > MAX_FILE_BYTES:
        raise _problem("file_too_large", most=MAX_FILE_BYTES // 1024)


def read_text(text: str | bytes) -> dict[str, Any]:
    """The fields and values of a JSON object or a TOML document of at most `MAX_FILE_BYTES`.

    What begins with a brace is read as JSON. Raises ExperimentError, with field "file", for
    what is larger, is neither, or is nested too deep.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    check_size(len(content))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _problem("not_utf8") from error
    if not text.strip():
        raise _problem("file_empty")
    key, read = ("not_json", read_json) if text.lstrip().startswith("{") else ("not_toml", _parse_toml)
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        raise _problem(key, reason=_reason(error)) from error


def read_toml(content: bytes) -> dict[str, Any]:
    """As `read_text`, of a file that can only be TOML: whatever is wrong with it makes it unreadable TOML."""
    try:
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        return _parse_toml(content.decode())
    except (ValueError, RecursionError) as error:
        raise _problem("not_toml", reason=_reason(error)) from error


def read_json(text: str) -> Any:
    """As json.loads, but deep nesting and text that is not Unicode (half a surrogate pair) are a ValueError too."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return value


def _parse_toml(text: str) -> dict[str, Any]:
    """As tomllib.loads, but a key of many parts is a ValueError."""
    for part in re.split(r"[=,{}\[\]\n]", TOML_TEXTS.sub("text", text)):
        if part.count(".") >= MAX_KEY_PARTS:
            raise ValueError("a key of more than 16 parts")
    return tomllib.loads(text)


def _reason(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:200]


def _problem(key: str, **values: Any) -> ExperimentError:
    return ExperimentError([Problem(None, "file", key, values)])


def write_toml(values: Mapping[str, Any]) -> str:
    """An experiment's plain values, its groups last, as a TOML document that `read_toml` reads back to equal ones.

    Strings are written as JSON's, which TOML's basic strings include but for characters that the
    rules of all texts refuse (toml.io/en/v1.0.0#string). What is None is left out.
    """
    lines = [*_toml_lines({key: value for key, value in values.items() if key != "groups"})]
    for group in values["groups"]:
        lines += ["", "[[groups]]", *_toml_lines(group)]
    return "\n".join(lines) + "\n"


def _toml_lines(values: dict[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if value is not None:
            yield f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
