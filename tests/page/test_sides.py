"""What may stand on a side of a difference, and what is said of two sides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from torch import nn, optim

from core.assignment import differences
from core.experiment import Experiment, ExperimentError
from core.experiment.files import write_toml
from core.experiment.link import write_link
from core.page import PRESETS
from core.page.differences_panel import as_table, in_words
from core.page.sides import PAGE, TEXT, choices_of, says_of_parameters, side_of
from core.report import KeptRun
from core.text import LANGUAGES

Make = Callable[..., Experiment]
RAW = PRESETS["layerwise_lr"].to_dict()


def pasted(text: str | None) -> Any:
    return side_of(TEXT, text, RAW, [], PRESETS)


def groups_text(*groups: dict[str, Any]) -> str:
    return json.dumps(groups)


def forms() -> dict[str, str]:
    experiment = PRESETS["layerwise_lr"]
    started = {"event": "Started", "format": 1, "groups": [], "parameters": []}
    group = {"name": "all", "optimizer": "torch.optim.sgd.SGD", "settings": {"lr": 0.1}}
    parameter = {"name": "fc.weight", "shape": [3, 2], "dtype": "torch.float32", "trains": True, "group": 0}
    return {
        "JSON": json.dumps(experiment.to_dict()),
        "TOML": write_toml(experiment.to_dict()),
        "TOML of groups": "[[groups]]" + write_toml(experiment.to_dict()).partition("[[groups]]")[2],
        "a link": f"https://example.org/lab?c={write_link(experiment)}&title=x",
        "a link with capitals": f"HTTPS://EXAMPLE.ORG/?c={write_link(experiment)}#x",
        "a recording": json.dumps(started | {"groups": [group], "parameters": [parameter]}) + "\n",
    }


@pytest.mark.parametrize("form", forms())
def test_an_experiment_in_any_form_is_a_side(form: str) -> None:
    found = differences(side_of(PAGE, "", RAW, [], PRESETS), pasted(forms()[form]))
    assert found == [] if form != "a recording" else found[0].key == "gone"


def test_a_kept_run_and_a_preset_are_sides() -> None:
    run = KeptRun("run 1", "1", PRESETS["layerwise_lr"], "", 0.5)
    for language in LANGUAGES:
        values = [value for _, value in choices_of([run], PRESETS, language)]
        assert values[:3] == [PAGE, TEXT, "run:run 1"] and len(values) == 3 + len(PRESETS)
    a, b = (side_of(choice, "", RAW, [run], PRESETS) for choice in ("run:run 1", "preset:bert_no_decay"))
    assert differences(a, side_of(None, None, RAW, [], PRESETS)) == []
    assert {each.key for each in differences(a, b)} == {"new", "gone"}
    with pytest.raises(ExperimentError):
        side_of("run:gone", "", RAW, [run], PRESETS)


@pytest.mark.parametrize(
    "text", [None, "", "  \n", "what is this", "{", '{"groups": 3}', "https://e.org?c=@", "http://[::1", "[1]"]
)
def test_a_text_that_is_no_side_is_told_at_it(text: str | None) -> None:
    with pytest.raises(ExperimentError) as caught:
        pasted(text)
    assert all(problem.with_place(language) for problem in caught.value.problems for language in LANGUAGES)


def test_what_a_side_does_not_tell_is_said() -> None:
    model = nn.Linear(3, 2)
    named = pasted(groups_text({"params": ["weight"], "lr": 0.1}, {"params": ["bias"], "lr": 0.2}))
    numbered = pasted(groups_text({"params": [0, 1], "lr": 0.1}))
    printed = pasted(str(optim.SGD(model.parameters(), lr=0.5)))
    assert [says_of_parameters(side) for side in (named, numbered, printed)] == ["names", "order", "none"]
    found = differences(named, numbered)
    assert [(each.key, each.what, each.before, each.after) for each in found] == [
        ("moved", "bias", "group 2", "group 1")
    ]
    counted, by_order = in_words([named, numbered], found, "en")
    assert "another group: 1;" in counted and by_order.startswith("B numbers")
    found = differences(printed, numbered)
    assert [each.what for each in found] == ["group 1, lr"]
    assert in_words([printed, numbered], found, "en")[1:] == [
        "A says nothing of parameters: only settings are compared."
    ]
    assert in_words([named, named], [], "en") == ["A and B have the same groups with the same settings."]


def test_groups_of_one_side_take_the_names_of_the_other() -> None:
    named = pasted(groups_text({"params": ["a"], "name": "body", "lr": 1}, {"params": ["b"], "name": "head", "lr": 1}))
    plain = pasted(groups_text({"params": [0], "lr": 1}, {"params": [1], "lr": 2.0}))
    assert [(each.what, each.before, each.after) for each in differences(named, plain)] == [("head, lr", "1", "2.0")]


def test_what_torch_refuses_is_named() -> None:
    twice = pasted(groups_text({"params": ["a"]}, {"params": ["a", "b"]}))
    said = in_words([twice, twice], differences(twice, twice), "en")
    assert said[1] == "a is in group 1 and in group 2: torch refuses that"


def test_what_only_one_side_has_is_counted_and_shown_as_not_there() -> None:
    model = nn.Linear(3, 2)
    a, b = (pasted(str(each(model.parameters(), lr=0.1))) for each in (optim.Adam, optim.SGD))
    twice = pasted(str(optim.SGD([{"params": each} for each in model.parameters()], lr=0.1)))
    found = differences(a, b)
    assert in_words([a, b], found, "en")[0].endswith(f"only one of them has: 0; settings that differ: {len(found)}.")
    (group,) = differences(b, twice)
    assert "groups that only one of them has: 1;" in in_words([b, twice], [group], "en")[0]
    for language, none in (("en", "not there"), ("zh", "没有")):
        rows = as_table([*found, group], language).value["data"]
        assert rows[0] == ["group 2", none, "group 2"]
        assert ["group 1, betas", "[0.9, 0.999]", none] in rows and ["group 1, momentum", none, "0"] in rows
