"""From plain values to an Experiment, or to an error that says where and why."""

from __future__ import annotations

import json
import math
import pickle
import time
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment import (
    FROZEN,
    MAX_GROUPS,
    MOMENTUM_OPTIMIZERS,
    OPTIMIZER_OPTIONS,
    SCHEDULES,
    Experiment,
    ExperimentError,
    Group,
    Problem,
    load_presets,
)
from core.experiment.experiment import MAX_FILE_BYTES, MAX_POINTS, MAX_STEPS
from core.experiment.files import read_text
from core.experiment.optimizer_classes import WITH_TWO_EPS, WITHOUT_DECAY

LANGUAGES = ("en", "zh")


def row(**changes: Any) -> dict[str, Any]:
    return {"name": "all", "params": ["*"]} | changes


def raw(**changes: Any) -> dict[str, Any]:
    return {"dataset": "shapes", "groups": [row()]} | changes


def problems_of(value: object) -> tuple[Problem, ...]:
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_dict(value)
    error = caught.value
    assert (error.row, error.field) == (error.problems[0].row, error.problems[0].field)
    assert error.sentence == error.problems[0].sentence("en")
    for problem in error.problems:
        assert problem.sentence("en") in str(error)
        assert all(0 < len(problem.sentence(language)) < 600 for language in LANGUAGES)
        assert problem.sentence("en") != problem.sentence("zh")
    return error.problems


def only_problem_of(value: object) -> Problem:
    (problem,) = problems_of(value)
    return problem


def places(problems: tuple[Problem, ...]) -> list[tuple[int | None, str, str]]:
    return [(problem.row, problem.field, problem.key) for problem in problems]


def test_what_is_left_out_has_the_documented_default() -> None:
    experiment = Experiment.from_dict({"groups": [row()]})
    assert experiment == Experiment(groups=(Group(name="all", params=("*",)),))
    assert (experiment.model, experiment.dataset, experiment.batch_size) == ("simple_cnn", "cifar10", 128)
    assert (experiment.groups[0].optimizer, experiment.groups[0].lr) == ("Adam", 0.001)


def test_to_dict_gives_plain_values_that_read_the_same() -> None:
    options = "betas=(0.9, 0.95), eps=1e-8"
    experiment = Experiment.from_dict(raw(title={"en": "rates", "zh": "学习率"}, groups=[row(options=options)]))
    plain = experiment.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert Experiment.from_dict(plain) == experiment
    assert plain["title"] == {"en": "rates", "zh": "学习率"}
    assert plain["groups"][0]["params"] == ["*"]
    assert plain["groups"][0]["options"] == "betas=(0.9, 0.95) eps=1e-08"
    assert set(plain) == {field.name for field in fields(Experiment)}


def test_a_file_reads_as_its_values(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    path = tmp_path / "recipes" / "one.toml"
    text = 'dataset = "shapes"\nepochs = 2\n[[groups]]\nname = "all"\nparams = ["*"]\nlr = 3e-4\n'
    path.write_text(text, encoding="utf-8")
    assert Experiment.from_toml(path) == Experiment.from_dict(raw(epochs=2, groups=[row(lr=3e-4)]))
    assert load_presets(tmp_path) == {"one": Experiment.from_toml(path)}


@pytest.mark.parametrize(
    "content",
    [b"epochs = ", b"\xff\xfe", b"# " + b"a" * MAX_FILE_BYTES, b"a = 1\na = 2", b"a=" + b"[" * 20_000],
    ids=["cut", "no text", "long", "twice", "deep"],
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_toml(path)
    assert places(caught.value.problems) == [(None, "file", "not_toml")]
    assert all(caught.value.problems[0].sentence(language) for language in LANGUAGES)


def test_a_file_with_a_wrong_value_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("seed = 1979-05-27\n[[groups]]\nname = 'a'\nparams = '*'\nlr = nan\n", encoding="utf-8")
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_toml(path)
    assert places(caught.value.problems) == [(0, "lr", "not_a_number"), (None, "seed", "not_whole")]


def test_a_long_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_bytes(b"#" * 20 * MAX_FILE_BYTES)
    tracemalloc.start()
    with pytest.raises(ExperimentError):
        Experiment.from_toml(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MAX_FILE_BYTES


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Experiment.from_toml(tmp_path / "none.toml")


def test_numbers_typed_as_text_are_read() -> None:
    groups = [row(lr="3e-4", weight_decay=" 1E-2 ", optimizer="SGD", momentum="0.9")]
    experiment = Experiment.from_dict(raw(groups=groups, epochs="2", train_size="64", batch_size=16.0))
    (group,) = experiment.groups
    assert (group.lr, group.weight_decay, group.momentum) == (3e-4, 0.01, 0.9)
    assert (experiment.epochs, experiment.train_size, experiment.batch_size) == (2, 64, 16)


NO_NUMBERS = {
    "abc": "abc",
    "nothing": "",
    "nan": math.nan,
    "nan as text": "nan",
    "inf": math.inf,
    "-inf": "-inf",
    "true": True,
    "huge": 10**5000,
    "negative": -1,
    "1 MB": "9" * 2**20,
    "list": [1],
    "null": None,
}


@pytest.mark.parametrize("name", NO_NUMBERS)
@pytest.mark.parametrize("field", ["lr", "weight_decay"])
def test_a_rate_that_is_no_number_is_refused_at_its_row(field: str, name: str) -> None:
    began = time.monotonic()
    groups = [row(name="fine", params=["conv*"]), row(**{field: NO_NUMBERS[name]})]
    problem = only_problem_of(raw(groups=groups))
    assert (problem.row, problem.field) == (1, field)
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("name", NO_NUMBERS)
@pytest.mark.parametrize("field", ["train_size", "test_size", "image_size", "epochs", "batch_size", "seed"])
def test_a_size_that_is_no_number_is_refused(field: str, name: str) -> None:
    problem = only_problem_of(raw(**{field: NO_NUMBERS[name]}))
    assert (problem.row, problem.field) == (None, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("train_size", 9),
        ("train_size", 50_001),
        ("test_size", 10_001),
        ("image_size", 31),
        ("image_size", 225),
        ("epochs", 0),
        ("epochs", 101),
        ("batch_size", 1),
        ("batch_size", 1025),
        ("seed", -1),
        ("seed", 2**31),
    ],
)
def test_a_size_over_its_limits_is_refused(field: str, value: int) -> None:
    problem = only_problem_of(raw(**{field: value}))
    assert places((problem,)) == [(None, field, "out_of_bounds")]
    assert all(str(value) in problem.sentence(language) for language in LANGUAGES)


@pytest.mark.parametrize(("field", "value"), [("lr", 1000.5), ("weight_decay", 101), ("momentum", 1.01)])
def test_a_rate_over_its_limits_is_refused(field: str, value: float) -> None:
    problem = only_problem_of(raw(groups=[row(optimizer="SGD", **{field: value})]))
    assert places((problem,)) == [(0, field, "out_of_bounds")]
    assert all(str(value) in problem.sentence(language) for language in LANGUAGES)


RESNET = {"model": "resnet18"}


@pytest.mark.parametrize(
    ("changes", "field", "key", "shown"),
    [
        ({"train_size": 20, "batch_size": 21}, "batch_size", "batch_over_train_size", ["21", "20"]),
        (RESNET | {"image_size": 64, "batch_size": 257}, "batch_size", "batch_too_heavy", ["257", "64", "256"]),
        ({"train_size": 50_000, "batch_size": 2, "epochs": 1}, "epochs", "too_many_steps", ["25000", "20000"]),
        ({"model": "x" * 101}, "model", "too_long", ["xxx", "100"]),
        ({"model": ""}, "model", "empty", []),
        ({"dataset": ["cifar10"]}, "dataset", "not_a_text", ["cifar10"]),
        ({"pretrained": "yes"}, "pretrained", "not_a_flag", ["“yes”", "True"]),
        ({"frozen_norm": "off"}, "frozen_norm", "not_a_choice", ["“off”", "eval, train"]),
        ({"title": 3}, "title", "not_words", ["3", "en"]),
        ({"title": "a" * 101}, "title", "too_long", ["100"]),
        ({"title": "a\u202eb"}, "title", "control_characters", ["\\u202e"]),
        ({"epoch": 3}, "epoch", "unknown_field", ["“epoch”", "epochs"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_that_do_not_fit_are_refused_and_named(
    changes: dict[str, Any], field: str, key: str, shown: list[str]
) -> None:
    problem = only_problem_of(raw(**changes))
    assert places((problem,)) == [(None, field, key)]
    for language in LANGUAGES:
        assert all(word in problem.sentence(language) for word in shown)


@pytest.mark.parametrize(
    "changes", [{"train_size": 20, "batch_size": 20}, RESNET | {"image_size": 64, "batch_size": 256}]
)
def test_a_batch_may_be_as_large_as_its_limits(changes: dict[str, Any]) -> None:
    assert Experiment.from_dict(raw(**changes)).batch_size == changes["batch_size"]


@pytest.mark.parametrize(
    ("changes", "field", "key", "shown"),
    [
        ({"name": None}, "name", "empty", []),
        ({"name": "a" * 41}, "name", "too_long", ["40"]),
        ({"name": "conv\x00"}, "name", "control_characters", ["\\x00"]),
        ({"name": "conv\u2066"}, "name", "control_characters", ["\\u2066"]),
        ({"params": []}, "params", "no_globs", ["*.bias"]),
        ({"params": ["a b"]}, "params", "glob_with_space", ["“a b”"]),
        ({"params": ["*"] * 201}, "params", "too_many_globs", ["201", "200"]),
        ({"role": "biases"}, "role", "not_a_choice", ["“biases”", "any, weight, bias, norm, matrix, vector"]),
        ({"optimizer": "adam"}, "optimizer", "not_a_choice", ["“adam”", "AdamW"]),
        ({"optimizer": "LBFGS"}, "optimizer", "lbfgs_not_taken", ["LBFGS", "AdamW"]),
        ({"optimizer": "SparseAdam"}, "optimizer", "sparse_adam_not_taken", ["SparseAdam", "AdamW"]),
        ({"optimizer": "Rprop", "weight_decay": 0.1}, "weight_decay", "decay_not_taken", ["Rprop"]),
        ({"optimizer": "Adafactor", "options": "eps=1e-8"}, "options", "two_eps", ["Adafactor", "eps=(None, 0.001)"]),
        ({"optimizer": "Adam", "options": "eps=(None, 0.1)"}, "options", "one_eps", ["Adam"]),
        ({"optimizer": "Rprop", "options": "etas=(0.5, 101)"}, "options", "out_of_bounds", ["etas=(0.5, 101)"]),
        ({"optimizer": "Adam", "momentum": 0.9}, "momentum", "momentum_not_taken", ["Adam", "SGD, RMSprop, Muon"]),
        ({"optimizer": FROZEN, "momentum": 0}, "momentum", "momentum_not_taken", ["frozen"]),
        ({"schedule": "cosine"}, "schedule", "not_a_choice", ["“cosine”", "warmup_cosine", "one_cycle"]),
        ({"schedule": None}, "schedule", "not_a_choice", ["constant"]),
        ({"start_epoch": 101}, "start_epoch", "out_of_bounds", ["101", "100"]),
        ({"start_epoch": -1}, "start_epoch", "out_of_bounds", ["-1", "100"]),
        ({"start_epoch": "1.5"}, "start_epoch", "not_whole", ["“1.5”", "100"]),
        ({"start_epoch": 3}, "start_epoch", "starts_too_late", ["3", "2"]),
        ({"options": "nesterov=True"}, "options", "option_not_taken", ["Adam", "nesterov", "betas"]),
        ({"options": "lr=3"}, "options", "option_not_taken", ["Adam", "lr"]),
        ({"options": "fused=True"}, "options", "option_not_taken", ["fused"]),
        ({"optimizer": "SGD", "options": "eps=1e-8"}, "options", "option_not_taken", ["SGD", "eps", "nesterov"]),
        ({"options": "eps=1 eps=1"}, "options", "option_twice", ["eps"]),
        ({"options": "eps=__import__('os')"}, "options", "not_a_literal", ["eps=__import__('os')"]),
        ({"options": "eps=5"}, "options", "out_of_bounds", ["eps=5"]),
        ({"options": "betas"}, "options", "not_options", ["“betas”"]),
        ({"lr_mult": 0.1}, "lr_mult", "unknown_field", ["“lr_mult”", "weight_decay"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_group_is_refused_at_its_row(changes: dict[str, Any], field: str, key: str, shown: list[str]) -> None:
    groups = [row(name="first", params=["conv1.*"]), row(name="second"), row(**changes)]
    problem = only_problem_of(raw(groups=groups))
    assert places((problem,)) == [(2, field, key)]
    for language in LANGUAGES:
        assert all(word in problem.sentence(language) for word in shown)


@pytest.mark.parametrize("optimizer", ["SGD", FROZEN])
def test_who_asks_for_an_option_in_vain_learns_which_there_are(optimizer: str) -> None:
    problem = only_problem_of(raw(groups=[row(name="first"), row(optimizer=optimizer, options="eps=1e-8")]))
    assert problem.values["allowed"] == (", ".join(OPTIMIZER_OPTIONS[optimizer]) or "-")


@pytest.mark.parametrize("missing", ["name", "params"])
def test_a_group_needs_a_name_and_patterns(missing: str) -> None:
    group = {key: value for key, value in row().items() if key != missing}
    problem = only_problem_of(raw(groups=[group]))
    assert (problem.row, problem.field) == (0, missing)


@pytest.mark.parametrize("group", [None, 3, "conv*", [], [["name", "a"]], True])
def test_a_group_is_a_table(group: object) -> None:
    assert places(problems_of(raw(groups=[row(), group]))) == [(1, "groups", "not_a_table")]


@pytest.mark.parametrize("groups", [[], None, ()])
def test_an_experiment_needs_a_group(groups: object) -> None:
    assert places(problems_of(raw(groups=groups))) == [(None, "groups", "no_groups")]
    assert places(problems_of({})) == [(None, "groups", "no_groups")]


@pytest.mark.parametrize("groups", [row(), {}, "conv*", 3, False])
def test_groups_that_are_no_list_are_not_said_to_be_missing(groups: object) -> None:
    problem = only_problem_of(raw(groups=groups))
    assert (problem.row, problem.field, problem.key) == (None, "groups", "groups_not_a_list")
    for language in LANGUAGES:
        assert "[{…}, {…}]" in problem.sentence(language) and "[[groups]]" in problem.sentence(language)


def test_one_pair_of_brackets_in_toml_makes_no_list() -> None:
    text = '[groups]\nname = "all"\nparams = "*"\n'
    problem = only_problem_of(read_text(text))
    assert problem.sentence().startswith("a table of keys and values is not a list of groups")
    assert Experiment.from_dict(read_text(text.replace("[groups]", "[[groups]]"))).groups[0].name == "all"


def numbered(count: int) -> list[dict[str, Any]]:
    return [row(name=f"group {i}") for i in range(count)]


@pytest.mark.parametrize(
    ("groups", "row", "key", "words"),
    [
        ([Group(name="a", params=("*",)), {"name": "b", "params": ["*"]}], 1, "not_a_group", "dict is not a group"),
        ("conv", None, "no_list_of_groups", "str is not a list of groups"),
        ({"a": ["*"]}, None, "no_list_of_groups", "dict is not a list of groups"),
        (None, None, "no_list_of_groups", "NoneType is not a list of groups"),
        (Group(name="a", params=("*",)), None, "no_list_of_groups", "Group is not a list of groups"),
    ],
)
def test_what_is_no_group_is_named_with_what_would_be(groups: Any, row: int | None, key: str, words: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        Experiment(groups=groups)
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (row, "groups", key)
    assert problem.sentence().startswith(words) and "Experiment.from_dict(...)" in problem.sentence("zh")


def test_so_many_groups_fit_and_no_more() -> None:
    assert MAX_GROUPS == 128
    assert len(Experiment.from_dict(raw(groups=numbered(128))).groups) == 128
    problem = only_problem_of(raw(groups=numbered(129)))
    assert places((problem,)) == [(None, "groups", "too_many_groups")]
    assert all("129" in problem.sentence(language) for language in LANGUAGES)


@pytest.mark.parametrize(("count", "key"), [(0, "no_groups"), (129, "too_many_groups")])
def test_groups_are_counted_without_a_table_too(count: int, key: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        Experiment(groups=tuple(Group(name=str(i), params=("*",)) for i in range(count)))
    assert places(caught.value.problems) == [(None, "groups", key)]
    assert caught.value.problems[0].values == ({"count": 129, "most": 128} if count else {})


def test_a_million_groups_are_refused_quickly() -> None:
    began = time.monotonic()
    assert problems_of(raw(groups=[row()] * 10**6))[0].key == "too_many_groups"
    assert time.monotonic() - began < 0.5


def test_the_patterns_of_all_groups_are_bounded_together() -> None:
    groups = [row(name=f"group {i}", params=["a" * 200] * 4) for i in range(100)]
    assert len(Experiment.from_dict(raw(groups=groups)).groups) == 100
    problem = only_problem_of(raw(groups=[*groups, row(name="one more")]))
    assert places((problem,)) == [(None, "groups", "too_long_patterns")]
    assert all("80001" in problem.sentence(language) for language in LANGUAGES)


@pytest.mark.parametrize("name", ["lion_pytorch.Lion", "torch.optim.LBFGS", "unknown"])
def test_a_class_that_no_run_can_use_is_held_with_settings_of_its_own(name: str) -> None:
    read = Experiment.from_dict(raw(groups=[row(optimizer=name, options="alpha=7.5 eps=(None, 2.0) mode='a'")]))
    assert (read.groups[0].optimizer, read.groups[0].foreign) == (name, True)
    assert read.groups[0].options == (("alpha", 7.5), ("eps", (None, 2.0)), ("mode", "a"))
    assert Experiment.from_dict(read.to_dict()) == read


@pytest.mark.parametrize("name", ["Lion", "lion.", ".Lion", "lion pytorch.Lion", "a.class", "a.b()", "a" * 99 + ".b"])
def test_what_is_no_path_of_a_class_is_no_optimizer(name: str) -> None:
    assert only_problem_of(raw(groups=[row(optimizer=name)])).key == "not_a_choice"


def test_a_class_of_torch_may_be_named_by_its_path() -> None:
    read = Experiment.from_dict(raw(groups=[row(optimizer="torch.optim.AdamW")]))
    assert (read.groups[0].optimizer, read.groups[0].foreign) == ("AdamW", False)


def test_names_must_differ() -> None:
    problem = only_problem_of(raw(groups=[row(name="a"), row(name="b"), row(name=" a ")]))
    assert places((problem,)) == [(2, "name", "duplicate_name")]
    assert problem.values == {"value": "a", "row": 1}
    assert all("“a”" in problem.sentence(language) for language in LANGUAGES)


def test_something_must_train() -> None:
    groups = [row(name="a", optimizer=FROZEN), row(name="b", optimizer=FROZEN)]
    assert [problem.key for problem in problems_of(raw(groups=groups))] == ["all_frozen"]
    assert Experiment.from_dict(raw(groups=[*groups, row(name="c", lr=0)])).groups[2].frozen is False


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([("Adam", 1), ("SGD", 2)], [(0, "start_epoch", "none_starts")]),
        ([("Adam", 2), ("SGD", 1)], [(1, "start_epoch", "none_starts")]),
        ([(FROZEN, 0), ("SGD", 1)], [(1, "start_epoch", "none_starts")]),
        ([("Adam", 3), ("SGD", 100)], [(0, "start_epoch", "starts_too_late"), (1, "start_epoch", "starts_too_late")]),
        ([("Adam", 0), ("SGD", 3)], [(1, "start_epoch", "starts_too_late")]),
        ([("Adam", 1), ("SGD", 3)], [(1, "start_epoch", "starts_too_late"), (0, "start_epoch", "none_starts")]),
        ([("Adam", 0), ("SGD", 2)], []),
        ([("Adam", 0), (FROZEN, 100)], []),
    ],
)
def test_a_group_starts_before_the_end_and_one_at_the_beginning(
    starts: list[tuple[str, int]], expected: list[tuple[int, str, str]]
) -> None:
    groups = [row(name=str(i), optimizer=name, start_epoch=start) for i, (name, start) in enumerate(starts)]
    if expected:
        assert places(problems_of(raw(groups=groups, epochs=3))) == expected
    else:
        experiment = Experiment.from_dict(raw(groups=groups, epochs=3))
        assert [group.start_epoch for group in experiment.groups] == [start for _, start in starts]


def test_schedule_and_start_have_defaults_that_change_nothing() -> None:
    (group,) = Experiment.from_dict(raw()).groups
    assert (group.schedule, group.start_epoch) == ("constant", 0)
    assert group.to_dict()["schedule"] == "constant" and group.to_dict()["start_epoch"] == 0
    assert Group(name="a", params=("*",), start_epoch="2").start_epoch == 2  # type: ignore[arg-type]
    with pytest.raises(ExperimentError):
        replace(Experiment.from_dict(raw(groups=[row(), row(name="b", start_epoch=2)])), epochs=2)


@pytest.mark.parametrize("value", [None, 3, "text", [], [1], True, math.nan])
def test_an_experiment_is_a_table(value: object) -> None:
    assert places(problems_of(value)) == [(None, "experiment", "not_a_table")]


def test_every_problem_is_reported_at_once() -> None:
    groups = [row(name="", lr="abc", momentum=2), row(name="b", params=[], options="x=1 x=2"), row(name="c", typo=1)]
    found = places(problems_of(raw(groups=groups, epochs="many", batch_size=0, colour="red")))
    assert sorted(found, key=str) == sorted(
        [
            (0, "name", "empty"),
            (0, "lr", "not_a_number"),
            (0, "momentum", "out_of_bounds"),
            (1, "params", "no_globs"),
            (1, "options", "option_twice"),
            (2, "typo", "unknown_field"),
            (None, "epochs", "not_whole"),
            (None, "batch_size", "out_of_bounds"),
            (None, "colour", "unknown_field"),
        ],
        key=str,
    )


def test_an_unknown_field_does_not_hide_the_groups_other_problems() -> None:
    found = places(problems_of(raw(groups=[row(lr_mult=0.1, lr="abc")])))
    assert set(found) == {(0, "lr_mult", "unknown_field"), (0, "lr", "not_a_number")}


def test_problems_of_sizes_and_of_the_group_list_are_reported_together() -> None:
    groups = [row(optimizer=FROZEN), row(optimizer=FROZEN)]
    found = places(problems_of(raw(train_size=20, batch_size=30, groups=groups)))
    assert set(found) == {
        (None, "batch_size", "batch_over_train_size"),
        (0, "optimizer", "all_frozen"),
        (1, "name", "duplicate_name"),
    }


def test_the_text_of_an_error_holds_every_place() -> None:
    with pytest.raises(ExperimentError, match=r"groups\[0\]\.lr: .*\n.*epochs: ") as caught:
        Experiment.from_dict(raw(epochs=0, groups=[row(lr=-1)]))
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("key", ["a" * 2**20, "\x00", "", 7, None, ("a", 1)], ids=lambda key: type(key).__name__)
def test_a_field_of_any_name_is_refused(key: object) -> None:
    problem = only_problem_of(raw() | {key: 1})
    assert (problem.row, problem.key) == (None, "unknown_field")
    assert len(problem.field) <= 40
    assert [found.key for found in problems_of(raw(groups=[row() | {key: 1}]))] == ["unknown_field"]


def test_a_long_text_is_refused_quickly_in_every_field() -> None:
    began = time.monotonic()
    long = "a" * 2**20
    for name in (field.name for field in fields(Experiment)):
        assert problems_of(raw() | {name: long})[0].field == name
    for name in (field.name for field in fields(Group)):
        assert problems_of(raw(groups=[row() | {name: long}]))[0].field == name
    assert time.monotonic() - began < 2


def test_a_group_alone_reports_without_a_row() -> None:
    with pytest.raises(ExperimentError) as caught:
        Group(name="", params=("*",), lr=-1)
    assert places(caught.value.problems) == [(None, "name", "empty"), (None, "lr", "out_of_bounds")]


def test_steps_count_whole_batches() -> None:
    assert Experiment.from_dict(raw(train_size=100, batch_size=32, epochs=4)).steps == 12
    assert Experiment.from_dict(raw(train_size=20_000, batch_size=2, epochs=2)).steps == MAX_STEPS


def test_many_groups_allow_fewer_steps() -> None:
    sizes = {"train_size": 20_000, "batch_size": 2, "epochs": 1}
    assert MAX_POINTS == 40 * 8000 == 16 * MAX_STEPS
    assert Experiment.from_dict(raw(groups=numbered(32), **sizes)).steps * 32 == MAX_POINTS
    problem = only_problem_of(raw(groups=numbered(33), **sizes))
    assert (problem.field, problem.key) == ("epochs", "too_many_points")
    assert all("10000" in problem.sentence(language).replace(",", "") for language in LANGUAGES)
    assert problem.values == {"value": 10_000, "groups": 33, "most": 9696}
    assert only_problem_of(raw(groups=numbered(17), **sizes | {"epochs": 2})).key == "too_many_points"


def test_a_batch_that_is_too_heavy_is_told_with_the_largest_that_is_not() -> None:
    problem = only_problem_of(raw(batch_size=64, image_size=224))
    assert (problem.key, problem.values) == ("batch_too_heavy", {"value": 64, "size": 224, "most": 20})


def test_an_experiment_cannot_be_changed_but_replaced() -> None:
    experiment = Experiment.from_dict(raw())
    assert Experiment(dataset="shapes", groups=list(experiment.groups)) == experiment  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        experiment.seed = 3  # type: ignore[misc]
    assert replace(experiment, seed="3").seed == 3  # type: ignore[arg-type]
    with pytest.raises(ExperimentError):
        replace(experiment, seed=-1)


LITERALS = {
    "betas": ["(0.9, 0.95)", "[0, 0.5]"],
    "ns_coefficients": ["(3.4445, -4.775, 2.0315)"],
    "ns_steps": ["1", "20"],
    "adjust_lr_fn": ["'original'", '"match_rms_adamw"'],
    "nesterov": ["True", "False"],
    "amsgrad": ["True"],
    "maximize": ["False"],
    "centered": ["True"],
    "decoupled_weight_decay": ["True", "False"],
    "beta2_decay": ["-0.8"],
    "d": ["1", "2.5"],
    "etas": ["(0.5, 1.2)"],
    "step_sizes": ["(1e-6, 50)"],
}
TWO_EPS = ["(None, 0.001)", "(1e-8, 0.01)"]
LETTERS = st.characters(categories=("L", "N", "P", "S", "Zs"))
LINES = st.text(LETTERS, max_size=30)
NAMES = LINES.map(lambda text: " ".join(text.split())).filter(bool)
GLOBS = st.text("abcdefgh.*?[]0123456789_", min_size=1, max_size=20)
WORDS = st.one_of(LINES, st.fixed_dictionaries({"en": LINES, "zh": LINES}))


@st.composite
def numbers(draw: st.DrawFn, high: float) -> float | str:
    """A number up to `high`, sometimes as one would type it."""
    number = draw(st.floats(0, high))
    return draw(st.sampled_from([number, repr(number), f" {number!r} "]))


def as_typed(number: int) -> st.SearchStrategy[int | str]:
    return st.sampled_from([number, str(number), f" {number} "])


@st.composite
def group_rows(draw: st.DrawFn, name: str, optimizer: str, latest: int) -> dict[str, Any]:
    taken = OPTIMIZER_OPTIONS[optimizer]
    chosen = draw(st.lists(st.sampled_from(taken), unique=True)) if taken else []
    literals = LITERALS | ({"eps": TWO_EPS} if optimizer in WITH_TWO_EPS else {})
    pairs = [f"{option}={draw(st.sampled_from(literals.get(option, ['0.5', '1e-8', '0'])))}" for option in chosen]
    momentum = draw(st.none() | numbers(1)) if optimizer in MOMENTUM_OPTIMIZERS else None
    return {
        "name": name,
        "params": draw(st.lists(GLOBS, min_size=1, max_size=4) | GLOBS),
        "role": draw(st.sampled_from(["any", "weight", "bias", "norm"])),
        "optimizer": optimizer,
        "lr": draw(numbers(1000)),
        "weight_decay": 0 if optimizer in WITHOUT_DECAY else draw(numbers(100)),
        "momentum": momentum,
        "schedule": draw(st.sampled_from(SCHEDULES)),
        "start_epoch": draw(st.integers(0, 100 if optimizer == FROZEN else latest).flatmap(as_typed)),
        "options": draw(st.sampled_from([" ", ", "])).join(pairs),
    }


@st.composite
def valid_values(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    optimizers = [draw(st.sampled_from(sorted(set(OPTIMIZER_OPTIONS) - {FROZEN}))) for _ in names]
    optimizers[1:] = [draw(st.sampled_from([optimizer, FROZEN])) for optimizer in optimizers[1:]]
    epochs = draw(st.integers(1, 8))
    latest = [0] + [epochs - 1] * (len(names) - 1)
    rows = [draw(group_rows(*values)) for values in zip(names, optimizers, latest, strict=True)]
    model = draw(st.sampled_from(["simple_cnn", "resnet18"]))
    return {
        "title": draw(WORDS),
        "summary": draw(WORDS),
        "model": model,
        "pretrained": model == "resnet18" and draw(st.booleans()),
        "dataset": draw(st.sampled_from(["cifar10", "shapes"])),
        "train_size": draw(st.integers(64, 5000)),
        "image_size": draw(st.integers(32, 64)) if model == "resnet18" else 32,
        "epochs": epochs,
        "batch_size": draw(st.integers(2, 64)),
        "seed": draw(st.integers(0, 2**31 - 1)),
        "groups": rows,
    }


@given(valid_values())
def test_a_valid_experiment_survives_json_and_pickle(values: dict[str, Any]) -> None:
    experiment = Experiment.from_dict(values)
    written = json.dumps(experiment.to_dict(), allow_nan=False)
    again = Experiment.from_dict(json.loads(written))
    assert again == experiment
    assert json.dumps(again.to_dict(), allow_nan=False) == written
    assert pickle.loads(pickle.dumps(experiment)) == experiment
    assert hash(again) == hash(experiment)
    assert [group.name for group in experiment.groups] == [group["name"] for group in values["groups"]]
    assert [group.lr for group in experiment.groups] == [float(group["lr"]) for group in values["groups"]]
    assert [group.schedule for group in experiment.groups] == [group["schedule"] for group in values["groups"]]
    assert [group.start_epoch for group in experiment.groups] == [int(g["start_epoch"]) for g in values["groups"]]


FIELD_NAMES = [field.name for field in (*fields(Experiment), *fields(Group))]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["*", "Adam", "SGD", "frozen", "simple_cnn", "shapes", "betas=(0.9, 0.95)", "eps=1", "0.1"]),
)
KEYS = st.sampled_from(FIELD_NAMES) | st.text(max_size=8)
JSON_LIKE = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=20
)
ALMOST = st.fixed_dictionaries(
    {"groups": st.lists(st.fixed_dictionaries({"name": SCALARS, "params": JSON_LIKE}) | JSON_LIKE)},
    optional={name: JSON_LIKE for name in FIELD_NAMES if name != "groups"},
)


@given(JSON_LIKE | ALMOST)
def test_any_json_becomes_an_experiment_or_an_error(value: object) -> None:
    try:
        experiment = Experiment.from_dict(value)
    except ExperimentError as error:
        assert error.problems
        assert all(problem.sentence(language) for problem in error.problems for language in LANGUAGES)
        return
    assert isinstance(experiment, Experiment)
    assert Experiment.from_dict(experiment.to_dict()) == experiment


@given(field=st.sampled_from([field.name for field in fields(Group)]), value=JSON_LIKE)
def test_any_json_in_a_groups_field_is_read_or_refused(field: str, value: object) -> None:
    try:
        experiment = Experiment.from_dict(raw(groups=[row(optimizer="SGD") | {field: value}, row(name="rest")]))
    except ExperimentError as error:
        assert {problem.row for problem in error.problems} <= {0, 1}
        assert all(problem.sentence(language) for problem in error.problems for language in LANGUAGES)
        return
    assert Experiment.from_dict(experiment.to_dict()) == experiment
