"""The recorder under several processes, and as its docstring has it in loops that others wrote."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.optim import SGD, AdamW
from torch.utils.data import DataLoader

from core.events import Started
from core.export import to_optimizers
from core.export.parts.record_groups import GroupRecorder
from core.report import read_recording
from tests.export.forked import START
from tests.export.test_record_groups import Read, lines, near, of_kind

IMAGES = torch.arange(48).float().sin().view(8, 6)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))


def in_processes(function: Callable[[int, Path], None], count: int, folder: Path) -> None:
    """Call the function in processes of one group, each with its number."""
    processes = [START.Process(target=_in_group, args=(function, number, count, folder)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * count


def _in_group(function: Callable[[int, Path], None], number: int, count: int, folder: Path) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", f"file://{folder / 'meeting'}", rank=number, world_size=count)
    function(number, folder)
    distributed.barrier()
    os._exit(0)  # torch 2.14 ends with gloo's threads running now and then, which aborts after all is done


def train_shared(number: int, folder: Path) -> None:
    model = DistributedDataParallel(network())
    train(model, IMAGES[number::2], folder / f"{number}.jsonl")


def train(model: nn.Module, images: Tensor, path: Path) -> None:
    optimizer = AdamW(model.parameters(), lr=0.1)
    recorder = GroupRecorder(model, optimizer, path, every=2)
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(images).square().mean()
        loss.backward()
        with recorder.step(loss):
            optimizer.step()
    recorder.close()


def test_of_processes_that_share_batches_the_first_writes_what_one_alone_would(tmp_path: Path) -> None:
    in_processes(train_shared, 2, tmp_path)
    assert not (tmp_path / "1.jsonl").exists()
    train(network(), IMAGES, tmp_path / "alone.jsonl")
    shared, alone = (of_kind(lines(tmp_path / f"{name}.jsonl"), "Step") for name in ("0", "alone"))
    assert [step["step"] for step in shared] == [1, 3]
    for found, wanted in zip(shared, alone, strict=True):
        assert found["groups"][0].keys() == wanted["groups"][0].keys()
        assert all(found["groups"][0][key] == near(value) for key, value in wanted["groups"][0].items())


def refuse_shards(number: int, folder: Path) -> None:
    model = network()
    fully_shard(model)
    with pytest.raises(ValueError, match="weights in shards"):
        GroupRecorder(model, SGD(model.parameters(), 0.1), str(folder / "run.jsonl"))


def test_weights_in_shards_are_refused_in_words(tmp_path: Path) -> None:
    in_processes(refuse_shards, 2, tmp_path)
    assert not (tmp_path / "run.jsonl").exists()


def assert_whole(read: Read, steps: int, every: int, groups: int = 1) -> None:
    """A recording of all steps in which everything moved."""
    kinds = [line["event"] for line in read]
    assert (kinds[0], kinds[-1], read[-1]["step"]) == ("Started", "Finished", steps)
    told = of_kind(read, "Step")
    assert [step["step"] for step in told] == [*range(1, steps + 1, every)]
    for step in told:
        assert len(step["groups"]) == groups
        assert all(group["update_norm"] > 0 and group["gradient_norm"] > 0 for group in step["groups"])


def test_in_the_trainer_of_transformers(tmp_path: Path) -> None:
    pytest.importorskip("accelerate", reason="transformers' Trainer needs accelerate")
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    model = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=20, **sizes))
    sentences = [{"input_ids": torch.randint(20, (6,)), "labels": torch.tensor(i % 2)} for i in range(16)]

    class Record(transformers.TrainerCallback):
        def on_train_begin(self, *_: Any, model: nn.Module, optimizer: Any, **__: Any) -> None:
            self.recorder = GroupRecorder(model, optimizer, tmp_path / "run.jsonl", every=2).attach()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            self.recorder.close()

    options = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "num_train_epochs": 3}
    arguments = transformers.TrainingArguments(tmp_path, use_cpu=True, report_to=[], save_strategy="no", **options)
    transformers.Trainer(model, arguments, train_dataset=sentences, callbacks=[Record()]).train()
    started, *_ = read = lines(tmp_path / "run.jsonl")
    assert_whole(read, steps=6, every=2, groups=2)
    assert started["groups"][0]["optimizer"] == "torch.optim.adamw.AdamW"
    assert all(parameter["group"] in (0, 1) for parameter in started["parameters"])


def test_in_lightning(tmp_path: Path) -> None:
    try:
        import lightning.pytorch as lightning
    except ModuleNotFoundError:
        lightning = pytest.importorskip("pytorch_lightning", reason="needs Lightning")

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network()

        def training_step(self, images: Tensor, index: int) -> Tensor:
            return self.network(images).square().mean()

        def configure_optimizers(self) -> AdamW:
            return AdamW(self.parameters(), lr=0.1)

    class Record(lightning.Callback):
        def on_train_start(self, trainer: Any, module: nn.Module) -> None:
            self.recorder = GroupRecorder(module, trainer.optimizers, tmp_path / "run.jsonl", every=2).attach()

        def on_before_backward(self, trainer: Any, module: nn.Module, loss: Tensor) -> None:
            self.recorder.loss = loss

        def on_train_end(self, trainer: Any, module: nn.Module) -> None:
            self.recorder.close()

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    quiet |= {"enable_model_summary": False, "accelerator": "cpu", "default_root_dir": tmp_path}
    trainer = lightning.Trainer(max_epochs=3, callbacks=[Record()], **quiet)
    trainer.fit(Module(), DataLoader(IMAGES, batch_size=2))
    read = lines(tmp_path / "run.jsonl")
    assert_whole(read, steps=12, every=2)
    assert all(step["loss"] > 0 for step in of_kind(read, "Step"))


@pytest.mark.parametrize("attached", [True, False])
def test_behind_accelerate(tmp_path: Path, attached: bool) -> None:
    accelerate = pytest.importorskip("accelerate", reason="needs accelerate")
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
    model = network()
    model, optimizer, loader = accelerator.prepare(model, AdamW(model.parameters(), lr=0.1), DataLoader(IMAGES))
    recorder = GroupRecorder(model, optimizer, tmp_path / "run.jsonl", every=2)
    if attached:
        recorder.attach()
    for images in loader:
        with accelerator.accumulate(model):
            recorder.loss = model(images).square().mean()
            accelerator.backward(recorder.loss)
            with nullcontext() if attached else recorder.step(recorder.loss):
                optimizer.step()
            optimizer.zero_grad()
    recorder.close()
    started, *_ = read = lines(tmp_path / "run.jsonl")
    assert_whole(read, steps=4, every=2)
    assert started["groups"][0]["optimizer"] == "torch.optim.adamw.AdamW"


@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel, lambda model: torch.compile(nn.DataParallel(model))])
def test_of_a_wrapped_network_the_code_fits_the_one_inside(
    wrap: Callable[[nn.Module], nn.Module], tmp_path: Path
) -> None:
    bare = network()
    groups = [{"params": bare[2].parameters(), "lr": 0.1}, {"params": bare[0].parameters()}]
    GroupRecorder(wrap(bare), AdamW(groups, lr=0.01), tmp_path / "run.jsonl").close()
    started = read_recording((tmp_path / "run.jsonl").read_text())[0]
    assert isinstance(started, Started)
    names: dict[str, Any] = {}
    exec(to_optimizers(started.experiment), names)
    (optimizer,) = names["build_optimizers"](bare)
    found = [(group["lr"], group["params"]) for group in optimizer.param_groups]
    assert found == [(0.1, [*bare[2].parameters()]), (0.01, [*bare[0].parameters()])]
