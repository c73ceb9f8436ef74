"""Range tests as a figure."""

from __future__ import annotations

import json

import pytest

from core.colours import colours
from core.questions import RangeTest
from core.report import range_figure
from core.text import LANGUAGES, say

RATES = (1e-4, 1e-3, 1e-2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_test_is_a_line_with_a_diamond_where_it_falls_most_steeply(language: str) -> None:
    tests = [
        RangeTest(None, RATES, (2.0, 1.9, 90.0), (2.0, 1.9, 30.0), 1e-3, 1e-4),
        RangeTest("<b>fc</b> & co", RATES, (2.0, 1.8, 1.7), (2.0, 1.9, 1.8), 1e-2, 1e-3),
        RangeTest("flat", RATES, (2.0, 2.1, 2.2), (2.0, 2.1, 2.2), None, None),
    ]
    figure = range_figure(tests, language)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    diamonds = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(line.y) for line in lines] == [list(test.smooth) for test in tests]
    assert [(list(d.x), list(d.y)) for d in diamonds] == [([1e-3], [1.9]), ([1e-2], [1.8])]
    assert [line.xaxis for line in lines] == ["x2", None, None], "factors have an axis of their own"
    assert (figure.layout.xaxis.type, figure.layout.xaxis2.type) == ("log", "log")
    assert [line.line.color for line in lines[1:]] == colours(2)
    assert list(figure.layout.yaxis.range) == [pytest.approx(1.7), pytest.approx(4.1)], "what diverges is cut off"
    assert figure.layout.xaxis.title.text == say("range_axis", language)
    assert "<b>" not in json.dumps([trace.name for trace in figure.data])


def test_no_test_and_a_test_without_steps_still_give_a_figure() -> None:
    assert range_figure([], "en").layout.height > 0
    assert len(range_figure([RangeTest("fc", (), (), (), None, None)], "zh").data) == 1
