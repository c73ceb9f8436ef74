"""Links: there and back, those made long ago, and those made to do harm."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.experiment.link
from core.events import Event, to_json
from core.experiment import MAX_GROUPS, Bilingual, Experiment, ExperimentError, Group, Problem, load_presets
from core.experiment.files import MAX_FILE_BYTES
from core.experiment.link import MAX_LINK, VERSION, read_link, write_link
from core.text import LANGUAGES
from core.training import train
from tests.report.test_downloads import experiments

Make = Callable[..., Experiment]

FOLDER = Path(__file__).parents[2] / "presets"
PRESETS = load_presets(FOLDER)
ARTICLE = [path.stem for path in FOLDER.glob("article/*.toml")]
NO_WORDS = {"title": Bilingual("", ""), "summary": Bilingual("", ""), "look_for": Bilingual("", "")}

# Links as version 1 made them, and every setting they stand for: these must read the same for ever.
FROZEN: dict[str, dict[str, Any]] = {
    "eNqrVipTsjLUUUovyi8tKFayiq5WykvMTVWyUkrOzyszVNJRKkgsSswFyUBE9LSUYmt1UFQZYagyQlOVloxqEpAPUqGjlFOkZGWgZ2CIotYITa"
    "0RmtrYWgDoLTYu": {
        "groups": [
            {"name": name, "params": [f"{name}.*"], "optimizer": "Adam", "lr": lr}
            for name, lr in (("conv1", 0.001), ("conv2", 0.001), ("fc1", 0.01), ("fc2", 0.01))
        ],
    },
    "eNpVjcsKgzAQRf_lLksQA6WU_EqRMupoQ82DSXSh5N8buyh0e8853AMbjFZwYeQFBsLJc9Z3KEThLGQ9jzBZVlawjmZ-JrszzO2qMEtYY4J5HPDk"
    "6ogX03imJOROgGloLugUFoFpm1YX9XN7Gt598Pznf-UQs3X1pTaYJOzsUbryAVX9NtY": {
        "model": "resnet18",
        "pretrained": True,
        "image_size": 64,
        "groups": [
            {"name": "head", "params": ["fc.*"], "optimizer": "Adam", "lr": 0.01},
            {"name": "backbone", "params": ["*"], "optimizer": "frozen", "lr": 0.001},
        ],
    },
    "eNpVkE1OwzAQhe8yy8iKEohIiYTYILFiQ9mhKnKdIbEU_2jsBLVVdtyKA3ENxmlBsJt5fp736Z1ghqYUYFyHIzRAGCzGcgMCPGEkqS120ESaUE"
    "AnowwY2RYG6TGwaXW0QR8RmrrmHUO8rCWf1Ub2eNmrQgB6p4bAs4C9jGr4-SkgYMq5Kqu62lzfVKy8kTuiba0jw4lrEAf25CbPF15PYKXhv_D1"
    "-ZFoJUmTdFDOzvd5xlqW77UMsBNAbkzWd9T9EPnF-agNRxOL28cHVkYei5yRz562QyUPSSqKYu3HoI2TScot06oBu2m96Sy26qB4Pp91linAcg"
    "9Ibr574eZgEb-0-3-sWYL7C_P8tPXkPJtClBTbtTDuZdkt3wHiigM": {
        **{"model": "resnet18", "pretrained": True, "dataset": "shapes", "train_size": 77, "test_size": 11},
        **{"image_size": 40, "epochs": 4, "batch_size": 7, "seed": 2**31 - 1, "frozen_norm": "train"},
        "groups": [
            {
                **{"name": "组", "params": ["conv?.*", "*.bias"], "role": "weight", "optimizer": "SGD", "lr": 0.1},
                **{"weight_decay": 1e-4, "momentum": 0.9, "schedule": "one_cycle", "options": "nesterov=True"},
            },
            {"name": "b", "params": ["*"], "optimizer": "RMSprop", "lr": 0.001, "start_epoch": 2},
        ],
    },
}


def common_settings() -> dict[str, Any]:
    """All settings as version 1 leaves them out."""
    settings = {"model": "simple_cnn", "pretrained": False, "dataset": "cifar10", "train_size": 5000}
    settings |= {"test_size": 1000, "image_size": 32, "epochs": 3, "batch_size": 128, "seed": 0, "frozen_norm": "eval"}
    return settings


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def link_of(plain: object) -> str:
    return packed(json.dumps(plain).encode())


def problems_of(text: str) -> tuple[Problem, ...]:
    began = time.monotonic()
    with pytest.raises(ExperimentError) as caught:
        read_link(text)
    assert time.monotonic() - began < 1
    for problem in caught.value.problems:
        assert all(0 < len(problem.sentence(language)) < 600 for language in LANGUAGES)
    return caught.value.problems


def without_words(experiment: Experiment) -> Experiment:
    return replace(experiment, **NO_WORDS)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_comes_back_without_its_texts(name: str) -> None:
    text = write_link(PRESETS[name])
    assert read_link(text) == without_words(PRESETS[name])
    assert len(text) <= (215 if name in ARTICLE else 1000 if PRESETS[name].structure else 300)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(experiments())
def test_any_experiment_comes_back_or_is_too_long(experiment: Experiment) -> None:
    try:
        text = write_link(experiment)
    except ExperimentError as error:
        assert [(p.field, p.key) for p in error.problems] == [("link", "too_long_for_link")]
        return
    assert len(text) <= MAX_LINK
    assert read_link(text) == without_words(experiment)


def test_every_setting_that_is_not_the_default_comes_back() -> None:
    group = {"name": "组", "params": ["*"], "role": "any", "optimizer": "SGD", "lr": 0.1, "weight_decay": 1e-4}
    group |= {"momentum": 0.0, "schedule": "one_cycle", "options": "nesterov=False"}
    late = {"name": "b", "params": ["x"], "optimizer": "frozen", "start_epoch": 2, "role": "bias"}
    sizes = {"train_size": 77, "test_size": 11, "image_size": 40, "epochs": 4, "batch_size": 7, "seed": 2**31 - 1}
    choices = {"model": "resnet18", "pretrained": True, "dataset": "shapes", "frozen_norm": "train"}
    experiment = Experiment.from_dict(sizes | choices | {"groups": [group, late]})
    assert read_link(write_link(experiment)) == experiment


def test_a_usual_large_experiment_fits_and_the_largest_is_refused_in_words() -> None:
    options = "betas=(0.9, 0.95) eps=1e-7"
    usual = [
        {"name": f"block {i}", "params": [f"layer{i}.*.conv?.weight", f"layer{i}.*.bn*"], "optimizer": "AdamW"}
        | {"lr": 1e-3 * 0.65**i, "weight_decay": 0.05, "options": options}
        for i in range(MAX_GROUPS)
    ]
    experiment = Experiment.from_dict({"groups": usual})
    assert read_link(write_link(experiment)) == experiment
    globs = [tuple(f"{i}.{k}" + str(hash((i, k))) * 4 for k in range(7)) for i in range(MAX_GROUPS)]
    largest = Experiment(groups=tuple(Group(name=str(i), params=params) for i, params in enumerate(globs)))
    with pytest.raises(ExperimentError, match="download it as TOML instead") as caught:
        write_link(largest)
    assert caught.value.field == "link"


def test_a_link_may_be_as_long_as_the_limit_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = PRESETS["dual_optimizer"]
    text = write_link(experiment)
    monkeypatch.setattr(core.experiment.link, "MAX_LINK", len(text))
    assert read_link(write_link(experiment)) == without_words(experiment)
    monkeypatch.setattr(core.experiment.link, "MAX_LINK", len(text) - 1)
    for refused in (lambda: write_link(experiment), lambda: read_link(text)):
        with pytest.raises(ExperimentError) as caught:
            refused()
        assert caught.value.problems[0].values == {"count": len(text), "most": len(text) - 1}


def test_letters_are_packed_as_they_are() -> None:
    text = write_link(Experiment(groups=(Group(name="组" * 40, params=("*",)),)))
    assert "组" * 40 in zlib.decompress(base64.urlsafe_b64decode(text + "==")).decode()


def test_a_link_holds_settings_of_schedules_ends_and_clipping() -> None:
    wsd = {"schedule": "wsd", "schedule_options": "decay=0.5 floor=0.1", "start_epoch": 1, "end_epoch": 2}
    steps = {"schedule": "multi_step", "schedule_options": "milestones=(0.25, 0.5)"}
    groups = [{"name": "a", "params": ["conv*"], **wsd}, {"name": "b", "params": ["*"], **steps}]
    experiment = Experiment.from_dict({"groups": groups, "clip": "norm_per_group", "clip_at": 0.25})
    assert read_link(write_link(experiment)) == experiment
    assert experiment.groups[1].schedule_options == (("milestones", (0.25, 0.5)),)


@pytest.mark.parametrize("text", FROZEN)
def test_links_made_long_ago_read_the_same(text: str) -> None:
    group = {"role": "any", "weight_decay": 0.0, "momentum": None, "schedule": "constant", "start_epoch": 0}
    raw = FROZEN[text]
    groups = [group | {"options": ""} | own for own in raw["groups"]]
    assert read_link(text) == Experiment.from_dict(common_settings() | raw | {"groups": groups})


def events_of(experiment: Experiment) -> list[dict[str, Any]]:
    def comparable(event: Event) -> dict[str, Any]:
        plain = to_json(event)
        return {key: value for key, value in plain.items() if key not in ("seconds", "experiment")}

    return [comparable(event) for event in train(experiment, "cpu") if type(event).__name__ != "Progress"]


def test_a_run_from_a_link_gives_the_same_floats(make: Make) -> None:
    first = {"name": "convs", "params": ["conv*"], "optimizer": "AdamW", "lr": 1 / 3000, "weight_decay": 0.1}
    second = {"name": "rest", "params": ["*"], "optimizer": "SGD", "momentum": 0.9, "schedule": "one_cycle"}
    experiment = make(first, second, epochs=2, seed=7, title="a title")
    opened = read_link(write_link(experiment))
    assert events_of(opened) == events_of(experiment)
    assert events_of(replace(opened, seed=8)) != events_of(experiment)


ONE = {"v": VERSION, "groups": [{"name": "a", "params": ["*"]}]}


def test_the_same_plain_values_make_a_good_link() -> None:
    assert read_link(link_of(ONE)) == Experiment(groups=(Group(name="a", params=("*",)),))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "!",
        "AAAA",
        "组" * 10,
        "\ud800",
        "\0",
        link_of(ONE)[:-5],
        link_of(ONE) + "A" * 8,
        link_of(ONE) + "=",
        " " + link_of(ONE),
        link_of(ONE).replace("_", "/").replace("-", "+") + "+",
        packed(b""),
        packed(b"\xff\xfe"),
        packed(b'{"v": 1'),
        packed(b"[" * 100_000),
        packed(b'{"v":' * 50_000),
        packed(b'{"v": 1, "groups": "\\ud800"}'),
        packed(b'{"v": ' + b"9" * 100_000 + b"}"),
        packed(b'{"v": 1, "groups": []}' + b" " * MAX_FILE_BYTES),
        link_of([1, 2]),
        link_of(None),
        link_of("x"),
    ],
)
def test_what_is_no_link_is_said_to_be_unreadable(text: str) -> None:
    assert [(p.row, p.field, p.key) for p in problems_of(text)] == [(None, "link", "link_unreadable")]


@pytest.mark.parametrize("before", ["http://127.0.0.1:7860/?c=", "?c=", "https://a.b/x/?__theme=dark&c="])
@pytest.mark.parametrize("behind", ["", "&preset=x", "#run"])
def test_a_whole_address_is_read_by_its_parameter(before: str, behind: str) -> None:
    assert read_link(f"{before}{link_of(ONE)}{behind}") == read_link(link_of(ONE))


@pytest.mark.parametrize("text", ["http://127.0.0.1:7860/", "https://a.b/?preset=x", "?abc=1", "http://a.b/#c=1"])
def test_an_address_without_an_experiment_is_told_as_that(text: str) -> None:
    (problem,) = problems_of(text)
    assert (problem.field, problem.key) == ("link", "link_without_experiment")
    assert "“?c=”" in problem.sentence()


def test_an_address_is_bounded_as_its_link_is() -> None:
    assert problems_of("http://a.b/?c=" + "A" * (MAX_LINK + 1))[0].key == "link_too_long"
    assert problems_of("?" * 10**6 + "&c" * 10**6)[0].key == "link_without_experiment"


@pytest.mark.parametrize("thing", [None, 3, b"x", ["x"]])
def test_what_is_no_text_is_no_link(thing: Any) -> None:
    assert [(p.field, p.key) for p in problems_of(thing)] == [("link", "not_a_text")]


def test_what_is_no_experiment_gives_no_link() -> None:
    with pytest.raises(ExperimentError, match="experiment: dict is not an experiment; "):
        write_link({"groups": []})  # type: ignore[arg-type]


def test_a_bomb_is_not_unpacked() -> None:
    """4 MB of blanks take 4 kB: reading stops at the limit."""
    bomb = packed(b'{"v": 1, "groups": []}' + b" " * 4_000_000)
    assert len(bomb) <= MAX_LINK
    tracemalloc.start()
    assert problems_of(bomb)[0].key == "link_unreadable"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_FILE_BYTES


def test_what_is_packed_may_be_as_long_as_the_limit_and_no_longer() -> None:
    content = json.dumps(ONE).encode()
    assert read_link(packed(content.ljust(MAX_FILE_BYTES))) == read_link(link_of(ONE))
    assert problems_of(packed(content.ljust(MAX_FILE_BYTES + 1)))[0].key == "link_unreadable"


def test_a_long_text_is_refused_unread() -> None:
    for text in ("A" * (MAX_LINK + 1), "A" * 10**7):
        assert [(p.field, p.key) for p in problems_of(text)] == [("link", "link_too_long")]


@pytest.mark.parametrize("version", [0, 2, None, "1", True, 1.0, [1], 10**4000, float("nan")])
def test_another_version_is_said_in_words(version: object) -> None:
    (problem,) = problems_of(link_of(ONE | {"v": version}))
    assert (problem.field, problem.key) == ("link", "link_version")
    assert "only version 1 can be read here" in problem.sentence()
    assert repr(problem.values["value"]) == repr(version)


def test_values_outside_their_rules_are_named() -> None:
    raw = ONE | {"epochs": 10**6, "x": 1, "seed": float("nan"), "groups": [{"name": "a", "params": "*", "lr": -1}]}
    found = {(p.row, p.field, p.key) for p in problems_of(link_of(raw))}
    assert found == {
        *((0, "lr", "out_of_bounds"), (None, "epochs", "out_of_bounds")),
        *((None, "x", "unknown_field"), (None, "seed", "not_whole")),
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
fields = st.sampled_from([*Experiment.__dataclass_fields__, "v", "other"])


@given(
    st.text()
    | st.binary(max_size=2000).map(packed)
    | st.binary(max_size=2000).map(lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="))
    | json_values.map(link_of)
    | st.dictionaries(fields, json_values, max_size=8).map(lambda raw: link_of(ONE | raw))
    | st.dictionaries(st.sampled_from([*Group.__dataclass_fields__]), json_values).map(
        lambda group: link_of({"v": 1, "groups": [group]})
    )
)
def test_nothing_but_an_experiment_or_an_error_comes_of_any_text(text: str) -> None:
    try:
        assert read_link(text).groups
    except ExperimentError as error:
        for language in LANGUAGES:
            assert all(problem.sentence(language).encode() for problem in error.problems)
