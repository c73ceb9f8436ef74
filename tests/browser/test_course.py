"""The course: a lesson by its link, a prediction, what was seen, the next lesson; in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import app
from core.page.page import LESSONS
from core.text import say
from tests.browser.actions import SECONDS, cell, choose, open_tab, rows, wait_until_filled
from tests.browser.conftest import Visit


@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("zh-CN", "zh")])
def test_lessons_are_answered_and_gone_through(visit: Visit, locale: str, language: str) -> None:
    first, second = [*LESSONS][:2]
    page = visit(f"?preset={first}", locale=locale)
    lesson = LESSONS[first]
    expect(page.locator("#question")).to_have_text(getattr(lesson.question, language))
    answers = page.locator("#prediction label")
    expect(answers).to_have_text([getattr(answer, language) for answer in lesson.answers])
    expect(rows(page)).to_have_count(1)
    answers.nth(0).click()
    right = getattr(lesson.answers[lesson.right - 1], language)
    expect(page.locator("#seen")).to_contain_text(say("prediction_other", language, right=right))
    answers.nth(lesson.right - 1).click()
    expect(page.locator("#seen")).to_contain_text(say("prediction_right", language))
    expect(page.locator("#seen")).to_contain_text(getattr(lesson.seen, language))
    page.locator("#lesson-next").click()
    expect(page.locator("#question")).to_have_text(getattr(LESSONS[second].question, language))
    expect(page.locator("#seen")).to_be_empty()
    expect(rows(page)).to_have_count(4)
    expect(page.locator("#preset input")).to_have_value(getattr(app.PRESETS[second].title, language))
    page.wait_for_url(f"**preset={second}*")
    page.reload()
    wait_until_filled(page)
    expect(page.locator("#lesson-menu input")).to_have_value(getattr(app.PRESETS[second].title, language))


def test_a_lesson_is_opened_from_either_menu_and_another_preset_leaves_it_to_be_gone_back_to(visit: Visit) -> None:
    page = visit()
    open_tab(page, "course")
    expect(page.locator("#question")).to_contain_text("Each lesson is an experiment")
    page.locator("#lesson-back").click()
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 1: One group")
    choose(page, "preset", app.PRESETS["course_09_one_rate_too_large"].title.en)
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 9: One rate far too large")
    expect(cell(page, 2, "lr")).to_have_value("1")
    choose(page, "preset", app.PRESETS["dual_optimizer"].title.en)
    expect(cell(page, 2, "name")).to_have_value("fc1")
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 9: One rate far too large")
    page.locator("#lesson-next").click()
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 10: Choose your own")
    page.locator("#lesson-next").click()
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 10: Choose your own")
    expect(rows(page)).to_have_count(3)


def test_the_lessons_menu_that_is_only_left_changes_nothing(visit: Visit) -> None:
    page = visit("?preset=course_02_four_groups")
    expect(page.locator("#lesson-menu input")).to_have_value("Lesson 2: One group per layer")
    choose(page, "preset", app.PRESETS["dual_optimizer"].title.en)
    expect(cell(page, 2, "name")).to_have_value("fc1")
    page.locator("#lesson-menu input").click()
    page.keyboard.press("Tab")
    page.wait_for_timeout(SECONDS)  # an answer of the server would have opened the lesson
    expect(page.locator("#preset input")).to_have_value(app.PRESETS["dual_optimizer"].title.en)
    choose(page, "lesson-menu", "Lesson 2")
    expect(page.locator("#preset input")).to_have_value(app.PRESETS["course_02_four_groups"].title.en)
