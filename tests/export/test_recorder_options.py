"""What the recorder's file holds while it grows and at its end, what it leaves as it is, and what it refuses."""

from __future__ import annotations

import errno
import gc
import math
import warnings
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD

from core.events import Finished, Step
from core.export.parts.record_groups import GroupRecorder
from core.report import read_recording
from tests.export.test_record_groups import lines, near, of_kind


def one_layer(path: Path, lr: float = 0.1, **options: Any) -> tuple[nn.Linear, SGD, GroupRecorder]:
    torch.manual_seed(0)
    model = nn.Linear(30, 20)
    optimizer = SGD(model.parameters(), lr)
    return model, optimizer, GroupRecorder(model, optimizer, path, **options)


def take_step(model: nn.Module, optimizer: SGD) -> None:
    optimizer.zero_grad()
    model(torch.randn(4, 30)).square().sum().backward()
    optimizer.step()


def test_it_measures_every_so_many_steps_and_what_they_did_together(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=3)
    for number in range(1, 9):
        with recorder.step(float(number)):
            take_step(model, optimizer)
        read = lines(tmp_path / "run.jsonl")  # while it grows
        assert [step["step"] for step in of_kind(read, "Step")] == [1, 4, 7][: (number + 2) // 3]
    recorder.close()
    recorder.close()
    with recorder.step(9.0):
        pass
    *steps, end = lines(tmp_path / "run.jsonl")
    assert [step["loss"] for step in of_kind(steps, "Step")] == [1.0, 4.0, 7.0]
    assert (end["event"], end["reason"], end["step"]) == ("Finished", "done", 8) and end["seconds"] > 0
    assert (end["groups"][0]["moved"], end["groups"][0]["update_norm"]) == (620, 0.0)


def test_training_goes_on_as_it_would_alone(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=1)
    for _ in range(3):
        with recorder.step():
            take_step(model, optimizer)
    alone, its_own, _ = one_layer(tmp_path / "other.jsonl")
    for _ in range(3):
        take_step(alone, its_own)
    assert torch.equal(model.weight, alone.weight) and torch.equal(model.bias, alone.bias)


@pytest.mark.parametrize("lr", [1e-1, 1e-4, 1e-6])
def test_a_start_that_is_kept_in_half_precision_gives_distances_nearly(lr: float, tmp_path: Path) -> None:
    read = []
    for keep in ("exact", "bf16"):
        model, optimizer, recorder = one_layer(tmp_path / keep, lr, every=1, keep=keep)
        for _ in range(5):
            with recorder.step():
                take_step(model, optimizer)
        recorder.close()
        started, *rest = lines(tmp_path / keep)
        assert started["keep"] == keep
        read.append(rest[-1]["groups"][0])
    exact, estimate = read
    assert (exact["moved"], estimate["moved"]) == (620, None)
    assert estimate["distance"] == pytest.approx(exact["distance"], abs=0.003 / 620**0.5, rel=1e-5)
    assert estimate["weight_norm"] == exact["weight_norm"]


def test_a_start_in_half_precision_takes_half_the_memory(tmp_path: Path) -> None:
    *_, exact = one_layer(tmp_path / "a")
    *_, half = one_layer(tmp_path / "b", keep="bf16")
    sizes = [sum(kept.nbytes for kept in recorder._kept.values()) for recorder in (exact, half)]
    assert sizes == [620 * 4, 620 * 2]


def test_hooks_measure_where_the_loop_is_not_ones_own(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=2)
    assert recorder.attach() is recorder
    for number in range(3):
        recorder.loss = float(number)
        take_step(model, optimizer)
    recorder.close()
    steps = of_kind(lines(tmp_path / "run.jsonl"), "Step")
    assert [(step["step"], step["loss"]) for step in steps] == [(1, 0.0), (3, 2.0)]
    assert all(step["groups"][0]["update_norm"] > 0 for step in steps)


def test_a_step_that_fails_is_counted_and_not_told(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=1)
    with pytest.raises(ZeroDivisionError), recorder.step():
        raise ZeroDivisionError
    with recorder.step():
        take_step(model, optimizer)
    assert [step["step"] for step in of_kind(lines(tmp_path / "run.jsonl"), "Step")] == [2]


def test_one_optimizer_steps_more_often_than_the_last_one(tmp_path: Path) -> None:
    models = nn.ModuleList([nn.Linear(30, 1), nn.Linear(30, 1)])
    often, seldom = (SGD(model.parameters(), 0.1) for model in models)
    recorder = GroupRecorder(models, [often, seldom], tmp_path / "run.jsonl", every=1).attach()
    for _ in range(2):
        for _ in range(3):
            take_step(models[0], often)
        take_step(models[1], seldom)
    take_step(models[0], often)
    recorder.close()
    take_step(models[1], seldom)  # after the end, in a step that began before it
    steps = [step for step in read_recording((tmp_path / "run.jsonl").read_text()) if isinstance(step, Step)]
    assert [step.step for step in steps] == [1, 2]
    assert all(group.update_norm > 0 for step in steps for group in step.groups)


def test_a_step_that_failed_between_hooks_does_not_spoil_the_file(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=1)
    recorder.attach()
    with pytest.raises(ZeroDivisionError):
        optimizer.step(lambda: 1 / 0)
    for _ in range(2):
        with recorder.step():  # with hooks too, it is measured once
            take_step(model, optimizer)
    recorder.close()
    read = read_recording((tmp_path / "run.jsonl").read_text())
    assert [step.step for step in read if isinstance(step, Step)] == [2, 3]


def test_a_cell_that_attaches_again_has_its_file_alone(tmp_path: Path) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=2)
    recorder.attach()
    for _ in range(9):
        take_step(model, optimizer)

    def stopped_by_hand() -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(stopped_by_hand)
    old = weakref.ref(recorder)
    recorder = GroupRecorder(model, optimizer, tmp_path / "run.jsonl", every=2).attach()
    gc.collect()
    assert old() is None, "with its copy of the weights"
    for _ in range(5):
        take_step(model, optimizer)
    recorder.close()
    events = read_recording((tmp_path / "run.jsonl").read_text())
    assert [step.step for step in events if isinstance(step, Step)] == [1, 3, 5]
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"


@pytest.mark.parametrize("attached", [False, True])
def test_groups_that_change_end_the_recording_and_not_the_training(tmp_path: Path, attached: bool) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=2)
    late = nn.Linear(30, 1)
    if attached:
        recorder.attach()

    def step() -> None:
        with nullcontext() if attached else recorder.step():
            take_step(model, optimizer)

    for _ in range(2):
        step()
    optimizer.add_param_group({"params": late.parameters()})
    with pytest.warns(UserWarning, match="the groups changed: make a new recorder"):
        step()
    after = model.weight.detach().clone()
    step()
    assert not torch.equal(model.weight, after)
    recorder.close()
    *steps, end = read_recording((tmp_path / "run.jsonl").read_text())
    assert [step.step for step in steps if isinstance(step, Step)] == [1]
    assert isinstance(end, Finished) and (end.reason, end.step) == ("stopped", 3)
    assert [group.moved for group in end.groups] == [620]


def test_a_full_disk_ends_the_recording_and_not_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer, recorder = one_layer(tmp_path / "run.jsonl", every=1)

    def refuse(text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with recorder.step():
        take_step(model, optimizer)
    with monkeypatch.context() as patched:
        patched.setattr(recorder, "_file", SimpleNamespace(write=refuse))
        with pytest.warns(UserWarning, match="recorded no further: .*No space left"), recorder.step():
            take_step(model, optimizer)
    with recorder.step():
        take_step(model, optimizer)
    recorder.close()
    assert [step["step"] for step in of_kind(lines(tmp_path / "run.jsonl"), "Step")] == [1]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"keep": "bf8"}])
def test_wrong_arguments_are_refused_in_words(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="from 1, exact or bf16"):
        one_layer(tmp_path / "run.jsonl", **wrong)
    assert not (tmp_path / "run.jsonl").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda optimizer: {"a": optimizer, "b": optimizer}, "dict, str"),
        (lambda optimizer: [], "list"),
        (lambda optimizer: optimizer.param_groups, "list, dict"),
        (lambda optimizer: None, "NoneType"),
    ],
)
def test_what_is_no_optimizer_is_refused_in_words(make: Callable[[SGD], Any], words: str, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(TypeError, match=f"or a list of some, not {words}$"):
        GroupRecorder(model, make(SGD(model.parameters(), 0.1)), tmp_path / "run.jsonl")
    with pytest.raises(ValueError, match="the optimizers have no parameters"):
        GroupRecorder(model, SGD([{"params": []}]), tmp_path / "run.jsonl")
    assert not (tmp_path / "run.jsonl").exists()


def test_a_parameter_of_two_optimizers_is_named_with_its_groups(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    head = SGD([{"params": model[1].parameters(), "name": "head"}], 0.1)
    bias = "1.bias in head and group 1$"
    both = f"1.weight in head and group 1, {bias}"
    for count, others, names in ((1, [model[1].bias], bias), (2, model.parameters(), both)):
        words = f"^{count} stepped by several groups, listed in the last: {names}"
        with pytest.warns(UserWarning, match=words) as caught:
            recorder = GroupRecorder(model, [head, SGD(others, 0.1)], tmp_path / "run.jsonl", every=1)
        assert caught[0].filename == __file__
        with recorder.step():
            model[1].bias.data += 1.0
        started, step, *_ = lines(tmp_path / "run.jsonl")
        assert started["parameters"][3] | {"group": 1} == started["parameters"][3]
        assert [group["update_norm"] for group in step["groups"]] == [near(2**0.5), near(2**0.5)]
        recorder.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GroupRecorder(model, [head, SGD(model[0].parameters(), 0.1)], tmp_path / "run.jsonl").close()


def test_buffers_drift_with_the_layers_they_are_in(tmp_path: Path) -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.BatchNorm1d(3, affine=False))
    model[1].register_buffer("table", torch.arange(4))
    groups = [{"params": model[0].parameters()}, {"params": model[1].parameters()}]
    recorder = GroupRecorder(model, SGD(groups, 0.1), tmp_path / "run.jsonl", every=1)
    for change in (lambda: None, lambda: model[0].num_batches_tracked.add_(2), lambda: model(torch.randn(5, 3))):
        with recorder.step():
            change()
    way = torch.cat([model[0].running_mean, model[0].running_var - 1]).norm() / 3**0.5
    model[1].table, model[0].running_mean = None, torch.ones(4)
    recorder.close()
    read = [line for line in lines(tmp_path / "run.jsonl")[1:] if "groups" in line]
    drifts = [[group["drift"] for group in line["groups"]] for line in read]
    assert drifts[:2] == [[0.0, 0.0], [1.0, 0.0]], "a counter that began as 0 counts if it alone has changed"
    assert drifts[2] == [near(float(way)), 0.0]
    assert 0 < drifts[3][0] < drifts[2][0] and drifts[3][1] is None


def test_what_is_not_finite_is_null(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    optimizer = SGD(model.parameters(), lr=0.1)
    optimizer.param_groups[0] |= {"odd": {(1, 2): 3}}
    optimizer.param_groups[0]["own"] = [math.nan, torch.tensor(2.0), np.float32(0.5), int, torch.ones(2)]
    recorder = GroupRecorder(model, optimizer, tmp_path / "run.jsonl", every=1)
    for loss in (math.nan, torch.tensor(math.inf), None):
        with recorder.step(loss):
            model[0].weight.data[0, 0] = math.nan
    recorder.close("non_finite")
    started, *read = lines(tmp_path / "run.jsonl")
    assert started["groups"][0]["settings"]["own"] == [None, 2.0, 0.5, "<class 'int'>", "tensor([1., 1.])"]
    assert [step["loss"] for step in of_kind(read, "Step")] == [None] * 3
    assert read[0]["groups"][0]["weight_norm"] is None and read[0]["groups"][0]["distance"] is None
    assert read[-1]["reason"] == "non_finite"
