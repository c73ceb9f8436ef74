"""The table of how large updates are in runs that learned: its form, and a run of it measured anew."""

from __future__ import annotations

import json

import pytest

from core.report.causes import LEAP
from core.report.usual_updates import FILE, TABLE, Usual, usual_updates
from tests.usual_updates import AGES, LEARNED, NETWORKS, SETTINGS, by_layer, measure

KEPT = json.loads(FILE.read_text(encoding="utf-8"))["networks"]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_table_holds_every_age_of_runs_that_learned(network: str) -> None:
    assert tuple(usual.steps for usual in TABLE[network]) == AGES
    assert all(0 < usual.low < usual.high for usual in TABLE[network])
    assert KEPT[network]["largest_leap"] < LEAP
    accuracies = KEPT[network]["accuracies"]
    for seed in NETWORKS[network].seeds:
        of_seed = {name: accuracy for name, accuracy in accuracies.items() if name.endswith(f"seed {seed}")}
        best = max(of_seed.values())
        learned = {name for name in KEPT[network]["learned"] if name in of_seed}
        assert learned == {name for name, accuracy in of_seed.items() if accuracy >= LEARNED * best}
        assert len(of_seed) == len(NETWORKS[network].settings)


def test_a_run_takes_the_longest_age_that_it_has_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    ages = [Usual(10, 0.1, 0.2), Usual(40, 0.3, 0.4)]
    monkeypatch.setitem(TABLE, "simple_cnn", ages)
    assert [usual_updates("simple_cnn", steps) for steps in (9, 10, 39, 40, 9999)] == [
        None,
        ages[0],
        ages[0],
        *2 * ages[1:],
    ]
    assert usual_updates("alexnet", 100) is None
    assert usual_updates("simple_cnn", 100, "pretrained") is None, "those were measured from random weights"


@pytest.mark.usefixtures("cifar10")
def test_a_setting_that_learns_lies_in_the_range_when_it_is_measured_anew() -> None:
    run = measure(by_layer("simple_cnn", SETTINGS["Adam 0.001"]))
    assert run.accuracy == pytest.approx(KEPT["simple_cnn"]["accuracies"]["Adam 0.001, seed 0"], abs=0.02)
    usual = TABLE["simple_cnn"][-1]
    assert all(usual.low / 1.5 <= median <= 1.5 * usual.high for median in run.medians[usual.steps])
