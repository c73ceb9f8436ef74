"""The widgets by which an experiment leaves the page and comes back: a link, and a box for a file's text."""

from __future__ import annotations

from typing import Any

from core.experiment.files import MAX_FILE_BYTES
from core.experiment.link import PARAMETER
from core.text import words
from core.widgets.widget import Widget

LINK_WORDS = words("link_label", "link_copied", "link_by_hand")
IMPORT_WORDS = words("import_hint", "import_button", "import_file")


class LinkField(Widget):
    """A new `value`, {"link": text}, is shown as an address and put on the clipboard; {"problem": why} is said.

    None shows nothing. `space` is the Space's id, "user/name", where the page runs on one.
    """

    def __init__(
        self,
        value: dict[str, str] | None = None,
        space: str = "",
        parameter: str = PARAMETER,
        words: dict[str, dict[str, str]] = LINK_WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("link_field", value=value, space=space, parameter=parameter, words=words, **kwargs)


class ImportBox(Widget):
    """When `submit` fires, `value["text"]` is what was pasted or the dropped file's text, None if that is no UTF-8.

    The file is read by the browser: none lies on the server.
    """

    def __init__(
        self,
        value: dict[str, str | None] | None = None,
        max_bytes: int = MAX_FILE_BYTES,
        words: dict[str, dict[str, str]] = IMPORT_WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("import_box", value=value, max_bytes=max_bytes, words=words, **kwargs)
