"""What opens when asked for: the table's experiment as Python code, to copy or to save."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr

from core import lab
from core.page.handlers import QUIET, check_when_opened
from core.page.inputs import Translate, raw_of
from core.text import language_of, say
from core.widgets.widget import FileSaver

FILES = {"script": "train.py", "optimizers": "optimizers.py"}


def export_panel(parts: SimpleNamespace, translate: Translate) -> None:
    """Lay out the panel; its code is written with every check while it is open."""
    with gr.Accordion(translate("python_code"), open=False, elem_id="code") as parts.code_panel:
        gr.Markdown(translate("code_help"))
        forms = [(translate(f"code_{form}"), form) for form in FILES]
        parts.code_form = gr.Radio(forms, value="script", show_label=False, elem_id="code-form")
        look: dict[str, Any] = {"interactive": False, "show_label": False, "max_lines": 30, "buttons": ["copy"]}
        parts.code = gr.Code(language="python", elem_id="code-text", **look)
        parts.code_save = gr.Button(translate("code_save"), elem_id="code-save")
    parts.code_saver = FileSaver(elem_id="code-saver")
    parts.code_open = gr.State(False)
    parts.code_inputs = [parts.code_open, parts.code_form]


def wire_export(parts: SimpleNamespace) -> None:
    """Open, close, choose a form, save; after the checks are wired."""

    def save(form: str, language: str, *values: Any) -> Any:
        checked = lab.check(raw_of(*values))
        if checked.problems or checked.assignment is None:
            gr.Warning(say("fix_first", language_of(language)))
            return gr.skip()
        return {"name": FILES[form], "type": "text/x-python", "text": lab.FORMS[form](checked.assignment)}

    check_when_opened(parts.code_panel, parts.code_open, parts)
    parts.code_form.input(**parts.checking)
    parts.code_save.click(save, [parts.code_form, *parts.inputs], parts.code_saver, **QUIET)


def code_update(checked: lab.Checked, is_open: bool, form: str, language: str) -> Any:
    """The code; a comment while something is wrong; nothing new while the panel is closed."""
    if not is_open:
        return gr.skip()
    if checked.problems or checked.assignment is None:
        return f"# {say('code_waits', language)}"
    return lab.FORMS[form](checked.assignment)
