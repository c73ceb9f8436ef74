"""A run's random numbers are those of a script of its own, whoever else draws meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import core.models.catalogue
from core.data import load_dataset, resize
from core.events import Step
from core.experiment import Experiment
from core.models import build_model
from core.resources.random_numbers import RandomNumbers
from core.training import train
from tests.conftest import Make


class Dropping(nn.Module):
    """A network that draws random numbers in every training step."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(3 * 32 * 32, 32)
        self.fc2 = nn.Linear(32, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc2(nn.functional.dropout(self.fc1(images.flatten(1)).relu(), 0.5, self.training))


def script(experiment: Experiment) -> list[float]:
    """A plain script's losses."""
    data = load_dataset(experiment).train
    torch.manual_seed(experiment.seed)
    model = Dropping(10)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator().manual_seed(experiment.seed)
    losses = []
    for _ in range(experiment.epochs):
        order = torch.randperm(experiment.train_size, generator=generator)
        for batch in order.split(experiment.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(model(resize(data.images[batch], experiment.image_size)), data.labels[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@contextmanager
def somebody_drawing(experiment: Experiment) -> Iterator[None]:
    """Another thread that builds networks and draws for them all the time."""
    ended = threading.Event()

    def draw() -> None:
        numbers = RandomNumbers(99)
        while not ended.is_set():
            build_model(experiment)
            with numbers:
                torch.rand(100)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def dropping(make: Make, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setitem(core.models.catalogue.HOUSE_NETWORKS, "dropping", Dropping)
    return make(model="dropping", epochs=3, seed=11)


def losses_of(experiment: Experiment) -> list[float]:
    return [event.loss for event in train(experiment, "cpu") if isinstance(event, Step)]


def test_a_run_with_dropout_is_the_plain_script_bit_for_bit(dropping: Experiment) -> None:
    expected = script(dropping)
    torch.manual_seed(123)
    assert losses_of(dropping) == expected
    assert len(expected) == 12 and losses_of(dropping) == expected


def test_a_run_with_dropout_is_the_same_while_another_thread_draws(dropping: Experiment, make: Make) -> None:
    expected = script(dropping)
    with somebody_drawing(make(seed=5)):
        assert losses_of(dropping) == expected


def test_a_run_leaves_the_process_state_alone(dropping: Experiment) -> None:
    before = torch.get_rng_state()
    losses_of(dropping)
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_go_on_where_they_ended() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3), torch.randn(5)
    numbers = RandomNumbers(3)
    with numbers:
        first = torch.rand(3)
    torch.rand(9)
    with numbers:
        second = torch.randn(5)
    assert torch.equal(first, expected[0]) and torch.equal(second, expected[1])


def test_an_error_inside_gives_the_process_state_back() -> None:
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), RandomNumbers(3):
        torch.rand(3)
        raise ZeroDivisionError
    assert torch.equal(torch.get_rng_state(), before)
    with RandomNumbers(1):
        pass


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpus_numbers_are_the_runs_own_too() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3, device="cuda"), torch.rand(3, device="cuda")
    numbers, found = RandomNumbers(3, "cuda"), []
    for _ in range(2):
        torch.rand(7, device="cuda")
        with numbers:
            found.append(torch.rand(3, device="cuda"))
    assert torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])
