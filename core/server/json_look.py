"""A look at a JSON text before anything reads it: how deep, how many values, and no file for Gradio to fetch."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

MOST_DEPTH = 32  # arrays and objects in each other: an experiment takes 4, a call of the page around it 3 more
MOST_VALUES = 50_000  # the largest experiment that the rules allow holds about 10,000

# What names a file in Gradio (gradio.FileData): it fetches such a `url`, or copies such a `path`, wherever it lies.
FILE_KEYS = frozenset({"_type", "path", "url"})

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class NotTaken(ValueError):
    """A text that is not read; its words say why, for the caller."""


def look_at(text: bytes) -> None:
    """Raises NotTaken for a text beyond the limits, or with one of `FILE_KEYS` in any object, twice given or escaped.

    What is no JSON passes: whoever reads it will say so. So that quotes and brackets are bytes, it is in UTF-8.
    """
    if not json.detect_encoding(text).startswith("utf-8"):
        raise NotTaken("A call is written in UTF-8.")
    rest = _STRING.sub(b"", text)
    if rest.count(b",") + rest.count(b"[") + rest.count(b"{") > MOST_VALUES:
        raise NotTaken(f"This call holds more than {MOST_VALUES:,} values.")
    depth = 0
    for bracket in _BRACKET.finditer(rest):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MOST_DEPTH:
            raise NotTaken(f"This call holds values more than {MOST_DEPTH} levels deep.")
    try:
        json.loads(text, object_pairs_hook=_without_files)
    except NotTaken:
        raise
    except ValueError:  # UnicodeDecodeError too
        pass


def _without_files(pairs: Sequence[tuple[str, object]]) -> None:
    for key, _ in pairs:
        if key in FILE_KEYS:
            raise NotTaken(f"No file is fetched here: a call holds no key {key!r}.")
