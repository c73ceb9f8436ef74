"""The live chart's text: every line fits its head, and the colours can be told from both backgrounds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from core.colours import LUMINANCE, PALETTE, colours, relative_luminance
from core.events import WINDOW, Evaluated, GroupInfo, GroupStep, Started, Step
from core.experiment import MAX_GROUPS
from core.report.curves import GROUP_VIEWS, SAMPLED, chart_head, chart_row, decay_share, filled_views
from core.report.usual_updates import TABLE, Usual
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


def test_what_is_sampled_is_sent_for_the_steps_that_are() -> None:
    full = replace(GROUP, cosine=-0.5, gradient_agreement=0.25, step_per_weight=0.001)
    values = {"view_step": 0.001, "view_cosine": -0.5, "view_agreement": 0.25}
    for step in (1, 10, 11, 19, 20, 100, 101):
        shown = dict(zip(KEYS, row(Step(step, 2.0, (full, STILL)))[1:], strict=False))
        is_there = step <= 10 or step % 10 == 0
        assert {key: shown[key] for key in values} == {k: [v, None] if is_there else None for k, v in values.items()}
        assert shown["view_update"] == [4.0, None]
    ordinary, before = (chart_row(Step(11, 2.0, (group, STILL))) for group in (full, GROUP))
    assert ordinary == before and ordinary.count("null") <= len(KEYS) + 2, "an ordinary line is hardly longer"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recording_of_another_training_says_what_it_does_not_hold(make: Make, language: str) -> None:
    begun = replace(started(make, "a"), weights="own")
    views = dict(zip(KEYS, json.loads(chart_head(begun, "run", language))["views"], strict=False))
    notes = {key: [note["text"] for note in view["layout"].get("annotations", [])] for key, view in views.items()}
    assert {key for key, texts in notes.items() if texts == [say("not_recorded", language)]} == set(SAMPLED)


def test_what_is_not_finite_is_a_gap_and_the_line_is_strict_json() -> None:
    broken = replace(GROUP, update_norm=math.inf, weight_norm=math.nan)
    line = chart_row(Step(1, math.nan, (broken,)))
    assert "NaN" not in line
    assert "Infinity" not in line
    assert row(Step(1, math.nan, (broken,)))[-1] == [None, None, None]


def test_an_evaluation_is_in_the_loss_view_alone() -> None:
    assert row(Evaluated(39, 1, 1.5, 0.472)) == [39, *[None] * len(GROUP_VIEWS), [None, 1.5, 47.2]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_filled_at_once_is_the_live_chart_with_all_its_lines(make: Make, language: str) -> None:
    begun = started(make, "a", "b")
    broken = replace(GROUP, update_norm=math.inf, decay_norm=0.5)
    steps = [Step(1, 2.34567, (GROUP, STILL)), Step(2, math.nan, (broken, replace(STILL, lr=0.01)))]
    evaluations = [Evaluated(0, 0, 2.5, 0.1), Evaluated(2, 1, 1.5, 0.47219)]
    views = json.loads(chart_head(begun, "run", language))["views"]
    for event in (evaluations[0], *steps, evaluations[1]):
        step, *points = row(event)
        for view, values in zip(views, points, strict=True):
            for trace, value in zip(view["data"], values or [], strict=values is not None):
                trace.setdefault("x", []).append(step)
                trace.setdefault("y", []).append(value)
    for live, filled in zip(views, filled_views(begun, steps, evaluations, language), strict=True):
        assert (filled["label"], filled["layout"]) == (live["label"], live["layout"])
        for one, other in zip(live["data"], filled["data"], strict=True):
            assert known(one) == known(other)


def known(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace without its gaps: the live chart joins points over them where one line has no value of its own."""
    points = [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None]
    return trace | {"x": [x for x, _ in points], "y": [y for _, y in points]}


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({"decay_norm": 1.0}, 0.25),
        ({"decay_norm": 0.0}, None),
        ({"decay_norm": 1.0, "update_norm": 0.0}, None),
        ({"decay_norm": None}, None),
        ({"decay_norm": None, "l2_share": 0.7}, 0.7),
        ({"decay_norm": None, "l2_share": 0.0}, 0.0),
    ],
)
def test_the_share_of_the_decay_is_that_of_the_update_or_of_the_gradient(
    changes: dict[str, float | None], share: float | None
) -> None:
    assert decay_share(replace(GROUP, **changes)) == share


def test_a_network_that_was_not_measured_has_no_band(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TABLE, "simple_cnn", raising=False)
    views = json.loads(chart_head(started(make, "a"), "run", "en"))["views"]
    assert not any("shapes" in view["layout"] for view in views)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_has_its_axis_with_its_words_and_one_where_runs_that_learned_were(
    make: Make, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLE, "simple_cnn", [Usual(1, 2e-3, 2e-2)])
    *of_groups, losses = json.loads(chart_head(started(make, "a"), "run", language))["views"]
    for (key, log, _), view in zip(GROUP_VIEWS, of_groups, strict=True):
        axis = view["layout"]["yaxis"]
        assert (axis["type"], axis["title"]["text"]) == (
            "log" if log else "linear",
            say(f"{key}_axis", language, steps=WINDOW),
        )
        steps = "sampled" if key in ("view_step", "view_cosine") else "step_axis"
        assert view["layout"]["xaxis"]["title"]["text"] == say(steps, language, steps=WINDOW)
        joined = {(trace["mode"], trace.get("connectgaps")) for trace in view["data"]}
        assert joined == {("lines+markers", True) if key in SAMPLED else ("lines", None)}
        bands = view["layout"].get("shapes", [])
        assert len(bands) == (key == "view_ratio")
        for band in bands:
            assert (band["xref"], band["x0"], band["x1"], band["y0"], band["y1"]) == ("paper", 0, 1, 2e-3, 2e-2)
            assert band["label"]["text"] == say("usual_band", language, steps=1)
    assert losses["layout"]["yaxis"]["title"]["text"] == say("view_loss_axis", language)
    assert losses["layout"]["yaxis2"]["title"]["text"] == say("accuracy_axis", language)
    assert losses["layout"]["yaxis2"]["range"] == [0, 100]
    assert [(trace["name"], trace.get("yaxis")) for trace in losses["data"]] == [
        (say("trace_loss", language), None),
        (say("trace_test_loss", language), None),
        (say("trace_accuracy", language), "y2"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frozen_groups_line_says_so(make: Make, language: str) -> None:
    begun = started(make, "a", "b")
    begun = replace(begun, groups=(begun.groups[0], replace(begun.groups[1], optimizer="frozen")))
    first = json.loads(chart_head(begun, "run", language))["views"][0]
    assert [trace["name"] for trace in first["data"]] == ["a", f"b ({say('frozen', language)})"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_decay_view_dashes_what_is_of_the_gradient_and_says_where_nothing_decays(make: Make, language: str) -> None:
    def decay_view(**changes: Any) -> dict[str, Any]:
        begun = started(make, "a", "b")
        first, second = begun.experiment.groups
        groups = (replace(first, **changes), replace(second, optimizer="frozen"))
        begun = replace(begun, experiment=replace(begun.experiment, groups=groups))
        views = json.loads(chart_head(begun, "run", language))["views"]
        for key, view in zip(KEYS, views, strict=False):
            assert key == "view_decay" or "annotations" not in view["layout"]
            assert key == "view_decay" or {trace["line"]["dash"] for trace in view["data"]} == {"solid"}
        view: dict[str, Any] = views[KEYS.index("view_decay")]
        return view

    through_adam = decay_view(optimizer="Adam", weight_decay=0.1)
    lines = [(trace["name"], trace["line"]["dash"]) for trace in through_adam["data"]]
    assert lines == [(say("trace_l2", language, name="a"), "dash"), ("b", "solid")]
    assert "annotations" not in through_adam["layout"]
    apart = decay_view(optimizer="AdamW", weight_decay=0.1)
    assert [(trace["name"], trace["line"]["dash"]) for trace in apart["data"]] == [("a", "solid"), ("b", "solid")]
    (note,) = decay_view(optimizer="AdamW", weight_decay=0.0)["layout"]["annotations"]
    assert (note["text"], note["xref"], note["yref"]) == (say("no_decay", language), "paper", "paper")


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
    assert colours(len(PALETTE)) == list(PALETTE)
    assert colours(3) == list(PALETTE[:3])


@pytest.mark.parametrize("colour", [*PALETTE, "#000000", "#ffffff", "#0a0b0c", "#010203"])
def test_the_luminance_is_wcags(colour: str) -> None:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    assert relative_luminance((red, green, blue)) == pytest.approx(luminance(colour), rel=1e-6)


def test_colours_beyond_the_palette_are_all_as_light() -> None:
    assert [luminance(colour) for colour in colours(MAX_GROUPS)] == pytest.approx([LUMINANCE] * MAX_GROUPS, abs=0.005)


@pytest.mark.parametrize("clip", ["none", "norm"])
def test_what_clipping_left_has_a_view_where_something_is_clipped(make: Make, clip: str) -> None:
    begun = replace(started(make, "a"), experiment=make(clip=clip))
    views = {view["key"]: view for view in json.loads(chart_head(begun, "run", "en"))["views"]}
    assert [key for key, view in views.items() if view["idle"]] == (["clip"] if clip == "none" else [])
    assert views["clip"]["layout"]["yaxis"]["tickformat"] == views["decay"]["layout"]["yaxis"]["tickformat"]
    clipped = replace(GROUP, clip_factor=0.25)
    shown = dict(zip(KEYS, row(Step(1, 2.0, (clipped, GROUP)))[1:], strict=False))
    assert shown["view_clip"] == [0.25, None]
