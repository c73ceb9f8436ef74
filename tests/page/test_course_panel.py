"""What the course's handlers make of values that no page sends."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

import app
from core.page.checks import Checks
from core.page.course_panel import CoursePanel
from core.page.page import LESSONS
from core.server import Runs


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> CoursePanel:
    made: list[CoursePanel] = []
    wire = CoursePanel.wire

    def remember(self: CoursePanel, checks: Checks) -> None:
        made.append(self)
        wire(self, checks)

    monkeypatch.setattr(CoursePanel, "wire", remember)
    app.build(Runs())
    return made[0]


@pytest.mark.parametrize("answer", [0, 4, -1, "2", None, [1], {"a": 1}, 1e300])
@pytest.mark.parametrize("name", [*LESSONS][:1])
def test_an_answer_that_there_is_not_is_told_nothing(course: CoursePanel, name: str, answer: Any) -> None:
    assert course._tell("en", name, answer) == []
    assert course._tell("en", None, 1) == course._tell("en", "layerwise_lr", 1) == []


def test_a_lesson_that_there_is_not_changes_nothing(course: CoursePanel) -> None:
    for name in (None, "nobody", "layerwise_lr"):
        for update in (course._open("en", False, name), course._show("xx", name)):
            assert all(value == gr.skip() for value in update.values())
    assert course._turn(-1)("en", False, "nobody")[course._menu] == next(iter(LESSONS))
