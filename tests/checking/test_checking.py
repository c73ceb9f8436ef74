"""A check reads, and leaves what it reads as it was; a network is built once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from torch import nn

import core.models.build
from core.checking import check, check_experiment
from core.experiment import Experiment
from core.models import meta_model
from core.models.build import shapes_and_zeros
from core.models.checks import try_out
from core.models.passing import passed_through

Make = Callable[..., Experiment]

FROZEN = {"name": "frozen", "params": ["conv1.*"], "optimizer": "frozen"}
LATE = {"name": "late", "params": ["conv2.*"], "start_epoch": 1}
REST = {"name": "rest", "params": ["*"]}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the networks that are built without values meanwhile, from empty caches.

    One with values is made too, once for each network, to look for zeros.
    """
    names: list[str] = []
    construct = core.models.build.build_from

    def counting(form: core.models.build.Form, make: Callable[..., nn.Module]) -> nn.Module:
        network = construct(form, make)
        if next(network.parameters()).is_meta:
            names.append(form.model)
        return network

    monkeypatch.setattr(core.models.build, "build_from", counting)
    shapes_and_zeros.cache_clear()
    try_out.cache_clear()
    passed_through.cache_clear()
    yield names
    shapes_and_zeros.cache_clear()


def test_check_reads_and_then_checks_the_experiment(make: Make) -> None:
    experiment = make(FROZEN, REST)
    read, held = check(experiment.to_dict()), check_experiment(experiment)
    assert read.experiment == held.experiment == experiment
    assert (read.problems, read.groups, read.cautions) == (held.problems, held.groups, held.cautions)


def test_a_check_builds_the_network_once_and_an_edit_not_at_all(make: Make, built: list[str]) -> None:
    check_experiment(make(REST, model="resnet18", image_size=64))
    assert built == ["resnet18"]
    check_experiment(make(REST | {"lr": 0.1}, model="resnet18", image_size=64))
    assert built == ["resnet18"]


def test_a_check_leaves_the_network_as_it_was(make: Make) -> None:
    experiment = make(FROZEN, LATE, REST, epochs=2)
    checked = check_experiment(experiment)
    assert not checked.problems
    network = meta_model(experiment)
    assert checked.assignment is not None and checked.assignment.model is network
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(module.training for module in network.modules())


def test_who_changes_a_network_gets_one_of_their_own(make: Make) -> None:
    experiment = make(REST)
    own = core.models.build_model(experiment, "meta")
    own.requires_grad_(False)
    assert own is not meta_model(experiment)
    assert all(parameter.requires_grad for parameter in meta_model(experiment).parameters())
