"""A link of the page, shown and put on the clipboard."""

from __future__ import annotations

from typing import Any

from core.experiment.link import PARAMETER
from core.text import words
from core.widgets.widget import Widget

KEPT = ("preset", "open", "tab")  # what the page began with, and which tabs are shown
WORDS = words("link_", "label", "copied", "by_hand", "title", "note", "close")


class LinkField(Widget):
    """A new `value`, {"link": text}, is shown as an address and put on the clipboard; {"problem": why} is said.

    None shows nothing. Into the link goes too what the page's address has of the parameters `kept`, the page's
    language, and the title and the note that are typed beside it. `space` is the Space's id, "user/name", where the
    page runs on one.
    """

    def __init__(
        self,
        value: dict[str, str] | None = None,
        space: str = "",
        parameter: str = PARAMETER,
        kept: tuple[str, ...] = KEPT,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("link_field", value=value, space=space, parameter=parameter, kept=kept, words=words, **kwargs)
