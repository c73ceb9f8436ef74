"""train(): events in order, the floats of a plain script, and every way a run can end."""

from __future__ import annotations

import json
import math
import threading
import urllib.error
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import core.resources.fetching
import core.training.clock
import core.training.run
from core.data import load_dataset
from core.events import Evaluated, Event, Finished, GroupStep, Progress, Silent, Started, Step, to_json
from core.experiment import OPTIMIZER_OPTIONS, Experiment, ExperimentError, load_presets
from core.models import build_model
from core.training import train

Make = Callable[..., Experiment]

CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["fc*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9}
FROZEN_CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "frozen"}
DIVERGING = {"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 1000}
PRESETS = load_presets(Path(__file__).parents[2] / "presets")


def steps_of(events: Iterable[Event]) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


def evaluations_of(events: Iterable[Event]) -> list[Evaluated]:
    return [event for event in events if isinstance(event, Evaluated)]


def end_of(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def without_clock(events: Iterable[Event]) -> list[Event]:
    """The events that must repeat: no Progress, and no seconds."""
    kept = [event for event in events if not isinstance(event, Progress)]
    return [replace(event, seconds=0.0) if isinstance(event, Finished) else event for event in kept]


def script(experiment: Experiment) -> tuple[list[float], list[float], nn.Module]:
    """A plain script for CONVOLUTIONS and CONNECTED: the losses, the accuracies after each epoch, the network."""
    data = load_dataset(experiment)
    torch.manual_seed(experiment.seed)
    network = nn.ModuleDict(
        {
            "conv1": nn.Conv2d(3, 16, 3, padding=1),
            "conv2": nn.Conv2d(16, 32, 3, padding=1),
            "fc1": nn.Linear(2048, 128),
            "fc2": nn.Linear(128, 10),
        }
    )
    network.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam([*network["conv1"].parameters(), *network["conv2"].parameters()], lr=0.002, fused=True)
    sgd = torch.optim.SGD([*network["fc1"].parameters(), *network["fc2"].parameters()], lr=0.05, momentum=0.9)

    def forward(images: torch.Tensor) -> torch.Tensor:
        maps = nn.functional.relu(nn.functional.max_pool2d(network["conv1"](images), 2))
        maps = nn.functional.relu(nn.functional.max_pool2d(network["conv2"](maps), 2))
        return network["fc2"](nn.functional.relu(network["fc1"](maps.flatten(1))))

    losses, accuracies = [], []
    generator = torch.Generator().manual_seed(experiment.seed)
    for _ in range(experiment.epochs):
        order = torch.randperm(experiment.train_size, generator=generator)
        for i in range(experiment.train_size // experiment.batch_size):
            batch = order[i * experiment.batch_size : (i + 1) * experiment.batch_size]
            adam.zero_grad()
            sgd.zero_grad()
            loss = nn.functional.cross_entropy(forward(data.train.images[batch]), data.train.labels[batch])
            loss.backward()
            adam.step()
            sgd.step()
            losses.append(loss.item())
        with torch.no_grad():
            right = forward(data.test.images).argmax(1) == data.test.labels
        accuracies.append(right.sum().item() / experiment.test_size)
    return losses, accuracies, network


def test_events_come_in_order(make: Make) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=3, train_size=70)
    events = [event for event in train(experiment, "cpu") if not isinstance(event, Progress)]
    kinds = [type(event).__name__ for event in events]
    epoch = ["Step", "TensorStep"] * 4 + ["Evaluated"]
    assert kinds == ["Started", "Evaluated", "Silent", *epoch * 3, "Silent", "Finished"]
    assert [event.step for event in steps_of(events)] == list(range(1, 13))
    assert [(event.step, event.epoch) for event in evaluations_of(events)] == [(0, 0), (4, 1), (8, 2), (12, 3)]
    assert (end_of(events).reason, end_of(events).step) == ("done", experiment.steps)


def test_the_silent_units_are_told_at_the_start_and_at_the_end_and_change_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a frozen beginning that is computed once nobody looks."""
    experiment = make(FROZEN_CONVOLUTIONS, CONNECTED, epochs=2)
    events = without_clock(train(experiment, "cpu"))
    silences = [event for event in events if isinstance(event, Silent)]
    assert [(event.step, [name for name, _ in event.layers]) for event in silences] == [(0, ["fc1"]), (8, ["fc1"])]
    whole = [event for event in train(make(CONVOLUTIONS, CONNECTED), "cpu") if isinstance(event, Silent)]
    assert [name for name, _ in whole[0].layers] == ["conv1", "conv2", "fc1"]
    assert to_json(whole[0])["layers"][0] == list(whole[0].layers[0])
    monkeypatch.setattr(core.training.run, "Silence", lambda model: None)
    assert without_clock(train(experiment, "cpu")) == [event for event in events if not isinstance(event, Silent)]


def test_the_start_describes_the_run(make: Make) -> None:
    experiment = make(FROZEN_CONVOLUTIONS, CONNECTED)
    started = next(train(experiment, "cpu"))
    assert isinstance(started, Started)
    assert (started.experiment, started.device, started.steps) == (experiment, "cpu", 4)
    assert (started.weights, started.weights_problem) == ("random", None)
    sizes = [(g.name, g.optimizer, g.tensors, g.weights) for g in started.groups]
    convolutions = (3 * 9 + 1) * 16 + (16 * 9 + 1) * 32
    connected = 2049 * 128 + 129 * 10
    assert sizes == [("convolutions", "frozen", 4, convolutions), ("connected", "SGD", 4, connected)]


def test_steps_arrive_in_bursts_each_closed_by_a_progress(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    events = list(train(make(), "cpu"))
    kinds = [type(event).__name__ for event in events if not isinstance(event, (Evaluated, Silent))]
    assert kinds == ["Started", "Progress", *["Step", "TensorStep", "Progress"] * 4, "Progress", "Finished"]
    training = [event for event in events if isinstance(event, Progress) and event.doing == "training"]
    assert [(event.done, event.total) for event in training] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert training[-1].seconds_left == 0.0
    assert all(event.steps_per_second and event.steps_per_second > 0 for event in training)


def test_the_first_step_is_told_at_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 1000.0)
    events = list(train(make(), "cpu"))
    assert [event.done for event in events if isinstance(event, Progress)] == [1]
    told = next(i for i, event in enumerate(events) if isinstance(event, Progress))
    assert [event.step for event in steps_of(events[:told])] == [1]


def test_frozen_groups_have_no_rate_and_no_gradient(make: Make) -> None:
    events = list(train(make(FROZEN_CONVOLUTIONS, CONNECTED), "cpu"))
    for step in steps_of(events):
        frozen, trained = step.groups
        assert (frozen.lr, frozen.gradient_norm, frozen.update_norm, frozen.distance) == (None, None, 0.0, 0.0)
        assert trained.lr == 0.05 and trained.gradient_norm and trained.update_norm > 0
    frozen_end, trained_end = end_of(events).groups
    assert (frozen_end.moved, frozen_end.distance) == (0, 0.0)
    assert 0.5 * trained_end.weights < trained_end.moved <= trained_end.weights


def plain_leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from plain_leaves(item)
    else:
        yield value


@pytest.mark.parametrize("groups", [(CONVOLUTIONS, CONNECTED), (DIVERGING,)], ids=["finite", "diverging"])
def test_every_event_is_strict_json(make: Make, groups: tuple[dict[str, Any], ...]) -> None:
    for event in train(make(*groups, epochs=3), "cpu"):
        values = to_json(event)
        assert values["event"] == type(event).__name__
        assert all(type(leaf) in (str, int, float, bool, type(None)) for leaf in plain_leaves(values))
        assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_numbers_of_a_step_are_plain_floats(make: Make) -> None:
    for step in steps_of(train(make(CONVOLUTIONS, CONNECTED), "cpu")):
        assert type(step.loss) is float
        for group in step.groups:
            assert isinstance(group, GroupStep)
            assert {type(value) for value in vars(group).values()} <= {float, type(None)}


@pytest.mark.parametrize("seed", [0, 7])
def test_a_plain_script_gives_the_same_floats(make: Make, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=3, train_size=150, test_size=40, seed=seed)
    built: list[nn.Module] = []

    def remember(*arguments: Any) -> nn.Module:
        built.append(build_model(*arguments))
        return built[-1]

    monkeypatch.setattr(core.training.run, "build_model", remember)
    events = list(train(experiment, "cpu"))
    losses, accuracies, network = script(experiment)
    assert [step.loss for step in steps_of(events)] == losses
    assert [event.accuracy for event in evaluations_of(events)][1:] == accuracies
    ours = built[0].state_dict()
    assert all(torch.equal(ours[name], value) for name, value in network.state_dict().items())
    assert len(losses) == 27 and losses[-1] < losses[0]


@pytest.mark.parametrize(("frozen_norm", "batches"), [("eval", 0), ("train", 4)])
def test_norms_count_training_batches_only_and_frozen_ones_as_asked(
    make: Make, frozen_norm: str, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = {"name": "first", "params": ["conv1.*", "bn1.*"], "optimizer": "frozen"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD"}
    sizes = {"train_size": 16, "batch_size": 8, "test_size": 10, "epochs": 2}
    built: list[nn.Module] = []
    monkeypatch.setattr(core.training.run, "build_model", lambda *given: built.append(build_model(*given)) or built[-1])
    list(train(make(frozen, rest, model="resnet18", frozen_norm=frozen_norm, **sizes), "cpu"))
    norms = {name: int(m.num_batches_tracked) for name, m in built[0].named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert norms.pop("bn1") == batches
    assert set(norms.values()) == {4}


def test_evaluation_is_the_mean_over_the_test_subset(make: Make) -> None:
    experiment = make(test_size=333)
    first = evaluations_of(train(experiment, "cpu"))[0]
    data = load_dataset(experiment).test
    with torch.no_grad():
        outputs = build_model(experiment)(data.images)
    loss = nn.functional.cross_entropy(outputs.double(), data.labels).item()
    assert first.loss == pytest.approx(loss, rel=1e-5)
    assert first.accuracy == (outputs.argmax(1) == data.labels).sum().item() / 333


def test_the_same_experiment_gives_the_same_events(make: Make) -> None:
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=2)
    assert without_clock(train(experiment, "cpu")) == without_clock(train(experiment, "cpu"))


def test_another_seed_gives_other_losses(make: Make) -> None:
    first, second = (steps_of(train(make(seed=seed), "cpu")) for seed in (0, 1))
    assert all(a.loss != b.loss for a, b in zip(first, second, strict=True))


def test_a_run_beside_another_gives_the_same_events(make: Make) -> None:
    experiment, other = make(CONVOLUTIONS, CONNECTED, epochs=3), make(epochs=100, train_size=256, seed=5)
    alone = without_clock(train(experiment, "cpu"))
    ended = threading.Event()
    beside: list[Event] = []
    thread = threading.Thread(target=lambda: beside.extend(train(other, "cpu", stop=ended)))
    thread.start()
    try:
        together = without_clock(train(experiment, "cpu"))
        assert thread.is_alive()
    finally:
        ended.set()
        thread.join()
    assert together == alone
    assert end_of(beside).reason == "stopped"


def test_a_generator_resumed_on_other_threads_gives_the_same_events(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(CONVOLUTIONS, FROZEN_CONVOLUTIONS | {"name": "rest", "params": ["fc1.*"]}, CONNECTED)
    alone = without_clock(train(experiment, "cpu"))
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    events: list[Event] = []
    run = train(experiment, "cpu")
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        for turn in range(1000):
            event = (first, second)[turn % 2].submit(next, run, None).result()
            if event is None:
                break
            events.append(event)
    assert without_clock(events) == alone


def test_an_event_stops_the_run_at_the_next_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    stop = threading.Event()
    events: list[Event] = []
    for event in train(make(epochs=50), "cpu", stop=stop):
        events.append(event)
        if isinstance(event, Step) and event.step == 6:
            stop.set()
    assert (end_of(events).reason, end_of(events).step) == ("stopped", 6)
    assert [step.step for step in steps_of(events)] == list(range(1, 7))


def test_a_function_stops_the_run_and_no_step_is_lost(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 1000.0)
    asked = iter([False] * 6 + [True] * 1000)
    events = list(train(make(epochs=50), "cpu", stop=lambda: next(asked)))
    taken = [step.step for step in steps_of(events)]
    assert end_of(events).reason == "stopped"
    assert taken == list(range(1, end_of(events).step + 1)) and taken
    assert len(taken) < 7


def test_a_run_stopped_before_it_began_takes_no_step(make: Make) -> None:
    events = list(train(make(), "cpu", stop=lambda: True))
    assert [type(event) for event in events] == [Started, Finished]
    assert (end_of(events).reason, end_of(events).step) == ("stopped", 0)
    assert all(group.moved == 0 for group in end_of(events).groups)


def test_the_time_limit_ends_a_run_that_promised_to_end_in_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that stands still in steps, and goes on by a second before each step and chunk of images."""
    clock = [100.0]

    def look() -> float:
        clock[0] += 1e-6
        return clock[0]

    def dawdle() -> bool:
        clock[0] += 1.0
        return False

    monkeypatch.setattr(core.training.clock, "time", SimpleNamespace(monotonic=look))

    events = list(train(make(epochs=2), "cpu", stop=dawdle, time_limit=6.5))
    assert end_of(events).reason == "time_limit"
    assert end_of(events).seconds == pytest.approx(7.0, abs=0.01)
    assert [step.step for step in steps_of(events)] == list(range(1, end_of(events).step + 1))
    assert end_of(events).step == 4


def test_a_loss_that_is_not_finite_ends_the_run_at_its_step(make: Make) -> None:
    events = list(train(make(DIVERGING, epochs=20), "cpu"))
    *before, last = steps_of(events)
    assert (end_of(events).reason, end_of(events).step) == ("non_finite", last.step)
    assert last.step < 80

    def is_finite(step: Step) -> bool:
        (group,) = step.groups
        numbers = (step.loss, group.gradient_norm, group.weight_norm, group.update_norm)
        return all(number is not None and math.isfinite(number) for number in numbers)

    assert all(map(is_finite, before))
    assert not is_finite(last)
    assert isinstance(events[-2], Step)


def test_a_run_that_diverges_just_before_it_is_stopped_still_finishes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 1000.0)
    diverged = end_of(list(train(make(DIVERGING, train_size=256), "cpu"))).step
    asked = iter([False] * (diverged + 4) + [True] * 1000)
    events = list(train(make(DIVERGING, train_size=256), "cpu", stop=lambda: next(asked)))
    assert (end_of(events).reason, end_of(events).step) == ("non_finite", diverged)


def test_a_run_closed_midway_leaves_nothing_behind(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    experiment = make(epochs=50)
    threads, state = threading.active_count(), torch.get_rng_state()
    run = train(experiment, "cpu")
    while not isinstance(next(run), Step):
        pass
    run.close()  # type: ignore[attr-defined]
    assert next(run, None) is None
    assert threading.active_count() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert steps_of(train(replace(experiment, epochs=1), "cpu"))[-1].step == 4


def test_a_run_leaves_the_random_state_of_the_process_alone(make: Make) -> None:
    torch.manual_seed(123)
    expected = torch.rand(3)
    torch.manual_seed(123)
    list(train(make(), "cpu"))
    assert torch.equal(torch.rand(3), expected)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every connection fails at once; the addresses that were asked for."""
    asked: list[str] = []

    def refuse(url: str, timeout: float) -> None:
        asked.append(url)
        raise urllib.error.URLError("no network in this test")

    monkeypatch.setattr(core.resources.fetching.urllib.request, "urlopen", refuse)
    return asked


@pytest.mark.usefixtures("no_weights")
def test_unavailable_weights_are_replaced_by_random_ones_and_said_so(make: Make, no_network: list[str]) -> None:
    experiment = make(model="resnet18", pretrained=True, train_size=16, batch_size=8, test_size=10)
    events = list(train(experiment, "cpu"))
    started = next(event for event in events if isinstance(event, Started))
    assert started.weights == "random"
    assert started.weights_problem == "no connection"
    assert started.experiment == experiment
    assert end_of(events).reason == "done"
    assert no_network == ["https://download.pytorch.org/models/resnet18-f37072fd.pth"]


@pytest.mark.usefixtures("weights_file")
def test_weights_on_this_machine_need_no_network(make: Make, no_network: list[str]) -> None:
    experiment = make(model="resnet18", pretrained=True, train_size=16, batch_size=8, test_size=10)
    started = next(event for event in train(experiment, "cpu") if isinstance(event, Started))
    assert (started.weights, started.weights_problem) == ("pretrained", None)
    assert no_network == []


def test_an_experiment_that_trains_nothing_is_refused(make: Make) -> None:
    with pytest.raises(ExperimentError) as caught:
        make({"name": "all", "params": ["*"], "optimizer": "frozen"})
    assert caught.value.problems[0].key == "all_frozen"


def test_groups_that_do_not_cover_the_network_are_refused_before_the_first_event(make: Make) -> None:
    with pytest.raises(ExperimentError, match=r"fc1\.weight"):
        next(train(make(CONVOLUTIONS), "cpu"))


@pytest.mark.parametrize("optimizer", sorted({*OPTIMIZER_OPTIONS} - {"frozen"}))
def test_every_class_trains(make: Make, optimizer: str) -> None:
    rates = {"Adadelta": 1.0, "Muon": 0.02, "ASGD": 0.05, "SGD": 0.05, "Adafactor": 0.01}
    head = {"name": "head", "params": ["*.weight"], "optimizer": optimizer, "lr": rates.get(optimizer, 0.001)}
    rest = {"name": "biases", "params": ["*"], "optimizer": "SGD", "lr": 0.01}
    events = list(train(make(head, rest, epochs=4, train_size=128), "cpu"))
    losses = [step.loss for step in steps_of(events)]
    assert end_of(events).reason == "done"
    assert sum(losses[-8:]) / 8 < losses[0]


def test_the_generated_images_can_be_learned_and_are_not_trivial() -> None:
    preset = PRESETS["layerwise_lr"]
    experiment = replace(preset, dataset="shapes", train_size=2000, test_size=500, epochs=3)
    *_, last, finished = (event for event in train(experiment, "cpu") if isinstance(event, (Evaluated, Finished)))
    assert isinstance(last, Evaluated) and isinstance(finished, Finished)
    assert 0.25 < last.accuracy < 0.95


@pytest.mark.usefixtures("cifar10")
def test_real_images_are_learned_too() -> None:
    experiment = replace(PRESETS["layerwise_lr"], train_size=2000, test_size=500, epochs=3)
    first, *_, last = evaluations_of(train(experiment, "cpu"))
    assert first.accuracy < 0.2 < 0.25 < last.accuracy


@pytest.mark.parametrize("thing", [{"groups": [CONVOLUTIONS]}, None, "layerwise_lr", Experiment])
def test_what_is_no_experiment_is_told_in_words(thing: Any) -> None:
    with pytest.raises(ExperimentError, match=r"experiment: .* is not an experiment; .*, and Experiment\.from_dict"):
        next(train(thing))
