"""Small widgets: a bar for progress, sentences that hold data from outside, files handed to the browser."""

from __future__ import annotations

from typing import Any

from core.widgets.widget import Widget


class ProgressBar(Widget):
    """`value` is the part that is done, 0 to 1; None hides the bar."""

    def __init__(self, value: float | None = None, **kwargs: Any) -> None:
        super().__init__("progress_bar", value=value, **kwargs)


class Sentences(Widget):
    """`value` is a list of sentences, shown as text: gr.Markdown would read what is typed into them."""

    def __init__(self, value: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__("sentences", value=value, **kwargs)


class FileSaver(Widget):
    """A new `value`, {"name", "type", "text"}, is saved by the browser as a file; none lies on the server."""

    def __init__(self, value: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__("file_saver", value=value, **kwargs)
