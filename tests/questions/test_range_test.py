"""Range tests against a plain loop of lr_find over the same batches, and fastai's own formulas."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer

import core.questions.trials
from core.data import load_dataset
from core.experiment import Experiment, ExperimentError
from core.models import build_model
from core.questions import RangeTest, RangeTests, Testing, test_ranges
from core.questions.range_test import has_diverged, read_test, running_mean
from core.text import LANGUAGES, say

test_ranges.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test
Testing.__test__ = False  # type: ignore[attr-defined]

Make = Callable[..., Experiment]

CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["*"], "optimizer": "SGD", "lr": 0.05}
OWN = (0.002, 0.05)


@pytest.fixture(autouse=True)
def few_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.questions.trials, "HELD_OUT", 20)


def measured(experiment: Experiment, **more: Any) -> RangeTests:
    *events, end = test_ranges(experiment, "cpu", **more)
    assert isinstance(end, RangeTests)
    assert [event for event in events if isinstance(event, RangeTest)] == list(end.tests)
    return end


def lr_find(experiment: Experiment, row: int | None) -> list[float]:
    """100 steps of CONVOLUTIONS and CONNECTED as a script would take them: the batches' losses."""
    data = load_dataset(experiment)
    torch.manual_seed(experiment.seed)
    network = build_model(experiment)
    of_group: tuple[list[Any], list[Any]] = ([], [])
    for name, parameter in network.named_parameters():
        of_group[not name.startswith("conv")].append(parameter)
    optimizers: list[Optimizer] = [Adam(of_group[0], lr=OWN[0], fused=True), SGD(of_group[1], lr=OWN[1])]
    network.train()
    generator = torch.Generator().manual_seed(experiment.seed)
    order: list[int] = []
    losses = []
    for step in range(100):
        if len(order) < experiment.batch_size:
            order = torch.randperm(experiment.train_size, generator=generator).tolist()
        chosen, order = order[: experiment.batch_size], order[experiment.batch_size :]
        for place, optimizer in enumerate(optimizers):
            (group,) = optimizer.param_groups
            if row is None:
                group["lr"] = OWN[place] * 1e-4 * (1e4 / 1e-4) ** (step / 99)
            elif row == place:
                group["lr"] = 1e-7 * (10 / 1e-7) ** (step / 99)
            optimizer.zero_grad()
        loss = cross_entropy(network(data.train.images[chosen]), data.train.labels[chosen])
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("epochs", [1, 30])
def test_every_test_has_the_losses_of_a_plain_loop(make: Make, epochs: int) -> None:
    """Also where the experiment has only four steps."""
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=epochs)
    found = measured(experiment)
    assert found.reason == "done"
    assert [test.row for test in found.tests] == [None, "convolutions", "connected"]
    for test, row in zip(found.tests, (None, 0, 1), strict=True):
        expected = [loss for loss in lr_find(experiment, row)[: len(test.losses)] if math.isfinite(loss)]
        assert list(test.losses) == pytest.approx(expected, rel=1e-5)
        low, high = (1e-4, 1e4) if row is None else (1e-7, 10.0)
        assert test.rates[0] == pytest.approx(low)
        assert len(test.rates) == len(test.losses) == len(test.smooth) > 40
        assert test.rates[-1] == pytest.approx(low * (high / low) ** ((len(test.rates) - 1) / 99))


def smoothed(losses: Sequence[float]) -> list[float]:
    """fastai/learner.py, AvgSmoothLoss: `val = lerp(loss, val, beta)`, `val / (1 - beta**count)`."""
    value, found = torch.tensor(0.0, dtype=torch.double), []
    for count, loss in enumerate(losses, 1):
        value = torch.lerp(torch.tensor(loss, dtype=torch.double), value, 0.98)
        found.append(float(value / (1 - 0.98**count)))
    return found


def suggested(rates: Sequence[float], smooth: Sequence[float]) -> tuple[float, float]:
    """fastai/callback/schedule.py: lr_find's `[num_it // 10 : -5]`, then `steep` and `minimum`."""
    lrs, losses = torch.tensor(rates).double()[10:-5], torch.tensor(smooth).double()[10:-5]
    grads = (losses[1:] - losses[:-1]) / (lrs[1:].log() - lrs[:-1].log())
    return float(lrs[:-1][grads.argmin()]), float(lrs[losses.argmin()]) / 10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("steps", [45, 61, 100])
def test_steepest_and_lowest_are_fastais(seed: int, steps: int) -> None:
    noise = torch.randn(100, generator=torch.Generator().manual_seed(seed)).double() * 0.05
    losses = [2.3 - 1.5 * math.exp(-(((i - 55) / 20) ** 2)) + float(noise[i]) for i in range(steps)]
    found = read_test("fc", losses)
    assert list(found.smooth) == pytest.approx(smoothed(losses))
    steepest, tenth = suggested(found.rates, found.smooth)
    assert found.steepest == pytest.approx(steepest, rel=1e-5)
    assert found.tenth_of_lowest == pytest.approx(tenth, rel=1e-5)
    for language in LANGUAGES:
        assert f"{steepest:.2g}" in found.sentence(language) and f"{tenth:.2g}" in found.sentence(language)


@pytest.mark.parametrize(
    "losses",
    [[], [2.0], [2.0] * 16, [2.0 + i / 10 for i in range(100)], [math.nan] * 100],
    ids=["none", "one", "too few", "rising", "no numbers"],
)
@pytest.mark.parametrize("row", ["fc {x} <b>", None])
def test_where_nothing_falls_nothing_is_suggested(losses: list[float], row: str | None) -> None:
    found = read_test(row, losses)
    assert (found.steepest, found.tenth_of_lowest) == (None, None)
    assert "does not fall" in found.sentence() and (row or "all groups together") in found.sentence()
    assert found.sentence("zh") != found.sentence()


def test_a_loss_that_other_groups_blow_up_at_once_is_not_laid_on_the_groups_own_rates() -> None:
    """conv1 of simple_cnn beside fc1 at Adam's lr 1: five steps, its own rate from 1e-7 to 2.1e-7."""
    blown_up = [2.3, 219.0, 260.0, 154.0, 105.0]
    for language in LANGUAGES:
        assert read_test("conv1", blown_up).sentence(language) == say(
            "range_lost", language, group="conv1", steps=5, highest=read_test("conv1", blown_up).rates[-1]
        )
    assert "2.1e-07" in read_test("conv1", blown_up).sentence()
    assert "does not fall" in read_test(None, blown_up).sentence(), "there all rates rise together"


def test_the_steepest_fall_is_none_that_follows_a_loss_thrown_up_beyond_its_lowest() -> None:
    """Down slowly from 2.3 to 1.8 in 50 steps, up to 9, and from there down faster than ever before."""
    falling, thrown_up = [2.3 - i / 100 for i in range(51)], [9.0] * 4
    found = read_test("fc", [*falling, *thrown_up, *[1.9] * 40])
    assert found.steepest is not None and found.tenth_of_lowest is not None
    assert found.rates.index(found.steepest) < 50
    assert found.steepest < 10 * found.tenth_of_lowest
    coming_back = read_test("fc", [*[2.0 + i / 100 for i in range(30)], *thrown_up, *[2.5] * 40])
    assert (coming_back.steepest, coming_back.tenth_of_lowest) == (None, None)


def test_what_follows_a_loss_that_is_no_number_is_left_out() -> None:
    falling = [2.0 - i / 50 for i in range(40)]
    found = read_test("fc", [*falling, math.inf, 0.0])
    assert list(found.losses) == falling


@pytest.mark.parametrize(
    ("losses", "diverged"),
    [([1.0, 1.0], False), ([1.0, 1.0, 1000.0], True), ([1.0, math.nan], True), ([1.0, math.inf], True), ([0.1], False)],
)
def test_a_running_mean_of_four_times_its_lowest_has_diverged(losses: list[float], diverged: bool) -> None:
    smooth = running_mean(losses)
    assert has_diverged(losses) is diverged
    if all(map(math.isfinite, smooth)):
        assert diverged is (smooth[-1] > 4 * min(smooth))


def test_layer_decay_keeps_its_ratios_while_the_rate_rises(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one row becomes a group per depth, under other names."""
    decayed = {"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 0.1, "layer_decay": 0.5}
    seen: list[list[float]] = []
    step = SGD.step

    def watching(self: SGD, *args: Any) -> Any:
        seen.append([group["lr"] for group in self.param_groups])
        return step(self, *args)

    monkeypatch.setattr(SGD, "step", watching)
    experiment = make(decayed)
    (test,) = measured(experiment).tests
    assert test.row == "all" and len(seen) >= len(test.rates) > 40
    for rates, rate in zip(seen, test.rates, strict=False):
        assert len(rates) == 4
        assert rates == pytest.approx([rate * 0.5**depth for depth in range(4)])


def test_only_groups_that_train_from_the_first_step_are_tested(make: Make) -> None:
    frozen = {"name": "first", "params": ["conv1.*"], "optimizer": "frozen"}
    later = {"name": "second", "params": ["conv2.*"], "optimizer": "SGD", "lr": 0.1, "start_epoch": 1}
    zero = {"name": "third", "params": ["fc1.*"], "optimizer": "SGD", "lr": 0}
    found = measured(make(frozen, later, zero, CONNECTED, epochs=2))
    assert [test.row for test in found.tests] == ["connected"]
    with pytest.raises(ExperimentError, match="no group has a learning rate"):
        next(test_ranges(make(zero | {"params": ["*"]}), "cpu"))
    with pytest.raises(ExperimentError, match="model"):
        next(test_ranges(make(model="gpt2"), "cpu"))


def test_no_group_freezes_while_its_rate_rises(make: Make) -> None:
    convolutions, epochs = CONVOLUTIONS | {"end_epoch": 1}, 2
    whole, cut = (measured(make(group, CONNECTED, epochs=epochs)) for group in (CONVOLUTIONS, convolutions))
    assert cut == whole and len(cut.tests) == 3


def test_a_stop_keeps_the_tests_that_are_done(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.questions.trials, "PULSE", 0.0)
    experiment, stop, events = make(CONVOLUTIONS, CONNECTED), threading.Event(), []
    for event in test_ranges(experiment, "cpu", stop):
        events.append(event)
        if isinstance(event, RangeTest):
            stop.set()
    done = tuple(event for event in events if isinstance(event, RangeTest))
    assert events[-1] == RangeTests(done, "stopped") and len(done) == 1
    places = [event for event in events if isinstance(event, Testing)]
    assert {(place.tests, place.steps) for place in places} == {(3, 100)}
    assert all("100" in place.sentence(language) for place in places for language in LANGUAGES)
    assert measured(experiment, stop=lambda: True) == RangeTests((), "stopped")
    assert measured(experiment, time_limit=-1.0) == RangeTests((), "time_limit")


def test_the_same_again_is_the_same(make: Make) -> None:
    experiment = make(CONNECTED | {"params": ["*"]}, train_size=32, epochs=2)
    assert measured(experiment) == measured(experiment)
    assert measured(replace(experiment, seed=3)) != measured(experiment)
