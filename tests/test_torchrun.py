"""Exported scripts under torchrun: two processes on the CPU agree, and follow a single one with the same batches."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.experiment import Experiment
from core.export import to_script
from tests.export.test_script import Result, run_command, run_script

Make = Callable[..., Experiment]

# Runs the script and, before its processes part, writes down how far apart their weights are, and the batches' sizes.
WRAPPER = """
import importlib, json, os, sys, torch
from torch import distributed
train = importlib.import_module("train")
built, batches, part = [], [], distributed.destroy_process_group
make = train.build_model
def note(model, inputs):
    if model.training:
        batches.append(len(inputs[0]))
def remember():
    built.append(make())
    built[-1].register_forward_pre_hook(note)
    return built[-1]
def compare():
    weights = torch.cat([p.detach().flatten() for p in built[-1].parameters()])
    of_all = [torch.empty_like(weights) for _ in range(train.WORLD_SIZE)]
    distributed.all_gather(of_all, weights)
    if train.RANK == 0:
        apart = [float((other - weights).abs().max()) for other in of_all]
        json.dump({"apart": apart, "batches": batches}, open("ranks.json", "w"))
    part()
train.build_model, distributed.destroy_process_group = remember, compare
train.main()
sys.stdout.flush()
os._exit(0)  # torch 2.14 ends with gloo's threads running now and then, which aborts after all is done
"""


def torchrun(script: str, folder: Path, processes: int = 2) -> tuple[Result, dict[str, list[float]]]:
    """What the script leaves; how far each process's weights are from the first one's, and that one's batches."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "train.py").write_text(script, encoding="utf-8")
    (folder / "wrapper.py").write_text(WRAPPER)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    launcher += ["--master-addr", "127.0.0.1", "--master-port", str(port), "wrapper.py"]
    output = run_command(*launcher, "--device", "cpu", "--save", "result.pt", folder=folder, safe_path=False)
    read = torch.load(folder / "result.pt", weights_only=True)
    told = json.loads((folder / "ranks.json").read_text())
    epochs = [line for line in output.splitlines() if line.startswith("epoch ")]
    assert len(epochs) == len({line.partition(":")[0] for line in epochs}), "one process alone prints"
    return Result(read["model"], read["losses"], []), told


GROUPS: dict[str, list[dict[str, Any]]] = {
    "two optimizers": [
        {"name": "convolutions", "params": ["conv*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9},
        {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.02, "schedule": "linear"},
    ],
    "later starts, and an end": [
        {"name": "head", "params": ["fc2.*"], "optimizer": "SGD", "lr": 0.05},
        {"name": "middle", "params": ["fc1.*"], "optimizer": "SGD", "lr": 0.05, "start_epoch": 1, "end_epoch": 2},
        {"name": "stem", "params": ["conv1.*"], "optimizer": "frozen"},
        {"name": "late", "params": ["*"], "optimizer": "SGD", "lr": 0.1, "start_epoch": 2},
    ],
}


@pytest.mark.parametrize("kind", sorted(GROUPS))
def test_two_processes_agree_and_follow_a_single_one(make: Make, kind: str, tmp_path: Path) -> None:
    experiment = make(*GROUPS[kind], epochs=3, train_size=50, test_size=21, clip="norm", clip_at=0.5)
    (tmp_path / "single").mkdir()
    single = run_script(experiment, tmp_path / "single")
    shared, told = torchrun(to_script(experiment), tmp_path)
    assert told["apart"] == [0.0, 0.0]
    assert told["batches"] == [experiment.batch_size / 2] * experiment.steps
    assert shared.losses == pytest.approx(single.losses, rel=1e-4)
    for name, tensor in single.weights.items():
        torch.testing.assert_close(shared.weights[name], tensor, rtol=1e-3, atol=1e-5)


def test_batches_that_cannot_be_shared_are_refused_in_words(make: Make, tmp_path: Path) -> None:
    script = to_script(make(batch_size=15, train_size=30))
    (tmp_path / "train.py").write_text(script)
    environment = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "PATH": ""}
    done = subprocess.run([sys.executable, "train.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "2 processes cannot share batches of 15 evenly" in done.stderr and "Traceback" not in done.stderr
