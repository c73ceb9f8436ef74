"""What opens when asked for: the table's experiment as Python code, to copy or to save."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core import lab
from core.page.checks import RECORDER, Code, code_of, is_codable
from core.page.handlers import QUIET, Translate
from core.page.inputs import Inputs, raw_of
from core.text import language_of, say
from core.widgets.widget import FileSaver

FILES = {"script": "train.py", "optimizers": "optimizers.py", RECORDER: "record_groups.py"}


def export_panel(tab: gr.Tab, inputs: Inputs, translate: Translate) -> Code:
    """Lay out the panel and wire its button; its code is written with every check while it is open."""
    with tab:
        gr.Markdown(translate("code_help"))
        forms: list[str | tuple[str, str]] = [(translate(f"code_{form}"), form) for form in FILES]
        form = gr.Radio(forms, value="script", show_label=False, elem_id="code-form")
        look: dict[str, Any] = {"interactive": False, "show_label": False, "max_lines": 30, "buttons": ["copy"]}
        # not visible until it is written: only then does a browser fetch the editor, 130 kB
        text = gr.Code(language="python", elem_id="code-text", visible=False, **look)
        save = gr.Button(translate("code_save"), elem_id="code-save")
    saver = FileSaver(elem_id="code-saver")
    save.click(_file, [form, *inputs.all], saver, **QUIET)
    return Code(tab, form, text)


def _file(form: str, language: str, *values: Any) -> Any:
    checked = lab.check(raw_of(*values))
    if form != RECORDER and not is_codable(checked, form):
        gr.Warning(say("fix_first", language_of(language)))
        return gr.skip()
    return {"name": FILES[form], "type": "text/x-python", "text": code_of(checked, form, language)}
