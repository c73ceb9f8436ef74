"""Datasets as tensors: balanced, deterministic, and torchvision's own images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional
from torchvision.datasets import CIFAR10
from torchvision.models import ResNet18_Weights

from core.data import HOUSE_DATASETS, Split, batches, load_dataset, resize
from core.data.datasets import LOADERS
from core.data.shapes import DRAWINGS, draw
from core.experiment import Experiment
from core.resources.cifar10 import DatasetUnavailable, cifar10_is_here, data_dir

Make = Callable[..., Experiment]

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def as_bytes(images: Tensor, mean: tuple[float, ...] = MEAN, std: tuple[float, ...] = STD) -> Tensor:
    """Normalised images back as (N, 3, 32, 32) values from 0 to 255, not yet rounded."""
    return (images.double() * torch.tensor(std).view(1, 3, 1, 1) + torch.tensor(mean).view(1, 3, 1, 1)) * 255


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(first: Split, second: Split) -> bool:
    return torch.equal(first.images, second.images) and torch.equal(first.labels, second.labels)


def test_the_experiments_words_are_the_datasets_names() -> None:
    assert set(HOUSE_DATASETS) == set(LOADERS)


def test_shapes_are_bytes_of_the_full_range() -> None:
    images = draw(torch.arange(200) % 10, generator(0))
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (200, 3, 32, 32))
    assert (images.min(), images.max()) == (0, 255)
    assert len(DRAWINGS) == 10


def test_shapes_are_the_same_for_the_same_seed_only() -> None:
    labels = torch.arange(30) % 10
    assert torch.equal(draw(labels, generator(1)), draw(labels, generator(1)))
    assert not torch.equal(draw(labels, generator(1)), draw(labels, generator(2)))


def test_no_two_shapes_are_alike() -> None:
    images = draw(torch.arange(100) % 10, generator(0)).flatten(1)
    assert len(images.unique(dim=0)) == 100


def test_drawing_leaves_the_random_state_alone(make: Make) -> None:
    before = torch.get_rng_state()
    load_dataset(make())
    assert torch.equal(torch.get_rng_state(), before)


def test_what_was_drawn_last_is_not_drawn_anew(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def counting(labels: Tensor, generator: torch.Generator) -> Tensor:
        drawn.append(len(labels))
        return draw(labels, generator)

    monkeypatch.setattr("core.data.datasets.draw", counting)
    first, again = (load_dataset(make(seed=4321)) for _ in range(2))
    assert len(drawn) == 2, "the training and the test images, once"
    first.train.images.zero_()
    assert same(again.train, load_dataset(make(seed=4321)).train), "what a run does to its copy stays there"
    load_dataset(make(seed=4322))
    assert len(drawn) == 4


def test_generated_splits_are_balanced_and_differ(make: Make) -> None:
    data = load_dataset(make(train_size=103, test_size=50))
    assert sorted(Counter(data.train.labels.tolist()).values()) == [10] * 7 + [11] * 3
    assert set(Counter(data.test.labels.tolist()).values()) == {5}
    assert (len(data.train), len(data.test), data.name) == (103, 50, "shapes")
    both = torch.cat([data.train.images, data.test.images]).flatten(1)
    assert len(both.unique(dim=0)) == 153


def test_the_same_experiment_gives_the_same_tensors(make: Make) -> None:
    first, again, other = (load_dataset(make(seed=seed)) for seed in (4, 4, 5))
    assert same(first.train, again.train) and same(first.test, again.test)
    assert not same(first.train, other.train) and not same(first.test, other.test)


def test_generated_images_are_normalised(make: Make) -> None:
    experiment = make(train_size=40, seed=8)
    train = load_dataset(experiment).train
    drawn = draw(torch.arange(40) % 10, generator(8))
    assert (train.images.dtype, train.labels.dtype) == (torch.float32, torch.int64)
    expected = (drawn.double() / 255 - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    torch.testing.assert_close(train.images, expected.float())


def test_pretrained_weights_bring_their_own_statistics(make: Make) -> None:
    sizes = {"train_size": 40, "seed": 8}
    train = load_dataset(make(model="resnet18", pretrained=True, **sizes)).train
    drawn = draw(torch.arange(40) % 10, generator(8))
    theirs = ResNet18_Weights.IMAGENET1K_V1.transforms()
    found = as_bytes(train.images, tuple(theirs.mean), tuple(theirs.std))
    assert (found - drawn).abs().max() < 1e-3


def numbered(count: int) -> Split:
    """A split whose images carry their own index."""
    return Split(torch.arange(count).view(count, 1, 1, 1).expand(count, 3, 2, 2).float(), torch.arange(count) + 1000)


@given(count=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 5))
def test_an_epoch_is_a_shuffle_cut_into_whole_batches(count: int, size: int, seed: int) -> None:
    state = generator(seed)
    found = [
        (images[:, 0, 0, 0].long().tolist(), labels.tolist())
        for (images,), labels in batches((numbered(count).images,), numbered(count).labels, size, state)
    ]
    order = torch.randperm(count, generator=(expected := generator(seed))).tolist()
    assert [indices for indices, _ in found] == [order[i * size : (i + 1) * size] for i in range(count // size)]
    assert all([index + 1000 for index in indices] == labels for indices, labels in found)
    assert torch.equal(state.get_state(), expected.get_state())
    taken = [index for indices, _ in found for index in indices]
    assert len(taken) == len(set(taken)) == count // size * size


def test_epochs_are_shuffled_anew() -> None:
    state, split = generator(0), numbered(32)
    first, second = (
        torch.cat([labels for _, labels in batches((split.images,), split.labels, 8, state)]).tolist() for _ in range(2)
    )
    assert first != second
    assert sorted(first) == sorted(second)


@pytest.mark.parametrize("size", [33, 64, 224])
def test_resizing_is_bilinear(size: int) -> None:
    images = torch.randn(3, 3, 32, 32, generator=generator(0))
    expected = functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    assert torch.equal(resize(images, size), expected)


def test_images_of_the_right_size_are_left_alone() -> None:
    images = torch.randn(3, 3, 32, 32, generator=generator(0))
    assert resize(images, 32) is images


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert data_dir() == tmp_path
    monkeypatch.setenv("DATA_DIR", "~/images")
    assert data_dir() == Path.home() / "images"
    monkeypatch.delenv("DATA_DIR")
    assert data_dir().is_relative_to(Path.home())


def test_an_empty_folder_holds_no_images(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert not cifar10_is_here()
    with pytest.raises(DatasetUnavailable) as caught:
        load_dataset(make(dataset="cifar10"))
    says = str(caught.value)  # all that somebody who trains from Python is told
    assert f"no whole copy of CIFAR-10 lies in {tmp_path}:" in says
    assert f"CIFAR10({str(tmp_path)!r}, download=True)" in says and "“shapes”" in says


@pytest.fixture
def copy_of_cifar10(cifar10: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of links to the real files, in place of the data directory."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    for path in (data_dir() / CIFAR10.base_folder).iterdir():
        (folder / path.name).symlink_to(path.resolve())
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return folder


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
def test_one_truncated_file_makes_the_copy_unavailable(make: Make, copy_of_cifar10: Path, name: str) -> None:
    path = copy_of_cifar10 / name
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    assert not cifar10_is_here()
    with pytest.raises(DatasetUnavailable):
        load_dataset(make(dataset="cifar10"))
    path.write_bytes(content)
    assert cifar10_is_here()


def own_arrays(train: bool) -> tuple[Tensor, Tensor]:
    """torchvision's images (N, 3, 32, 32) and labels."""
    whole = CIFAR10(data_dir(), train=train)
    return torch.from_numpy(whole.data).permute(0, 3, 1, 2), torch.tensor(whole.targets)


@pytest.mark.usefixtures("cifar10")
@pytest.mark.parametrize("seed", [0, 11])
def test_a_subset_holds_torchvisions_own_images_and_labels(make: Make, seed: int) -> None:
    data = load_dataset(make(dataset="cifar10", train_size=105, test_size=40, seed=seed))
    for split, train in ((data.train, True), (data.test, False)):
        images, labels = own_arrays(train)
        where = {image.numpy().tobytes(): i for i, image in enumerate(images)}
        found = as_bytes(split.images)
        assert (found - found.round()).abs().max() < 1e-3
        indices = [where[image.numpy().tobytes()] for image in found.round().to(torch.uint8)]
        assert len(set(indices)) == len(split)
        assert torch.equal(labels[indices], split.labels)
    assert sorted(Counter(data.train.labels.tolist()).values()) == [10] * 5 + [11] * 5
    assert set(Counter(data.test.labels.tolist()).values()) == {4}


@pytest.mark.usefixtures("cifar10")
def test_a_subset_is_chosen_by_the_seed(make: Make) -> None:
    first, again, other = (load_dataset(make(dataset="cifar10", seed=seed)) for seed in (4, 4, 5))
    assert same(first.train, again.train) and same(first.test, again.test)
    assert not same(first.train, other.train) and not same(first.test, other.test)


@pytest.mark.usefixtures("cifar10")
def test_the_normalisation_is_that_of_the_training_images() -> None:
    images, _ = own_arrays(train=True)
    for channel in range(3):
        values = images[:, channel].float() / 255
        assert values.mean().item() == pytest.approx(MEAN[channel], abs=0.003)
        assert values.std().item() == pytest.approx(STD[channel], abs=0.005)
