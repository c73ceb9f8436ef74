"""Held-out images: none that the experiment trains on, balanced, and the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

import core.data.image_folder
from core.data import Split, load_dataset, load_held_out
from core.experiment import Experiment, ExperimentError
from core.resources.custom import IMAGES
from core.text import LANGUAGES

Make = Callable[..., Experiment]


def rows(images: Tensor) -> set[bytes]:
    return {image.contiguous().numpy().tobytes() for image in images}


def same(first: Split, second: Split) -> bool:
    return torch.equal(first.images, second.images) and torch.equal(first.labels, second.labels)


@pytest.mark.parametrize("seed", [0, 9, 2**31 - 1])
def test_drawn_images_are_other_ones_and_balanced(make: Make, seed: int) -> None:
    experiment = make(train_size=200, test_size=100, seed=seed)
    held_out, data = load_held_out(experiment, 105), load_dataset(experiment)
    assert not rows(held_out.images) & (rows(data.train.images) | rows(data.test.images))
    assert sorted(Counter(held_out.labels.tolist()).values()) == [10] * 5 + [11] * 5
    assert same(held_out, load_held_out(experiment, 105))
    assert not same(held_out, load_held_out(make(seed=seed - 1 if seed else 1), 105))


@pytest.mark.usefixtures("cifar10")
@pytest.mark.parametrize("size", [105, 500])
def test_photographs_are_other_ones_and_balanced(make: Make, size: int) -> None:
    experiment = make(dataset="cifar10", train_size=1003, test_size=50, seed=4)
    held_out, data = load_held_out(experiment, size), load_dataset(experiment)
    assert not rows(held_out.images) & (rows(data.train.images) | rows(data.test.images))
    assert set(Counter(held_out.labels.tolist()).values()) <= {size // 10, -(-size // 10)}
    assert same(held_out, load_held_out(experiment, size))
    assert not same(held_out, load_held_out(make(dataset="cifar10", train_size=1003, seed=5), size))


@pytest.mark.usefixtures("cifar10")
def test_where_a_run_takes_nearly_all_the_largest_that_leaves_some_is_named(make: Make) -> None:
    assert len(load_held_out(make(dataset="cifar10", train_size=49_800), 500)) == 200
    with pytest.raises(ExperimentError) as caught:
        load_held_out(make(dataset="cifar10", train_size=49_901), 500)
    (problem,) = caught.value.problems
    assert problem.field == "train_size"
    assert all("49900" in problem.sentence(language).replace(",", "") for language in LANGUAGES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """120, 60 and 40 images of three classes, no two alike."""
    root = tmp_path / "fruit"
    for split, counts in (("train", (120, 60, 40)), ("test", (5, 5, 5))):
        for place, count in enumerate(counts):
            (root / split / str(place)).mkdir(parents=True)
            for i in range(count):
                colour = (80 * place, i, 200 if split == "train" else 20)
                Image.new("RGB", (32, 32), colour).save(root / split / str(place) / f"{i}.png")
    monkeypatch.setenv(IMAGES, str(root))
    core.data.image_folder.find_images.cache_clear()
    return root


def test_of_an_own_folder_all_that_is_left_is_taken(make: Make, folder: Path) -> None:
    experiment = make(dataset="fruit", train_size=100, test_size=10, image_size=32)
    held_out, data = load_held_out(experiment, 500), load_dataset(experiment)
    assert len(held_out) == 120, "220 less 100"
    assert not rows(held_out.images) & (rows(data.train.images) | rows(data.test.images))
    assert len(rows(held_out.images)) == 120
    few = load_held_out(experiment, 15)
    assert set(Counter(few.labels.tolist()).values()) == {5}
    with pytest.raises(ExperimentError) as caught:
        load_held_out(make(dataset="fruit", train_size=121, test_size=10, image_size=32), 500)
    assert caught.value.field == "train_size" and caught.value.problems[0].values["most"] == 120
