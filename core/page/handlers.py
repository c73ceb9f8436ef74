"""How the page's handlers are attached: quietly, one run at a time, and a closed panel only when it opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr

# Every handler of the page. Gradio marks the parts that wait for one at each of its answers, all of them: that took a
# browser longer than the answer itself. Nothing is marked, as nothing shows it.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": []}


def while_busy(
    parts: SimpleNamespace, button: gr.Button, run: Callable[..., Any], inputs: Any, outputs: Any, js: str = ""
) -> gr.events.Dependency:
    """On a click run a generator, with every button that starts one switched off and Stop on meanwhile.

    The browser switches by itself: a request for that would hold up the run.
    """

    def switch(running: bool, before: str = "") -> dict[str, Any]:
        states = [running, *(not running for _ in parts.starters)]
        updates = json.dumps([{"__type__": "update", "interactive": state} for state in states])
        script = f"() => {{ {before}; return {updates}; }}"
        return {"fn": None, "inputs": None, "outputs": [parts.stop, *parts.starters], "js": script, **QUIET}

    begun = button.click(**switch(running=True, before=js))
    return begun.then(run, inputs, outputs, concurrency_limit=None, **QUIET).then(**switch(running=False))


def check_when_opened(panel: gr.Accordion, is_open: gr.State, parts: SimpleNamespace) -> None:
    """Keep `is_open` up to date, and check the page when the panel opens: what it shows is made while it is open."""
    panel.expand(lambda: True, None, is_open, **QUIET).then(**parts.checking)
    panel.collapse(lambda: False, None, is_open, **QUIET)
