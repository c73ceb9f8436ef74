"""What to try with each preset."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from core.checking import check_experiment
from core.experiment import ExperimentError, load_things_to_try
from core.experiment.differences import differences
from core.page.page import LESSONS
from core.structures import runnable
from core.text import say


@pytest.mark.parametrize("name", [name for name in app.PRESETS if name not in LESSONS])
def test_each_preset_has_one_that_changes_it_and_can_run(name: str) -> None:
    thing = app.THINGS_TO_TRY[name]
    assert differences(app.PRESETS[name], thing.experiment)
    problems = [problem.key for problem in check_experiment(thing.experiment).problems]
    assert problems == ([] if name in runnable(app.PRESETS) else ["structure_not_trained"])
    assert all(thing.words)


@pytest.mark.parametrize(
    "words", [*(thing.words.zh for thing in app.THINGS_TO_TRY.values()), say("guide_change", "zh")]
)
def test_chinese_calls_the_rate_as_its_column_is_called(words: str) -> None:
    assert say("table_lr", "zh") == "学习率"
    assert re.search(r"\blr\b", words, re.ASCII) is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ('"fc9.lr" = 1', "fc9"),
        ('"fc1.lrr" = 1', "lrr"),
        ('"fc1.lr" = "x"', "is not a number"),
        ("epochs = 0", "epochs"),
    ],
)
def test_a_change_that_fits_nothing_is_refused(tmp_path: Path, change: str, what: str) -> None:
    path = tmp_path / "things.toml"
    path.write_text(f'[layerwise_lr]\nen = "a"\nzh = "b"\nchange = {{ {change} }}\n')
    with pytest.raises(ExperimentError, match=what):
        load_things_to_try(path, app.PRESETS)


def test_a_preset_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "things.toml"
    path.write_text('[layerwise]\nen = "a"\nzh = "b"\nchange = { epochs = 1 }\n')
    with pytest.raises(ExperimentError, match="layerwise"):
        load_things_to_try(path, app.PRESETS)


# The least and the most that seeds 0, 1 and 2 reached on CIFAR-10 with one and with two threads (%): the preset itself,
# and so changed.
REACHED = {
    "clipped_spike": ((34.3, 44.1), (9.6, 33.2)),
    "warmup_stable_decay": ((45.1, 53.1), (41.5, 44.8)),
    "dual_optimizer": ((38.7, 41.0), (46.8, 51.7)),
    "three_optimizers": ((39.4, 45.1), (45.6, 48.7)),
    "layerwise_lr": ((46.8, 51.7), (44.4, 50.5)),
}
SAID = {"en": r"ccuracy (\d+) to (\d+) %", "zh": r"准确率 (\d+)% 到 (\d+)%"}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("name", REACHED)
def test_the_accuracies_told_are_those_that_were_reached(name: str, language: str) -> None:
    words = app.PRESETS[name].look_for, app.THINGS_TO_TRY[name].words
    for (least, most), text in zip(REACHED[name], words, strict=True):
        low, high = map(int, re.findall(SAID[language], getattr(text, language))[0])
        assert low <= round(least) and round(most) <= high


IN_PLACE_OF = {
    "en": r"ccuracy \d+ to \d+ % in place of (\d+) to (\d+) %",
    "zh": r"准确率 \d+% 到 \d+%，原为 (\d+)% 到 (\d+)%",
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("name", app.THINGS_TO_TRY)
def test_what_a_preset_reaches_is_told_alike_in_both_places(name: str, language: str) -> None:
    """As far as both places tell it so."""
    beside = re.findall(IN_PLACE_OF[language], getattr(app.THINGS_TO_TRY[name].words, language))
    told = re.findall(SAID[language], getattr(app.PRESETS[name].look_for, language))
    assert not beside or not told or beside[0] in told
