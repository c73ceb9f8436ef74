"""What the project's own widgets share."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.component_meta import ComponentMeta, updateable

from core.text import words

FOLDER = Path(__file__).parent
PROGRESS_WORDS = words("progress_", "name")


def read(file: str) -> str:
    """The text of a file beside this one."""
    return (FOLDER / file).read_text(encoding="utf-8")


class NoStub(ComponentMeta):
    """Makes a component's class as Gradio does, without writing a .pyi of it beside its source: making these takes
    longer than the rest of the widgets' import."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> NoStub:
        return ABCMeta.__new__(cls, name, bases, {**attrs, "__init__": updateable(attrs["__init__"])})


class Widget(gr.HTML, metaclass=NoStub):
    """A gr.HTML made of files beside this one: `files`.html, .css and .js, the latter behind common.js and the
    `parts` that it is made of.

    The template is constant, since Gradio evaluates what is put into it: data reaches the
    page through props, and from there as texts and `.value` only.
    """

    def __init__(self, files: str, parts: Sequence[str] = (), **kwargs: Any) -> None:
        look = {"html_template": read(f"{files}.html"), "css_template": read(f"{files}.css")}
        script = {"js_on_load": "".join(read(f"{part}.js") for part in ("common", *parts, files))}
        super().__init__(**({"apply_default_css": False} | look | script | kwargs))
        # gr.HTML takes any name that the script quotes for an event, unless it is an attribute.
        for name, value in self.props.items():
            setattr(self, name, value)


class ProgressBar(Widget):
    """`value` is the part that is done, 0 to 1; None hides the bar."""

    def __init__(
        self, value: float | None = None, words: dict[str, dict[str, str]] = PROGRESS_WORDS, **kwargs: Any
    ) -> None:
        super().__init__("progress_bar", value=value, words=words, **kwargs)


class Sentences(Widget):
    """`value` is a list of sentences, shown as text: gr.Markdown would read what is typed into them."""

    def __init__(self, value: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__("sentences", value=value, padding=False, **kwargs)


class FileSaver(Widget):
    """A `value`, {"name", "type", "text"}, is saved by the browser as a file when it comes; none lies on the server."""

    def __init__(self, value: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__("file_saver", value=value, **kwargs)
