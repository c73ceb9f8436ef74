"""Networks of the menu are known again, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn
from torch.optim import SGD, AdamW

from core.checking import check_experiment
from core.experiment import UNKNOWN, Experiment, ExperimentError
from core.experiment.known_networks import NETWORKS, known_network
from core.models import Form, model_names
from core.models.build import shapes_of
from core.training import train


@pytest.mark.parametrize("name", model_names())
def test_every_network_of_the_menu_is_known_again(name: str) -> None:
    network = shapes_of(Form(name, 7, 224 if name.startswith("vit_") else 32, False))
    known = known_network([(name, tuple(p.shape)) for name, p in network.named_parameters()])
    assert known == (name, 7, 224 if name.startswith("vit_") else None)


def test_there_are_no_others() -> None:
    assert sorted(NETWORKS.values()) == sorted(model_names())


def test_a_network_of_the_menu_is_named_and_not_mistaken() -> None:
    with torch.device("meta"):
        model = torchvision.models.resnet50(num_classes=10)
    assert Experiment.from_optimizer(model, AdamW(model.parameters())).model == "resnet50"


def test_one_for_other_classes_is_known_and_that_is_told() -> None:
    with torch.device("meta"):
        model = torchvision.models.resnet18()
    with pytest.warns(UserWarning, match="The network is resnet18 with 1000 outputs"):
        assert Experiment.from_optimizer(model, SGD(model.parameters())).model == "resnet18"


@pytest.mark.parametrize("size", [32, 64, 224])
def test_a_vision_transformer_brings_its_image_size(size: int) -> None:
    with torch.device("meta"):
        model = torchvision.models.vit_b_16(num_classes=10, image_size=size)
    read = Experiment.from_optimizer(model, SGD(model.parameters()))
    assert (read.model, read.image_size) == ("vit_b_16", size)
    assert read.batch_size == {32: 128, 64: 128, 224: 20}[size]


class SameSize(nn.Module):
    """As many tensors and weights as simple_cnn, but another network."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(4))
        self.layers[3].bias = nn.Parameter(torch.empty(268_650 - 7, device="meta"))


def test_an_unknown_network_is_said_to_be_unknown_and_can_be_named(recwarn: pytest.WarningsRecorder) -> None:
    model = SameSize()
    assert sum(p.numel() for p in model.parameters()) == 268_650
    read = Experiment.from_optimizer(model, SGD(model.parameters()), dataset="shapes", epochs=7)
    assert (read.model, read.dataset, read.epochs) == (UNKNOWN, "shapes", 7)
    (warning,) = recwarn
    assert str(warning.message).startswith("The network is not one of the menu's")
    checked = check_experiment(read)
    assert [p.key for p in checked.problems] == ["structure_not_trained"]
    assert checked.assignment is not None and len(checked.assignment.rows) == 8
    with pytest.raises(ExperimentError, match="it cannot be trained here"):
        next(iter(train(read)))
    bare = replace(read, structure="")
    assert [p.key for p in check_experiment(bare).problems] == ["model_unknown"]
    with pytest.raises(ExperimentError, match="this network is not known here, so no run can build it"):
        next(iter(train(bare)))
    recwarn.clear()
    named = Experiment.from_optimizer(model, SGD(model.parameters()), model="resnet50")
    assert (named.model, named.structure) == ("resnet50", "")
    assert not recwarn
