"""A box for a file's text, pasted or dropped."""

from __future__ import annotations

from typing import Any

from core.experiment.files import MAX_FILE_BYTES
from core.text import words
from core.widgets.widget import Widget

WORDS = words("import_", "hint", "button", "file", "again")


class ImportBox(Widget):
    """When `submit` fires, `value["text"]` is what was pasted or the dropped file's text, None if that is not UTF-8.

    What would be too much to be sent is there as `value["packed"]`, by deflate and in base64; of what is too much even
    so, `value["bytes"]` is more than `max_bytes`. Of a recording that is too long one step in `value["one_in"]` is
    there.

    The file is read by the browser: none lies on the server.
    """

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        max_bytes: int = MAX_FILE_BYTES,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("import_box", value=value, max_bytes=max_bytes, words=words, **kwargs)
