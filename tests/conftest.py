"""What several tests share: a small experiment, and what must be on the machine for some of them."""

from __future__ import annotations

import gc
import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from core.experiment import Experiment
from core.resources.cifar10 import cifar10_is_here
from core.resources.weights import weights_path

settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")

Make = Callable[..., Experiment]


def pytest_configure(config: pytest.Config) -> None:
    """A packed copy of CIFAR-10 in DATA_DIR is unpacked by its own script, which has torchvision accept it.

    Each process of `-n` does so, also where that script has started the first one.
    """
    folder = Path(os.environ.get("DATA_DIR", ""))
    started = Path(__file__).parents[2] / "shared" / "cifar10" / "with_cifar10.py"
    if (script := folder / "with_cifar10.py").is_file():
        copy = runpy.run_path(str(script))
        images = copy["unpack"]()
        if not config.getoption("numprocesses", None):  # else each process of `-n` comes here after this one
            copy["use"](images)
            os.environ["DATA_DIR"] = str(images)
    elif hasattr(config, "workerinput") and "DATA_DIR" in os.environ and started.is_file():
        runpy.run_path(str(started))["use"](folder)


def pytest_collection_finish() -> None:
    """What was imported stays: to look through all of it takes Python's collector a second each time."""
    gc.freeze()


@pytest.fixture(scope="session")
def make() -> Make:
    """make(*groups, **fields): an experiment on 64 generated images, 4 steps an epoch, unless told otherwise."""

    def build(*groups: dict[str, Any], **fields: Any) -> Experiment:
        sizes = {"dataset": "shapes", "train_size": 64, "test_size": 20, "batch_size": 16, "epochs": 1}
        everything = {"name": "all", "params": ["*"], "optimizer": "Adam"}
        return Experiment.from_dict(sizes | fields | {"groups": list(groups) or [everything]})

    return build


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder in place of torch's own, so that no weight file is found; the file's path in it."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return weights_path("resnet18")


@pytest.fixture
def weights_file() -> Path:
    path = weights_path("resnet18")
    if not path.exists():
        pytest.skip(f"needs torchvision's file {path.name}, which is not on this machine")
    return path


@pytest.fixture
def cifar10() -> None:
    if not cifar10_is_here():
        pytest.skip("needs a copy of CIFAR-10 in DATA_DIR")


@pytest.fixture(autouse=True)
def random_state_kept() -> Iterator[None]:
    """A test may seed torch as it likes; the next one finds the state as it was."""
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)
