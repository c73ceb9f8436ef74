"""Networks by name, their last layer replaced by one of ten outputs; pre-trained where asked."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, WeightsEnum

from core.experiment import Experiment

CLASSES = 10


class SimpleModel(nn.Module):
    """The article's network: two convolutions and two fully connected layers, for 32x32 images.

    A 2x2 max-pool follows each convolution: the 32*8*8 inputs of `fc1` need both.
    Input (N, 3, 32, 32), output (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        maps = nn.functional.max_pool2d(self.conv1(images).relu(), 2)
        maps = nn.functional.max_pool2d(self.conv2(maps).relu(), 2)
        return self.fc2(self.fc1(maps.flatten(1)).relu())


def _resnet18() -> nn.Module:
    return torchvision.models.resnet18()


def _replace_fc(network: nn.Module) -> None:
    network.fc = nn.Linear(512, CLASSES)


def _keep(network: nn.Module) -> None:
    """The network has ten outputs already."""


# name -> constructor, and what replaces its last layer; both draw from torch's random numbers.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[[nn.Module], None]]] = {
    "simple_cnn": (SimpleModel, _keep),
    "resnet18": (_resnet18, _replace_fc),
}
WEIGHTS: dict[str, WeightsEnum] = {"resnet18": ResNet18_Weights.IMAGENET1K_V1}

_construction = threading.Lock()  # torch's random numbers belong to the whole process


class WeightsUnavailable(RuntimeError):
    """The pre-trained weights are not on this machine, or their file cannot be read."""


def build_model(experiment: Experiment, device: torch.device | str = "cpu") -> nn.Module:
    """The experiment's network on `device`, the same at every call.

    Built on the CPU right after `torch.manual_seed(experiment.seed)`: constructor, pre-trained
    weights, new last layer; then moved. The process's random state is left as it was.
    On the "meta" device only shapes exist, and no weights are read.
    Raises WeightsUnavailable when pre-trained weights are asked for and not on this machine.
    """
    construct, replace_last = NETWORKS[experiment.model]
    if torch.device(device).type == "meta":
        with torch.device("meta"):
            network = construct()
            replace_last(network)
        return network
    state = load_weights(experiment.model) if experiment.pretrained else None
    with _construction, torch.random.fork_rng(devices=[]):
        torch.manual_seed(experiment.seed)
        network = construct()
        if state is not None:
            _fill(network, state)
        replace_last(network)
    return network.to(device)


def _fill(network: nn.Module, state: dict[str, Tensor]) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError) as error:
        raise WeightsUnavailable("the weight file is another network's") from error


def weights_path(model: str) -> Path:
    """Where torchvision keeps the pre-trained weights of `model`."""
    return Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS[model].url.rpartition("/")[2]


def load_weights(model: str) -> dict[str, Tensor]:
    """torchvision's state dict of `model`, from the file on this machine; raises WeightsUnavailable."""
    path = weights_path(model)
    try:
        return _read_weights(model, path, path.stat().st_mtime_ns)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsUnavailable(f"{path.name}: {type(error).__name__}") from error


@lru_cache(maxsize=2)
def _read_weights(model: str, path: Path, modified_ns: int) -> dict[str, Tensor]:
    """Cached until the file changes; `path` and `modified_ns` are part of the key only."""
    state: dict[str, Tensor] = WEIGHTS[model].get_state_dict(progress=False, map_location="cpu", weights_only=True)
    return state
