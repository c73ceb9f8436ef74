"""A link of the page, shown and put on the clipboard."""

from __future__ import annotations

from typing import Any

from core.experiment.link import PARAMETER
from core.text import words
from core.widgets.widget import Widget

WORDS = words("link_", "label", "copied", "by_hand")


class LinkField(Widget):
    """A new `value`, {"link": text}, is shown as an address and put on the clipboard; {"problem": why} is said.

    None shows nothing. `space` is the Space's id, "user/name", where the page runs on one.
    """

    def __init__(
        self,
        value: dict[str, str] | None = None,
        space: str = "",
        parameter: str = PARAMETER,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("link_field", value=value, space=space, parameter=parameter, words=words, **kwargs)
