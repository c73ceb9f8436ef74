"""The recorder that people take away: its figures are the lab's own, and those of a plain reckoning in float64."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from core.assignment import assign
from core.data import batches, load_dataset
from core.data.datasets import resize
from core.events import Finished, Step, TensorStep
from core.experiment import Experiment, load_presets
from core.export import record_groups, to_optimizers
from core.export.parts.record_groups import GroupRecorder
from core.models import build_model
from core.optimizers import LearningRates, build_optimizers, set_train_mode
from core.resources.random_numbers import RandomNumbers
from core.structures import runnable
from core.training import train
from tests.export.forked import run_forked

PRESETS = runnable(load_presets(Path(__file__).parents[2] / "presets"))
Make = Callable[..., Experiment]
Read = list[dict[str, Any]]


def lines(path: Path) -> Read:
    """The file's objects, as a strict reader takes them."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]


def of_kind(read: Read, event: str) -> Read:
    return [line for line in read if line["event"] == event]


def near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-5)


def small(preset: Experiment) -> Experiment:
    """On few generated images, until its last group has trained, or been frozen, for an epoch; not clipped, as the
    recorder stands after the backward pass and knows clipped gradients only."""
    epochs = max(2, 1 + max(max(group.start_epoch, group.end_epoch or 0) for group in preset.groups))
    few = {"train_size": 24, "test_size": 10, "batch_size": 8, "image_size": 32, "epochs": epochs}
    return replace(preset, dataset="shapes", pretrained=False, clip="none", **few)


def train_plainly(experiment: Experiment, path: Path, build: Callable[[nn.Module], Any] | None = None) -> None:
    """The experiment as a loop that the recorder stands in, with its own optimizers or those that are built."""
    numbers = RandomNumbers(experiment.seed)
    model = build_model(experiment, "cpu", numbers)
    assignment = assign(experiment, model)
    optimizers = build(model) if build else build_optimizers(assignment)
    rates, data = LearningRates(assignment.experiment, optimizers), load_dataset(experiment).train
    generator = torch.Generator().manual_seed(experiment.seed)
    recorder, step = GroupRecorder(model, optimizers, path, every=1), 0
    for epoch in range(experiment.epochs):
        set_train_mode(assignment, epoch)
        for (images,), labels in batches((data.images,), data.labels, experiment.batch_size, generator):
            model.zero_grad()
            with numbers:
                loss = cross_entropy(model(resize(images, experiment.image_size)), labels)
            loss.backward()
            rates.set(step := step + 1)
            with recorder.step(loss):
                for optimizer in optimizers:
                    optimizer.step()
    recorder.close()


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_its_figures_are_those_of_the_labs_own_meter(name: str, tmp_path: Path) -> None:
    experiment = small(PRESETS[name])
    train_plainly(experiment, tmp_path / "run.jsonl")
    started, *read = lines(tmp_path / "run.jsonl")
    events = list(train(experiment, "cpu"))
    end = events[-1]
    assert isinstance(end, Finished) and end.reason == read[-1]["reason"] == "done"
    names = [group["name"] for group in started["groups"]]
    places = [[each.name for each in end.groups].index(group) for group in names]
    steps = [event for event in events if isinstance(event, Step)]
    for found, wanted in zip(of_kind(read, "Step"), steps, strict=True):
        assert (found["step"], found["loss"]) == (wanted.step, near(wanted.loss))
        for own, place in zip(found["groups"], places, strict=True):
            for key in ("lr", "gradient_norm", "weight_norm", "update_norm", "update_ratio", "distance"):
                assert own[key] == near(getattr(wanted.groups[place], key)), (key, found["step"])
    for own, place in zip(read[-1]["groups"], places, strict=True):
        assert own["moved"] == end.groups[place].moved > 0
        assert own["distance"] == near(end.groups[place].distance)
        assert own["drift"] == near(end.groups[place].drift)
    told = next(event.tensors for event in events if hasattr(event, "tensors"))
    named = [parameter["name"] for parameter in started["parameters"]]
    ratios = {event.step: dict(zip(told, event.ratios, strict=True)) for event in events if type(event) is TensorStep}
    for found in of_kind(read, "TensorStep"):
        for own, parameter in zip(found["ratios"], started["parameters"], strict=True):
            wanted_ratio = ratios[found["step"]][parameter["name"]]
            assert own == (None if parameter["group"] is None else near(wanted_ratio))
    assert set(named) == set(told)


def test_the_exported_optimizers_are_recorded_as_the_lab_tells_them(make: Make, tmp_path: Path) -> None:
    groups = [
        {"name": "head", "params": ["fc2.*"], "optimizer": "AdamW", "lr": 0.01, "weight_decay": 0.1},
        {"name": "stem", "params": ["conv1.*"], "optimizer": "frozen"},
        {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9},
    ]
    experiment, names = make(*groups), dict[str, Any]()
    exec(to_optimizers(experiment), names)
    train_plainly(experiment, tmp_path / "run.jsonl", names["build_optimizers"])
    started, *read = lines(tmp_path / "run.jsonl")
    assert [group["name"] for group in started["groups"]] == ["head", "rest"]
    wanted = [event for event in train(experiment, "cpu") if isinstance(event, Step)][-1]
    found = of_kind(read, "Step")[-1]["groups"]
    assert [each["update_norm"] for each in found] == [near(wanted.groups[place].update_norm) for place in (0, 2)]
    assert {p["name"] for p in started["parameters"] if p["group"] is None} == {"conv1.weight", "conv1.bias"}


def test_its_text_is_a_file_that_needs_torch_alone(tmp_path: Path) -> None:
    text = record_groups()
    (tmp_path / "record_groups.py").write_text(text)
    (tmp_path / "train.py").write_text(ALONE)
    run_forked("train.py", folder=tmp_path)
    assert [line["event"] for line in lines(tmp_path / "run.jsonl")] == ["Started", "Step", "TensorStep", "Finished"]
    imported = {node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    imported |= {a.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for a in node.names}
    assert {name.partition(".")[0] for name in imported} - {"torch"} <= sys.stdlib_module_names


ALONE = """
import sys, torch
sys.path.insert(0, ".")
from record_groups import GroupRecorder
model = torch.nn.Linear(2, 2)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
recorder = GroupRecorder(model, optimizer, "run.jsonl")
loss = model(torch.ones(1, 2)).sum()
loss.backward()
with recorder.step(loss):
    optimizer.step()
recorder.close()
"""
