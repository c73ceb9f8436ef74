"""The live chart's text: every line fits its head, and the colours can be told from both backgrounds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from core.events import Evaluated, GroupInfo, GroupStep, Started, Step
from core.experiment import MAX_GROUPS
from core.figures import GROUP_VIEWS, PALETTE, chart_head, chart_row, colours
from core.text import LANGUAGES, say
from tests.conftest import Make

GROUP = GroupStep(lr=0.1, gradient_norm=2.0, weight_norm=3.0, update_norm=4.0, update_ratio=5.0, distance=6.0)
STILL = GroupStep(lr=None, gradient_norm=None, weight_norm=3.0, update_norm=0.0, update_ratio=0.0, distance=0.0)
KEYS = [key for key, _, _ in GROUP_VIEWS]


def started(make: Make, *names: str) -> Started:
    groups = [{"name": "all", "params": ["*"]}]
    infos = tuple(GroupInfo(name, "Adam", 1, 1) for name in names)
    experiment = replace(make(*groups), groups=tuple(replace(make(*groups).groups[0], name=name) for name in names))
    return Started(experiment, "cpu", 4, "random", None, infos)


def row(event: Step | Evaluated) -> list[Any]:
    parsed: list[Any] = json.loads(chart_row(event))
    return parsed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_one_value_per_trace_of_the_head(make: Make, language: str) -> None:
    views = json.loads(chart_head(started(make, "a", "b"), "run", language))["views"]
    assert [view["label"] for view in views] == [say(key, language) for key in KEYS] + [say("view_loss", language)]
    for event in (Step(1, 2.3, (GROUP, STILL)), Evaluated(0, 0, 2.3, 0.1)):
        for view, values in zip(views, row(event)[1:], strict=True):
            assert values is None or len(values) == len(view["data"])


def test_a_line_holds_the_measured_numbers_and_gaps() -> None:
    step, *views = row(Step(7, 2.25, (GROUP, STILL)))
    shown = dict(zip(KEYS, views, strict=False))
    assert (step, views[-1]) == (7, [2.25, None, None])
    assert shown["view_ratio"] == [5.0, None]
    assert shown["view_update"] == [4.0, None], "0 has no place on a logarithmic axis"
    assert shown["view_gradient"] == [2.0, None]
    assert shown["view_weight"] == [3.0, 3.0]
    assert shown["view_distance"] == [6.0, 0.0]
    assert shown["view_lr"] == [0.1, None]


def test_what_is_not_finite_is_a_gap_and_the_line_is_strict_json() -> None:
    broken = replace(GROUP, update_norm=math.inf, weight_norm=math.nan)
    line = chart_row(Step(1, math.nan, (broken,)))
    assert "NaN" not in line
    assert "Infinity" not in line
    assert row(Step(1, math.nan, (broken,)))[-1] == [None, None, None]


def test_an_evaluation_is_in_the_loss_view_alone() -> None:
    assert row(Evaluated(39, 1, 1.5, 0.472)) == [39, *[None] * len(GROUP_VIEWS), [None, 1.5, 47.2]]


def test_a_name_is_text_for_plotly_too(make: Make) -> None:
    views = json.loads(chart_head(started(make, "<a href='x'>&"), "run", "en"))["views"]
    assert views[0]["data"][0]["name"] == "&lt;a href='x'>&amp;"


def test_the_lines_of_groups_beyond_the_palette_differ_too(make: Make) -> None:
    names = [f"g{i}" for i in range(MAX_GROUPS)]
    lines = [trace["line"] for trace in json.loads(chart_head(started(make, *names), "run", "en"))["views"][0]["data"]]
    assert len({line["color"] for line in lines}) == MAX_GROUPS
    assert {line["dash"] for line in lines} == {"solid"}  # dashes are for other runs


def luminance(colour: str) -> float:
    """WCAG 2.1's relative luminance, w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*PALETTE, *colours(MAX_GROUPS)])
@pytest.mark.parametrize("background", ["#ffffff", "#18181b"], ids=["light", "dark"])
def test_colours_have_a_contrast_of_three_on_both_backgrounds(colour: str, background: str) -> None:
    light, dark = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_no_colour_stands_twice() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
