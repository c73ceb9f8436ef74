"""The bench of verdicts in short: some of its runs on generated shapes, and what the lab says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.experiment import Experiment
from core.report.evidence import Finding
from tests.verdicts.failing import FAILING
from tests.verdicts.judging import NO_CAUSE, Verdict, judge, score
from tests.verdicts.sane import SANE
from tests.verdicts.setting import CAUSES, Setting

BY_NAME = {setting.name: setting for setting in (*FAILING, *SANE)}
SHORT = (
    *("cnn, Adam, fc1 at lr 1", "cnn, AdamW, decay 100", "cnn, Adam, all but fc2 at 1e-12"),
    *("cnn, SGD, conv2 ascends", "article, example 1", "cnn, SGD 0.05, momentum 0.9"),
)


def on_shapes(setting: Setting) -> Setting:
    """The same on generated images, in 120 steps."""
    few = {"dataset": "shapes", "train_size": 1280, "test_size": 300, "batch_size": 64, "epochs": 6}
    return replace(setting, experiment=Experiment.from_dict(setting.experiment.to_dict() | few))


@pytest.mark.parametrize("name", SHORT)
def test_what_is_said_of_a_setting_is_right(name: str) -> None:
    verdict = judge(on_shapes(BY_NAME[name]))
    assert verdict.is_right, "\n".join(verdict.lines())


def test_the_bench_is_as_large_as_it_claims_and_its_settings_are_told_apart() -> None:
    assert len(FAILING) >= 20 <= len(SANE)
    assert len(BY_NAME) == len(FAILING) + len(SANE)
    assert {setting.cause for setting in FAILING} == set(CAUSES)
    for settings in (FAILING, SANE):
        halves = [setting.half for setting in settings]
        assert abs(halves.count("tune") - halves.count("held out")) <= 1
    groups = {setting.name: [group.name for group in setting.experiment.groups] for setting in FAILING}
    assert all(setting.group is None or setting.group in groups[setting.name] for setting in FAILING)
    models = {setting.experiment.model for setting in BY_NAME.values()}
    assert models == {"simple_cnn", "small_vit", "resnet18"}
    optimizers = {group.optimizer for setting in BY_NAME.values() for group in setting.experiment.groups}
    assert optimizers >= {"Adam", "AdamW", "SGD", "RMSprop", "Muon", "Adagrad", "NAdam"}


def test_a_verdict_is_right_only_if_the_first_cause_and_its_group_are() -> None:
    failing, sane = BY_NAME["cnn, Adam, fc1 at lr 1"], BY_NAME["article, example 1"]
    nothing = Finding(None, NO_CAUSE[0], {})
    leap, other = Finding("fc1", "finding_leap", {}), Finding("conv1", "finding_leap", {})
    decay = Finding("fc1", "finding_decay_shrinks", {})
    cases = [([nothing, leap], True), ([leap, other], True), ([other, leap], False), ([decay, leap], False)]
    for findings, is_right in [*cases, ([nothing], False), ([], False)]:
        assert Verdict(failing, findings, 0.1).is_right is is_right
    assert [Verdict(sane, findings, 0.5).is_right for findings in ([], [nothing], [leap])] == [True, False, False]
    verdicts = [Verdict(failing, [leap], 0.1), Verdict(failing, [], 0.1), Verdict(sane, [leap], 0.5)]
    assert score(verdicts)[0] == (
        "tune: 1 of 2 failures named with the right group and cause; 1 of 1 sane runs scolded"
    )
