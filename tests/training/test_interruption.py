"""A step is ended between two of its layers, forward and back, a network while it is built, and nothing is changed."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn, optim

import core.training.run
from core.experiment import Experiment, Group
from core.models import build_model
from core.training import Finished, interruption, train
from core.training.interruption import Interruption

RESNET = Experiment(
    model="resnet18", dataset="shapes", groups=(Group(name="a", params=("*",), optimizer="SGD", lr=0.01),)
)


class Stopped(Exception):
    pass


class Slow(nn.Module):
    """A layer that takes its time forward or back."""

    def __init__(self, forward: float = 0.0, back: float = 0.0) -> None:
        super().__init__()
        self.seconds, self.back = forward, back
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, values: Tensor) -> Tensor:
        time.sleep(self.seconds)
        out = values * self.weight
        if self.back and out.requires_grad:
            out.register_hook(lambda gradient: time.sleep(self.back))
        return out


def raise_after(seconds: float) -> Interruption:
    until = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > until:
            raise Stopped

    return Interruption(check)


@pytest.mark.parametrize("where", ["forward", "back"])
def test_a_long_step_ends_between_two_layers(where: str) -> None:
    network = nn.Sequential(*(Slow(**{where: 0.15}) for _ in range(20)))
    began = time.monotonic()
    with pytest.raises(Stopped), raise_after(0.3).within("step"):
        network(torch.ones(3)).sum().backward()
    assert time.monotonic() - began < 2.0, "all of it would take three seconds"


def test_gradients_are_those_of_a_step_alone() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2)
    )
    images = torch.randn(5, 3, 8, 8)
    found = []
    for piece in (Interruption(lambda: None).within("step"), None):
        network.zero_grad()
        if piece is None:
            network(images).sum().backward()
        else:
            with piece:
                network(images).sum().backward()
        found.append([parameter.grad.clone() for parameter in network.parameters() if parameter.grad is not None])
    assert all(map(torch.equal, *found)) and len(found[0]) == 6


def test_no_hook_is_left_and_the_network_shows_none() -> None:
    network = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(Stopped), raise_after(-1.0).within("step"):
        assert not network[0]._forward_hooks and not network[0]._forward_pre_hooks
        time.sleep(2 * interruption.LOOK_EVERY)
        network(torch.ones(2))
    network(torch.ones(2))
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_what_is_short_is_left_alone_from_then_on() -> None:
    found = raise_after(-1.0)
    with found.within("evaluation"):
        pass
    with found.within("evaluation"):
        time.sleep(2 * interruption.LOOK_EVERY)
        nn.Linear(2, 2)(torch.ones(2))
    with pytest.raises(Stopped), found.within("step"):
        time.sleep(2 * interruption.LOOK_EVERY)
        nn.Linear(2, 2)(torch.ones(2))


def test_another_threads_layers_are_nothing_to_it() -> None:
    raised: list[BaseException] = []

    def elsewhere() -> None:
        try:
            nn.Linear(2, 2)(torch.ones(2))
        except BaseException as error:
            raised.append(error)

    with raise_after(-1.0).within("step"):
        time.sleep(2 * interruption.LOOK_EVERY)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert raised == []


def test_a_run_that_is_stopped_while_its_network_is_built_ends_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "LOOK_EVERY", 0.0)
    built: list[nn.Module] = []
    monkeypatch.setattr(core.training.run, "assign", lambda _, model: built.append(model))
    (event,) = train(RESNET, "cpu", stop=lambda: True)
    assert isinstance(event, Finished) and (event.reason, event.step) == ("stopped", 0)
    assert built == []
    assert torch.is_grad_enabled(), "initialisers turn gradients off and on again"


def test_a_network_that_is_built_under_watch_is_the_same() -> None:
    looks: list[None] = []
    found = Interruption(lambda: looks.append(None))
    with pytest.MonkeyPatch.context() as patch, found.between_tensors():
        patch.setattr(interruption, "LOOK_EVERY", 0.0)
        watched = build_model(RESNET)
    assert len(looks) > 50
    for ours, theirs in zip(watched.state_dict().values(), build_model(RESNET).state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("options", [{}, {"amsgrad": True, "weight_decay": 0.1}], ids=["plain", "amsgrad"])
def test_a_fused_step_is_looked_into_between_its_tensors_and_gives_the_same(
    name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interruption, "LOOK_EVERY", 0.0)
    found = []
    for looks in (None, []):
        torch.manual_seed(0)
        parameters = [nn.Parameter(torch.randn(40, place + 1)) for place in range(9)]
        optimizer = getattr(optim, name)(parameters, lr=0.01, fused=True, **options)
        for step in range(3):
            for place, parameter in enumerate(parameters):
                parameter.grad = torch.randn_like(parameter) if (place + step) % 4 else None
            with nullcontext() if looks is None else Interruption(lambda: looks.append(1)).between_tensors():  # noqa: B023
                optimizer.step()
        found.append([*parameters, *(value for state in optimizer.state.values() for value in state.values())])
        assert looks is None or len(looks) >= 3 * 6, "at least one for each tensor"
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
