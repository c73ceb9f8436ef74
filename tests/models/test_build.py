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

import core.resources.weights
from core.assignment import assign
from core.checking import check
from core.experiment import Experiment, ExperimentError
from core.models import Form, build_model, model_names, model_problems, try_out
from core.models.build import shapes_of as on_meta
from core.models.simple_cnn import SimpleModel
from core.models.small_vit import SmallViT
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable, load_weights, weights_of
from core.training import train
from tests.benchmarks.training import AsWritten

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


def vit_by_hand() -> nn.Module:
    return SmallViT(10)


def mobilenet_by_hand() -> nn.Module:
    model = torchvision.models.mobilenet_v3_small()
    model.classifier[3] = nn.Linear(1024, 10)
    return model


def squeezenet_by_hand() -> nn.Module:
    model = torchvision.models.squeezenet1_1()
    model.classifier[1] = nn.Conv2d(512, 10, 1)
    return model


BY_HAND = {
    "simple_cnn": simple_by_hand,
    "resnet18": resnet_by_hand,
    "small_vit": vit_by_hand,
    "mobilenet_v3_small": mobilenet_by_hand,
    "squeezenet1_1": squeezenet_by_hand,
}
MODELS = tuple(BY_HAND)


def test_the_simple_network_has_the_articles_shapes() -> None:
    assert shapes_of(SimpleModel()) == ARTICLE_SHAPES
    assert SimpleModel()(torch.zeros(5, 3, 32, 32)).shape == (5, 10)


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


def test_pooling_before_the_relu_changes_neither_outputs_nor_gradients() -> None:
    torch.manual_seed(0)
    pooled_first, relu_first = SimpleModel(), AsWritten()
    relu_first.load_state_dict(pooled_first.state_dict())
    images, labels = torch.randn(16, 3, 32, 32), torch.arange(16) % 10
    for model in (pooled_first, relu_first):
        torch.nn.functional.cross_entropy(model(images), labels).backward()
    assert torch.equal(pooled_first(images), relu_first(images))
    for ours, theirs in zip(pooled_first.parameters(), relu_first.parameters(), strict=True):
        assert ours.grad is not None and theirs.grad is not None and ours.grad.any()
        torch.testing.assert_close(ours.grad, theirs.grad)


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


@pytest.fixture
def any_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of the right shapes are taken for the file that torchvision would have fetched."""
    monkeypatch.setattr(core.resources.weights, "is_whole", lambda path: True)


@pytest.mark.usefixtures("any_content")
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


@pytest.mark.usefixtures("any_content")
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


@pytest.mark.parametrize("place", [100, 1_000_003, -7])
def test_a_weight_file_with_one_byte_changed_is_not_used(
    weights_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    copy = tmp_path / "hub" / "checkpoints" / weights_file.name
    copy.parent.mkdir(parents=True)
    content = bytearray(weights_file.read_bytes())
    content[place] ^= 1
    copy.write_bytes(content)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    with pytest.raises(WeightsUnavailable, match="is not the file that its name says"):
        load_weights("resnet18")


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


# Every classifier that torchvision has, and the house's own.

CLASSIFIERS = torchvision.models.list_models(module=torchvision.models)
TIED_TO_32 = {"simple_cnn", "small_vit", "small_vit_narrow"}  # pixels a side
NORMS = (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)


def form(name: str, **changes: object) -> Form:
    return Form(name, 10, 32 if name in TIED_TO_32 else 224, False)._replace(**changes)  # type: ignore[arg-type]


def test_the_names_are_the_houses_and_torchvisions() -> None:
    assert model_names() == ["simple_cnn", "small_vit", "small_vit_narrow", *CLASSIFIERS]
    assert {"resnet50", "vit_b_16", "swin_t", "efficientnet_b0"} <= set(CLASSIFIERS)
    assert len(set(model_names())) == len(model_names())


@pytest.mark.parametrize("name", model_names())
def test_a_network_gives_ten_outputs(name: str) -> None:
    before = torch.get_rng_state()
    assert try_out(form(name)) == 10
    assert torch.equal(torch.get_rng_state(), before)
    network = on_meta(form(name))
    last = [m for m in network.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][-1]
    assert (last.out_features if isinstance(last, nn.Linear) else last.out_channels) == 10
    assert all(tensor.is_meta for tensor in network.state_dict().values())


@pytest.mark.parametrize("name", model_names())
def test_roles_put_every_parameter_into_one_group(make: Make, name: str) -> None:
    groups = [{"name": role, "params": ["*"], "role": role} for role in ("weight", "bias", "norm")]
    size = 32 if name in TIED_TO_32 else 224
    network = on_meta(form(name))
    has = {"bias": any(n.endswith("bias") for n, _ in network.named_parameters())}
    norms = {id(p) for m in network.modules() if isinstance(m, NORMS) for p in m.parameters(recurse=False)}
    has["norm"] = bool(norms)
    groups = [group for group in groups if has.get(str(group["role"]), True)]
    rows = assign(make(*groups, model=name, image_size=size), network).rows
    assert [row.name for row in rows] == [n for n, _ in network.named_parameters()]
    for row in rows:
        expected = "norm" if id(row.parameter) in norms else "bias" if row.name.endswith("bias") else "weight"
        assert row.role == expected, row.name
        assert row.group is not None and groups[row.group]["name"] == expected and row.shadowed == ()


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "shufflenet_v2_x0_5", "small_vit"])
def test_a_network_trains(make: Make, name: str) -> None:
    experiment = make(model=name, train_size=16, batch_size=8, test_size=10)
    *_, end = train(experiment, "cpu")
    assert (end.reason, end.step) == ("done", 2)
    assert end.groups[0].moved > 0


def test_a_vision_transformer_is_for_the_images_size_unless_pre_trained() -> None:
    sizes = {
        flag: on_meta(form("vit_b_16", image_size=64, pretrained=flag)).encoder.pos_embedding.shape[1]
        for flag in (False, True)
    }
    assert sizes == {False: 1 + (64 // 16) ** 2, True: 1 + (224 // 16) ** 2}


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_left_out(name: str) -> None:
    assert not [n for n, _ in on_meta(form(name)).named_parameters() if n.lower().startswith("aux")]


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_pre_trained_weights_are_torchvisions_first(name: str) -> None:
    weights = weights_of(name)
    assert weights is not None and weights in torchvision.models.get_model_weights(name)
    if "IMAGENET1K_V1" in type(weights).__members__:
        assert weights.name == "IMAGENET1K_V1"
    assert weights_of("simple_cnn") is None


@pytest.mark.usefixtures("any_content")
@pytest.mark.parametrize("name", ["inception_v3", "googlenet", "densenet121", "vit_b_32"])
def test_pre_trained_networks_are_built_as_torchvision_does(
    make: Make, no_weights: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Stand-in weights of the right shapes, in the file that torchvision would have fetched."""
    weights = weights_of(name)
    assert weights is not None
    heads = {"aux_logits": True, "init_weights": False} if name in ("inception_v3", "googlenet") else {}
    stored = torchvision.models.get_model(name, **heads)
    no_weights.parent.mkdir(parents=True)
    torch.save(stored.state_dict(), no_weights.parent / weights.url.rpartition("/")[2])
    size = 224 if name != "inception_v3" else 96
    built = build_model(make(model=name, pretrained=True, image_size=size, batch_size=4))
    first = next(iter(stored.state_dict()))
    assert torch.equal(built.state_dict()[first], stored.state_dict()[first])
    torch.manual_seed(0)
    theirs = torchvision.models.get_model(name, weights=weights)
    assert getattr(built, "transform_input", None) == getattr(theirs, "transform_input", None)
    shapes = on_meta(form(name, image_size=size, pretrained=True))
    assert {n: p.shape for n, p in built.named_parameters()} == {n: p.shape for n, p in shapes.named_parameters()}
    assert built(torch.zeros(2, 3, size, size)).shape == (2, 10)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"model": "resnet19"}, "model", ["“resnet19”", "resnet18"]),
        ({"model": "Resnet18"}, "model", ["“Resnet18”", "resnet18"]),
        ({"model": "__import__('os')"}, "model", ["simple_cnn"]),
        ({"pretrained": True}, "pretrained", ["simple_cnn", "resnet18"]),
        ({"image_size": 64}, "image_size", ["64", "simple_cnn", "takes: 32 ", "2048"]),
        ({"model": "alexnet"}, "image_size", ["32", "64, 96", "Output size is too small"]),
        ({"model": "maxvit_t", "image_size": 96}, "image_size", ["96", "takes: 224 "]),
        (
            {"model": "vit_b_16", "pretrained": True, "image_size": 64},
            "image_size",
            ["64", "takes: 224 ", "Expected 224"],
        ),
        ({"dataset": "cifar"}, "dataset", ["“cifar”", "cifar10"]),
    ],
)
def test_what_cannot_be_built_is_said(make: Make, changes: dict[str, object], field: str, words: list[str]) -> None:
    experiment = make(**changes)
    checked = check(experiment.to_dict())
    (problem,) = checked.problems
    assert (problem.row, problem.field) == (None, field)
    assert all(word in problem.sentence("en") for word in words), problem.sentence("en")
    assert problem.sentence("zh") != problem.sentence("en")
    assert checked.experiment == experiment
    assert (checked.assignment is None) == (field == "model")
    with pytest.raises(ExperimentError) as caught:
        list(train(experiment, "cpu"))
    assert caught.value.problems == (problem,)


def test_building_an_unknown_network_is_an_error(make: Make) -> None:
    for device in ("cpu", "meta"):
        with pytest.raises(ExperimentError, match="there is no “resnet19”"):
            build_model(make(model="resnet19"), device)


def test_problems_of_model_and_dataset_are_told_together(make: Make) -> None:
    checked = check(make(model="x", dataset="y").to_dict())
    assert [problem.field for problem in checked.problems] == ["model", "dataset"]
    assert not model_problems(make())


def test_a_run_goes_on_with_the_random_numbers_that_building_left(make: Make) -> None:
    numbers = RandomNumbers(4)
    build_model(make(model="mobilenet_v3_small", seed=4), "cpu", numbers)
    with numbers:
        ours = torch.rand(5)
    torch.manual_seed(4)
    mobilenet_by_hand()
    assert torch.equal(ours, torch.rand(5))
