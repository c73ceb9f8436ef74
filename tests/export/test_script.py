"""Exported scripts: run in processes of their own, they give the app's weights and losses, bit for bit."""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.datasets import CIFAR10

import core.training.run
import core.training.training
from core.events import Evaluated, Step
from core.experiment import Experiment, ExperimentError, load_presets
from core.export import to_optimizers, to_script
from core.models import build_model
from core.models.catalogue import HOUSE_NETWORKS
from core.resources.cifar10 import data_dir
from core.resources.weights import weights_path
from core.structures import runnable
from tests.export.forked import run_forked

Make = Callable[..., Experiment]

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
EVIL = ["it's", '"quoted"', "\"\"\"'''", "back\\slash\\", "{braces} {{}}", "${dollar} %s", "# noqa: all", "组" * 40]
EPOCH = re.compile(r"^epoch (\d+): loss ([\d.]+), accuracy ([\d.]+)%$", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """What a run leaves: its weights, the loss of every step, and what it says of each epoch."""

    weights: dict[str, Tensor]
    losses: list[float]
    evaluations: list[tuple[int, float, float]]


def small(preset: Experiment) -> Experiment:
    """The preset on few images, but until its last group has trained, or been frozen, for an epoch."""
    batch = 4 if preset.image_size > 32 else 8
    last_start = max(max(group.start_epoch, group.end_epoch or 0) for group in preset.groups)
    return replace(
        preset,
        dataset="cifar10",
        train_size=3 * batch + 1,
        test_size=11,
        batch_size=batch,
        image_size=min(preset.image_size, 40),
        epochs=max(2, last_start + 1),
        pretrained=preset.pretrained and weights_path(preset.model).exists(),
    )


@pytest.fixture(scope="module")
def small_cifar10(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A copy of CIFAR-10's form with 100 and 20 images of noise, whose checksums torchvision is told."""
    rng, root, sums = np.random.default_rng(0), tmp_path_factory.mktemp("data"), {}
    (root / CIFAR10.base_folder).mkdir()
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]:
        batch = {"data": rng.integers(0, 256, (20, 3072), np.uint8), "labels": [*range(10)] * 2}
        data = pickle.dumps({"label_names": [str(i) for i in range(10)]} if name == "batches.meta" else batch)
        (root / CIFAR10.base_folder / name).write_bytes(data)
        sums[name] = hashlib.md5(data).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(root))
        patch.setattr(CIFAR10, "train_list", [[f"data_batch_{i}", sums[f"data_batch_{i}"]] for i in range(1, 6)])
        patch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
        patch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": sums["batches.meta"]})
        yield


# Tells torchvision the checksums that this process knows, then runs the script as `python train.py` does.
START = """
import runpy
from torchvision.datasets import CIFAR10
CIFAR10.train_list, CIFAR10.test_list, CIFAR10.meta = {}, {}, {}
runpy.run_path("train.py", run_name="__main__")
"""


def run_command(*command: str, folder: Path, safe_path: bool = True) -> str:
    """Its output; one thread, and nothing to import but what is installed, and what `folder` holds if asked for."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"OMP_NUM_THREADS": "1"} | ({"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "error"} if safe_path else {})
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_script(experiment: Experiment, folder: Path, data: Path | None = None, safe_path: bool = True) -> Result:
    """The experiment's script, run by itself in `folder`."""
    script, saved = folder / "train.py", folder / "result.pt"
    script.write_text(to_script(experiment), encoding="utf-8")
    (folder / "start.py").write_text(START.format(CIFAR10.train_list, CIFAR10.test_list, CIFAR10.meta))
    arguments = ["--data-dir", str(data or data_dir()), "--device", "cpu", "--save", str(saved)]
    if safe_path:
        output = run_forked("start.py", *arguments, folder=folder)
    else:
        output = run_command(sys.executable, "start.py", *arguments, folder=folder, safe_path=False)
    read = torch.load(saved, weights_only=True)
    told = [(int(epoch), float(loss), float(right)) for epoch, loss, right in EPOCH.findall(output)]
    return Result(read["model"], read["losses"], told)


@pytest.fixture
def run_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Experiment], Result]]:
    """The app's own run of an experiment, on one thread."""
    built: list[nn.Module] = []

    def remember(*arguments: Any) -> nn.Module:
        built.append(build_model(*arguments))
        return built[-1]

    def run(experiment: Experiment) -> Result:
        events = list(core.training.train(experiment, "cpu"))
        told = [event for event in events if isinstance(event, Evaluated) and event.epoch > 0]
        losses = [event.loss for event in events if isinstance(event, Step)]
        evaluations = [(e.epoch, round(e.loss, 4), round(100 * e.accuracy, 2)) for e in told]
        return Result(built[-1].state_dict(), losses, evaluations)

    monkeypatch.setattr(core.training.run, "build_model", remember)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)


def assert_same(script: Result, app: Result) -> None:
    assert script.losses == app.losses and len(app.losses) > 0
    assert script.weights.keys() == app.weights.keys()
    for name, tensor in app.weights.items():
        assert torch.equal(script.weights[name], tensor), name
    assert script.evaluations == app.evaluations and len(app.evaluations) > 0


def test_the_apps_copy_of_cifar10_gives_the_apps_floats(
    cifar10: None, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    experiment = small(PRESETS["layerwise_lr"])
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


@pytest.mark.parametrize("name", sorted(runnable(PRESETS)))
def test_a_script_of_a_preset_gives_the_apps_floats(
    name: str, small_cifar10: None, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    experiment = small(PRESETS[name])
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


def schedules_and_starts(make: Make) -> Experiment:
    """Every schedule, three starts and a frozen group; options of the optimizers, one of a constructor alone."""
    sgd = {"optimizer": "SGD", "momentum": 0.9, "options": "nesterov=True"}
    groups = [
        {"name": "a", "params": ["conv1.weight"], "lr": 2e-3, "schedule": "one_cycle"} | sgd,
        {"name": "b", "params": ["conv1.bias"], "lr": 1e-2, "schedule": "one_cycle", "weight_decay": 1e-3} | sgd,
        {"name": "c", "params": ["conv2.weight"], "optimizer": "Muon", "schedule": "warmup_cosine", "start_epoch": 1},
        {"name": "d", "params": ["conv2.*"], "optimizer": "Adagrad", "options": "initial_accumulator_value=0.1"},
        {"name": "e", "params": ["fc1.weight"], "optimizer": "AdamW", "schedule": "step", "start_epoch": 1},
        {"name": "f", "params": ["fc1.*"], "optimizer": "Adagrad", "options": "initial_accumulator_value=0.5"},
        {"name": "g", "params": ["fc2.weight"], "schedule": "linear", "start_epoch": 2, "options": "betas=(0.8, 0.9)"},
        {"name": "h", "params": ["*"], "optimizer": "frozen"},
    ]
    return make(*groups, epochs=3, train_size=100)


def test_schedules_starts_and_options_give_the_apps_floats(
    make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    experiment = schedules_and_starts(make)
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


@pytest.mark.parametrize(("clip", "at"), [("norm", 0.5), ("norm_per_group", 0.3), ("value", 0.01)])
def test_clipped_gradients_give_the_apps_floats(
    clip: str, at: float, make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    groups = [
        {"name": "a", "params": ["conv*"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9},
        {"name": "b", "params": ["*"], "layer_decay": 0.5, "start_epoch": 1, "weight_decay": 0.1},
    ]
    experiment = make(*groups, epochs=2, clip=clip, clip_at=at)
    result = run_app(experiment)
    assert result.losses != run_app(replace(experiment, clip="none")).losses
    result = run_app(experiment)
    assert_same(run_script(experiment, tmp_path), result)


def test_optimizers_alone_say_how_gradients_were_clipped(make: Make) -> None:
    assert "clip" not in to_optimizers(make())
    for clip in ("norm", "norm_per_group", "value"):
        code = to_optimizers(make(clip=clip, clip_at=0.25))
        ast.parse(code)
        said = " ".join(line.strip("# ") for line in code.splitlines() if line.startswith("# "))
        assert f"clip_grad_{'value' if clip == 'value' else 'norm'}_(" in said and "0.25" in said
        assert ("each group's parameters" in said) == (clip == "norm_per_group")


def test_settings_of_schedules_and_ends_give_the_apps_floats(
    make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    """Every schedule with settings; groups of one class and different rates; two that freeze, one that starts first."""
    cosine = {"schedule": "warmup_cosine", "schedule_options": "warmup=0.3 floor=0.2"}
    groups = [
        {"name": "a", "params": ["conv1.weight"], "optimizer": "SGD", "lr": 0.05, "momentum": 0.9, "end_epoch": 2}
        | cosine,
        {"name": "b", "params": ["conv1.bias"], "optimizer": "SGD", "lr": 1e-3, "momentum": 0.9, "end_epoch": 2}
        | cosine,
        {"name": "c", "params": ["conv2.weight"], "schedule": "wsd", "schedule_options": "decay=0.5 floor=0.1"},
        {
            "name": "d",
            "params": ["conv2.*"],
            "optimizer": "AdamW",
            "start_epoch": 1,
            "end_epoch": 3,
            "weight_decay": 0.1,
        }
        | {"schedule": "cosine_restarts", "schedule_options": "cycles=2 growth=2"},
        {"name": "e", "params": ["fc1.weight"], "schedule": "multi_step", "schedule_options": "milestones=(0.25, 0.7)"},
        {"name": "f", "params": ["fc1.*"], "schedule": "exponential", "schedule_options": "floor=0.1"},
        {"name": "g", "params": ["fc2.weight"], "schedule": "linear", "schedule_options": "warmup=0.2"},
        {"name": "h", "params": ["*"], "optimizer": "SGD", "schedule": "one_cycle", "schedule_options": "warmup=0.5"},
    ]
    experiment = make(*groups, epochs=4, train_size=100)
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


def test_norms_that_freeze_late_keep_their_statistics(
    make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    groups = [
        {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "SGD", "end_epoch": 1, "lr": 0.01},
        {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.01, "momentum": 0.9},
    ]
    sizes = {"model": "resnet18", "train_size": 16, "batch_size": 8, "test_size": 10}
    experiment = make(*groups, epochs=2, **sizes)
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


def test_layers_that_are_frozen_for_a_while_keep_their_statistics(
    make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path
) -> None:
    groups = [
        {"name": "head", "params": ["fc.*"]},
        {"name": "late", "params": ["layer4.*"], "start_epoch": 1, "optimizer": "SGD", "layer_decay": 0.5},
        {"name": "never", "params": ["*"], "optimizer": "frozen"},
    ]
    sizes = {"model": "resnet18", "train_size": 16, "batch_size": 8, "test_size": 10, "image_size": 48}
    kept = make(*groups, epochs=2, **sizes)
    assert_same(run_script(kept, tmp_path), run_app(kept))
    drifting = replace(kept, frozen_norm="train", epochs=2)
    assert "layers_with_buffers" in to_script(kept) and "layers_with_buffers" not in to_script(drifting)
    assert_same(run_script(drifting, tmp_path), run_app(drifting))


NETWORKS = {  # no dropout; dropout, and a convolution as the last layer; dropped blocks; auxiliary heads to leave out
    "small_vit": {},
    "squeezenet1_1": {"image_size": 64},
    "efficientnet_b0": {"image_size": 33},
    "googlenet": {"image_size": 64},
}


def test_a_vision_transformer_is_made_for_its_images(make: Make) -> None:
    script = to_script(make(model="vit_b_16", image_size=48))
    assert "model = torchvision.models.vit_b_16(image_size=48)" in script
    assert "model.heads.head = nn.Linear(768, CLASSES)" in script


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("simple_cnn", "SimpleModel(CLASSES)"),
        ("small_vit", "SmallViT(CLASSES)"),
        ("small_vit_narrow", "SmallViT(CLASSES, width=16)"),
    ],
)
def test_a_network_of_the_house_is_in_the_script(make: Make, name: str, made: str) -> None:
    script = to_script(make(model=name))
    assert f"class {type(HOUSE_NETWORKS[name](10)).__name__}(nn.Module):" in script
    assert f"return {made}" in script


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_script_of_any_network_gives_the_apps_floats(
    make: Make, run_app: Callable[[Experiment], Result], name: str, tmp_path: Path
) -> None:
    sizes = {"model": name, "train_size": 10, "test_size": 10, "batch_size": 5, "epochs": 1, "seed": 5}
    experiment = make({"name": "all", "params": ["*"], "optimizer": "SGD", "lr": 0.01}, **sizes | NETWORKS[name])
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


def test_ones_own_network_and_images_give_the_apps_floats(
    make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, images = np.random.default_rng(1), tmp_path / "birds"
    for split, label, index in [(s, c, i) for s in ("train", "test") for c in "abc" for i in range(7)]:
        (images / split / label).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (30 + index, 41, 3), np.uint8)
        Image.fromarray(pixels).save(images / split / label / f"{index}.png")
    (tmp_path / "mine.py").write_text(OWN_NETWORK)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("PARAM_GROUP_LAB_MODEL", "mine:network")
    monkeypatch.setenv("PARAM_GROUP_LAB_IMAGES", str(images))
    sizes = {"train_size": 17, "test_size": 20, "batch_size": 4, "epochs": 2, "image_size": 36}
    frozen = {"name": "first", "params": ["0.*"], "optimizer": "frozen"}
    rest = {"name": "rest", "params": ["*"], "optimizer": "SGD", "lr": 0.1}
    experiment = make(frozen, rest, model="mine:network", dataset="birds", **sizes)
    script = run_script(experiment, tmp_path, data=images, safe_path=False)
    assert_same(script, run_app(experiment))


OWN_NETWORK = """
from torch import nn
def network():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3),
                           nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    layers[5].requires_grad_(False)
    return layers
"""


# Each is what somebody's own function may return. First those whose frozen part keeps something of what it sees.
OWN_NETWORKS = """
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, weight_norm


def convolutional(*first):
    network = nn.Sequential(*first, nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
    network.add_module("head", nn.Linear(32, 10))
    return network


def came_frozen():
    network = convolutional(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
    network[0].requires_grad_(False)
    network[1].requires_grad_(False)
    return network


def without_parameters():
    first = parametrizations.spectral_norm(nn.Conv2d(3, 8, 3))
    return convolutional(first, nn.BatchNorm2d(8, affine=False))


class Average(nn.Module):
    def __init__(self, rebinds):
        super().__init__()
        self.rebinds = rebinds
        self.register_buffer("mean", torch.zeros(()))
        self.inner = convolutional(nn.Conv2d(3, 8, 3))

    def forward(self, images):
        if self.rebinds:
            self.mean = 0.9 * self.mean + 0.1 * images.detach().std()
        else:
            self.mean.mul_(0.9).add_(images.detach().std(), alpha=0.1)
        return self.inner(images - self.mean)


def averages():
    return Average(rebinds=False)


def rebinds():
    return Average(rebinds=True)


class Draws(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Conv2d(3, 8, 3), nn.Linear(32, 10)

    def forward(self, images):
        maps = functional.dropout(self.first(images), 0.2) + torch.rand(8, 1, 1)
        return self.head(functional.adaptive_avg_pool2d(maps.relu(), 2).flatten(1))


def draws():
    return Draws()


class Teaches(nn.Module):
    # Its frozen part follows another, and a list tells of every pass.
    def __init__(self):
        super().__init__()
        self.first, self.teacher, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 3), nn.Linear(8, 10)
        self.teacher.requires_grad_(False)
        self.passes = []

    def forward(self, images):
        self.passes.append(len(images))
        if self.training:
            for own, other in zip(self.teacher.parameters(), self.first.parameters()):
                own.data = 0.9 * own.data + 0.1 * other.data
        maps = self.first(images) + self.teacher(images)
        return self.head(maps.mean((2, 3)) * (1 + 0.01 * len(self.passes)))


def teaches():
    return Teaches()


class Answer:
    def __init__(self, logits):
        self.logits = logits


class Answers(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.inner, self.wrap = convolutional(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), wrap

    def forward(self, images):
        return self.wrap(self.inner(images))

    def train(self, mode=True):
        super().train(mode)


def answers():
    return Answers(Answer)


def answers_by_key():
    return Answers(lambda logits: {"logits": logits, "images": None})


def forget(bias):
    bias.grad = None


def hooked():
    network = convolutional(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3))
    network[1].weight.register_hook(lambda gradient: gradient * 0)
    network[1].bias.register_post_accumulate_grad_hook(forget)
    network.register_forward_pre_hook(lambda _, images: images[0] * 0.5)
    return network


def old_weight_norm():
    return convolutional(weight_norm(nn.Conv2d(3, 8, 3)))


KEPT = convolutional(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))


def kept():
    return KEPT


def shares():
    return convolutional(KEPT[0])
"""
OWN = re.findall(r"^def (\w+)\(\):", OWN_NETWORKS, re.MULTILINE)
WHOLE = ("came_frozen", "draws", "teaches", "hooked")  # in one group that trains


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("name", OWN)
def test_any_network_of_ones_own_gives_the_apps_floats(
    make: Make,
    run_app: Callable[[Experiment], Result],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / f"own_{name}.py").write_text(OWN_NETWORKS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("PARAM_GROUP_LAB_MODEL", model := f"own_{name}:{name}")
    trained = {"name": "trained", "params": ["*"] if name in WHOLE else ["*head.*"], "optimizer": "SGD", "lr": 0.1}
    groups = [trained] if name in WHOLE else [trained, {"name": "rest", "params": ["*"], "optimizer": "frozen"}]
    experiment = make(*groups, model=model, train_size=15, test_size=10, batch_size=5, epochs=3)
    app = run_app(experiment)
    assert_same(run_here(experiment, tmp_path, monkeypatch, capsys), app)


def run_here(
    experiment: Experiment, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Result:
    """As `run_script`, in this process, which has imported torch already."""
    (folder / "train.py").write_text(to_script(experiment), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["train.py", "--device", "cpu", "--save", saved := str(folder / "result.pt")])
    runpy.run_path(str(folder / "train.py"), run_name="__main__")
    read = torch.load(saved, weights_only=True)
    told = [(int(epoch), float(loss), float(right)) for epoch, loss, right in EPOCH.findall(capsys.readouterr().out)]
    return Result(read["model"], read["losses"], told)


def hostile(make: Make) -> Experiment:
    """Names and titles that try to leave their quotes and comments."""
    globs = ["conv1.*", "conv2.*", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    groups = [{"name": name[:40], "params": [glob]} for name, glob in zip(EVIL, globs, strict=False)]
    groups[0] |= {"start_epoch": 1, "schedule": "linear"}
    groups[-1] |= {"optimizer": "frozen"}
    return make(*groups, title="-*- coding: rot13 -*- \"\"\" ''' \\ {x} ${x} # fmt: off", epochs=2)


def test_what_comes_from_outside_stays_text(make: Make) -> None:
    experiment = hostile(make)
    for code in (to_script(experiment), to_optimizers(experiment)):
        texts = {n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant)}
        assert {group.name for group in experiment.groups} <= texts
        compile(code.encode(), "train.py", "exec")
        assert "coding" not in "".join(code.splitlines()[:2])


def test_the_hostile_script_runs(make: Make, run_app: Callable[[Experiment], Result], tmp_path: Path) -> None:
    experiment = hostile(make)
    assert_same(run_script(experiment, tmp_path), run_app(experiment))


def test_the_code_is_formatted_and_clean(make: Make, tmp_path: Path) -> None:
    experiments = runnable(PRESETS) | {"hostile": hostile(make), "schedules": schedules_and_starts(make)}
    for name, experiment in PRESETS.items():
        (tmp_path / f"{name}_optimizers.py").write_text(to_optimizers(experiment), encoding="utf-8")
    for name, experiment in experiments.items():
        (tmp_path / f"{name}.py").write_text(to_script(experiment), encoding="utf-8")
        (tmp_path / f"{name}_optimizers.py").write_text(to_optimizers(experiment), encoding="utf-8")
        (tmp_path / f"{name}_shapes.py").write_text(to_script(replace(experiment, dataset="shapes")), encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_script_imports_torch_and_torchvision_only(make: Make) -> None:
    for experiment in (*runnable(PRESETS).values(), schedules_and_starts(make)):
        tree = ast.parse(to_script(experiment))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        packages = {str(module).partition(".")[0] for module in modules}
        assert "torch" in packages <= {"torch", "torchvision"} | sys.stdlib_module_names


def test_the_help_names_every_argument(make: Make, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(to_script(make()))
    told = run_command(sys.executable, "train.py", "--help", folder=tmp_path)
    for argument in ("--data-dir", "--epochs", "--device", "--save"):
        assert argument in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--save", "results/result.pt"], "--save: there is no folder results"),
        (["--device", "cuda:1"], "--device cuda:1: torch finds no GPU here"),
        (["--epochs", "0"], "--epochs takes a number from 1"),
    ],
)
def test_what_would_fail_later_is_told_before_anything_is_trained(
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    Path("train.py").write_text(to_script(make()), encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path("train.py", run_name="__main__")
    assert capsys.readouterr().err.endswith(f"error: {said}\n")


@pytest.mark.parametrize("export", [to_script, to_optimizers])
def test_what_cannot_run_is_not_exported(make: Make, export: Callable[[Experiment], str]) -> None:
    with pytest.raises(ExperimentError) as caught:
        export(make({"name": "some", "params": ["conv1.*"]}))
    assert "fc1.weight" in str(caught.value)


@pytest.mark.parametrize("export", [to_script, to_optimizers])
@pytest.mark.parametrize("thing", [{"groups": [{"name": "all", "params": ["*"]}]}, None, "layerwise_lr"])
def test_what_is_no_experiment_is_told_in_words(thing: Any, export: Callable[[Any], str]) -> None:
    with pytest.raises(ExperimentError, match=r"experiment: .* is not an experiment; .*, and Experiment\.from_dict"):
        export(thing)
