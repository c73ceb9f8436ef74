"""The heat map's cells, names and gaps; the events it is made of against a plain loop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest

import core.training.run
from core.colours import colours
from core.events import Event, GroupInfo, Started, Step, TensorStep
from core.experiment import Experiment
from core.report import heat_map
from core.text import say
from core.training import train
from tests.measurement.test_meter import GROUPS, Loop, network

Make = Callable[..., Experiment]

FROZEN = {"name": "ice", "params": ["conv1.*"], "optimizer": "frozen"}
BIASES = {"name": "biases", "params": ["*.bias"], "optimizer": "SGD", "lr": 0.01}
REST = {"name": "<b>rest</b> & co", "params": ["*"], "optimizer": "Adam"}


def columns_of(events: Iterable[Event]) -> list[TensorStep]:
    return [event for event in events if isinstance(event, TensorStep)]


def started(experiment: Experiment, *groups: tuple[str, int]) -> Started:
    infos = tuple(GroupInfo(name, "SGD", tensors, 10) for name, tensors in groups)
    names = tuple(f"{name}.{i}" for name, tensors in groups for i in range(tensors))
    return Started(experiment, "cpu", 4, "random", None, infos, names)


def test_every_ratio_equals_that_of_a_plain_loop(make: Make) -> None:
    loop = Loop(make(*GROUPS), network())
    names = [name for group in loop.groups for name in group]
    for step in range(3):
        before = loop.clone()
        loop.step()
        after = loop.clone()
        found = loop.reading.tensor_ratios()
        norms = [(float((after[n] - before[n]).double().norm()), float(before[n].double().norm())) for n in names]
        expected = [update / base if base > 0 else None for update, base in norms]
        assert found == tuple(None if e is None else pytest.approx(e, rel=1e-5) for e in expected)
        assert (None in found) == (step == 0), "the bias that starts at zero has a ratio once it has left it"


def test_names_come_group_after_group_and_a_frozen_tensor_has_ratio_zero(make: Make) -> None:
    events = list(train(make(FROZEN, BIASES, REST), "cpu"))
    first = events[0]
    assert isinstance(first, Started)
    biases, rest = ("conv2.bias", "fc1.bias", "fc2.bias"), ("conv2.weight", "fc1.weight", "fc2.weight")
    assert first.tensors == ("conv1.weight", "conv1.bias", *biases, *rest)
    assert [group.tensors for group in first.groups] == [2, 3, 3]
    for column in columns_of(events):
        assert column.ratios[:2] == (0.0, 0.0)
        assert all(ratio and 0 < ratio < 1 for ratio in column.ratios[2:])


def test_a_group_of_one_tensor_has_the_tensors_ratio(make: Make) -> None:
    names = ["conv1", "conv2", "fc1", "fc2"]
    single = [
        {"name": f"{n}.{kind}", "params": [f"{n}.{kind}"], "optimizer": "Adam"}
        for n in names
        for kind in ("weight", "bias")
    ]
    events = list(train(make(*single), "cpu"))
    steps = {event.step: event for event in events if isinstance(event, Step)}
    assert len(columns_of(events)) == 4
    for column in columns_of(events):
        assert column.ratios == tuple(group.update_ratio for group in steps[column.step].groups)


@pytest.mark.parametrize(("most", "sampled"), [(120, [*range(1, 9)]), (4, [1, 3, 5, 7]), (3, [1, 4, 7]), (1, [1])])
def test_steps_are_sampled_evenly_from_the_first(
    make: Make, monkeypatch: pytest.MonkeyPatch, most: int, sampled: list[int]
) -> None:
    monkeypatch.setattr(core.training.run, "MOST_COLUMNS", most)
    events = list(train(make(epochs=2), "cpu"))
    assert [column.step for column in columns_of(events)] == sampled
    for before, event in pairwise(events):
        if isinstance(event, TensorStep):
            assert isinstance(before, Step) and before.step == event.step


def test_cells_hold_logarithms_and_gaps_where_there_are_none(make: Make) -> None:
    columns = [TensorStep(1, (1e-3, 0.0, None)), TensorStep(3, (1e-2, math.inf, 1e-5))]
    figure = heat_map(started(make(), ("a", 2), ("b", 1)), columns, "en")
    first, second = (trace for trace in figure.data if trace.type == "heatmap")
    assert [list(row) for row in first.z] == [[pytest.approx(-3), pytest.approx(-2)], [None, None]]
    assert [list(row) for row in second.z] == [[None, pytest.approx(-5)]]
    assert (first.y0, second.y0, list(first.x), list(second.x)) == (0, 2, [1, 3], [1, 3])
    assert first.text[0][0] == "update / weight 0.001"
    assert first.text[1][0] == "update / weight 0"
    assert second.text[0][0] == say("heat_undefined", "en")


def test_the_scale_is_fixed(make: Make) -> None:
    axis = heat_map(started(make(), ("a", 1)), [TensorStep(1, (1e-3,))], "en").layout.coloraxis
    assert (axis.cmin, axis.cmax) == (-5, -1)
    assert list(axis.colorbar.tickvals) == [-5, -4, -3, -2, -1]
    assert list(axis.colorbar.ticktext) == ["≤ 1e-5", "1e-4", "1e-3", "1e-2", "≥ 1e-1"]


def test_markup_in_names_stays_text(make: Make) -> None:
    hostile = '<img src=x> & <a href="javascript:1">'
    figure = heat_map(started(make(), (hostile, 2), ("b", 1)), [TensorStep(1, (1e-3,) * 3)], "en")
    text = json.dumps(figure.to_plotly_json()["layout"], default=list) + "".join(t.name or "" for t in figure.data)
    assert "<img" not in text and "<a " not in text
    assert "&lt;img src=x> &amp; &lt;a" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_62_tensors_are_legible_and_every_group_has_a_colour(make: Make, language: str) -> None:
    groups = [("first", 20), ("second", 41), ("third", 1)]
    figure = heat_map(started(make(), *groups), [TensorStep(1, (1e-3,) * 62)], language)
    assert figure.layout.height >= 62 * 16
    assert len(figure.layout.yaxis.ticktext) == 62
    strips = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(round(s.y0), round(s.y1)) for s in strips] == [(0, 19), (20, 60), (61, 61)]
    assert len({strip.fillcolor for strip in strips}) == 3
    assert sum(shape.type == "line" for shape in figure.layout.shapes) == 2
    assert figure.layout.coloraxis.colorbar.title.text == say("heat_scale", language)


def test_a_run_without_a_column_still_gives_a_figure(make: Make) -> None:
    assert heat_map(started(make(), ("a", 2)), [], "en").layout.height > 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_legend_names_every_group_in_its_colour_and_lines_part_them(make: Make, language: str) -> None:
    begun = started(make(), ("a", 2), ("b", 1))
    frozen = replace(begun.groups[0], optimizer="frozen")
    figure = heat_map(replace(begun, groups=(frozen, begun.groups[1])), [TensorStep(1, (0.0, 0.0, 1e-3))], language)
    legend = [trace for trace in figure.data if trace.type == "scatter"]
    assert [trace.name for trace in legend] == [f"a ({say('frozen', language)})", "b"]
    assert all(trace.showlegend for trace in legend)
    strips = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [trace.marker.color for trace in legend] == [strip.fillcolor for strip in strips] == colours(2)
    (line,) = (shape for shape in figure.layout.shapes if shape.type == "line")
    assert (line.y0, line.y1) == (1.5, 1.5)
    assert [(round(strip.y0, 2), round(strip.y1, 2)) for strip in strips] == [(-0.45, 1.45), (1.55, 2.45)]
    cells = [trace for trace in figure.data if trace.type == "heatmap"]
    assert all((trace.coloraxis, trace.dy, trace.hoverongaps) == ("coloraxis", 1, True) for trace in cells)
    assert all(say("step_axis", language) in trace.hovertemplate for trace in cells)
    assert list(figure.layout.yaxis.range) == [2.5, -0.5], "the first row on top"
    assert figure.layout.xaxis.title.text == say("step_axis", language)
