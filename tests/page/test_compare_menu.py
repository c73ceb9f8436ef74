"""What there is to compare with, and what each choice stands for."""

from __future__ import annotations

import pytest

import app
from core.experiment import Bilingual, ExperimentError
from core.page.compare_menu import IN_TURN, ONE_GROUP, choices_of, chosen, from_a_to_b, name_of
from core.questions import merged, with_frozen
from core.report import KeptRun
from core.text import LANGUAGES
from tests.conftest import Make

GROUPS = (
    {"name": "conv", "params": "conv*", "optimizer": "frozen"},
    {"name": "fc1: a", "params": "fc1.*"},
    {"name": "fc2", "params": "fc2.*"},
)


def kept(make: Make) -> list[KeptRun]:
    return [KeptRun(f"#{i} simple_cnn, 10.0 %: all", f"#{i}", make(seed=i), "", 0.1) for i in (1, 2)]


def test_there_are_the_trained_groups_the_runs_and_the_presets(make: Make) -> None:
    presets = {"layerwise_lr": app.PRESETS["layerwise_lr"]}
    assert choices_of(["fc1: a", "fc2"], kept(make), presets) == [
        *("one_group", "in_turn", "frozen:fc1: a", "frozen:fc2"),
        *("run:#2 simple_cnn, 10.0 %: all", "run:#1 simple_cnn, 10.0 %: all", "preset:layerwise_lr"),
    ]
    assert choices_of([], [], {}) == [ONE_GROUP, IN_TURN]


def test_every_choice_has_a_name_of_its_own_in_both_languages(make: Make) -> None:
    choices = choices_of(["fc1: a", "fc2"], kept(make), app.PRESETS)
    for language in LANGUAGES:
        assert len({name_of(choice, app.PRESETS, language) for choice in choices}) == len(choices)
    assert name_of("frozen:fc1: a", {}, "en") == "fc1: a frozen"
    assert name_of("preset:layerwise_lr", app.PRESETS, "zh") == f"预设：{app.PRESETS['layerwise_lr'].title.zh}"


def test_a_choice_gives_what_it_says(make: Make) -> None:
    experiment, runs = make(*GROUPS), kept(make)
    assert chosen(ONE_GROUP, runs, app.PRESETS)(experiment) == merged(experiment)
    assert chosen("frozen:fc1: a", runs, app.PRESETS)(experiment) == with_frozen(experiment, "fc1: a")
    assert chosen(f"run:{runs[1].name}", runs, app.PRESETS)(experiment) == runs[1].experiment
    assert chosen("preset:layerwise_lr", runs, app.PRESETS)(experiment) == app.PRESETS["layerwise_lr"]


@pytest.mark.parametrize("choice", ["frozen:gone", "run:#9", "preset:gone", "run:", "preset:\ud800"])
def test_what_is_not_there_any_more_is_named(make: Make, choice: str) -> None:
    with pytest.raises(ExperimentError, match="there is no"):
        chosen(choice, kept(make), app.PRESETS)(make(*GROUPS))


def test_differences_are_told_in_one_sentence_and_the_many_are_counted() -> None:
    two = [Bilingual("lr 1 → 2", "学习率 1 → 2"), Bilingual("b", "乙")]
    assert from_a_to_b("one group", two, "en") == "B: one group. From A to B: lr 1 → 2; b."
    assert from_a_to_b("合并为一组", two, "zh") == "B：合并为一组。从 A 到 B：学习率 1 → 2；乙。"
    assert from_a_to_b("x", two * 6, "en").endswith("b; … and 4 more.")
    assert "the same as A" in from_a_to_b("x", [], "en")
