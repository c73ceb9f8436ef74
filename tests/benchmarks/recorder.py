"""What the recorder costs a training, beside the same steps without it: python -m tests.benchmarks.recorder

Plain and measured steps take turns in one process, on one network and one thread, in seconds of
computing, so that what else the machine does weighs less. Peaks of memory are of processes of their own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import median

import torch
import torchvision
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW

from core.export.parts.record_groups import GroupRecorder
from tests.benchmarks.row import HEAD, Row, line

EVERY = 10
ROUNDS = {"resnet18": 40, "bert": 8}
COUNTED = 10_000
Training = tuple[Callable[[], Tensor], nn.Module]  # a step's loss, and its network


def resnet18() -> Training:
    """A batch of 32 images of 64 pixels, and the network."""
    model = torchvision.models.resnet18(num_classes=10).to(memory_format=torch.channels_last)
    images, labels = torch.randn(32, 3, 64, 64).contiguous(memory_format=torch.channels_last), torch.arange(32) % 10
    return lambda: cross_entropy(model(images), labels), model


def bert() -> Training:
    """A batch of 8 sentences of 128 tokens, and BERT-base as a classifier: 109 million weights."""
    from transformers import BertConfig, BertForSequenceClassification

    model = BertForSequenceClassification(BertConfig())
    tokens, labels = torch.randint(30_000, (8, 128)), torch.arange(8) % 2
    return lambda: model(tokens, labels=labels).loss, model


NETWORKS: dict[str, Callable[[], Training]] = {"resnet18": resnet18, "bert": bert}


def groups(model: nn.Module) -> list[dict[str, object]]:
    """Two, as they are usual: what decays and what does not."""
    decays = [p for p in model.parameters() if p.ndim > 1]
    return [{"params": decays, "name": "decay"}, {"params": [p for p in model.parameters() if p.ndim < 2]}]


def steps(name: str, folder: Path) -> Iterator[tuple[float, float]]:
    """Seconds of a plain and of a measured step, round after round; which comes first, changes."""
    torch.set_num_threads(1)
    loss, model = NETWORKS[name]()
    optimizer = AdamW(groups(model), lr=1e-5, fused=True)
    recorder = GroupRecorder(model, optimizer, folder / "run.jsonl", every=1)
    for number in range(ROUNDS[name] + 1):
        seconds = [0.0, 0.0]
        for is_measured in (False, True) if number % 2 else (True, False):
            began = time.process_time()
            optimizer.zero_grad()
            value = loss()
            value.backward()
            with recorder.step(value) if is_measured else nullcontext():
                optimizer.step()
            seconds[is_measured] = time.process_time() - began
        if number > 0:  # the optimizer's state is made
            yield seconds[0], seconds[1]


def counted(folder: Path) -> float:
    """Seconds of a step that is only counted, beyond what the optimizer takes."""
    model = nn.Linear(2, 2)
    recorder = GroupRecorder(model, AdamW(model.parameters()), folder / "counted.jsonl", every=COUNTED + 2)
    with recorder.step():
        pass
    began = time.process_time()
    for _ in range(COUNTED):
        with recorder.step():
            pass
    return (time.process_time() - began) / COUNTED


def rows() -> Iterator[Row]:
    """Of each network what a measured step costs ten, in time and memory; and what a counted one takes."""
    for name in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            plain, measured = zip(*steps(name, Path(folder)), strict=True)
        costs = [1 + (m - p) / (EVERY * p) for p, m in zip(plain, measured, strict=True)]
        ten = EVERY * median(plain)
        what = f"{name}: {EVERY} steps, one of them measured : plain ones"
        yield Row(what, ten + median(measured) - median(plain), ten, None, median(costs), 1.03, False, "s")
        alone, copy = _peak(name, "none"), sum(p.nbytes for p in NETWORKS[name]()[1].parameters()) / 1e6
        for keep in ("exact", "bf16"):
            more = _peak(name, keep) - alone
            what = f"{name}: peak of memory beyond the training's, keep={keep} : the weights"
            yield Row(what, more, copy, None, more / copy, 1.05, False, "MB")
    with tempfile.TemporaryDirectory() as folder:
        yield Row("a step that is only counted", 1e6 * counted(Path(folder)), None, None, None, 20, False, "µs")


def _peak(name: str, keep: str) -> float:
    """MB, as Linux counts the resident set's high-water mark: proc(5), VmHWM."""
    command = [sys.executable, "-m", "tests.benchmarks.recorder", name, keep]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _train(name: str, keep: str) -> None:
    """Some steps, the third of them measured where `keep` asks for a recorder; prints the peak."""
    torch.manual_seed(0)
    loss, model = NETWORKS[name]()
    optimizer = AdamW(groups(model), lr=1e-5, fused=True)
    with tempfile.TemporaryDirectory() as folder:
        options = None if keep == "none" else {"every": 2, "keep": keep}
        recorder = options and GroupRecorder(model, optimizer, f"{folder}/run.jsonl", **options)
        for _ in range(4):
            optimizer.zero_grad()
            value = loss()
            value.backward()
            with recorder.step(value) if recorder else nullcontext():
                optimizer.step()
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _train(sys.argv[1], sys.argv[2])
    else:
        print(HEAD)
        for row in rows():
            print(line(row), flush=True)
