"""The course: what its file may hold, and that every lesson is a preset that can be run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.checking import check_experiment
from core.experiment import ExperimentError, load_lessons, load_presets
from core.experiment.fields import Bilingual

FOLDER = Path(__file__).parents[2] / "presets"
PRESETS = load_presets(FOLDER)
LESSONS = load_lessons(FOLDER / "course.toml", PRESETS)


def test_there_are_ten_in_their_order_and_each_preset_of_the_course_has_one() -> None:
    assert [*LESSONS] == sorted(path.stem for path in (FOLDER / "course").glob("*.toml"))
    assert [int(name.split("_")[1]) for name in LESSONS] == [*range(1, 11)]
    for number, name in enumerate(LESSONS, 1):
        title = PRESETS[name].title
        assert title.en.startswith(f"Lesson {number}: ") and title.zh.startswith(f"第 {number} 课：")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_asks_in_both_languages_and_says_what_was_seen_over_seeds(name: str) -> None:
    lesson = LESSONS[name]
    assert 1 <= lesson.right <= len(lesson.answers) == len(set(lesson.answers)) == 3
    for text in (lesson.question, *lesson.answers, lesson.seen):
        assert text.en and text.zh and text.en != text.zh
    assert lesson.question.en.rstrip(".)").count("?") >= 1 and "？" in lesson.question.zh
    assert "three seeds" in lesson.seen.en and "三个随机种子" in lesson.seen.zh
    assert [digit for digit in lesson.seen.en if digit.isdigit()]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_can_be_run_as_it_comes(name: str) -> None:
    checked = check_experiment(PRESETS[name])
    assert checked.problems == () and not PRESETS[name].pretrained and PRESETS[name].steps <= 120


TEXT = {"en": "one", "zh": "一"}
GOOD: dict[str, Any] = {"question": TEXT, "answers": [TEXT, TEXT, TEXT], "right": 2, "seen": TEXT}


def toml(values: dict[str, Any]) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(shown, value)) + "]"
        return f'"{value}"' if isinstance(value, str) else str(value)

    return "[layerwise_lr]\n" + "".join(f"{key} = {shown(value)}\n" for key, value in values.items())


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    file.write_text(toml(GOOD), encoding="utf-8")
    lesson = load_lessons(file, PRESETS)["layerwise_lr"]
    assert (lesson.question, lesson.right, len(lesson.answers)) == (Bilingual("one", "一"), 2, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"right": 4}, "3"),
        ({"right": 0}, "1"),
        ({"right": "x"}, "x"),
        ({"answers": [TEXT, TEXT]}, "3"),
        ({"answers": "yes"}, "3"),
        ({"question": {"en": "one"}}, "en"),
        ({"seen": {"en": "one", "zh": ""}}, "empty"),
        ({"seen": {"en": "x" * 1001, "zh": "一"}}, "1000"),
        ({"hint": TEXT}, "hint"),
    ],
)
def test_a_wrong_file_is_refused_by_the_lessons_name(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    file.write_text(toml(GOOD | changes), encoding="utf-8")
    with pytest.raises(ExperimentError) as error:
        load_lessons(file, PRESETS)
    assert error.value.field == "layerwise_lr" and words in error.value.sentence


def test_missing_fields_and_presets_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    for field in GOOD:
        file.write_text(toml({key: value for key, value in GOOD.items() if key != field}), encoding="utf-8")
        with pytest.raises(ExperimentError):
            load_lessons(file, PRESETS)
    file.write_text("[nobody]\nright = 1\n", encoding="utf-8")
    with pytest.raises(ExperimentError, match="nobody"):
        load_lessons(file, PRESETS)
