"""What a link tells of itself."""

from __future__ import annotations

from urllib.parse import parse_qsl

import gradio as gr
import pytest

from core.page.sharing_panel import told_of_link


def told(query: str) -> list[str]:
    request = gr.Request()
    request.query_params = dict(parse_qsl(query))
    return told_of_link(request)


def test_a_title_and_a_note_are_told_in_this_order() -> None:
    assert told("note=Look%20at%20%3Cb%3Efc1&title=Decay") == ["Decay", "Look at <b>fc1"]


@pytest.mark.parametrize(
    "query", [f"title={'x' * 81}", f"note={'x' * 401}", "title=%1B%5B2J", "title=%E2%80%AE", "title=&note=", "x=1", ""]
)
def test_what_is_too_long_or_no_text_is_left_out(query: str) -> None:
    assert told(query) == []
