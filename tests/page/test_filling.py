"""Whatever a file holds, the page gets values that its inputs can show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
from core.checking import check
from core.data import dataset_names
from core.experiment import MAX_GROUPS, Experiment, Group, load_presets
from core.page.filling import SETTINGS, has_rows, network_names, setting_values, table_rows
from core.page.importing import read_file, tell
from core.page.inputs import raw_of
from core.page.sharing_panel import link_value
from core.server import Runs
from core.widgets.group_table import COLUMNS, rows_of
from tests.experiment.test_link import without_words
from tests.report.test_downloads import experiments

PRESETS = load_presets(Path(__file__).parents[2] / "presets")


def through_the_page(raw: dict[str, Any]) -> Experiment:
    return Experiment.from_dict(raw_of(table_rows(raw), *setting_values(raw).values()))


@given(experiments())
def test_any_experiment_comes_through_the_page_unchanged(experiment: Experiment) -> None:
    assert through_the_page(experiment.to_dict()) == without_words(experiment)


def test_names_that_end_as_a_float_does_are_kept() -> None:
    group = Group(name="v1.0", params=("block.0", "2.0"), lr=1.0, weight_decay=0.5)
    (row,) = rows_of((group,))
    assert (row["name"], row["params"], row["lr"], row["weight_decay"]) == ("v1.0", "block.0 2.0", "1", "0.5")
    assert through_the_page({"groups": [group.to_dict()]}).groups == (group,)


def test_wrong_values_are_in_their_cells() -> None:
    group = {"name": 3, "params": "a,b c", "optimizer": "Lion", "lr": "fast", "momentum": True, "betas": [0.9, 0.99]}
    (row,) = table_rows({"groups": [group | {"weight_decay": -1, "role": None, "options": {"eps": 1}}]})
    assert set(row) == set(COLUMNS)
    assert (row["name"], row["params"], row["optimizer"], row["lr"]) == ("3", "a,b c", "Lion", "fast")
    assert (row["momentum"], row["weight_decay"], row["role"], row["options"]) == ("True", "-1", "", "{'eps': 1}")
    assert (row["schedule"], row["start_epoch"]) == ("constant", "0")


def test_settings_that_no_input_can_show_have_their_default() -> None:
    wrong = {"model": "vgg", "dataset": 3, "pretrained": "yes", "epochs": "many", "seed": float("nan")}
    values = setting_values(wrong | {"batch_size": 10**4000, "train_size": [1], "frozen_norm": None})
    default = Experiment(groups=(Group(name="a", params=("*",)),))
    assert values == {name: getattr(default, name) for name in SETTINGS}


def test_numbers_out_of_bounds_are_shown() -> None:
    values = setting_values({"epochs": 1000, "seed": -1, "batch_size": "7.5", "image_size": "64"})
    assert (values["epochs"], values["seed"], values["batch_size"], values["image_size"]) == (1000, -1, 7.5, 64)


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        (None, False),
        ([], False),
        ([{}], True),
        ([{}] * MAX_GROUPS, True),
        ([{}] * (MAX_GROUPS + 1), False),
        ([{}, 1], False),
        ({"a": {}}, False),
        ("ab", False),
    ],
)
def test_the_table_takes_lists_of_tables(groups: object, shown: bool) -> None:
    assert has_rows({"groups": groups}) == shown


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
keys = st.sampled_from([*COLUMNS, *SETTINGS, "groups"]) | st.text()


@given(st.dictionaries(keys, anything), st.lists(st.dictionaries(keys, anything), min_size=1, max_size=3))
def test_any_json_gives_values_that_the_inputs_take(raw: dict[str, Any], groups: list[dict[str, Any]]) -> None:
    raw = raw | {"groups": groups}
    assert all(isinstance(text, str) for row in table_rows(raw) for text in row.values())
    values = setting_values(raw)
    json.dumps(values, allow_nan=False).encode()
    assert (
        (values["model"] in network_names() or values["structure"])
        and values["dataset"] in dataset_names()
        and isinstance(values["pretrained"], bool)
    )
    check(raw_of(table_rows(raw), *values.values()))
    read, said = read_file(json.dumps(raw), "en")
    assert read is not None and said[0].startswith("Imported: ")


def test_what_was_imported_is_told_with_the_datasets_name() -> None:
    text = '{"dataset": "cifar10", "groups": [{"name": "all", "params": ["*"]}]}'
    assert "simple_cnn on CIFAR-10, seed 0" in read_file(text, "en")[1][0]
    assert "数据集 CIFAR-10，" in read_file(text, "zh")[1][0]
    assert "on shapes," in read_file(text.replace("cifar10", "shapes"), "en")[1][0]


def test_lists_in_lists_are_survived() -> None:
    text = '{"groups": [{"name": ' + "[" * 900 + "]" * 900 + ', "params": 0x1}]}'
    assert read_file(text, "en")[0] is None
    raw, said = read_file(text.replace("0x1", "1"), "en")
    assert raw is not None and table_rows(raw)
    assert "groups[0].name" in said[1]
    huge, _ = read_file("seed = 0x" + "f" * 20_000 + "\n[[groups]]\nname = 0x" + "f" * 20_000, "zh")
    assert huge is not None and (table_rows(huge)[0]["name"], setting_values(huge)["seed"]) == ("", 0)


def test_a_file_without_groups_is_refused_with_what_is_wrong() -> None:
    raw, said = read_file("epochs = 0", "en")
    assert raw is None
    assert said == [
        "This could not be imported, and the page is unchanged:",
        "groups: there is no group; an experiment needs at least one",
    ]
    assert read_file(None, "zh")[1][1].startswith("file: 这不是 UTF-8 文本")


def test_of_many_problems_the_first_are_told() -> None:
    problems = check({"groups": [{"name": i, "params": i} for i in range(MAX_GROUPS)]}).problems
    lines = tell(problems, "en")
    assert len(problems) == 2 * MAX_GROUPS
    assert lines[:20] == [problem.with_place() for problem in problems[:20]]
    assert lines[20:] == [f"… and {2 * MAX_GROUPS - 20} more"]


def test_only_what_is_valid_becomes_a_link() -> None:
    preset = PRESETS["layerwise_lr"]
    values = list(setting_values(preset.to_dict()).values())
    rows = rows_of(preset.groups)
    assert set(link_value("en", rows, *values)) == {"link"}
    for wrong in ([rows[0] | {"lr": "x"}, *rows[1:]], rows[1:], []):
        assert link_value("zh", wrong, *values) == {
            "problem": "只有有效的内容才能生成链接：请先改正红色标记处，再复制。"
        }


def test_what_is_asked_again_and_again_is_not_asked_before_the_page_has_been_filled() -> None:
    timers = [block for block in app.build(Runs()).blocks.values() if isinstance(block, gr.Timer)]
    assert [timer.active for timer in timers] == [False]
