"""What the page shows of a run while it goes on: the chart of a long one grows more seldom, and nothing is lost."""

from __future__ import annotations

import pytest

from core.events import Finished, GroupEnd, Step
from core.report import Report, report
from tests.conftest import Make
from tests.report.test_curves import GROUP, started


def test_a_long_chart_grows_more_seldom_and_is_whole_at_the_end(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(report.time, "monotonic", lambda: seconds[0])
    seen = Report("en")
    seen.take(started(make, "a"))
    assert seen.growing_chart() == seen.chart
    lengths = []
    for number in range(1, 2001):
        seen.take(Step(number, 2.0, (GROUP,)))
        seconds[0] += 0.001
        lengths.append(len(seen.growing_chart()))
        assert seen.chart.startswith(seen.growing_chart())
    assert len(seen.chart.splitlines()) == 1 + 2000
    pauses = [lengths.count(length) for length in sorted(set(lengths))]
    assert pauses[0] == 1 and max(pauses[-3:]) > 10, "steps between two looks"
    assert max(pauses) * 0.001 <= len(seen.chart) / report.MOST_SENT + 0.002, "seconds"
    seen.take(Finished("done", 2000, 2.0, (GroupEnd("a", "Adam", 1, 1, 0.1, None),)))
    assert seen.growing_chart() == seen.chart
