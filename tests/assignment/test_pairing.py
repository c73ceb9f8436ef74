"""Which group of one side is which of the other, so that nothing is told as moved which is where it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import nn, optim

from core.assignment import Difference, differences
from core.experiment import Experiment, read_groups
from core.text import LANGUAGES

Make = Callable[..., Experiment]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of what reading leaves out


def network(*frozen: str) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Linear(8, 3))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    return model


def groups_of(model: nn.Module, *rates: float | None, **names: str) -> list[dict[str, Any]]:
    """A group of each layer that has a rate; `_0="stem"` names the first."""
    return [
        {"params": [each for each in model.named_parameters() if each[0].startswith(f"{place}.")], "lr": rate}
        | ({"name": names[f"_{place}"]} if f"_{place}" in names else {})
        for place, rate in enumerate(rates)
        if rate is not None
    ]


FORMS: dict[str, tuple[nn.Module, list[dict[str, Any]]]] = {
    name: (model, groups_of(model, *rates, **names))
    for name, model, rates, names in [
        ("no name", network(), (1, 2, 3), {}),
        ("part of the network", network(), (1, None, 2), {}),
        ("one name", network(), (1, 2, 3), {"_0": "stem"}),
        ("a name in the middle", network(), (2, 1, 2), {"_1": "norm"}),
        ("a long name", network(), (1, 2, 3), {"_1": "norm " * 10}),
        ("equal groups side by side", network(), (1, 1, 2), {}),
        ("equal groups apart", network(), (1, 2, 1), {}),
        ("equal groups only", network(), (1, 1, 1), {}),
        ("frozen in part", network("0.weight", "1.bias"), (1, 2, 3), {"_0": "stem"}),
        ("a frozen group", network("0.weight", "0.bias"), (1, 2, 3), {}),
        ("a frozen group with a name", network("1.weight", "1.bias"), (1, 2, 3), {"_1": "norm"}),
        ("frozen and held by none", network("0.weight", "0.bias"), (None, 2, 3), {}),
    ]
}
FORMS["a name for each parameter"] = (network(), [])
FORMS["a name for each parameter"][1].extend(
    {"params": [(name, parameter)], "name": name, "lr": 1 + (parameter.ndim > 1)}
    for name, parameter in FORMS["a name for each parameter"][0].named_parameters()
)


@pytest.mark.parametrize("form", FORMS)
def test_an_optimizer_and_what_was_read_from_it_differ_in_nothing(form: str) -> None:
    model, groups = FORMS[form]
    optimizer = optim.SGD([{**group} for group in groups], momentum=0.5)
    read = Experiment.from_optimizer(model, optimizer)
    for side in (optimizer, optimizer.state_dict()):
        assert differences(read, side, model) == differences(side, read, model) == []
    for group in optimizer.param_groups[-2:]:
        group["lr"] = 5.0
    for side in (optimizer, optimizer.state_dict()):
        assert differences(read, side, model) and differences(side, read, model)


def test_what_an_optimizer_trains_although_the_experiment_freezes_it_is_told(make: Make) -> None:
    frozen, rest = {"name": "stem", "params": "0.*", "optimizer": "frozen"}, {"name": "rest", "params": "*", "lr": 0.1}
    experiment, model = make(frozen, rest), network()
    trained = optim.Adam(model.named_parameters(), lr=0.1)
    moved = [Difference("moved", f"0.{name}", "stem", "rest") for name in ("weight", "bias")]
    for side in (trained, trained.state_dict()):
        assert differences(experiment, side, model) == moved
    model[0].requires_grad_(False)
    for side in (trained, trained.state_dict()):
        assert differences(experiment, side, model) == []


def test_numbers_are_names_of_what_the_experiment_trains(make: Make) -> None:
    groups = [{"name": "stem", "params": "0.*", "optimizer": "frozen"}, {"name": "norm", "params": "1.*", "lr": 0.1}]
    experiment, model = make(*groups, {"name": "head", "params": "*", "lr": 0.2}), network()
    bare = [{"params": [*part.parameters()], "lr": lr} for part, lr in ((model[1], 0.1), (model[2], 0.2))]
    saved = optim.Adam(bare).state_dict()
    assert differences(experiment, saved, model) == differences(saved, experiment, model) == []
    saved["param_groups"][0]["params"].append(saved["param_groups"][1]["params"].pop(0))
    assert differences(experiment, saved, model) == [Difference("moved", "2.weight", "head", "norm")]
    everything = optim.Adam(model.parameters(), lr=0.1).state_dict()
    found = differences(experiment, everything, model)
    assert [each.what for each in found] == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_groups_without_names_go_by_their_order_as_many_as_there_are() -> None:
    model = network()
    three, two = optim.SGD(groups_of(model, 1, 2, 3)), optim.SGD(groups_of(model, 1, 2, _0="stem", _1="norm"))
    found = differences(two, three)
    assert found == [Difference("new", f"2.{name}", None, "group 3") for name in ("weight", "bias")]
    groups = groups_of(model, 1, 3, 2, _0="norm", _2="stem")
    found = differences(three, optim.SGD(groups))
    assert [(each.key, each.what) for each in found] == [("setting", "group 2, lr"), ("setting", "stem, lr")]


def test_a_group_that_is_none_of_the_others_has_a_title_of_its_own() -> None:
    model = network()
    model[0].requires_grad_(False)
    optimizer = optim.SGD(groups_of(model, 1, 2, 3))
    read = Experiment.from_optimizer(model, optimizer)
    assert [group.name for group in read.groups] == ["group 1", "group 2", "frozen"]
    model[0].requires_grad_(True)
    weight, _ = differences(read, optimizer, model)
    assert weight == Difference("moved", "0.weight", "frozen", "group 1 (2)")


def test_printed_groups_are_those_that_the_experiment_trains(make: Make) -> None:
    frozen, head = {"name": "stem", "params": "0.*", "optimizer": "frozen"}, {"name": "head", "params": "*", "lr": 0.1}
    model = network()
    printed = [read_groups(str(optim.Adam(model[2].parameters(), lr=lr))) for lr in (0.1, 9.0)]
    found = [differences(make(frozen, head), side, model) for side in printed]
    assert found == [[], [Difference("setting", "head, lr", "0.1", "9.0")]]


def printed(groups: list[dict[str, Any]]) -> Any:
    """What `print(optimizer)` writes, without names of parameters."""
    return read_groups(str(optim.SGD([group | {"params": [p for _, p in group["params"]]} for group in groups])))


def test_a_group_that_only_one_side_has_is_told_where_no_parameter_tells_of_it(make: Make) -> None:
    model = network()
    three, two = groups_of(model, 1, 2, 3), groups_of(model, 1, 2, _0="stem", _1="norm")
    assert differences(printed(three), printed(two)) == [Difference("group_gone", "group 3", "group 3")]
    assert differences(printed(two), three) == [Difference("group_new", "group 3", None, "group 3")]
    found = differences(printed(two), printed(groups_of(model, 1, 2, _0="stem", _1="other")))
    assert [(each.key, each.what) for each in found] == [("group_gone", "norm"), ("group_new", "other")]
    assert all(each.sentence(language) for each in found for language in LANGUAGES)
    frozen, head = {"name": "stem", "params": "0.*", "optimizer": "frozen"}, {"name": "head", "params": "*", "lr": 1}
    found = differences(make(frozen, head | {"optimizer": "SGD"}), printed(three), model)
    assert [(each.key, each.what) for each in found] == [("group_new", "group 2"), ("group_new", "group 3")]
    equal = groups_of(model, 1, 1, 1)
    found = differences(equal, [*equal, {"params": [], "lr": 1}], model)
    assert found == [Difference("group_new", "group 4", None, "group 4")]
