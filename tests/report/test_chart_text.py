"""The live chart's text stays short: of a long run its extremes and means, exact, at the steps where they were."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from statistics import fmean, geometric_mean
from typing import Any

import pytest

from core.events import Evaluated, Step
from core.report import VIEWS, Report
from core.report.chart_text import MOST_LINES, ChartText
from core.report.curves import chart_row
from tests.conftest import Make
from tests.report.test_curves import GROUP, started

LOSSES, RATIO = list(VIEWS).index("loss") + 1, list(VIEWS).index("ratio") + 1


def steps(count: int, first: int = 1) -> list[Step]:
    """Two groups, whose update sizes are spread over decades; the second has none in the first hundred steps."""
    noise = random.Random(0)

    def group(place: int, step: int) -> Any:
        ratio = None if place and step <= 100 else float(f"{10 ** noise.gauss(-3, 1):.4g}")
        return replace(GROUP, update_ratio=ratio)

    return [
        Step(step, float(f"{noise.gauss(2, 0.5):.4g}"), (group(0, step), group(1, step)))
        for step in range(first, first + count)
    ]


def text_of(events: list[Any], view: str | None = None) -> list[Any]:
    text = ChartText(view=view)
    for event in events:
        text.add(event)
    text.close()
    return [json.loads(line) for line in text.text.splitlines()]


def drawn(lines: list[Any], place: int, trace: int) -> tuple[dict[int, float], list[float]]:
    """A trace's values by step, and the mean that each value belongs to."""
    values, means = {}, []
    for step, *views in lines:
        point = None if views[place - 1] is None else views[place - 1][trace]
        if isinstance(point, list):
            assert len(point) in (2, 5)
            values |= {step + point[at]: point[at + 1] for at in range(0, len(point) - 1, 2)}
            means.append(point[-1])
        elif point is not None:
            values[step] = point
            means.append(point)
    return values, means


def test_a_short_runs_text_is_a_line_a_step() -> None:
    events = [*steps(MOST_LINES - 2), Evaluated(MOST_LINES - 2, 1, 2.0, 0.5)]
    assert text_of(events) == [json.loads(chart_row(event)) for event in events]


@pytest.mark.parametrize("count", [500, 501, 800, 999, 1599, 4999, 5000, 8001])
def test_of_a_long_run_the_extremes_of_every_stretch_stay_where_they_were_and_the_means_are_theirs(count: int) -> None:
    events = steps(count)
    lines = text_of(events)
    assert MOST_LINES / 2 <= len(lines) <= MOST_LINES
    starts = [line[0] for line in lines] + [count + 1]
    for trace in (0, 1):
        measured = {step.step: step.groups[trace].update_ratio for step in events}
        values, _ = drawn(lines, RATIO, trace)
        assert values.items() <= measured.items()
        for line, end in zip(lines, starts[1:], strict=True):
            own = [value for step in range(line[0], end) if (value := measured[step]) is not None]
            kept = [value for step, value in values.items() if line[0] <= step < end]
            assert sorted({*kept}) == sorted({min(own), max(own)} if own else set())
            if len({*own}) > 1:
                assert line[RATIO][trace][-1] == pytest.approx(geometric_mean(own), rel=2e-3)
    measured = {step.step: step.loss for step in events}
    for line, end in zip(lines, starts[1:], strict=True):
        mean = fmean(measured[step] for step in range(line[0], end))
        point = line[LOSSES][0]
        assert (point[-1] if isinstance(point, list) else point) == pytest.approx(mean, rel=2e-3)


def test_evaluations_stay_and_what_does_not_change_takes_one_point() -> None:
    events: list[Any] = steps(3000)
    for step in (100, 2000, 2999):
        events.insert(next(i for i, e in enumerate(events) if e.step == step) + 1, Evaluated(step, 1, step / 1e3, 0.5))
    lines = text_of(events)
    assert drawn(lines, LOSSES, 1)[0] == {100: 0.1, 2000: 2.0, 2999: 2.999}
    rates = [line[list(VIEWS).index("lr") + 1][0] for line in lines]
    assert all(len(point) == 2 for point in rates if isinstance(point, list))


def test_however_long_a_run_is_its_text_is_not() -> None:
    sizes, text = [], ChartText()
    for step in steps(20_000):
        text.add(step)
        if step.step % 1000 == 0:
            sizes.append(len(text.text))
    assert max(sizes) < 2 * min(sizes)


def test_until_it_becomes_shorter_the_text_grows_at_its_end() -> None:
    text, before, shorter = ChartText("head\n"), "", 0
    for step in steps(5000):
        text.add(step)
        shorter += not text.text.startswith(before)
        before = text.text
        assert before.startswith("head\n")
    assert shorter == sum(MOST_LINES * 2**doubled <= 5000 for doubled in range(9)) > 2


def test_a_window_of_a_long_run_is_told_step_by_step(make: Make) -> None:
    report = Report("en")
    report.take(started(make, "a", "b"))
    events: list[Any] = [*steps(2000), Evaluated(2000, 1, 2.0, 0.5), *steps(2000, 2001)]
    for event in events:
        report.take(event)
    lines = [json.loads(line) for line in report.chart_detail("ratio", 1800, 2199).splitlines()]
    assert [line[0] for line in lines if line[1]] == list(range(1800, 2200))
    assert [line[1][0] for line in lines if line[1]] == [s.groups[0].update_ratio for s in report.steps[1799:2199]]
    losses = [json.loads(line) for line in report.chart_detail("loss", 2000, 2000).splitlines()]
    assert [line[1] for line in losses] == [[report.steps[1999].loss, None, None], [None, 2.0, 50.0]]
    wide = [json.loads(line) for line in report.chart_detail("ratio", -5, 10**9).splitlines()]
    assert MOST_LINES / 2 <= len(wide) <= MOST_LINES and wide[0][0] == 1
    assert report.chart_detail("ratio", 50, 40) == "" == report.chart_detail("ratio", 4001, 5000)
