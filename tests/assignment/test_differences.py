"""What differs between two ways of grouping parameters, beside what torch itself says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn, optim

from core.assignment import Difference, differences
from core.experiment import Experiment, ExperimentError
from core.models import build_model
from core.text import LANGUAGES

Make = Callable[..., Experiment]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))


def stepped(optimizer: optim.Optimizer, model: nn.Module) -> optim.Optimizer:
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    return optimizer


def two_groups(model: nn.Module, head_lr: float = 0.1) -> list[dict[str, Any]]:
    body, norm, head = model.children()
    return [
        {"params": [*body.parameters(), *norm.parameters()], "name": "body"},
        {"params": [*head.parameters()], "name": "head", "lr": head_lr},
    ]


def test_equal_optimizers_differ_in_nothing() -> None:
    model = network()
    optimizer = optim.AdamW(two_groups(model))
    assert differences(optimizer, optimizer, model) == []
    assert differences(optimizer, optimizer.state_dict(), model) == []


def test_what_moved_what_is_new_and_which_settings_differ() -> None:
    model = network()
    a = optim.AdamW(two_groups(model))
    groups = two_groups(model, head_lr=0.2)
    moved = groups[0]["params"].pop()
    groups[1]["params"].append(moved)
    del groups[0]["params"][0]
    b = optim.AdamW(groups, weight_decay=0.1)
    found = differences(a, b, model)
    assert found == [
        Difference("gone", "0.weight", "body"),
        Difference("moved", "1.bias", "body", "head"),
        Difference("setting", "body, weight_decay", "0.01", "0.1"),
        Difference("setting", "head, lr", "0.1", "0.2"),
        Difference("setting", "head, weight_decay", "0.01", "0.1"),
    ]
    assert differences(b, a, model)[1] == Difference("new", "0.weight", None, "body")
    assert all(change.sentence(language) for change in found for language in LANGUAGES)


def test_a_checkpoint_that_torch_refuses_is_explained_by_names() -> None:
    model, other = network(), network()
    saved = stepped(optim.AdamW(two_groups(other)), other).state_dict()
    groups = two_groups(model)
    groups[1]["params"].append(groups[0]["params"].pop(2))
    optimizer = optim.AdamW(groups)
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optimizer.load_state_dict(saved)
    gone, new = differences(saved, optimizer, model)  # by shapes: one of three alike has gone, whichever it is
    assert (gone.key, gone.before, gone.what[-2:]) == ("gone", "body", " 3")
    assert new == Difference("new", "1.weight", None, "head") or new == Difference("new", "1.bias", None, "head")
    named = optim.AdamW([{"params": [*other.named_parameters()]}])
    fewer = optim.AdamW([{"params": [*model.named_parameters()][:-1]}])
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        fewer.load_state_dict(named.state_dict())
    assert differences(named.state_dict(), fewer) == [Difference("gone", "2.bias", "group 1")]


def test_a_checkpoint_without_names_is_matched_by_order_and_shape() -> None:
    model, other = network(), network()
    saved = stepped(optim.Adam(other[0].parameters()), other).state_dict()
    now = optim.Adam([*model[0].parameters(), *model[1].parameters()])
    assert differences(saved, now, model) == [
        Difference("new", "1.weight", None, "group 1"),
        Difference("new", "1.bias", None, "group 1"),
    ]
    assert differences(saved, now)[0].what.startswith("#2")


def test_a_parameter_in_two_groups_is_named() -> None:
    model = network()
    groups = [{"params": model.parameters()}, {"params": model[2].parameters(), "lr": 0.1}]
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        optim.SGD(groups, lr=0.01)
    groups = [{"params": model.parameters()}, {"params": model[2].parameters(), "lr": 0.1}]
    found = differences(groups, groups, model)
    assert [change.what for change in found if change.key == "twice"][:2] == ["2.weight", "2.bias"]
    assert "in group 1 and in group 2" in found[0].sentence()


def test_groups_of_one_name_are_told_apart() -> None:
    a = [{"params": [name], "name": "same", "lr": lr} for name, lr in (("a", 1), ("b", 2), ("c", 3))]
    b = [a[0], a[1] | {"lr": 4, "params": ["b", "c"]}, a[2] | {"params": []}]
    found = differences({"param_groups": a}, {"param_groups": b})
    assert [(each.what, each.before, each.after) for each in found] == [
        ("c", "same (3)", "same (2)"),
        ("same (2), lr", "2", "4"),
    ]


def test_an_experiment_is_compared_over_a_network(make: Make) -> None:
    a = make({"name": "conv", "params": ["conv*"]}, {"name": "rest", "params": ["*"]})
    b = make({"name": "conv", "params": ["conv1.*"], "lr": 0.5}, {"name": "rest", "params": ["*"]})
    model = build_model(a, "meta")
    assert differences(a, b, model) == [
        Difference("moved", "conv2.weight", "conv", "rest"),
        Difference("moved", "conv2.bias", "conv", "rest"),
        Difference("setting", "conv, lr", "0.001", "0.5"),
    ]
    with pytest.raises(ValueError, match="over a network"):
        differences(a, b)
    with pytest.raises(ExperimentError):
        differences(a, 3, model)


@pytest.mark.parametrize("form", ["optimizer", "optimizer_state_dict", "optimizer_states"])
def test_a_checkpoint_is_read_for_what_its_optimizer_saved(form: str) -> None:
    model = network()
    saved: Any = optim.AdamW(two_groups(model)).state_dict()
    checkpoint = {"epoch": 3, "model": model.state_dict(), form: [saved] if form.endswith("s") else saved}
    now = optim.AdamW(two_groups(model, head_lr=0.2))
    assert differences(checkpoint, now, model) == [Difference("setting", "head, lr", "0.1", "0.2")]


def test_a_state_whose_parameters_go_by_their_names_is_read() -> None:
    """As FSDP's optim_state_dict and torch.distributed.checkpoint have it."""
    model = network()
    names = [name for name, _ in model.named_parameters()]
    saved = {"state": {}, "param_groups": [{"params": names[::-1][1:], "lr": 1e-3}]}
    assert differences(saved, optim.AdamW(model.parameters()), model) == [Difference("new", "2.bias", None, "group 1")]


@pytest.mark.parametrize(
    "saved",
    [
        {"param_groups": None},
        {"param_groups": [{"lr": 1}]},
        {"param_groups": [{"params": [0, 1], "param_names": ["a"]}]},
        {"param_groups": [{"params": [0]}], "state": [3]},
    ],
)
def test_what_no_optimizer_saves_is_refused_in_words(saved: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError, match="dict of param_groups"):
        differences(saved, optim.AdamW(network().parameters()))


def test_another_class_is_told_and_values_are_compared_as_they_are(make: Make) -> None:
    parameters = [*network().parameters()]
    found = differences(optim.SGD(parameters, lr=1e-3), optim.AdamW(parameters))
    assert found[0] == Difference("setting", "group 1, optimizer", "SGD", "AdamW")
    a, b = make({"name": "a", "params": ["*"]}), make({"name": "a", "params": ["*"], "optimizer": "SGD"})
    assert Difference("setting", "a, optimizer", "Adam", "SGD") in differences(a, b, build_model(a, "meta"))
    model = network()
    model[0].requires_grad_(False)
    optimizer = optim.AdamW([{"params": part.parameters(), "name": f"part {i}"} for i, part in enumerate(model)])
    with pytest.warns(UserWarning, match="read as frozen"):
        read = Experiment.from_optimizer(model, optimizer)
    assert differences(read, optimizer, model) == []
    odd = [{"params": parameters, "lr": float("nan"), "mask": torch.tensor([1.0, 2.0])}]
    other = [odd[0] | {"mask": torch.tensor([1.0, 3.0])}]
    assert differences(odd, other) == [Difference("setting", "group 1, mask", "[1.0, 2.0]", "[1.0, 3.0]")]


def test_thousands_of_like_shapes_are_matched_within_bounds() -> None:
    many = nn.ParameterList([nn.Parameter(torch.zeros(1 + (i % 7 == 0))) for i in range(3000)])
    other = [nn.Parameter(p.detach().clone()) for p in many]
    found = differences([{"params": other}], [{"params": [*many][3:]}], many)
    assert len(found) == 3


def test_a_lazy_layer_that_has_seen_no_input_is_compared() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2))
    a, b = (optim.SGD([{"params": part.parameters()} for part in model], lr=lr) for lr in (0.1, 0.2))
    read = Experiment.from_optimizer(model, a)
    assert differences(read, read, model) == differences(a, a, model) == differences(a, a) == []
    assert {each.key for each in differences(a, b)} == {"setting"}


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile, lambda model: nn.DataParallel(torch.compile(model))])
def test_names_are_compared_without_what_wrapping_puts_into_them(wrap: Callable[..., nn.Module]) -> None:
    model = network()
    plain, wrapped = (optim.SGD([*each.named_parameters()], lr=0.1) for each in (model, wrap(model)))
    for side in (
        wrapped,
        wrapped.state_dict(),
        {"param_groups": [{"params": [n for n, _ in wrap(model).named_parameters()]}]},
    ):
        for other in (plain, plain.state_dict()):
            assert differences(side, other, model) == differences(other, side) == []


def test_a_part_that_a_network_calls_module_keeps_its_name() -> None:
    model = nn.ModuleDict({"module": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    part, whole = (optim.SGD([*named], lr=0.1) for named in ([*model.named_parameters()][:2], model.named_parameters()))
    for over in (model, None):
        found = differences(part.state_dict(), whole.state_dict(), over)
        assert [(each.key, each.what) for each in found] == [("new", "head.weight"), ("new", "head.bias")]
