"""An optimizer's groups as people print them, read from text that may hold anything."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import torch
from torch import nn, optim

from core.experiment import ExperimentError, are_named, looks_like_groups, read_groups
from core.text import LANGUAGES, fixed_words


def two_groups(model: nn.Module) -> optim.Optimizer:
    weights, biases = [p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim < 2]
    return optim.AdamW([{"params": weights, "betas": (0.8, 0.9)}, {"params": biases, "weight_decay": 0.0}], lr=0.1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_that_the_page_shows_print_what_is_read(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    optimizer = two_groups(model)
    monkeypatch.chdir(tmp_path)
    torch.save(optimizer.state_dict(), "optimizer.pt")
    lines = fixed_words(language)["differences_help"].split("```")[1::2]
    texts = []
    for line in lines:
        with redirect_stdout(StringIO()) as printed:
            exec(line, {"model": model, "optimizer": optimizer, "torch": torch})
        texts.append(printed.getvalue())
    assert all(looks_like_groups(text) for text in texts)
    by_name, by_number = (read_groups(text)["param_groups"] for text in texts)
    assert [group["params"] for group in by_name] == [["0.weight", "1.weight"], ["0.bias", "1.bias"]]
    assert [group["params"] for group in by_number] == [[0, 1], [2, 3]]
    assert are_named(by_name) and not are_named(by_number)
    assert [group["lr"] for group in by_name] == [group["lr"] for group in by_number] == [0.1, 0.1]
    assert by_name[0]["betas"] == "[0.8, 0.9]"


def test_what_torch_prints_of_an_optimizer_is_its_settings() -> None:
    text = str(two_groups(nn.Linear(3, 2)))
    assert looks_like_groups(text)
    first, second = read_groups(text)["param_groups"]
    assert (first["betas"], first["weight_decay"], second["weight_decay"]) == ("[0.8, 0.9]", 0.01, 0.0)
    assert first["maximize"] is False and first["foreach"] is None and first["params"] == []


def test_what_torch_prints_of_an_optimizer_that_was_given_names_has_them() -> None:
    """Which was refused where the names were few, and else gave no parameters."""
    for model in (nn.Linear(3, 2), nn.Sequential(*(nn.Linear(2, 2) for _ in range(50)))):
        (group,) = read_groups(str(optim.SGD(model.named_parameters(), lr=0.1)))["param_groups"]
        assert group["params"] == [name for name, _ in model.named_parameters()] and "param_names" not in group
        assert are_named([group])
    for strange in ("[" * 100_000, "3", "[}"):
        (group,) = read_groups(f"SGD (\nParameter Group 0\n    param_names: {strange}\n)")["param_groups"]
        assert group["params"] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "Expecting value"),
        ("[]", "a list of 1 to 1000"),
        ('{"param_groups": 3}', "a list of 1 to 1000"),
        ("[1]", "group 1 has no list"),
        ('[{"params": []}, {"lr": 1}]', "group 2 has no list"),
        ('[{"params": [true]}]', "True is neither"),
        ('[{"params": [[1]]}]', "[1] is neither"),
        ('[{"params": ["' + "a" * 201 + '"]}]', "is neither"),
        ('[{"params": [1], "param_names": []}]', "1 params and 0 param_names"),
        (json.dumps([{"params": [], **{str(i): i for i in range(100)}}]), "more than 100 settings"),
        (json.dumps([{"params": [*range(20_001)]}]), "more than 20,000 parameters"),
        (json.dumps([{"params": []}] * 1001), "a list of 1 to 1000"),
        ("[" * 100_000, "nested too deep"),
    ],
    ids=range(13),
)
def test_what_is_no_list_of_groups_is_told(text: str, why: str) -> None:
    assert looks_like_groups(text)
    with pytest.raises(ExperimentError) as caught:
        read_groups(text)
    (problem,) = caught.value.problems
    assert problem.field == "file" and why in problem.sentence("en")


@pytest.mark.parametrize(
    "text", ["", "a = 3", '[[groups]]\nname = "a"', '{"groups": []}', "conv1.weight (3, 3)", "Parameter Groups are"]
)
def test_other_texts_are_not_taken_for_groups(text: str) -> None:
    assert not looks_like_groups(text)


def test_values_of_any_length_are_cut() -> None:
    (group,) = read_groups(json.dumps([{"params": ["a"], "note": "x" * 500, "nested": [[1] * 300]}]))["param_groups"]
    assert max(len(group["note"]), len(group["nested"])) == 100
    (other,) = read_groups(json.dumps([{"params": ["a"], "note": "x" * 501, "nested": [[1] * 300]}]))["param_groups"]
    assert other["nested"] == group["nested"] and other["note"] != group["note"], "it differs where it was cut"
