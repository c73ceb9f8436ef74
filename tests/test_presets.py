"""The article's examples as presets: the same groups, and the same weights after training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn, optim
from torch.nn import functional
from torch.optim import Optimizer
from torchvision.models import resnet18

import core.data.datasets
import core.models.build
import core.optimizers.build
import core.training.run
import core.training.training
from core.assignment import assign
from core.data import load_dataset
from core.events import Finished
from core.experiment import Experiment, load_presets
from core.models import build_model
from core.optimizers import build_optimizers
from core.resources.weights import weights_path

FOLDER = Path(__file__).parent.parent / "presets"
PRESETS = load_presets(FOLDER)
STEPS = 20


class ArticleModel(nn.Module):
    """As printed in the article, with the pooling that its fc1 needs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(32 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.conv1(x))
        x = functional.max_pool2d(x, 2)
        x = functional.relu(self.conv2(x))
        x = functional.max_pool2d(x, 2)
        x = x.view(x.size(0), -1)
        x = functional.relu(self.fc1(x))
        return self.fc2(x)


def layerwise_lr() -> tuple[nn.Module, list[Optimizer]]:
    model = ArticleModel()
    optimizer = optim.Adam(
        [
            {"params": model.conv1.parameters(), "lr": 0.001},
            {"params": model.conv2.parameters(), "lr": 0.001},
            {"params": model.fc1.parameters(), "lr": 0.01},
            {"params": model.fc2.parameters(), "lr": 0.01},
        ]
    )
    return model, [optimizer]


def no_decay_bias() -> tuple[nn.Module, list[Optimizer]]:
    model = ArticleModel()
    weight_params = [param for name, param in model.named_parameters() if "bias" not in name]
    bias_params = [param for name, param in model.named_parameters() if "bias" in name]
    optimizer = optim.SGD(
        [{"params": weight_params, "weight_decay": 1e-4}, {"params": bias_params, "weight_decay": 0}],
        lr=0.01,
        momentum=0.9,
    )
    return model, [optimizer]


def frozen_resnet() -> tuple[nn.Module, list[Optimizer]]:
    model = resnet18()
    if weights_path("resnet18").exists():
        model.load_state_dict(torch.load(weights_path("resnet18"), weights_only=True))
    for param in model.parameters():
        param.requires_grad = False
    model.fc = nn.Linear(512, 10)
    optimizer = optim.Adam(model.fc.parameters(), lr=0.01)
    return model, [optimizer]


def dual_optimizer() -> tuple[nn.Module, list[Optimizer]]:
    model = ArticleModel()
    optimizer1 = optim.Adam(
        [{"params": model.conv1.parameters(), "lr": 0.001}, {"params": model.conv2.parameters(), "lr": 0.001}]
    )
    optimizer2 = optim.SGD(
        [{"params": model.fc1.parameters(), "lr": 0.01}, {"params": model.fc2.parameters(), "lr": 0.01}],
        momentum=0.9,
    )
    return model, [optimizer1, optimizer2]


def three_optimizers() -> tuple[nn.Module, list[Optimizer]]:
    """The article's sentence: convolutions Adam, fully connected layers SGD, some layers RMSprop."""
    model = ArticleModel()
    cnn = optim.Adam(
        [{"params": model.conv1.parameters(), "lr": 0.001}, {"params": model.conv2.parameters(), "lr": 0.001}]
    )
    connected = optim.SGD(model.fc1.parameters(), lr=0.01, momentum=0.9)
    some = optim.RMSprop(model.fc2.parameters(), lr=0.001)
    return model, [cnn, connected, some]


ARTICLE: dict[str, Callable[[], tuple[nn.Module, list[Optimizer]]]] = {
    "layerwise_lr": layerwise_lr,
    "no_decay_bias": no_decay_bias,
    "frozen_resnet": frozen_resnet,
    "dual_optimizer": dual_optimizer,
    "three_optimizers": three_optimizers,
}
every_preset = pytest.mark.parametrize("name", sorted(ARTICLE))


def shortened(name: str) -> Experiment:
    """The preset itself on little data: 20 steps of 16 images, or of 8 for the large network."""
    preset = PRESETS[name]
    batch = 8 if preset.model == "resnet18" else 16
    return replace(
        preset,
        dataset="shapes",
        train_size=4 * batch + 3,
        test_size=10,
        batch_size=batch,
        image_size=32,
        epochs=STEPS // 4,
        pretrained=preset.pretrained and weights_path(preset.model).exists(),
    )


def described(optimizers: list[Optimizer], model: nn.Module) -> list[tuple[type, list[dict[str, object]]]]:
    """Class, parameter names and every hyper-parameter of each group."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [
        (
            type(optimizer),
            [
                {key: value for key, value in group.items() if key not in ("params", "param_names", "name")}
                | {"params": [names[id(parameter)] for parameter in group["params"]]}
                for group in optimizer.param_groups
            ],
        )
        for optimizer in optimizers
    ]


def plain_loop(experiment: Experiment, model: nn.Module, optimizers: list[Optimizer]) -> None:
    data = load_dataset(experiment).train
    generator = torch.Generator().manual_seed(experiment.seed)
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    for _ in range(experiment.epochs):
        order = torch.randperm(len(data.labels), generator=generator)
        for start in range(0, len(order) - experiment.batch_size + 1, experiment.batch_size):
            batch = order[start : start + experiment.batch_size]
            for optimizer in optimizers:
                optimizer.zero_grad()
            functional.cross_entropy(model(data.images[batch].contiguous()), data.labels[batch]).backward()
            for optimizer in optimizers:
                optimizer.step()


def article_weights(name: str, experiment: Experiment) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What the article's code starts from, and what its training gives."""
    torch.manual_seed(experiment.seed)
    model, optimizers = ARTICLE[name]()
    start = {key: value.clone() for key, value in model.state_dict().items()}
    plain_loop(experiment, model, optimizers)
    return start, model.state_dict()


def trained(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> tuple[nn.Module, Finished]:
    """The network that `train` built and trained, and the run's last event."""
    built: list[nn.Module] = []

    def remember(*arguments: object) -> nn.Module:
        built.append(build_model(*arguments))  # type: ignore[arg-type]
        return built[-1]

    monkeypatch.setattr(core.training.run, "build_model", remember)
    *_, last = core.training.train(experiment, "cpu")
    assert isinstance(last, Finished)
    return built[-1], last


def test_every_file_is_a_preset_and_every_example_has_one() -> None:
    paths = list(FOLDER.glob("*/*.toml"))
    assert {path.name for path in FOLDER.glob("*.toml")} == {"things_to_try.toml", "course.toml"}
    assert len(PRESETS) == len(paths)
    assert set(PRESETS) == {path.stem for path in paths}
    assert set(ARTICLE) == {path.stem for path in FOLDER.glob("article/*.toml")}


@pytest.mark.parametrize(
    ("kind", "english", "chinese"),
    [
        *(("article", "Example ", "示例 "), ("recipes", "Recipe: ", "方案："), ("pitfalls", "Pitfall: ", "陷阱：")),
        *(("structures", "Language model: ", "语言模型："), ("course", "Lesson ", "第 ")),
    ],
)
def test_the_menu_groups_them_by_where_they_come_from(kind: str, english: str, chinese: str) -> None:
    names = [path.stem for path in FOLDER.glob(f"{kind}/*.toml")]
    places = [list(PRESETS).index(name) for name in names]
    assert sorted(places) == list(range(min(places), max(places) + 1))
    assert all(PRESETS[name].title.en.startswith(english) for name in names)
    assert all(PRESETS[name].title.zh.startswith(chinese) for name in names)
    titles = [preset.title.en for preset in PRESETS.values() if preset.title.en.startswith(english)]
    assert titles == sorted(titles, key=lambda title: (len(title.partition(":")[0]), title))  # 10 comes after 9


@pytest.mark.parametrize("field", ["title", "summary", "look_for"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_speaks_both_languages(name: str, field: str) -> None:
    words = getattr(PRESETS[name], field)
    assert words.en and words.zh
    assert words.en != words.zh
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words.zh)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("layerwise_lr", [("Adam", 0.001, 0, None)] * 2 + [("Adam", 0.01, 0, None)] * 2),
        ("no_decay_bias", [("SGD", 0.01, 1e-4, 0.9), ("SGD", 0.01, 0, 0.9)]),
        ("dual_optimizer", [("Adam", 0.001, 0, None)] * 2 + [("SGD", 0.01, 0, 0.9)] * 2),
        (
            "three_optimizers",
            [("Adam", 0.001, 0, None)] * 2 + [("SGD", 0.01, 0, 0.9), ("RMSprop", 0.001, 0, None)],
        ),
    ],
)
def test_the_numbers_are_the_articles(name: str, numbers: list[tuple[object, ...]]) -> None:
    groups = PRESETS[name].groups
    assert [(g.optimizer, g.lr, g.weight_decay, g.momentum) for g in groups] == numbers


def test_the_frozen_example_trains_the_head_alone() -> None:
    preset = PRESETS["frozen_resnet"]
    assert (preset.model, preset.pretrained, preset.frozen_norm) == ("resnet18", True, "eval")
    head, backbone = preset.groups
    assert (head.params, head.optimizer, head.lr, head.weight_decay) == (("fc.*",), "Adam", 0.01, 0)
    assert backbone.frozen


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_on_real_images_by_default(name: str) -> None:
    assert PRESETS[name].dataset == "cifar10"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that makes a step faster and changes the last bits of its floats."""
    for module in (core.models.build, core.data.datasets):
        monkeypatch.setattr(module, "memory_format", lambda *_: torch.contiguous_format)
    monkeypatch.setattr(core.optimizers.build, "FUSED", ())


@every_preset
@pytest.mark.usefixtures("plain")
def test_the_groups_are_those_of_the_article(name: str) -> None:
    experiment = shortened(name)
    model = build_model(experiment)
    ours = described(build_optimizers(assign(experiment, model)), model)
    article_model, article_optimizers = ARTICLE[name]()
    assert ours == described(article_optimizers, article_model)


@every_preset
@pytest.mark.usefixtures("plain")
def test_twenty_steps_give_the_weights_of_the_articles_code(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = shortened(name)
    model, finished = trained(experiment, monkeypatch)
    start, expected = article_weights(name, experiment)
    assert finished.step == STEPS
    assert list(expected) == list(model.state_dict())
    assert all(torch.equal(value, expected[key]) for key, value in model.state_dict().items())
    assert any(not torch.equal(value, start[key]) for key, value in expected.items())


@every_preset
def test_the_faster_way_gives_them_but_for_rounding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = shortened(name)
    model, _ = trained(experiment, monkeypatch)
    start, expected = article_weights(name, experiment)
    off, way = (
        torch.cat([(values[key] - expected[key]).flatten() for key in expected]).double().norm()
        for values in (model.state_dict(), start)
    )
    assert off < 1e-3 * way
