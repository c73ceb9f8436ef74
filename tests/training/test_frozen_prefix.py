"""A network cut in two computes, bit for bit, what it does as a whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from core.models.simple_cnn import SimpleModel
from core.models.small_vit import SmallViT
from core.training.frozen_prefix import NotCut, cut

# What trains, and the size of an image.
CUTS: dict[str, tuple[Callable[[], nn.Module], tuple[str, ...], int]] = {
    "simple_cnn-fc": (lambda: SimpleModel(10), ("fc",), 32),
    "small_vit-blocks.3": (lambda: SmallViT(10), ("blocks.3", "head"), 32),
    "resnet18-fc": (torchvision.models.resnet18, ("fc",), 32),
    "resnet18-layer4": (torchvision.models.resnet18, ("layer4", "fc"), 32),
    "mobilenet_v3_small-classifier": (torchvision.models.mobilenet_v3_small, ("classifier",), 32),
    "efficientnet_b0-features.7": (torchvision.models.efficientnet_b0, ("features.7", "features.8", "classifier"), 32),
    "convnext_tiny-features.7": (torchvision.models.convnext_tiny, ("features.7", "classifier"), 32),
    "densenet121-denseblock4": (torchvision.models.densenet121, ("features.denseblock4", "classifier"), 32),
    "swin_t-features.7": (torchvision.models.swin_t, ("features.7", "head"), 64),
}


def frozen_but(network: nn.Module, trained: tuple[str, ...]) -> nn.Module:
    """In train mode with its frozen normalisation in eval mode, and only the parameters `trained` trainable."""
    network.train()
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.startswith(trained)
    for name, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d) and not name.startswith(trained):
            layer.eval()
    return network


def images_of(size: int, count: int = 4) -> Tensor:
    images = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))
    return images.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", CUTS)
def test_both_halves_are_the_whole_with_its_gradients(name: str) -> None:
    make, trained, size = CUTS[name]
    torch.manual_seed(0)
    network = frozen_but(make().to(memory_format=torch.channels_last), trained)
    images, parameters = images_of(size), [p for p in network.parameters() if p.requires_grad]
    statistics = {k: v.clone() for k, v in network.state_dict().items()}

    def both(compute: Callable[[], Tensor]) -> tuple[Tensor, ...]:
        network.load_state_dict(statistics)
        torch.manual_seed(2)  # the same dropout
        outputs = compute()
        return outputs.detach(), *torch.autograd.grad(outputs.square().sum(), parameters)

    halves = cut(network, images[:2])
    crossing = halves.prefix(images)
    plain, found = both(lambda: network(images)), both(lambda: halves.rest(*crossing))
    assert all(map(torch.equal, plain, found))
    assert len(plain) == 1 + len(parameters)
    assert not any(value.requires_grad for value in crossing) and {len(value) for value in crossing} == {len(images)}


@pytest.mark.parametrize("trained", [("layer4", "fc"), ("fc",)])
def test_the_cut_is_where_training_begins(trained: tuple[str, ...]) -> None:
    network = frozen_but(torchvision.models.resnet18(), trained)
    (crossing,) = cut(network, images_of(64)[:2]).prefix(images_of(64))
    assert crossing.shape == ((4, 256, 4, 4) if trained[0] == "layer4" else (4, 512))


def test_what_draws_or_drifts_is_not_computed_once() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5), nn.Conv2d(4, 5, 3), nn.Flatten(), nn.LazyLinear(2))
    network(images_of(32))
    assert cut(frozen_but(network, ("4",)), images_of(32)).prefix(images_of(32))[0].shape == (4, 4, 30, 30)
    network[1].p = 0.0
    assert cut(network, images_of(32)).prefix(images_of(32))[0].shape == (4, 5 * 28 * 28)
    network[1] = nn.BatchNorm2d(4)
    assert cut(frozen_but(network, ("4",)), images_of(32)).prefix(images_of(32))[0].shape == (4, 5 * 28 * 28)
    network[1].train()
    assert cut(network, images_of(32)).prefix(images_of(32))[0].shape == (4, 4, 30, 30)


@pytest.mark.parametrize("trained", [("",), ("conv1",)], ids=["all", "the first layer"])
def test_without_a_frozen_beginning_there_is_nothing_to_cut_off(trained: tuple[str, ...]) -> None:
    with pytest.raises(NotCut) as caught:
        cut(frozen_but(SimpleModel(10), trained), images_of(32))
    assert caught.value.key == ""


class Keeping(nn.Module):
    """Its frozen half keeps something of what it saw, in one way or another."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(4))
        self.calls, self.seen, self.way = 0, None, way

    def forward(self, values: Tensor) -> Tensor:
        if self.way == "buffer":
            self.mean.mul_(0.9).add_(values.mean(0), alpha=0.1)
        if self.way == "counter":
            self.mean += 1.0
        if self.way == "number":
            self.calls += 1
        if self.way == "attribute":
            self.seen = values
        if self.way == "draws":
            values = values + torch.rand(4)
        return self.second(self.first(values - self.mean))


@pytest.mark.parametrize("way", ["buffer", "counter", "number", "attribute", "draws", "hook"])
def test_what_keeps_something_is_left_whole_and_as_it_was(way: str) -> None:
    network = frozen_but(Keeping(way), ("second",))
    if way == "hook":
        network.register_forward_hook(lambda *_: None)
    held, numbers = {name: value.clone() for name, value in network.state_dict().items()}, torch.get_rng_state()
    with pytest.raises(NotCut) as caught:
        cut(network, torch.randn(3, 4, generator=torch.Generator().manual_seed(0)))
    assert caught.value.key == {"draws": "not_traced", "hook": "hooks"}.get(way, "keeps_state")
    assert all(torch.equal(value, held[name]) for name, value in network.state_dict().items())
    assert (network.calls, network.seen) == (0, None)
    assert torch.equal(torch.get_rng_state(), numbers)


def test_looking_at_a_network_leaves_it_as_it_was() -> None:
    network = frozen_but(Keeping(""), ("second",))
    modes = [module.training for module in network.modules()]
    assert torch.equal(cut(network, torch.ones(3, 4)).prefix(torch.ones(3, 4))[0], network.first(torch.ones(3, 4)))
    assert [module.training for module in network.modules()] == modes and network.calls == 0


class Branching(nn.Module):
    """Its way depends on what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, values: Tensor) -> Tensor:
        hidden = self.first(values)
        return self.second(hidden if hidden.sum() > 0 else -hidden)


class Counting(Branching):
    """The frozen half hands on a sum over the batch."""

    def forward(self, values: Tensor) -> Tensor:
        hidden = self.first(values)
        return self.second(hidden) * hidden.sum()


@pytest.mark.parametrize("network", [Branching, Counting])
def test_a_network_that_looks_at_the_batch_is_left_whole(network: type[nn.Module]) -> None:
    with pytest.raises(NotCut) as caught:
        cut(frozen_but(network(), ("second",)), torch.randn(3, 4))
    assert caught.value.key == "not_traced"
