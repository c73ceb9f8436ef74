"""Sessions that cost little to begin: each call of the API that names none begins one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gradio import Blocks
from gradio.state_holder import SessionState, StateHolder


class LightSession(SessionState):
    """A session of Gradio's that describes no component.

    Gradio describes all of them at a session's beginning, and each that an answer changes or leaves out, for links to a
    session's state that are not served here: with this page all but a twentieth of what beginning one costs, and half
    of what an answer of a run does.
    """

    def __init__(self, blocks: Blocks) -> None:
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks=()))  # type: ignore[arg-type]
        self.blocks_config.config_for_block = _undescribed  # type: ignore[method-assign, assignment]


def _undescribed(*_: Any) -> dict[str, Any]:
    return {}


class LightSessions(StateHolder):
    """Everybody's sessions, by their names; one that is asked for first begins."""

    def __init__(self, page: Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(page)

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = LightSession(self.blocks)
        return super().__getitem__(session_id)
