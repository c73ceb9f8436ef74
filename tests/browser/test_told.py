"""What a screen reader has of the chart and of the page's sections."""

from __future__ import annotations

import re
import statistics

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import SECONDS, SMALL, points, set_numbers, show_view, train
from tests.browser.conftest import Visit

# What a legend calls a line, its median's number, and the unit.
LINE = re.compile(r"([^:;]+): ([^\s;]+) ?([^;]*)(?:; |$)")


def told(page: Page, beginning: str) -> list[tuple[str, str, str]]:
    """The lines of the chart's text, once it begins so."""
    plot = page.locator("#chart .plot")
    expect(plot).to_have_attribute("aria-label", re.compile(re.escape(beginning)), timeout=60 * SECONDS)
    text = str(plot.get_attribute("aria-label"))
    return LINE.findall(text.partition(beginning)[2].partition(": ")[2])


VIEWS = [
    ("update / weight", "% of the weights per step", 100),
    ("gradient norm", "", 1),
    ("loss and accuracy", "nats", 1),
]


def test_the_chart_says_each_lines_median_with_its_unit(visit: Visit) -> None:
    page = visit()
    assert len(told(page, "press Train for your own run. update / weight")) == 4, "the recorded run says that it is one"
    set_numbers(page, **SMALL)
    train(page)
    for view, unit, times in VIEWS:
        show_view(page, view)
        expect(page.locator("#chart .plot")).to_have_attribute("aria-label", re.compile(f"^{view}"))
        page.wait_for_timeout(1500)  # it is told once a second
        lines, drawn = told(page, view), points(page)
        assert [name for name, _, _ in lines] == [trace["name"] for trace in drawn]
        assert lines[0][2] == unit
        for (_, number, _), trace in zip(lines, drawn, strict=True):
            middle = statistics.median(value for value in trace["y"] if value is not None)
            assert float(number) == pytest.approx(middle * times, rel=0.006), "three digits"
    assert lines[2][2] == "%"
    assert page.locator("#chart .plot").get_attribute("role") == "img"
    assert page.locator("#chart .plot").get_attribute("aria-live") is None


@pytest.mark.parametrize(
    ("locale", "headings"),
    [
        ("en-US", ["Chart", "Parameter groups and settings", "Results and tools"]),
        ("zh-CN", ["图表", "参数组与设置", "结果与工具"]),
    ],
)
def test_each_section_has_a_heading_that_is_not_seen(visit: Visit, locale: str, headings: list[str]) -> None:
    page = visit(locale=locale)
    found = page.get_by_role("heading", level=2)
    expect(found).to_have_text(headings)
    for place in range(len(headings)):
        box = found.nth(place).locator("xpath=ancestor::*[contains(@class, 'unseen')][1]").bounding_box()
        assert box is not None and box["height"] <= 1.5
