"""In what two experiments differ, in words."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

import app
from core.experiment import Experiment, Group, differences, ruled_fields
from tests.conftest import Make

CONV = {"name": "conv", "params": ["conv*"], "optimizer": "SGD", "lr": 0.01, "momentum": 0.9}
FC1 = {"name": "fc1", "params": ["fc1.*"], "lr": 0.01}
FC2 = {"name": "fc2", "params": ["fc2.*"], "lr": 0.01}


def said(a: Experiment, b: Experiment) -> list[str]:
    return [sentence.en for sentence in differences(a, b)]


def test_equal_experiments_differ_in_nothing_whatever_their_titles(make: Make) -> None:
    experiment = make(CONV, FC1, FC2)
    assert differences(experiment, experiment) == []
    assert differences(experiment, replace(experiment, title="another", summary="a", look_for="b")) == []


@pytest.mark.parametrize(
    ("field", "value", "english", "chinese"),
    [
        ("model", "resnet18", "Model: simple_cnn → resnet18", "模型"),
        ("dataset", "cifar10", "Dataset: shapes → cifar10", "数据集"),
        ("pretrained", True, "Pre-trained weights: no → yes", "否 → 是"),
        ("epochs", 2, "Epochs: 1 → 2", "1 → 2"),
        ("train_size", 128, "Training images: 64 → 128", "64 → 128"),
        ("test_size", 30, "Test images: 20 → 30", "20 → 30"),
        ("image_size", 64, "Image size (px): 32 → 64", "32 → 64"),
        ("batch_size", 32, "Batch size: 16 → 32", "16 → 32"),
        ("seed", 2**31 - 1, "Seed: 0 → 2147483647", "随机种子"),
        ("frozen_norm", "train", "Frozen BatchNorm: eval → train", "eval → train"),
        ("clip", "norm_per_group", "Gradient clipping: none → norm_per_group", "梯度裁剪"),
        ("clip_at", 0.5, "Clip at: 1 → 0.5", "裁剪阈值"),
    ],
)
def test_every_setting_is_told(make: Make, field: str, value: Any, english: str, chinese: str) -> None:
    (sentence,) = differences(make(), make(**{field: value}))
    assert sentence.en == english
    assert chinese in sentence.zh


def test_no_setting_is_forgotten() -> None:
    told = {"model", "dataset", "pretrained", "epochs", "train_size", "test_size", "image_size", "batch_size", "seed"}
    words = {"title", "summary", "look_for"}
    assert {field.name for field in ruled_fields(Experiment)} == told | words | {
        "frozen_norm",
        "structure",
        "clip",
        "clip_at",
    }


def test_names_and_shapes_are_told_by_how_many_lines_they_are(make: Make) -> None:
    (sentence,) = differences(make(), make(structure="a.weight 3 4\na.bias 3\n"))
    assert sentence.en == "names and shapes: none → 2 lines"
    assert sentence.zh.endswith("2 行")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": 0.001}, "conv: lr 0.01 → 0.001"),
        ({"lr": 0.01 + 1e-12}, "conv: lr 0.01 → 0.010000000001"),
        ({"weight_decay": 1e-4}, "conv: weight decay 0 → 0.0001"),
        ({"momentum": None}, "conv: momentum 0.9 → default"),
        ({"layer_decay": 0.7}, "conv: layer decay none → 0.7"),
        ({"role": "bias"}, "conv: role any → bias"),
        ({"depth": "2-5"}, "conv: depth all → 2-5"),
        ({"schedule": "linear"}, "conv: schedule constant → linear"),
        ({"start_epoch": 1}, "conv: start epoch 0 → 1"),
        ({"options": "nesterov=True"}, "conv: options none → nesterov=True"),
        ({"optimizer": "Adam", "momentum": None, "lr": 1e-3}, "conv: optimizer SGD → Adam; lr 0.01 → 0.001; momentum"),
    ],
)
def test_every_field_of_a_group_is_told(make: Make, change: dict[str, Any], words: str) -> None:
    (sentence,) = said(make(CONV, FC1, FC2, epochs=2), make(CONV | change, FC1, FC2, epochs=2))
    assert sentence.startswith(words)


def test_parameters_that_move_between_groups_are_told_by_the_patterns(make: Make) -> None:
    wide, narrow = FC1 | {"params": ["fc*"]}, FC2 | {"params": ["fc2.weight"]}
    assert said(make(CONV, FC1, FC2), make(CONV, wide, narrow)) == [
        "fc1: parameters (globs) fc1.* → fc*",
        "fc2: parameters (globs) fc2.* → fc2.weight",
    ]


def test_of_a_frozen_group_only_what_it_takes_counts(make: Make) -> None:
    frozen = {"name": "fc1", "params": ["fc1.*"], "optimizer": "frozen", "lr": 5.0}
    assert said(make(CONV, FC1, FC2), make(CONV, frozen, FC2)) == ["fc1: optimizer Adam → frozen"]
    assert said(make(CONV, frozen, FC2), make(CONV, frozen | {"lr": 1.0, "schedule": "linear"}, FC2)) == []
    assert said(make(CONV, frozen, FC2), make(CONV, frozen | {"params": ["fc1.bias"]}, FC2)) != []


def test_groups_of_one_side_and_another_order_are_told(make: Make) -> None:
    assert said(make(CONV, FC1), make(FC1, FC2)) == ["group conv only in A (conv*)", "group fc2 only in B (fc2.*)"]
    told = differences(make(CONV, FC1), make(FC1, FC2), is_change=True)
    assert [each.en for each in told] == ["without group conv (conv*)", "with group fc2 (fc2.*)"]
    assert [each.zh for each in told] == ["没有参数组 conv（conv*）", "新增参数组 fc2（fc2.*）"]
    assert said(make(CONV, FC1), make(FC1, CONV)) == ["order of the groups: conv, fc1 → fc1, conv"]
    (chinese,) = (sentence.zh for sentence in differences(make(CONV, FC1), make(CONV)))
    assert chinese == "只有 A 有参数组 fc1（fc1.*）"


def test_long_values_are_cut(make: Make) -> None:
    many = FC1 | {"params": [f"layer{number}.*" for number in range(20)]}
    (sentence,) = said(make(FC1), make(many))
    assert len(sentence) < 120 and sentence.endswith("…")


@pytest.mark.parametrize("name", app.PRESETS)
def test_two_presets_differ_in_words_exactly_where_their_values_do(name: str) -> None:
    """Against the plain values: no sentence if and only if all but the descriptions is equal."""
    a, words = app.PRESETS[name], ("title", "summary", "look_for")
    for b in app.PRESETS.values():
        values = [{key: value for key, value in e.to_dict().items() if key not in words} for e in (a, b)]
        assert (said(a, b) == []) == (values[0] == values[1])
        assert len(said(a, b)) == len(said(b, a))


def test_the_fields_of_a_group_are_those_that_were_tried() -> None:
    tried = {"lr", "weight_decay", "momentum", "layer_decay", "role", "depth", "schedule", "start_epoch", "options"}
    tried |= {"schedule_options", "end_epoch"}
    assert {field.name for field in fields(Group)} == tried | {"name", "params", "optimizer"}
