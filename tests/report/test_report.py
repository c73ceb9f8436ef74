"""What the page shows of a run while it goes on: the chart of a long one grows more seldom, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.events import Finished, GroupEnd, Step
from core.report import Report, report
from core.report.chart_text import MOST_LINES
from tests.conftest import Make
from tests.report.test_curves import GROUP, started


def test_a_long_chart_grows_more_seldom_and_is_whole_at_the_end(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(report.time, "monotonic", lambda: seconds[0])
    seen = Report("en")
    seen.take(started(make, *"abcd"))
    assert seen.growing_chart() == seen.chart
    lengths, shown = [], {seen.chart}
    for number in range(1, MOST_LINES - 50):
        seen.take(Step(number, 2.0, 4 * (GROUP,)))
        seconds[0] += 0.001
        shown.add(seen.chart)
        lengths.append(len(seen.growing_chart()))
        assert seen.growing_chart() in shown
    pauses = [lengths.count(length) for length in sorted(set(lengths))]
    assert pauses[0] == 1 and max(pauses[-3:]) > 10, "steps between two looks"
    assert max(pauses) * 0.001 <= len(seen.chart) / report.MOST_SENT + 0.002, "seconds"
    ends = tuple(GroupEnd(name, "Adam", 1, 1, 0.1, None) for name in "abcd")
    seen.take(Finished("done", MOST_LINES - 51, 2.0, ends))
    assert seen.growing_chart() == seen.chart


@pytest.mark.parametrize(("language", "cells"), [("en", ("40,920 %", "< 0.001 %")), ("zh", ("40,920%", "< 0.001%"))])
def test_a_row_has_no_powers_of_ten(make: Make, language: str, cells: tuple[str, str]) -> None:
    seen = Report(language)
    seen.take(started(make, *"ab"))
    seen.take(Step(1, 2.0, (replace(GROUP, update_ratio=9.7e-9),) * 2))
    seen.take(Finished("done", 1, 2.0, tuple(GroupEnd(name, "Adam", 1, 1, 409.2, None) for name in "ab")))
    assert [tuple(row[2:4]) for row in seen.rows] == [cells] * 2
