"""The settings of a side: what it tells of a group, and what follows where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn, optim

from core.assignment import Difference, differences
from core.experiment import FROZEN, OPTIMIZER_OPTIONS, Experiment, read_groups
from core.text import LANGUAGES

Make = Callable[..., Experiment]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of what reading leaves out
MODEL = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2, bias=False))  # matrices alone, which Muon takes


class Custom(optim.Optimizer):
    """Of a class that torch has not, without a rate or a decay."""

    def __init__(self, params: Any, strength: float = 1.0) -> None:
        super().__init__(params, {"strength": strength})


def printed(optimizer: optim.Optimizer) -> Any:
    return read_groups(str(optimizer))


def as_json(optimizer: optim.Optimizer) -> Any:
    names = {parameter: name for name, parameter in MODEL.named_parameters()}
    groups = [group | {"params": [names[each] for each in group["params"]]} for group in optimizer.param_groups]
    return read_groups(json.dumps(groups, default=str))


def saved(optimizer: optim.Optimizer) -> Any:
    return optimizer.state_dict()


FORMS = [lambda optimizer: optimizer, printed, as_json, saved]


@pytest.mark.parametrize("name", [*sorted({*OPTIMIZER_OPTIONS} - {FROZEN}), "Custom"])
def test_a_side_in_one_form_is_that_in_every_other(name: str) -> None:
    """Also beside an experiment, which tells of a class no more than what is not its default."""
    optimizer = Custom(MODEL.parameters()) if name == "Custom" else getattr(optim, name)(MODEL.parameters(), lr=0.01)
    sides = [each(optimizer) for each in FORMS] + [Experiment.from_optimizer(MODEL, optimizer)]
    assert [differences(a, b, MODEL) for a in sides for b in sides] == [[]] * 25


@pytest.mark.parametrize("form", FORMS[1:])
def test_settings_of_another_class_are_told_where_nothing_names_it(form: Callable[..., Any], make: Make) -> None:
    adam, sgd = optim.Adam(MODEL.parameters(), lr=0.1), optim.SGD(MODEL.parameters(), lr=0.1, momentum=0.9)
    found = differences(form(adam), form(sgd), MODEL)
    assert {(each.key, each.what.partition(", ")[2]) for each in found} >= {
        ("setting_gone", "betas"),
        ("setting_new", "momentum"),
    }
    assert all(each.sentence(language) for each in found for language in LANGUAGES)
    experiment = make({"name": "all", "params": "*", "lr": 0.1})
    assert differences(experiment, form(adam), MODEL) == []
    assert Difference("setting_new", "all, momentum", None, "0.9") in differences(experiment, form(sgd), MODEL)
    assert Difference("setting_gone", "all, momentum", "0.9") in differences(form(sgd), experiment, MODEL)


def test_where_both_sides_name_their_class_its_settings_are_its_own() -> None:
    adam, sgd = optim.Adam(MODEL.parameters(), lr=0.1), optim.SGD(MODEL.parameters(), lr=0.1)
    assert differences(adam, sgd) == [Difference("setting", "group 1, optimizer", "Adam", "SGD")]


def test_an_experiment_has_the_defaults_of_its_class(make: Make) -> None:
    experiment = make({"name": "all", "params": "*", "lr": 0.1})
    adam = optim.Adam(MODEL.parameters(), lr=0.1, betas=(0.5, 0.999), amsgrad=True)
    for form in FORMS:
        assert {*differences(experiment, form(adam), MODEL)} == {
            Difference("setting", "all, betas", "[0.9, 0.999]", "[0.5, 0.999]"),
            Difference("setting", "all, amsgrad", "False", "True"),
        }
    rprop = make({"name": "all", "params": "*", "optimizer": "Rprop", "lr": 0.1})
    assert differences(rprop, optim.Rprop(MODEL.parameters(), lr=0.1), MODEL) == []
    nesterov = make({"name": "all", "params": "*", "optimizer": "SGD", "options": "nesterov=True", "lr": 0.1})
    assert differences(nesterov, nesterov, MODEL) == []  # which torch refuses without momentum


def test_a_side_that_tells_only_some_settings_differs_in_these_alone() -> None:
    adam = optim.Adam(MODEL.parameters(), lr=0.1)
    (group,) = saved(adam)["param_groups"]
    for some in ([{"params": MODEL.parameters(), "lr": 0.1}], {"param_groups": [{"params": [0, 1], "lr": 0.1}]}):
        assert differences(some, adam) == differences(adam, some) == []
    older = {key: value for key, value in group.items() if key != "decoupled_weight_decay"}
    assert differences({"param_groups": [older]}, adam) == []
    own = [{"params": MODEL.parameters(), "lr": 0.1, "momentum": 0.5}]
    assert differences(own, adam) == [Difference("setting_gone", "group 1, momentum", "0.5")]
    mine = optim.Adam([{"params": MODEL.parameters(), "lr_scale": torch.tensor(0.5)}], lr=0.1)
    assert differences(adam, mine) == [Difference("setting_new", "group 1, lr_scale", None, "0.5")]
    assert differences(Experiment.from_optimizer(MODEL, mine), mine, MODEL) == []
