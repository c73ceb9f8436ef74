"""The share of zeros behind each layer, against forward hooks and arithmetic; and that looking changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from core.measurement import Silence
from core.models.simple_cnn import SimpleModel

RELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "Tensor.relu": lambda values: values.relu(),
    "Tensor.relu_": lambda values: values.relu_(),
    "functional.relu": functional.relu,
    "functional.relu, in place": lambda values: functional.relu(values, inplace=True),
    "functional.threshold": lambda values: functional.threshold(values, 0.0, 0.0),
    "functional.relu6": functional.relu6,
    "nn.ReLU": nn.ReLU(),
    "nn.ReLU, in place": nn.ReLU(inplace=True),
    "nn.ReLU6": nn.ReLU6(),
}


class Two(nn.Module):
    """Two layers, each with a ReLU behind it that may be written in any way."""

    def __init__(self, relu: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 40), nn.Linear(40, 30)
        self.relu = relu

    def forward(self, values: Tensor) -> Tensor:
        values = self.relu(self.first(values) * 1.5)  # what lies between does not matter
        return self.relu(self.second(values))


@pytest.mark.parametrize("way", RELUS)
def test_every_way_to_write_a_relu_is_seen_behind_its_layer(way: str) -> None:
    torch.manual_seed(4)
    model, values = Two(RELUS[way]), torch.randn(50, 6)
    silence = Silence(model)
    with torch.no_grad():
        first = (model.first(values) * 1.5).clamp(0, 6 if "6" in way else None)
        second = model.second(first).clamp(0, 6 if "6" in way else None)
        for part in (values[:20], values[20:]):
            with silence:
                model(part)
    (name, share), (other, other_share) = silence.read()
    assert (name, other) == ("first", "second")
    assert share == float((first == 0).double().mean()) and 0.2 < share < 0.8
    assert other_share == float((second == 0).double().mean())


def test_a_resnets_shares_are_those_of_forward_hooks() -> None:
    """The second ReLU of a block stands behind an addition: it counts for the norm or shortcut that came last."""
    torch.manual_seed(1)
    model = torchvision.models.resnet18().eval()
    expected: list[float] = []
    for layer in model.modules():
        if isinstance(layer, nn.ReLU):
            layer.register_forward_hook(lambda _, __, out: expected.append(float((out == 0).double().mean())))
    silence = Silence(model)
    with torch.no_grad(), silence:
        model(torch.randn(2, 3, 64, 64))
    assert [share for _, share in silence.read()] == expected
    assert [name for name, _ in silence.read()][:6] == [
        *("bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.1.bn1", "layer1.1.bn2", "layer2.0.bn1")
    ]
    assert "layer2.0.downsample.1" in dict(silence.read())


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (SimpleModel(), (3, 32, 32)),
        (nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), (5, 16)),
        (torchvision.models.mobilenet_v2(), (3, 32, 32)),
    ],
    ids=["simple_cnn", "fast path of attention", "mobilenet_v2"],
)
def test_looking_changes_no_bit(model: nn.Module, shape: tuple[int, ...]) -> None:
    """Also where torch chooses another way to compute as soon as Python might look on."""
    model.eval()
    images = torch.randn(8, *shape)
    with torch.no_grad():
        expected = model(images)
        with Silence(model):
            assert torch.equal(model(images), expected)


def test_other_threads_are_not_seen() -> None:
    model, silence = Two(torch.relu), Silence(Two(torch.relu))
    with silence:
        thread = threading.Thread(target=model, args=(torch.ones(1, 6),))
        thread.start()
        thread.join()
    assert silence.read() == ()


def test_what_has_no_relu_has_no_silence() -> None:
    model: Any = nn.Sequential(nn.Linear(3, 3), nn.GELU(), nn.Hardtanh())
    with Silence(model) as silence:
        model(torch.ones(1, 3))
    assert silence.read() == ()
