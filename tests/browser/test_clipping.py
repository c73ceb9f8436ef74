"""Gradient clipping, from the settings to the chart, the findings, the code and the link."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.actions import (
    choose,
    menu,
    open_tab,
    points,
    set_number,
    set_numbers,
    show_view,
    train,
    wait_for_points,
)
from tests.browser.conftest import Visit


def test_what_clipping_left_of_each_group_is_drawn_where_gradients_are_clipped(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=1024, test_size=20, epochs=1)
    choose(page, "clip", "norm_per_group")
    set_number(page, "clip_at", 0.05)
    expect(page.locator("#settings")).to_contain_text("clip norm_per_group at 0.05")
    train(page)
    show_view(page, "clipping")
    wait_for_points(page, 8)
    lines = [trace["y"] for trace in points(page)]
    assert all(0 < left <= 1 for line in lines for left in line) and len(set(map(tuple, lines))) == 4
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("% of its steps, to")
    open_tab(page, "python_code")
    expect(page.locator("#code")).to_contain_text("CLIP_AT = 0.05")
    page.reload()
    expect(menu(page, "clip")).to_have_value("norm_per_group")
    expect(page.locator("#clip_at input")).to_have_value("0.05")
    choose(page, "clip", "none")
    train(page)
    expect(page.locator("#chart [role=tab]", has_text="clipping")).to_be_hidden()
    expect(page.get_by_role("tab", name="update / weight")).to_have_attribute("aria-selected", "true")


def test_a_limit_that_cannot_be_is_told_at_the_settings(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    set_number(page, "clip_at", 0)
    expect(page.locator("#problems textarea")).to_have_value("裁剪阈值：0 超出范围；允许的范围是 1e-06 到 1e+06")
