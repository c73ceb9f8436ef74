"""The course: a lesson is a preset with a question, a prediction to make before the run, and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gradio as gr

from core.experiment import Lesson
from core.page.checks import Checks
from core.page.handlers import QUIET, Translate, Updates
from core.page.opening import Opening
from core.text import language_of, say
from core.widgets.widget import Sentences

# A link of a lesson, on a phone, leads to its question, which is below the chart and the table there.
SHOW_ON_A_PHONE = """() => {
  const [page, query] = [document.getElementById("course"), new URLSearchParams(location.search)];
  if (innerWidth < 1024 && page?.checkVisibility() && query.get("preset")?.startsWith("course_") && scrollY === 0) {
    setTimeout(() => document.getElementById("below").scrollIntoView(), 500);
  }
}"""


class CoursePanel:
    """Its parts, laid out in `tab`; `show` is what tells of the lesson that the preset menu holds."""

    def __init__(self, tab: gr.Tab, lessons: Mapping[str, Lesson], opening: Opening, translate: Translate) -> None:
        self._lessons, self._names, self._opening = lessons, [*lessons], opening
        with tab:
            with gr.Row():
                self._menu = gr.Dropdown(
                    [(translate(f"preset_{name}"), name) for name in lessons],
                    value=None,
                    label=translate("lesson"),
                    show_label=False,
                    container=False,
                    filterable=False,
                    scale=4,
                    min_width=150,
                    elem_id="lesson-menu",
                )
                self._back = gr.Button(translate("lesson_back"), size="sm", min_width=74, elem_id="lesson-back")
                self._next = gr.Button(translate("lesson_next"), size="sm", min_width=74, elem_id="lesson-next")
            self._question = gr.Markdown(translate("course_help"), elem_id="question")
            self._answers = gr.Radio([], label=translate("prediction"), visible=False, elem_id="prediction")
            self._said = Sentences(elem_id="seen")
            self._lesson = gr.State(None)

    @property
    def _shown(self) -> list[gr.blocks.Block]:
        return [self._menu, self._lesson, self._question, self._answers, self._said]

    def wire(self, checks: Checks) -> None:
        """A lesson that is chosen fills the page as its preset does; an answer is told what was seen."""
        opening, language = self._opening, self._opening.inputs.language
        opens = [language, opening.chosen]
        outputs = [*opening.outputs, *self._shown]
        opening.wire_menu(self._menu, self._open, outputs, checks.event, self._lesson)
        for button, way in ((self._back, -1), (self._next, 1)):
            button.click(self._turn(way), [*opens, self._menu], outputs, **QUIET).then(**checks.event)
        shown = opening.preset.change(self._show, [language, opening.preset], self._shown, **QUIET)
        shown.then(None, None, None, js=SHOW_ON_A_PHONE, **QUIET)
        self._answers.input(self._tell, [language, self._menu, self._answers], self._said, **QUIET)

    def _open(self, language: str, chosen: bool, name: str | None) -> Updates:
        if name is None or name not in self._lessons:
            return {self._menu: gr.skip()}
        filled = self._opening.fill_with_preset(language, chosen, name)
        return filled | {self._opening.preset: name} | self._show(language, name)

    def _turn(self, way: int) -> Callable[[str, bool, str | None], Updates]:
        """Opens the lesson before or after the chosen one, the first where none is chosen."""

        def turn(language: str, chosen: bool, name: str | None) -> Updates:
            place = self._names.index(name) + way if name is not None and name in self._names else 0
            return self._open(language, chosen, self._names[min(max(place, 0), len(self._names) - 1)])

        return turn

    def _show(self, language: str, name: str | None) -> Updates:
        """The question of the lesson that the preset is; with another preset the last lesson stays."""
        lesson = self._lessons.get(name or "")
        if lesson is None:
            return {self._menu: gr.skip()}
        language = language_of(language)
        answers = [(getattr(answer, language), place) for place, answer in enumerate(lesson.answers, 1)]
        return {
            self._menu: name,
            self._lesson: name,
            self._question: getattr(lesson.question, language),
            self._answers: gr.Radio(answers, value=None, visible=True),
            self._said: [],
        }

    def _tell(self, language: str, name: str | None, answer: object) -> list[str]:
        lesson, language = self._lessons.get(name or ""), language_of(language)
        if lesson is None or answer not in range(1, len(lesson.answers) + 1):
            return []
        key = "prediction_right" if answer == lesson.right else "prediction_other"
        right = getattr(lesson.answers[lesson.right - 1], language)
        return [say(key, language, right=right), say("lesson_seen", language, seen=getattr(lesson.seen, language))]
