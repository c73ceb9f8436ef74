"""A network and a folder of images of the starter's own: offered to this machine, and to nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

import app
import core.data.image_folder
from core.assignment import assign
from core.checking import check
from core.data import dataset_names, load_dataset
from core.data.datasets import choose
from core.data.image_folder import read_images
from core.models import build_model, model_names, passed_through, try_out
from core.models.build import own_shapes, shapes_and_zeros
from core.report import find_in
from core.resources.custom import IMAGES, MODEL, OwnUnusable, own_images
from core.server import bring_along, serves_this_machine_only
from core.training import train
from tests.conftest import Make

ROOT = Path(app.__file__).parent
NETWORKS = '''
import torch
from torch import nn

SHARED = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48, 12))


def good():
    return nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48, 12))


def shared():
    return SHARED


def few():
    return nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 3))


def raises():
    raise KeyError("secret")


def number():
    return 3


def leaves():
    raise SystemExit(2)  # as argparse does


def lazy():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(10))


def three_dimensional():
    return nn.Conv2d(3, 10, 1)


class Looking(nn.Module):
    """Cannot do without values."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 10)
        self.tied = nn.Linear(3, 10)
        self.tied.weight = self.fc.weight

    def forward(self, images):
        means = images.mean((2, 3))
        return self.fc(means) if means.sum().item() > 0 else self.tied(means)


def looking():
    return Looking()


class Wrapping(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.inner, self.wrap = good(), wrap

    def forward(self, images):
        return self.wrap(self.inner(images), images)

    def train(self, mode=True):
        super().train(mode)


def pair():
    return Wrapping(lambda logits, images: (logits, images))


def other_key():
    return Wrapping(lambda logits, images: {"scores": logits})


def by_key():
    return Wrapping(lambda logits, images: {"logits": logits})


def breaks():
    return nn.Sequential(nn.Flatten(), nn.Linear(7, 10))


def hooked():
    network = good()
    network[3].weight.register_hook(lambda gradient: gradient * 0)
    return network


KEPT = hooked()


def kept_with_a_hook():
    return KEPT


class Holding(nn.Module):
    """What it holds cannot be copied."""

    def __init__(self):
        super().__init__()
        self.inner, self.held = good(), (each for each in "ab")

    def forward(self, images):
        return self.inner(images)


def holding():
    return Holding()


HOLDING = Holding()


def kept_without_a_copy():
    return HOLDING


def partly_frozen():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), good_head(), nn.Linear(32, 10))
    network[0].requires_grad_(False)
    return network


def good_head():
    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())


def frozen():
    return good().requires_grad_(False)
'''


@pytest.fixture(autouse=True)
def nothing_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for variable in (MODEL, IMAGES, "DATA_DIR", "SPACE_ID"):
        monkeypatch.setenv(variable, "x")  # so that it is put back as it was
        monkeypatch.delenv(variable)
    (tmp_path / "own_networks_of_test.py").write_text(NETWORKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    core.data.image_folder.find_images.cache_clear()
    yield
    sys.modules.pop("own_networks_of_test", None)
    for cached in (try_out, passed_through, shapes_and_zeros, own_shapes, core.data.image_folder.find_images):
        cached.cache_clear()


def own(function: str) -> str:
    return f"own_networks_of_test:{function}"


def draw_folder(root: Path, counts: dict[str, int], test: int = 5) -> Path:
    """Images of 40x30 pixels, every class of its own colour; `counts` of each to train with."""
    for split in ("train", "test"):
        for place, (name, count) in enumerate(counts.items()):
            (root / split / name).mkdir(parents=True)
            for i in range(count if split == "train" else test):
                colour = (40 * place, i, 200)
                Image.new("RGB", (40, 30), colour).save(root / split / name / f"{i}.png")
    return root


def test_an_own_network_is_offered_and_used_as_it_is(make: Make) -> None:
    bring_along(own("good"), None, is_private=True)
    assert own("good") in model_names()
    experiment = make(model=own("good"), seed=7)
    torch.manual_seed(7)
    by_hand = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48, 12))
    built = build_model(experiment)
    assert torch.equal(built[3].weight, by_hand[3].weight) and built[3].out_features == 12
    assert check(experiment.to_dict()).problems == ()
    *_, end = train(experiment, "cpu")
    assert (end.reason, end.groups[0].moved > 0) == ("done", True)


def test_a_network_that_the_function_keeps_is_not_trained_itself(make: Make) -> None:
    bring_along(own("shared"), None, is_private=True)
    import own_networks_of_test  # type: ignore[import-not-found]

    before = own_networks_of_test.SHARED[3].weight.clone()
    list(train(make(model=own("shared")), "cpu"))
    assert torch.equal(own_networks_of_test.SHARED[3].weight, before)


@pytest.mark.parametrize("function", ["by_key", "hooked", "holding"])
def test_what_the_function_returns_is_used_itself(make: Make, function: str) -> None:
    bring_along(own(function), None, is_private=True)
    import own_networks_of_test

    experiment = make(model=own(function))
    assert check(experiment.to_dict()).problems == ()
    made: list[nn.Module] = []
    original = getattr(own_networks_of_test, function)
    setattr(own_networks_of_test, function, lambda: made.append(original()) or made[-1])
    assert build_model(experiment) is made[-1]
    *_, end = train(experiment, "cpu")
    assert end.reason == "done"
    assert end.groups[0].moved > 0 if function != "hooked" else 0 < end.groups[0].moved <= 12, "the bias alone"


def test_what_comes_frozen_is_named_and_stays_so(make: Make) -> None:
    bring_along(own("partly_frozen"), None, is_private=True)
    base = {"name": "base", "params": ["0.*"], "optimizer": "SGD", "lr": 0.1, "momentum": 0.9}
    experiment = make(base, {"name": "rest", "params": ["*"], "optimizer": "SGD"}, model=own("partly_frozen"))
    checked = check(experiment.to_dict())
    (caution,) = checked.cautions
    assert (caution.row, caution.field, caution.key) == (0, "optimizer", "came_frozen")
    assert caution.values == {"count": 2, "names": "0.weight, 0.bias"}
    assert [group.optimizer for group in checked.groups] == ["frozen", "SGD"]
    whole = check(make(model=own("partly_frozen"), frozen_norm="eval").to_dict())
    assert [(each.row, each.key) for each in whole.cautions] == [(0, "came_frozen")]
    *_, end = train(experiment, "cpu")
    assert [(group.optimizer, group.moved > 0) for group in end.groups] == [("frozen", False), ("SGD", True)]


def test_where_all_comes_frozen_nothing_would_train(make: Make) -> None:
    bring_along(own("frozen"), None, is_private=True)
    (problem,) = check(make(model=own("frozen")).to_dict()).problems
    assert problem.key == "came_frozen_all" and "requires_grad" in problem.sentence("zh")


def test_a_network_that_needs_values_is_tried_on_the_cpu_and_stays_tied(make: Make) -> None:
    bring_along(own("looking"), None, is_private=True)
    experiment = make(model=own("looking"))
    assert check(experiment.to_dict()).problems == ()
    rows = assign(experiment, build_model(experiment, "meta")).rows
    assert [row.names for row in rows] == [("fc.weight", "tied.weight"), ("fc.bias",), ("tied.bias",)]
    assert all(row.parameter.is_meta for row in rows)
    *_, end = train(experiment, "cpu")
    assert end.reason == "done"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (own("raises"), "KeyError: 'secret'"),
        (own("number"), "a int, not a torch.nn.Module"),
        (own("SHARED"), "this is a network already, a Sequential; name a function"),
        (own("leaves"), "SystemExit: 2"),
        (own("few"), "10 outputs or more; the first answer: 3"),
        (own("lazy"), "lazy"),
        (own("three_dimensional"), "the first answer: Tensor of shape (2, 10, 32, 32). Right is a tensor (2, 10)"),
        (own("pair"), "the first answer: tuple of (2, 12), (2, 3, 32, 32). Right is a tensor (2, 10)"),
        (own("other_key"), "the first answer: dict of (2, 12). Right is"),
        (own("breaks"), "the first answer: RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
        (own("kept_with_a_hook"), "returns the same network at every call, and it cannot be copied (hooks)"),
        (own("kept_without_a_copy"), "cannot be copied (TypeError: cannot pickle"),
        (own("nothing"), "AttributeError"),
        ("no_such_module_here:f", "ModuleNotFoundError"),
        ("own_networks_of_test", "write package.module:function"),
        ("os:system('ls')", "write package.module:function"),
        ("resnet18", "write package.module:function"),
    ],
)
def test_what_cannot_be_used_is_said_at_the_start(name: str, words: str) -> None:
    with pytest.raises(OwnUnusable) as caught:
        bring_along(name, None, is_private=True)
    assert words in str(caught.value)


def test_an_experiment_cannot_name_a_function_that_was_not_brought_along(make: Make) -> None:
    (problem,) = check(make(model=own("good")).to_dict()).problems
    assert problem.key == "unknown_name"
    bring_along(own("good"), None, is_private=True)
    (problem,) = check(make(model=own("few")).to_dict()).problems
    assert problem.key == "unknown_name"
    bring_along(None, None, is_private=True)
    assert own("good") not in model_names()


def test_a_folder_is_a_dataset_of_its_name_with_its_own_classes(make: Make, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "fruit", {"apple": 30, "pear": 30, "plum": 30})
    bring_along(None, str(root), is_private=True)
    assert dataset_names() == ["cifar10", "shapes", "fruit"]
    assert "DATA_DIR" not in os.environ
    experiment = make(dataset="fruit", train_size=32, test_size=10, image_size=32)
    assert check(experiment.to_dict()).problems == ()
    data = load_dataset(experiment)
    assert Counter(data.train.labels.tolist()) == {0: 11, 1: 11, 2: 10}
    assert data.train.images.shape == (32, 3, 32, 32)
    assert build_model(experiment).fc2.out_features == 3
    assert len(data.train.images.flatten(1).unique(dim=0)) == 32
    *_, end = train(experiment, "cpu")
    assert end.reason == "done"


def test_guessing_is_to_name_the_class_that_most_test_images_are_of(make: Make, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "rare", {"a": 20, "b": 20}, test=16)
    for number in range(4, 16):
        (root / "test" / "b" / f"{number}.png").unlink()
    bring_along(None, str(root), is_private=True)
    still = {"name": "all", "params": "*", "lr": 1e-9}
    events = list(train(make(still, dataset="rare", train_size=20, test_size=20), "cpu"))
    first = find_in(events)[0]
    assert (first.key, first.values["chance"]) == ("finding_nothing_learned", 80.0)
    assert first.values["guess"] == pytest.approx(0.5004, abs=1e-4)


def test_a_networks_last_layer_has_an_output_per_class(make: Make, tmp_path: Path) -> None:
    bring_along(own("few"), str(draw_folder(tmp_path / "two", {"a": 20, "b": 20})), is_private=True)
    assert build_model(make(dataset="two", model="resnet18"), "meta").fc.out_features == 2
    few = {"model": own("few"), "train_size": 16, "test_size": 10}
    assert check(make(dataset="two", **few).to_dict()).problems == ()
    (problem,) = check(make(**few).to_dict()).problems
    assert (problem.field, problem.key, problem.values["count"]) == ("model", "too_few_outputs", 3)


def test_images_are_resized_by_the_shorter_side_and_cut_in_the_middle(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 40), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 60, 40))
    image.save(tmp_path / "x.png")
    images, labels = read_images(((str(tmp_path / "x.png"), 4),), 40)
    assert (images.dtype, tuple(images.shape), labels.tolist()) == (torch.uint8, (1, 3, 40, 40), [4])
    assert (images[0, 2] == 255).all() and (images[0, 0] == 0).all()
    smaller, _ = read_images(((str(tmp_path / "x.png"), 4),), 20)
    assert tuple(smaller.shape) == (1, 3, 20, 20)


def test_shares_are_as_equal_as_the_classes_allow() -> None:
    labels = torch.tensor([0] * 3 + [1] * 50 + [2] * 50)
    chosen = choose(labels, 3, 60, torch.Generator().manual_seed(0))
    assert Counter(labels[chosen].tolist()) == {0: 3, 1: 29, 2: 28}
    assert len(set(chosen.tolist())) == 60
    assert sorted(choose(labels, 3, 103, torch.Generator()).tolist()) == list(range(103))


def test_more_images_than_there_are_is_a_problem(make: Make, tmp_path: Path) -> None:
    bring_along(None, str(draw_folder(tmp_path / "few", {"a": 20, "b": 20})), is_private=True)
    problems = check(make(dataset="few", train_size=41, test_size=11).to_dict()).problems
    assert [(p.field, p.values["value"], p.values["most"]) for p in problems] == [
        ("train_size", 41, 40),
        ("test_size", 11, 10),
    ]


def test_a_broken_image_is_told_without_its_path(make: Make, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "fruit", {"a": 20, "b": 20})
    bring_along(None, str(root), is_private=True)
    for path in (root / "train" / "a").iterdir():
        os.truncate(path, path.stat().st_size - 30)
    with pytest.raises(ValueError, match="cannot be read") as caught:
        list(train(make(dataset="fruit", train_size=40, test_size=10), "cpu"))
    assert str(tmp_path) not in str(caught.value)


def empty_class(root: Path) -> None:
    (root / "train" / "c").mkdir()


def other_classes(root: Path) -> None:
    (root / "test" / "b").rename(root / "test" / "z")


def no_test(root: Path) -> None:
    (root / "test").rename(root / "tests")


def no_image(root: Path) -> None:
    (root / "train" / "a" / "0.png").write_text("<html>")


def sixteen_bits(root: Path) -> None:
    Image.new("I;16", (40, 30), 20_000).save(root / "train" / "a" / "0.png")


@pytest.mark.parametrize("spoil", [empty_class, other_classes, no_test, no_image, sixteen_bits])
def test_a_broken_folder_is_said_at_the_start(tmp_path: Path, spoil: object) -> None:
    root = draw_folder(tmp_path / "fruit", {"a": 2, "b": 2})
    spoil(root)  # type: ignore[operator]
    with pytest.raises(OwnUnusable, match="--data-dir"):
        bring_along(None, str(root), is_private=True)


@pytest.mark.parametrize(("name", "classes"), [("shapes", "ab"), ("one", "a")])
def test_a_name_that_is_taken_or_a_single_class_is_refused(tmp_path: Path, name: str, classes: str) -> None:
    root = draw_folder(tmp_path / name, dict.fromkeys(classes, 2))
    with pytest.raises(OwnUnusable):
        bring_along(None, str(root), is_private=True)


@pytest.mark.parametrize("below", ["", "train", "train/a"])
def test_images_without_train_and_test_are_told_of(tmp_path: Path, below: str) -> None:
    """Or CIFAR-10 would be put among them, and the page would not have them."""
    root = draw_folder(tmp_path / "fruit", {"a": 2, "b": 2}) / below
    if not below:
        for split in ("train", "test"):
            for folder in (root / split).iterdir():
                folder.rename(root / f"{split}_{folder.name}")
            (root / split).rmdir()
    with pytest.raises(OwnUnusable, match=r"png.* is an image; images are looked for as train/<class>"):
        bring_along(None, str(root), is_private=True)
    (root / "cifar-10-batches-py").mkdir()
    bring_along(None, str(root), is_private=True)
    assert os.environ["DATA_DIR"] == str(root)


def test_another_folder_is_where_cifar10_is_kept(tmp_path: Path) -> None:
    bring_along(None, str(tmp_path / "data"), is_private=False)
    assert os.environ["DATA_DIR"] == str(tmp_path / "data")
    assert own_images() is None


@pytest.mark.parametrize(
    ("host", "share", "space", "expected"),
    [
        ("127.0.0.1", False, False, True),
        ("localhost", False, False, True),
        ("::1", False, False, True),
        ("0.0.0.0", False, False, False),
        ("192.168.1.5", False, False, False),
        ("example.org", False, False, False),
        ("127.0.0.1", True, False, False),
        ("127.0.0.1", False, True, False),
    ],
)
def test_only_a_server_of_this_machine_is_private(
    monkeypatch: pytest.MonkeyPatch, host: str, share: bool, space: bool, expected: bool
) -> None:
    if space:
        monkeypatch.setenv("SPACE_ID", "somebody/something")
    assert serves_this_machine_only(host, share) is expected


def test_nobody_elses_server_gets_ones_own(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "fruit", {"a": 2, "b": 2})
    for model, data in [(own("good"), None), (None, str(root))]:
        with pytest.raises(OwnUnusable, match="this machine alone"):
            bring_along(model, data, is_private=False)
    assert MODEL not in os.environ and IMAGES not in os.environ


@pytest.mark.parametrize("flags", [["--model", own("raises")], ["--model", own("good"), "--host", "0.0.0.0"]])
def test_the_app_ends_with_code_2_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", *flags])
    with pytest.raises(SystemExit) as caught:
        app.main()
    assert caught.value.code == 2
    assert 0 < capsys.readouterr().err.count("\n") <= 1


def test_a_network_is_looked_for_in_the_current_directory(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "app.py"), "--model", own("few")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "the first answer: 3" in done.stderr and "Traceback" not in done.stderr
