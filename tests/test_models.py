"""The networks: the article's shapes, the same start for the same seed, and pre-trained weights."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights

from core.experiment import MODELS, PRETRAINED_MODELS, Experiment
from core.models import CLASSES, NETWORKS, WEIGHTS, SimpleModel, WeightsUnavailable, build_model, load_weights

Make = Callable[..., Experiment]

ARTICLE_SHAPES = {
    "conv1.weight": (16, 3, 3, 3),
    "conv1.bias": (16,),
    "conv2.weight": (32, 16, 3, 3),
    "conv2.bias": (32,),
    "fc1.weight": (128, 2048),
    "fc1.bias": (128,),
    "fc2.weight": (10, 128),
    "fc2.bias": (10,),
}


def equal_states(first: nn.Module, second: nn.Module) -> bool:
    ours, theirs = first.state_dict(), second.state_dict()
    return list(ours) == list(theirs) and all(torch.equal(ours[name], theirs[name]) for name in ours)


def shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


def simple_by_hand() -> nn.Module:
    return SimpleModel()


def resnet_by_hand() -> nn.Module:
    model = torchvision.models.resnet18()
    model.fc = nn.Linear(512, 10)
    return model


BY_HAND = {"simple_cnn": simple_by_hand, "resnet18": resnet_by_hand}


def test_the_experiments_words_are_the_networks_names() -> None:
    assert set(MODELS) == set(NETWORKS) == set(BY_HAND)
    assert set(PRETRAINED_MODELS) == set(WEIGHTS)


def test_the_simple_network_has_the_articles_shapes() -> None:
    assert shapes_of(SimpleModel()) == ARTICLE_SHAPES
    assert SimpleModel()(torch.zeros(5, 3, 32, 32)).shape == (5, CLASSES)


def test_the_simple_network_computes_what_the_article_says() -> None:
    torch.manual_seed(0)
    model, images = SimpleModel(), torch.randn(4, 3, 32, 32)
    state = model.state_dict()

    def convolve(x: Tensor, name: str) -> Tensor:
        x = torch.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=1).clamp(min=0)
        return x.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))

    maps = convolve(convolve(images, "conv1"), "conv2").reshape(4, -1)
    hidden = (maps @ state["fc1.weight"].T + state["fc1.bias"]).clamp(min=0)
    expected = hidden @ state["fc2.weight"].T + state["fc2.bias"]
    torch.testing.assert_close(model(images), expected)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [0, 42])
def test_a_seed_gives_the_network_built_by_hand(make: Make, name: str, seed: int) -> None:
    ours = build_model(make(model=name, seed=seed))
    torch.manual_seed(seed)
    assert equal_states(ours, BY_HAND[name]())
    assert not equal_states(ours, build_model(make(model=name, seed=seed + 1)))


@pytest.mark.parametrize("name", MODELS)
def test_building_leaves_the_random_state_alone(make: Make, name: str) -> None:
    torch.manual_seed(99)
    before = torch.get_rng_state()
    build_model(make(model=name, seed=5))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", MODELS)
def test_the_meta_device_has_shapes_only(make: Make, name: str) -> None:
    before = torch.get_rng_state()
    model = build_model(make(model=name), "meta")
    assert torch.equal(torch.get_rng_state(), before)
    assert all(tensor.is_meta for tensor in model.state_dict().values())
    assert shapes_of(model) == shapes_of(BY_HAND[name]())


@pytest.mark.usefixtures("no_weights")
def test_the_meta_device_reads_no_weights(make: Make) -> None:
    assert build_model(make(model="resnet18", pretrained=True), "meta").fc.weight.shape == (10, 512)


@pytest.mark.usefixtures("no_weights")
def test_missing_weights_are_an_error(make: Make) -> None:
    with pytest.raises(WeightsUnavailable):
        build_model(make(model="resnet18", pretrained=True))


def broken_contents() -> dict[str, bytes]:
    return {
        "empty": b"",
        "page": b"<html>503 Service Unavailable</html>",
        "text": b"not a pickle\n" * 1000,
        "zeros": bytes(5000),
        "zip head": b"PK\x03\x04" + bytes(500),
        "pickle head": b"\x80\x02}q\x00",
    }


@pytest.mark.parametrize("kind", broken_contents())
def test_a_broken_weight_file_is_an_error_without_a_path(make: Make, no_weights: Path, kind: str) -> None:
    no_weights.parent.mkdir(parents=True)
    no_weights.write_bytes(broken_contents()[kind])
    with pytest.raises(WeightsUnavailable) as caught:
        build_model(make(model="resnet18", pretrained=True))
    assert str(no_weights.parent) not in str(caught.value)


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.01])
def test_a_truncated_weight_file_is_an_error(make: Make, no_weights: Path, kept: float) -> None:
    no_weights.parent.mkdir(parents=True)
    torch.save(torchvision.models.resnet18().state_dict(), no_weights)
    size = no_weights.stat().st_size
    os.truncate(no_weights, int(size * kept))
    with pytest.raises(WeightsUnavailable):
        build_model(make(model="resnet18", pretrained=True))


@pytest.mark.parametrize(
    "content", [{"fc.weight": torch.zeros(10, 512)}, [1, 2], torch.zeros(3)], ids=["keys", "list", "tensor"]
)
def test_a_file_of_another_network_is_an_error(make: Make, no_weights: Path, content: object) -> None:
    no_weights.parent.mkdir(parents=True)
    torch.save(content, no_weights)
    with pytest.raises(WeightsUnavailable):
        build_model(make(model="resnet18", pretrained=True))


def test_a_weight_file_that_arrives_later_is_read(make: Make, no_weights: Path) -> None:
    experiment = make(model="resnet18", pretrained=True)
    with pytest.raises(WeightsUnavailable):
        build_model(experiment)
    no_weights.parent.mkdir(parents=True)
    torch.manual_seed(17)
    saved = torchvision.models.resnet18()
    torch.save(saved.state_dict(), no_weights)
    built = build_model(experiment)
    assert torch.equal(built.layer4[1].conv2.weight, saved.layer4[1].conv2.weight)
    assert built.fc.out_features == 10


def test_two_folders_of_the_same_age_are_not_mixed_up(
    make: Make, no_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    for seed in (1, 2):
        monkeypatch.setenv("TORCH_HOME", str(tmp_path / str(seed)))
        path = tmp_path / str(seed) / "hub" / "checkpoints" / no_weights.name
        path.parent.mkdir(parents=True)
        torch.manual_seed(seed)
        torch.save(torchvision.models.resnet18().state_dict(), path)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        built.append(build_model(make(model="resnet18", pretrained=True)))
    assert not torch.equal(built[0].conv1.weight, built[1].conv1.weight)


@pytest.mark.usefixtures("weights_file")
@pytest.mark.parametrize("seed", [0, 3])
def test_pretrained_weights_are_torchvisions_with_a_new_last_layer(make: Make, seed: int) -> None:
    ours = build_model(make(model="resnet18", pretrained=True, seed=seed))
    torch.manual_seed(seed)
    theirs = torchvision.models.resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)
    theirs.fc = nn.Linear(512, 10)
    assert equal_states(ours, theirs)


def test_training_one_network_does_not_change_the_next(make: Make, weights_file: Path) -> None:
    experiment = make(model="resnet18", pretrained=True)
    first = build_model(experiment)
    with torch.no_grad():
        for tensor in first.state_dict().values():
            tensor.zero_()
    expected = torch.load(weights_file, weights_only=True)
    assert torch.equal(build_model(experiment).conv1.weight, expected["conv1.weight"])
    assert torch.equal(load_weights("resnet18")["fc.bias"], expected["fc.bias"])


def test_a_truncated_copy_of_the_weight_file_is_an_error(
    make: Make, weights_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "hub" / "checkpoints" / weights_file.name
    copy.parent.mkdir(parents=True)
    shutil.copyfile(weights_file, copy)
    os.truncate(copy, copy.stat().st_size // 2)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    with pytest.raises(WeightsUnavailable):
        build_model(make(model="resnet18", pretrained=True))
