"""Badges, readings and notes, from hand-made ends and from real runs; drift against a plain loop."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from core.assignment import assign
from core.data import batches, load_dataset
from core.events import Finished, FrozenPart, GroupEnd, GroupStep, Started, Step
from core.experiment import Experiment
from core.models import build_model
from core.report.summary import GroupSummary, frozen_part, made_with, summarise, why
from core.report.usual_updates import Usual
from core.text import LANGUAGES, say
from core.training import train

Make = Callable[..., Experiment]

HEAD = {"name": "head", "params": ["fc.*"], "optimizer": "SGD", "lr": 0.001}
BACKBONE = {"name": "backbone", "params": ["*"], "optimizer": "frozen"}
SIZES: dict[str, Any] = {"model": "resnet18", "train_size": 24, "batch_size": 8, "test_size": 10}


def badge(optimizer: str, moved: int, drift: float | None, language: str = "en", steps: int = 5) -> str:
    return GroupSummary(GroupEnd("a", optimizer, 1000, moved, 0.0, drift), 1e-3, steps).badge(language)


@pytest.mark.parametrize("drift", [0.0, None])
def test_frozen_is_verified_only_where_nothing_moved_and_nothing_drifted(drift: float | None) -> None:
    assert badge("frozen", 0, drift) == "verified frozen"
    assert badge("frozen", 1, drift) == "not frozen: 1 of 1,000 weights moved"
    assert badge("frozen", 0, 1e-12) != "verified frozen"
    assert badge("frozen", 0, math.nan) != "verified frozen"


def test_drift_has_its_number_in_both_languages() -> None:
    assert badge("frozen", 0, 0.37) == "drifting: its running statistics changed by 37 %"
    assert "37%" in badge("frozen", 0, 0.37, "zh") and "漂移" in badge("frozen", 0, 0.37, "zh")


def test_trained_groups_are_called_by_what_they_did() -> None:
    assert badge("SGD", 1, 0.5) == badge("SGD", 1000, None) == "trained"
    assert badge("SGD", 0, 0.0) == badge("SGD", 0, None) == "did not move"
    assert badge("SGD", 0, 0.5) == "did not move, but its running statistics changed by 50 %"
    assert "50%" in badge("SGD", 0, 0.5, "zh")


def test_a_run_without_a_step_verifies_nothing() -> None:
    assert badge("frozen", 0, 0.0, steps=0) == badge("SGD", 0, None, steps=0) == "no step was taken"


def reading(optimizer: str, moved: int, ratio: float | None, language: str = "en") -> str:
    return GroupSummary(GroupEnd("a", optimizer, 4000, moved, 0.0, None), ratio, 5).reading(language)


@pytest.mark.parametrize(
    ("optimizer", "moved", "ratio", "words"),
    [
        ("frozen", 0, None, "frozen: 0 of 4,000 weights moved"),
        ("frozen", 1, 1e-3, "set to frozen, but 1 of 4,000 weights moved"),
        ("SGD", 3000, None, "3,000 of 4,000 weights moved"),
        ("SGD", 3000, 2e-3, "3,000 of 4,000 weights moved; a typical step changed the group by 0.2 %"),
        ("SGD", 3000, 0.5, "3,000 of 4,000 weights moved; a typical step changed the group by 50 %"),
        ("SGD", 0, 0.0, "0 of 4,000 weights moved"),
    ],
)
def test_a_reading_says_what_moved_and_by_how_much(optimizer: str, moved: int, ratio: float | None, words: str) -> None:
    assert reading(optimizer, moved, ratio) == words


def test_a_reading_has_the_range_of_runs_that_learned_beside_it_and_judges_nothing() -> None:
    end = GroupEnd("a", "SGD", 4000, 4000, 0.0, None)
    summary = GroupSummary(end, 0.5, 200, Usual(117, 2e-3, 2e-2))
    range_ = " (in runs of this network that learned: 0.2 to 2 % in the first 117 steps)"
    assert summary.reading("en") == f"4,000 of 4,000 weights moved; a typical step changed the group by 50 %{range_}"
    assert "前 117 步为 0.2% 到 2%" in summary.reading("zh")
    for language in LANGUAGES:
        assert not re.search("too (high|low)|过高|过低|偏大|偏小", summary.reading(language))


def ratios(*values: tuple[float | None, float | None]) -> float | None:
    """The median ratio of a group with these rates and ratios, beside one whose own are far away."""
    other = GroupStep(1.0, 1.0, 1.0, 1.0, 99.0, 1.0)
    steps = [Step(i, 2.0, (other, GroupStep(lr, 1.0, 1.0, 1.0, ratio, 1.0))) for i, (lr, ratio) in enumerate(values, 1)]
    ends = GroupEnd("other", "SGD", 10, 10, 1.0, None), GroupEnd("a", "SGD", 10, 10, 1.0, None)
    other_group, group = summarise(steps, Finished("done", 7, 1.0, ends))
    assert (other_group.end, group.end, group.steps) == (*ends, 7)
    return group.median_ratio


def test_the_median_ratio_is_of_the_steps_in_which_the_group_trains() -> None:
    assert ratios((0.1, 1.0), (0.1, 5.0), (0.1, 2.0)) == 2.0
    assert ratios((None, 0.0), (None, 0.0), (0.1, 3.0)) == 3.0
    assert ratios((None, 0.0), (None, 0.5), (None, 0.0)) == 0.0, "a frozen group's are of all steps"
    assert ratios((0.1, 1.0), (0.1, math.nan), (0.1, None), (0.1, 3.0)) == 2.0
    assert ratios((0.1, None), (0.1, math.nan)) is None
    assert ratios() is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_charts_were_made_with_is_told(make: Make, language: str) -> None:
    experiment = make(HEAD, BACKBONE, seed=77, **SIZES)
    (line,) = made_with(Started(experiment, "cuda", 3, "random", None, ()), language)
    shapes = say("dataset_shapes", language)
    assert all(word in line for word in ("**resnet18**", f"**{shapes}**", "24", "10", "32", "77", "**CUDA**"))
    assert say("weights_random", language) in line
    missing = Started(experiment, "cpu", 3, "random", "no network", ())
    assert made_with(missing, language)[1:] == [say("weights_missing", language, reason="no network")]
    assert "no network" in made_with(missing, language)[1]
    (line,) = made_with(Started(experiment, "cpu", 3, "pretrained", None, ()), language)
    assert say("weights_pretrained", language) in line


def test_somebodys_own_dataset_goes_by_its_name(make: Make) -> None:
    experiment = replace(make(HEAD, BACKBONE, **SIZES), dataset="my flowers")
    (line,) = made_with(Started(experiment, "cpu", 3, "random", None, ()), "en")
    assert "**my flowers**" in line


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_the_frozen_part_is_computed_is_told(language: str) -> None:
    once = frozen_part(FrozenPart(3, 6000, 98_300_000), language)
    assert all(number in once for number in ("3", "6,000", "98 MB"))
    reason = say("frozen_part_too_large", language, gigabytes=1.25)
    each = frozen_part(FrozenPart(2, 0, 0, "too_large", {"gigabytes": 1.25}), language)
    assert each == say("frozen_part_each_step", language, epoch=2, reason=reason)


def plain_drift(experiment: Experiment, frozen_in_eval: bool) -> float:
    """What a plain torch loop does to the backbone's running statistics: |after - start| / |start|."""
    model = build_model(experiment)
    before = statistics_of(model)
    optimizer = torch.optim.SGD(model.get_submodule("fc").parameters(), lr=0.001)
    generator = torch.Generator().manual_seed(experiment.seed)
    model.train()
    for layer in model.modules():
        if frozen_in_eval and isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    train = load_dataset(experiment).train
    for (images,), labels in batches((train.images,), train.labels, experiment.batch_size, generator):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    way = sum(float((now - then).square().sum()) for now, then in zip(statistics_of(model), before, strict=True))
    return math.sqrt(way / sum(float(then.square().sum()) for then in before))


def statistics_of(model: nn.Module) -> list[torch.Tensor]:
    return [buffer.double() for name, buffer in model.named_buffers() if "running" in name]


def end_of(experiment: Experiment) -> Finished:
    *_, end = train(experiment, "cpu")
    assert isinstance(end, Finished)
    return end


@pytest.mark.parametrize(
    ("factors", "english", "chinese"),
    [
        ([None, None, None, None], "", ""),
        ([1.0, 1.0, 1.0, 1.0], "clipped in none of its steps", "没有一步被裁剪"),
        ([1.0, 0.5, 0.2, 0.4], "clipped in 75 % of its steps, to 40 % of the gradient", "75% 的步被裁剪，梯度剩 40%"),
    ],
)
def test_the_share_of_clipped_steps_is_told(factors: list[float | None], english: str, chinese: str) -> None:
    groups = [GroupStep(0.1, 1.0, 1.0, 0.1, 0.1, 0.1, clip_factor=factor) for factor in factors]
    steps = [Step(number, 2.0, (group,)) for number, group in enumerate(groups, 1)]
    (summary,) = summarise(steps, Finished("done", 4, 1.0, (GroupEnd("a", "Adam", 9, 9, 0.1, None),)))
    for language, words in (("en", english), ("zh", chinese)):
        reading = summary.reading(language)
        assert words in reading and (bool(words) == ("clipped" in reading or "裁剪" in reading))


@pytest.mark.parametrize(("frozen_norm", "words"), [("eval", "verified frozen"), ("train", "drifting: ")])
def test_a_frozen_backbone_is_verified_or_refuted_by_its_statistics(make: Make, frozen_norm: str, words: str) -> None:
    experiment = make(HEAD, BACKBONE, frozen_norm=frozen_norm, **SIZES)
    end = end_of(experiment)
    head, backbone = end.groups
    expected = plain_drift(experiment, frozen_norm == "eval")
    assert (head.drift, backbone.moved) == (None, 0)
    assert backbone.drift == pytest.approx(expected, rel=1e-6)
    assert (expected > 0.01) if frozen_norm == "train" else (expected == backbone.drift == 0.0)
    badges = [group.badge("en") for group in summarise([], end)]
    assert badges[0] == "trained" and badges[1].startswith(words)


def test_statistics_of_a_trained_group_drift_too_and_are_no_fault(make: Make) -> None:
    norms = {"name": "norms", "params": ["*"], "role": "norm", "optimizer": "SGD", "lr": 0.001}
    end = end_of(make(norms, BACKBONE, **SIZES))
    assert end.groups[0].drift and end.groups[0].drift > 0.01
    assert end.groups[1].drift is None
    assert [group.badge("en") for group in summarise([], end)] == ["trained", "verified frozen"]


def test_a_rate_of_zero_and_a_layer_frozen_in_parts_tell_their_drift(make: Make) -> None:
    """The weights do not move, the running statistics do: as far as in a plain loop."""
    head = HEAD | {"params": ["fc.*"]}
    still = make(head, BACKBONE | {"optimizer": "SGD", "lr": 0.0}, **SIZES)
    end = end_of(still)
    drift = plain_drift(still, frozen_in_eval=False)
    assert end.groups[1].drift == pytest.approx(drift, rel=1e-6) and end.groups[1].moved == 0
    words = summarise([], end)[1].badge("en")
    assert words == f"did not move, but its running statistics changed by {100 * drift:.3g} %"
    scales = {"name": "scales", "params": ["*bn*.weight", "*downsample.1.weight"], "optimizer": "frozen"}
    end = end_of(make(scales, BACKBONE | {"optimizer": "SGD", "lr": 0.01}, **SIZES))
    assert end.groups[0].moved == 0 and end.groups[0].drift == end.groups[1].drift
    assert summarise([], end)[0].badge("en").startswith("drifting: ")


def test_a_layer_belongs_to_every_group_that_shares_it_or_the_layer_before_it(make: Make) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2), nn.BatchNorm2d(2, affine=False))

    def groups(first: str, second: str) -> list[list[int]]:
        shared = {"name": "shared", "params": ["1.weight", "2.*"], "optimizer": first}
        rest = {"name": "rest", "params": ["*"], "optimizer": second}
        tail = {"name": "tail", "params": ["0.weight"], "optimizer": "SGD"}
        assignment = assign(make(tail, shared, rest), model)
        return [[list(model).index(layer) for layer in assignment.layers_of(index)] for index in range(3)]

    for first, second in (("SGD", "Adam"), ("frozen", "SGD"), ("SGD", "frozen"), ("frozen", "frozen")):
        assert groups(first, second) == [[], [1, 2, 3], [1]]


def test_a_group_that_did_not_move_has_no_ratio(make: Callable[..., Experiment]) -> None:
    """Neither one with a rate of 0 nor a frozen one: no update is nothing to compare with."""
    still = {"name": "still", "params": ["conv1.*"], "optimizer": "SGD", "lr": 0.0}
    frozen = {"name": "frozen", "params": ["conv2.*"], "optimizer": "frozen"}
    events = list(train(make(still, frozen, {"name": "rest", "params": ["*"], "optimizer": "SGD"}), "cpu"))
    steps, finished = [event for event in events if isinstance(event, Step)], events[-1]
    assert isinstance(finished, Finished)
    medians = [group.median_ratio for group in summarise(steps, finished)]
    assert medians[:2] == [None, None] and medians[2] is not None and medians[2] > 0


def test_a_group_that_starts_later_does_so_as_set_and_its_wait_is_no_standing_still() -> None:
    waits, trains = GroupStep(None, None, 1.0, 0.0, 0.0, 0.0), GroupStep(0.1, 1.0, 1.0, 0.1, 0.1, 0.1)
    ends = tuple(GroupEnd(name, "SGD", 10, moved, 0.0, None) for name, moved in (("a", 10), ("late", 7), ("never", 0)))
    steps = [Step(1, 2.0, (trains, waits, waits)), Step(2, 2.0, (trains, trains, waits))]
    first, late, never = summarise(steps, Finished("stopped", 2, 1.0, ends))
    assert (first.first, late.first, never.first) == (1, 2, None)
    assert "as set" not in first.reading("en")
    assert late.reading("en").endswith("; it trains from step 2 on, as set")
    assert (late.badge("en"), never.badge("en")) == ("trained", "not started yet")
    assert never.reading("en").startswith("frozen, as set")
    assert "按设置" in late.reading("zh") and "按设置" in never.reading("zh")


@pytest.mark.parametrize(
    ("problem", "english", "chinese"),
    [
        ("no connection", "no connection", "没有网络连接"),
        ("HTTP error 503", "the server answered with error 503", "服务器返回错误 503"),
        ("a.pth cannot be read", "the file a.pth cannot be read", "文件 a.pth 无法读取"),
        ("No space left on device", "the disk is full", "磁盘已满"),
        ("something else", "something else", "something else"),
    ],
)
def test_why_a_download_failed_is_told_in_the_pages_language(problem: str, english: str, chinese: str) -> None:
    assert (why(problem, "en"), why(problem, "zh")) == (english, chinese)
