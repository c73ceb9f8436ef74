"""How the page's handlers are attached, and what they give: a value or an update for each component by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gradio.blocks import Block

Translate = Callable[[str], Any]  # a sentence's key → Gradio's mark for it, in the visitor's language
Updates = dict[Block, Any]  # what is not in it stays as it is

# Every handler of the page. Gradio marks the parts that wait for one at each of its answers, all of them: that took a
# browser longer than the answer itself. Nothing is marked, as nothing shows it.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": []}


def as_markdown(text: str) -> str:
    """The text as Markdown that shows each of its signs: a glob has stars."""
    return re.sub(r"[\\`*_<\[~]", r"\\\g<0>", text)
