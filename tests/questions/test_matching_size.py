"""Suggested learning rates: after applying them the measured medians are at the target, or a reason is given."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

import core.training.run
from core.events import Event, Finished, GroupStep, Progress, Step
from core.experiment import Experiment, ExperimentError, load_presets
from core.questions import MatchProbe, SizeMatch, SizeMatches, match_size, with_matches
from core.questions.matching_size import PROBE_STEPS, ROUNDS
from core.text import LANGUAGES, TEXT
from core.training import train

Make = Callable[..., Experiment]

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
CHECKED = ("layerwise_lr", "no_decay_bias", "dual_optimizer")
CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["fc*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
FROZEN = {"name": "convolutions", "params": ["conv*"], "optimizer": "frozen"}


def medians(experiment: Experiment, most: int | None = None) -> list[float | None]:
    """Each group's median update/weight since its start over a whole run of `train`, or its first steps."""
    steps = [*islice((event for event in train(experiment, "cpu") if isinstance(event, Step)), most)]
    of_groups = ([step.groups[i] for step in steps] for i in range(len(experiment.groups)))
    rows = ([group.update_ratio for group in own if group.lr is not None] for own in of_groups)
    known = ([ratio for ratio in row if ratio is not None] for row in rows)
    return [statistics.median(ratios) if ratios else None for ratios in known]


def end_of(events: list[Any]) -> SizeMatches:
    assert isinstance(events[-1], SizeMatches)
    assert not any(isinstance(event, SizeMatches) for event in events[:-1])
    return events[-1]


def search(experiment: Experiment, target: float = 1e-3, **options: Any) -> SizeMatches:
    return end_of(list(match_size(experiment, target, device="cpu", **options)))


def assert_reached(experiment: Experiment, target: float = 1e-3) -> None:
    for group, median in zip(experiment.groups, medians(experiment), strict=True):
        assert median is not None
        assert target / 1.5 <= median <= target * 1.5, (group.name, median)


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("name", CHECKED)
def test_the_presets_reach_the_target_on_shapes(name: str, epochs: int) -> None:
    small = replace(PRESETS[name], dataset="shapes", train_size=640, test_size=10, batch_size=32, epochs=epochs)
    matched = search(small)
    assert matched.reason == "done"
    assert [group.refusal_key for group in matched.groups] == [None] * len(small.groups)
    assert_reached(with_matches(small, matched))


@pytest.mark.usefixtures("cifar10")
def test_a_preset_reaches_the_target_on_photographs_over_the_whole_run() -> None:
    preset = PRESETS["dual_optimizer"]  # SGD and Adam
    assert preset.dataset == "cifar10" and preset.steps == 117
    small = replace(preset, train_size=1248, batch_size=32, test_size=10)
    assert small.steps == preset.steps
    assert_reached(with_matches(small, search(small)))


def test_before_and_after_are_what_a_run_measures(make: Make) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=3)
    matched = search(experiment, 3e-3)
    assert matched.target == 3e-3
    assert [group.ratio_before for group in matched.groups] == medians(experiment)
    assert [group.lr_before for group in matched.groups] == [0.002, 0.05]
    after = with_matches(experiment, matched)
    assert [group.ratio_after for group in matched.groups] == medians(after)
    assert [group.lr_after for group in matched.groups] == [group.lr for group in after.groups]
    assert replace(after, groups=experiment.groups) == experiment
    assert_reached(after, 3e-3)


def test_a_target_that_is_met_changes_nothing(make: Make) -> None:
    experiment = make()
    tuned = with_matches(experiment, search(experiment))
    events = list(match_size(tuned, 1e-3, device="cpu"))
    assert {event.round for event in events if isinstance(event, MatchProbe)} <= {1}
    assert with_matches(tuned, end_of(events)) == tuned


def refusals(matched: SizeMatches) -> dict[str, str | None]:
    return {group.group: group.refusal_key for group in matched.groups}


def test_frozen_groups_have_no_rate(make: Make) -> None:
    matched = search(make(FROZEN, CONNECTED))
    assert matched.groups[0] == SizeMatch("convolutions", None, None, None, None, "match_frozen")
    assert matched.groups[1].refusal_key is None


def test_a_rate_of_zero_is_not_scaled(make: Make) -> None:
    experiment = make(CONVOLUTIONS | {"lr": 0}, CONNECTED)
    matched = search(experiment)
    assert refusals(matched) == {"convolutions": "match_lr_zero", "connected": None}
    assert with_matches(experiment, matched).groups[0].lr == 0


def zero_layer(monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    """From now on runs start with that layer's parameters at zero."""
    build = core.training.run.build_model

    def dead(*args: Any) -> Any:
        network = build(*args)
        for parameter in network.get_submodule(layer).parameters():
            parameter.data.zero_()
        return network

    monkeypatch.setattr(core.training.run, "build_model", dead)


def test_layers_without_gradient_get_no_rate(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A last layer whose weights are zero and frozen passes no gradient on."""
    zero_layer(monkeypatch, "fc2")
    first = {"name": "first", "params": ["conv*", "fc1.*"], "optimizer": "SGD", "lr": 0.1}
    last = {"name": "last", "params": ["fc2.bias"], "optimizer": "SGD", "lr": 0.1}
    frozen = {"name": "frozen", "params": ["fc2.weight"], "optimizer": "frozen"}
    assert refusals(search(make(first, last, frozen)))["first"] == "match_no_gradient"


def test_weights_of_zero_have_no_ratio(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    zero_layer(monkeypatch, "conv1")
    zero = {"name": "zero", "params": ["conv1.*"], "optimizer": "SGD", "lr": 1e-30}
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.01}
    matched = search(make(zero, rest))
    assert matched.groups[0] == SizeMatch("zero", 1e-30, None, 1e-30, None, "match_no_ratio")


def test_a_run_that_diverges_is_refused(make: Make) -> None:
    experiment = make({"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 1000}, epochs=3)
    matched = search(experiment)
    assert matched.reason == "non_finite"
    assert refusals(matched) == {"all": "match_non_finite"}
    assert with_matches(experiment, matched) == experiment


def test_a_group_that_does_not_follow_its_rate_is_refused(make: Make) -> None:
    """Biases of BatchNorm begin at 0: under Adam their ratio is about 1 / step at any rate."""
    scales = {"name": "scales", "params": ["*"], "role": "norm", "optimizer": "Adam", "lr": 1e-3}
    shifts = {"name": "shifts", "params": ["*.bias"], "role": "norm", "optimizer": "Adam", "lr": 1e-3}
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 1e-3}
    experiment = make(shifts, scales, rest, model="shufflenet_v2_x0_5", train_size=32, batch_size=4, test_size=10)
    matched = search(experiment)
    assert refusals(matched)["shifts"] in ("match_deaf", "match_not_reached")
    assert matched.groups[0].lr_after == 1e-3
    assert matched.groups[0].ratio_after is not None and matched.groups[0].ratio_after > 1.5e-3


class Law:
    """In place of `train`: one step whose groups' update/weight follows their rates by a law, a second each."""

    def __init__(self, ratio: Callable[[float], float]) -> None:
        self.ratio = ratio
        self.asked: list[tuple[tuple[float, ...], str, float]] = []

    def __call__(self, experiment: Experiment, device: str, stop: Any, time_limit: float) -> Iterator[Event]:
        self.asked.append((tuple(group.lr for group in experiment.groups), device, time_limit))
        yield Progress("weights", 1, 2)
        groups = (GroupStep(g.lr, 1.0, 1.0, self.ratio(g.lr), self.ratio(g.lr), 0.1) for g in experiment.groups)
        yield Step(1, 2.0, tuple(groups))
        yield Progress("training", 1, 4)
        yield Finished("done", 1, 1.0, ())


def searched(law: Law, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> SizeMatch:
    monkeypatch.setattr("core.questions.matching_size.train", law)
    *events, end = match_size(experiment, 1e-3, "cpu", time_limit=60.0)
    assert isinstance(end, SizeMatches) and end.reason == "done"
    assert events[:2] == [Progress("weights", 1, 2), MatchProbe(1, ROUNDS, 1, experiment.steps)]
    assert [(device, left) for _, device, left in law.asked] == [("cpu", 60.0 - i) for i in range(len(law.asked))]
    return end.groups[0]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_a_ratio_that_follows_its_rate_by_a_power_is_brought_to_the_target(
    make: Make, monkeypatch: pytest.MonkeyPatch, power: float
) -> None:
    law = Law(lambda lr: 30 * lr**power)
    found = searched(law, make(CONVOLUTIONS | {"params": ["*"], "lr": 0.004}), monkeypatch)
    assert found.refusal_key is None and found.lr_after is not None and found.ratio_after is not None
    assert found.ratio_before == 30 * 0.004**power and found.ratio_after == 30 * found.lr_after**power
    assert 1e-3 / 1.1 <= found.ratio_after <= 1e-3 * 1.1
    assert len(law.asked) < ROUNDS


@pytest.mark.parametrize(
    ("ratio", "lr", "key"),
    [
        (lambda lr: 0.1, 0.002, "match_deaf"),
        (lambda lr: 1e-12 * lr, 1e-9, "match_not_reached"),
        (lambda lr: 1e-12 * lr, 0.002, "match_not_reached"),
    ],
    ids=["does not follow", "too far for all probes", "beyond the largest rate"],
)
def test_a_ratio_that_comes_nowhere_near_is_refused_with_the_reason(
    make: Make, monkeypatch: pytest.MonkeyPatch, ratio: Callable[[float], float], lr: float, key: str
) -> None:
    law = Law(ratio)
    found = searched(law, make(CONVOLUTIONS | {"params": ["*"], "lr": lr}), monkeypatch)
    assert (found.refusal_key, found.lr_before, found.lr_after) == (key, lr, lr)
    assert found.ratio_after == ratio(lr)
    tried = [rate for (rate,), *_ in law.asked]
    assert 3 < len(tried) <= ROUNDS and tried[-1] == lr, "the last probe has the rate that stays"
    steps = [after / before for before, after in pairwise(tried[:-1])]
    assert all(1 / 101 < step < 101 for step in steps)


@pytest.mark.parametrize("target", [1e-7, 0.2, 0, -1, "much", None, float("nan")])
def test_a_wrong_target_is_refused(make: Make, target: Any) -> None:
    with pytest.raises(ExperimentError) as caught:
        list(match_size(make(), target))
    assert caught.value.field == "target"


LONGER = [
    {"epochs": 2, "train_size": 2000, "batch_size": 10},
    {"epochs": 8, "train_size": 400, "batch_size": 10},
    {"epochs": 12, "train_size": 150, "batch_size": 10},
]


@pytest.mark.parametrize("fields", LONGER, ids=str)
def test_a_probe_is_the_runs_own_beginning(make: Make, fields: dict[str, Any]) -> None:
    """Of its data, its schedule and its rates: the medians are those of the whole run's first steps."""
    experiment = make(CONVOLUTIONS | {"schedule": "one_cycle"}, CONNECTED, **fields)
    matched = search(experiment)
    assert experiment.steps > PROBE_STEPS
    after = with_matches(experiment, matched)
    for run, found in (
        (experiment, [group.ratio_before for group in matched.groups]),
        (after, [group.ratio_after for group in matched.groups]),
    ):
        assert found == medians(run, PROBE_STEPS)
    for group in matched.groups:
        told = group.sentence()
        assert group.refusal_key or f"first {PROBE_STEPS} of {experiment.steps} steps with this seed" in told


@pytest.mark.parametrize(
    ("start", "fields"),
    [
        (4, {"epochs": 8, "train_size": 400, "batch_size": 10}),
        (3, {"epochs": 8, "train_size": 400, "batch_size": 10}),
        (1, {"epochs": 2, "train_size": 1300, "batch_size": 10}),
    ],
)
def test_a_group_that_starts_after_the_probe_is_told_so(make: Make, start: int, fields: dict[str, Any]) -> None:
    late = CONVOLUTIONS | {"start_epoch": start}
    matched = search(make(late, CONNECTED, **fields))
    assert refusals(matched) == {"convolutions": "match_starts_later", "connected": None}
    assert matched.groups[0].lr_after == 0.002
    assert f"the first {PROBE_STEPS} steps" in matched.groups[0].sentence()


def test_a_group_that_starts_within_the_probe_is_matched_since_its_start(make: Make) -> None:
    experiment = make(CONVOLUTIONS | {"start_epoch": 2}, CONNECTED, epochs=8, train_size=400, batch_size=10)
    matched = search(experiment)
    assert refusals(matched) == {"convolutions": None, "connected": None}
    assert [group.ratio_before for group in matched.groups] == medians(experiment, PROBE_STEPS)


def test_a_stop_ends_the_search_without_suggestions(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    stop, events = threading.Event(), []
    for event in match_size(make(epochs=20), 1e-3, device="cpu", stop=stop):
        events.append(event)
        if isinstance(event, MatchProbe) and event.done == 3:
            stop.set()
    assert end_of(events) == SizeMatches(1e-3, "stopped", ())
    assert {event.done for event in events if isinstance(event, MatchProbe)} == {0, 1, 2, 3}
    assert with_matches(make(), end_of(events)) == make()


def test_the_time_limit_is_for_all_probes_together(make: Make) -> None:
    assert search(make(epochs=20), time_limit=0.0) == SizeMatches(1e-3, "time_limit", ())


def test_progress_counts_rounds_and_steps(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    places = [event for event in match_size(make(), 1e-3, device="cpu") if isinstance(event, MatchProbe)]
    assert {(place.rounds, place.total) for place in places} == {(ROUNDS, 4)}
    assert [place.round for place in places] == sorted(place.round for place in places)
    assert {place.done for place in places if place.round == 1} == {0, 1, 2, 3, 4}
    assert all("4" in place.sentence(language) for place in places for language in LANGUAGES)


@pytest.mark.parametrize("key", sorted(k for k in TEXT if k.startswith("match_") and k != "match_probing"))
def test_every_outcome_is_a_sentence_in_both_languages(key: str) -> None:
    refusal = None if key == "match_lr" else key
    one = SizeMatch("fc1", 0.01, 0.0219, 2.54e-5, 0.00103, refusal, 120, 468)
    english, chinese = (one.sentence(language) for language in LANGUAGES)
    assert "fc1" in english and "fc1" in chinese and english != chinese
    if refusal is None:
        assert all(number in english and number in chinese for number in ("0.01", "2.5e-05", "0.022", "0.001"))
