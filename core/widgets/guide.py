"""What to do in the first minute: a line that goes on with what the visitor does, until it is closed for good."""

from __future__ import annotations

from typing import Any

from core.text import words
from core.widgets.widget import Widget

WORDS = words("guide_", "train", "change", "again", "done", "try_it", "close")


class Guide(Widget):
    """`runs` counts those of the visit, `edited` says whether the page has changed since the last one; it is `quiet`
    where nothing on the page can be trained, and Train looks so.

    Who has closed it, or has come to its end, does not see it at the next visit: the browser remembers.
    """

    def __init__(
        self,
        runs: int = 0,
        edited: bool = False,
        quiet: bool = False,
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__("guide", runs=runs, edited=edited, quiet=quiet, words=words, **kwargs)
