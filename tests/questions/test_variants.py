"""What an experiment is compared with: one group, frozen groups, other seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import app
from core.checking import check_experiment
from core.events import Finished
from core.experiment import Experiment, ExperimentError
from core.questions import frozen_in_turn, merged, with_frozen
from core.questions.variants import over_seeds
from core.structures import runnable
from core.text import LANGUAGES
from core.training import train
from tests.questions.test_comparing import BIASES, FILTERS, FROZEN, WEIGHTS

Make = Callable[..., Experiment]
CONV = {"name": "conv", "params": ["conv*"], "optimizer": "SGD", "momentum": 0.9, "options": "nesterov=True"}
HEAD = {"name": "head", "params": ["*"], "optimizer": "Adam", "lr": 0.002}
LATE = {"name": "late", "params": ["fc1.*"], "optimizer": "Adam", "start_epoch": 1}


def test_merging_keeps_the_first_trainable_groups_settings_and_all_else(make: Make) -> None:
    experiment = make(FROZEN, BIASES, WEIGHTS, seed=7)
    one = merged(experiment)
    (group,) = one.groups
    assert (group.name, group.params, group.role) == ("biases", ("*",), "any")
    assert (group.optimizer, group.lr, group.momentum) == ("SGD", 0.05, 0.9)
    assert replace(one, groups=experiment.groups) == experiment


def test_merging_takes_every_parameter_whatever_the_first_group_was_about(make: Make) -> None:
    narrow = {"name": "a", "params": ["fc*"], "optimizer": "SGD", "depth": "1-", "layer_decay": 0.5}
    (group,) = merged(make(narrow, WEIGHTS)).groups
    assert (group.params, group.role, group.depth, group.layer_decay) == (("*",), "any", "", None)


def test_merging_trains_all_from_the_start_to_the_end(make: Make) -> None:
    first = {"name": "a", "params": ["fc*"], "start_epoch": 1, "end_epoch": 2, "schedule": "wsd"}
    (group,) = merged(make(first, WEIGHTS, epochs=3)).groups
    assert (group.start_epoch, group.end_epoch, group.schedule) == (0, None, "wsd")


def test_a_group_is_not_frozen_where_nothing_would_train_any_more(make: Make) -> None:
    experiment = make(CONV | {"end_epoch": 1}, HEAD, epochs=2)
    assert with_frozen(experiment, "conv").groups[0].frozen
    with pytest.raises(ExperimentError, match="head cannot be frozen: no other group trains, or not in every epoch"):
        with_frozen(experiment, "head")
    assert [*frozen_in_turn(experiment)] == ["conv"]


def test_a_merged_run_trains_what_was_frozen(make: Make) -> None:
    end = list(train(merged(make(FROZEN, BIASES, WEIGHTS)), "cpu"))[-1]
    assert isinstance(end, Finished)
    (group,) = end.groups
    assert group.weights == sum((28 * 16, 145 * 32, 2049 * 128, 129 * 10))
    assert group.moved > 0.5 * group.weights


def test_muon_cannot_take_all_and_the_error_names_the_parameters(make: Make) -> None:
    with pytest.raises(ExperimentError) as caught:
        merged(make(FILTERS, BIASES))
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (0, "optimizer", "cannot_merge")
    for language in LANGUAGES:
        assert "Muon" in problem.sentence(language)
        assert all(f"{layer}.bias" in problem.sentence(language) for layer in ("conv1", "conv2", "fc1", "fc2"))
    assert merged(make(BIASES, FILTERS)).groups[0].optimizer == "SGD"


def test_seeds_count_up(make: Make) -> None:
    a, b = make(seed=5), make(WEIGHTS, seed=0)
    repeated = over_seeds([a, b], 3)
    assert [one.seed for one in repeated] == [5, 5, 6, 6, 7, 7]
    assert [replace(one, seed=5) for one in repeated[::2]] == [a] * 3
    assert [replace(one, seed=0) for one in repeated[1::2]] == [b] * 3


def test_one_seed_is_allowed(make: Make) -> None:
    assert over_seeds([make(seed=5)], 1) == [make(seed=5)]


@pytest.mark.parametrize("count", [0, -1, 11, 3.5, "many", None, True])
def test_a_wrong_number_of_seeds_is_refused(make: Make, count: Any) -> None:
    with pytest.raises(ExperimentError) as caught:
        over_seeds([make()], count)
    assert [(problem.row, problem.field) for problem in caught.value.problems] == [(None, "seeds")]


def test_seeds_past_the_largest_are_refused(make: Make) -> None:
    with pytest.raises(ExperimentError):
        over_seeds([make(seed=2**31 - 2)], 3)


def test_a_frozen_group_keeps_all_its_weights_and_the_rest_trains(make: Make) -> None:
    frozen = with_frozen(make(CONV, HEAD), "conv")
    end = list(train(frozen, "cpu"))[-1]
    assert isinstance(end, Finished)
    conv, head = end.groups
    assert (conv.moved, conv.weights) == (0, 28 * 16 + 145 * 32)
    assert head.moved > 0.5 * head.weights
    assert replace(frozen, groups=make(CONV, HEAD).groups) == make(CONV, HEAD)


@pytest.mark.parametrize("name", ["conv", "late"])
def test_a_group_is_not_frozen_if_no_other_trains_from_the_start(make: Make, name: str) -> None:
    late_only = make(CONV | {"params": ["conv*", "fc2.*"]}, LATE, epochs=2)
    if name == "late":
        late_only = make(FROZEN | {"params": ["conv*", "fc2.*"]}, LATE | {"start_epoch": 0}, epochs=2)
    with pytest.raises(ExperimentError) as caught:
        with_frozen(late_only, name)
    (problem,) = caught.value.problems
    assert (problem.row, problem.field) == (0 if name == "conv" else 1, "optimizer")
    for language in LANGUAGES:
        assert name in problem.sentence(language)


def test_a_group_that_is_not_there_is_named_with_its_neighbours(make: Make) -> None:
    with pytest.raises(ExperimentError, match="there is no “cnov”; similar names: conv"):
        with_frozen(make(CONV, HEAD), "cnov")


def test_each_trained_group_is_frozen_in_turn_where_another_trains(make: Make) -> None:
    experiment = make(CONV, LATE, HEAD, epochs=2)
    variants = frozen_in_turn(experiment)
    assert list(variants) == ["conv", "late", "head"]
    assert [[group.frozen for group in variant.groups] for variant in variants.values()] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert list(frozen_in_turn(make(FROZEN, BIASES, WEIGHTS))) == ["biases", "weights"]
    assert list(frozen_in_turn(make(CONV | {"params": ["conv*", "fc2.*"]}, LATE, epochs=2))) == ["late"]


def test_a_single_group_cannot_be_frozen_in_turn(make: Make) -> None:
    with pytest.raises(ExperimentError, match="all cannot be frozen: no other group trains"):
        frozen_in_turn(make())


@pytest.mark.parametrize("name", app.PRESETS)
def test_every_preset_with_a_group_frozen_can_run(name: str) -> None:
    preset = app.PRESETS[name]
    if sum(not group.frozen for group in preset.groups) < 2:
        pytest.skip("one group trains")
    for variant in frozen_in_turn(preset).values():
        problems = [problem.key for problem in check_experiment(variant).problems]
        assert problems == ([] if name in runnable(app.PRESETS) else ["structure_not_trained"])
