"""The figure of the planned rates: their own numbers, few enough points, both languages and themes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.colours import colours
from core.experiment import Experiment
from core.optimizers import planned_rates
from core.report import rates_figure
from core.report.planned_rates import MOST_POINTS

Make = Callable[..., Experiment]

FALLING = {"name": "falling", "params": ["conv1.*"], "schedule": "linear", "lr": 0.1}
LATE = {"name": "late", "params": ["conv2.*"], "schedule": "step", "start_epoch": 1}
FROZEN = {"name": "frozen one", "params": ["fc1.*"], "optimizer": "frozen"}
REST = {"name": "rest", "params": ["*"], "optimizer": "SGD"}


def plain(experiment: Experiment, language: str = "en") -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(rates_figure(experiment, planned_rates(experiment), language).to_json())
    return figure


def test_every_group_is_a_line_of_its_planned_rates_in_its_colour(make: Make) -> None:
    experiment = make(FALLING, LATE, FROZEN, REST, epochs=3)
    traces = plain(experiment)["data"]
    for index, (trace, rates) in enumerate(zip(traces, planned_rates(experiment), strict=True)):
        assert trace["line"]["color"] == colours(len(traces))[index]
        assert dict(zip(trace["x"], trace["y"], strict=True)) == {k: r for k, r in enumerate(rates, 1) if r is not None}
    assert [trace["name"] for trace in traces] == ["falling", "late", "frozen one (frozen)", "rest"]
    assert (traces[1]["x"][0], traces[2]["x"]) == (5, [])


def test_a_line_ends_where_its_group_freezes(make: Make) -> None:
    ends = FALLING | {"schedule": "wsd", "schedule_options": "floor=0.1", "end_epoch": 2}
    experiment = make(ends, LATE, REST, epochs=3)
    first, late, rest = plain(experiment)["data"]
    assert (first["x"], late["x"][0], rest["x"][-1]) == ([*range(1, 9)], 5, 12)
    assert first["y"] == planned_rates(experiment)[0][:8]


def test_a_long_run_has_few_points_among_them_the_ends(make: Make) -> None:
    experiment = make(FALLING, LATE | {"start_epoch": 99}, REST, epochs=100, train_size=3200)
    assert experiment.steps == 20_000
    first, late, _ = plain(experiment)["data"]
    rates = planned_rates(experiment)
    assert len(first["x"]) == MOST_POINTS == 600
    assert (first["x"][0], first["x"][-1], late["x"][0], late["x"][-1]) == (1, 20_000, 19_801, 20_000)
    assert all(rates[0][step - 1] == rate for step, rate in zip(first["x"], first["y"], strict=True))
    assert max(b - a for a, b in zip(first["x"], first["x"][1:], strict=False)) <= 34
    assert len(late["x"]) == 200


@pytest.mark.parametrize(("lr", "axis"), [(0.1, "log"), (0, "linear")])
def test_the_axis_is_logarithmic_unless_a_rate_is_zero(make: Make, lr: float, axis: str) -> None:
    assert plain(make(FALLING | {"lr": lr}, LATE, FROZEN, REST, epochs=2))["layout"]["yaxis"]["type"] == axis


def test_the_figure_suits_both_themes_and_languages(make: Make) -> None:
    english, chinese = (plain(make(), language)["layout"] for language in ("en", "zh"))
    assert not english.get("template")
    assert english["paper_bgcolor"] == english["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert english["font"]["color"] == "#888888"
    assert (english["xaxis"]["title"]["text"], english["yaxis"]["title"]["text"]) == ("step", "learning rate")
    assert (chinese["xaxis"]["title"]["text"], chinese["yaxis"]["title"]["text"]) == ("步", "学习率")


def test_markup_in_a_name_stays_text(make: Make) -> None:
    (trace,) = plain(make({"name": "<a href='javascript:1'>&", "params": ["*"]}))["data"]
    assert trace["name"] == "&lt;a href='javascript:1'>&amp;"
