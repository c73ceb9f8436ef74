"""Schedules and late starts, from the table to the measured chart."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import app
from core.experiment import Experiment
from core.optimizers import planned_rates
from tests.browser.actions import (
    add_group,
    cell,
    choose_preset,
    error_of,
    open_tab,
    points,
    set_number,
    set_numbers,
    show_cell,
    show_view,
    train,
    type_into,
    wait_for_points,
    width_of,
)
from tests.browser.conftest import Visit


def test_a_schedule_chosen_in_the_table_is_what_the_learning_rate_view_shows(visit: Visit) -> None:
    page = visit()
    show_cell(page, 0, "schedule").select_option("one_cycle")
    show_cell(page, 2, "schedule").select_option("linear")
    type_into(page, 3, "start_epoch", "1")
    set_numbers(page, train_size=1024, epochs=2)
    train(page)
    show_view(page, "learning rate")
    wait_for_points(page, 16)
    raw = app.PRESETS["layerwise_lr"].to_dict() | {"train_size": 1024, "epochs": 2}
    for index, change in {0: {"schedule": "one_cycle"}, 2: {"schedule": "linear"}, 3: {"start_epoch": 1}}.items():
        raw["groups"][index] |= change
    for trace, rates in zip(points(page), planned_rates(Experiment.from_dict(raw)), strict=True):
        assert trace["y"] == [None if rate is None else float(f"{rate:.4g}") for rate in rates]


def test_a_late_group_is_frozen_and_then_moves(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "start_epoch", "2")
    set_numbers(page, train_size=512, epochs=3)
    train(page)
    show_view(page, "update norm")
    wait_for_points(page, 12)
    moved = [[y is not None and y > 0 for y in trace["y"]] for trace in points(page)]
    assert moved[1] == [False] * 8 + [True] * 4
    assert moved[0] == moved[2] == moved[3] == [True] * 12


def test_a_group_that_freezes_is_still_from_then_on_and_wrong_settings_are_named_at_their_cell(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "end_epoch", "3")
    expect(error_of(page, 1, "end_epoch")).to_contain_text("3 is too late, with epochs at 3")
    type_into(page, 1, "end_epoch", "1")
    expect(error_of(page, 1, "end_epoch")).to_be_empty()
    expect(cell(page, 1, "schedule_options")).to_be_disabled()  # a constant rate has none
    show_cell(page, 1, "schedule").select_option("wsd")
    expect(cell(page, 1, "schedule_options")).to_have_attribute("placeholder", "warmup=0.05 decay=0.2 floor=0.0")
    type_into(page, 1, "schedule_options", "decay=0.5")
    expect(error_of(page, 1, "schedule_options")).to_be_empty()
    show_cell(page, 1, "schedule").select_option("constant")
    expect(error_of(page, 1, "schedule_options")).to_contain_text("the schedule constant takes no decay")
    show_cell(page, 1, "schedule").select_option("wsd")
    expect(error_of(page, 1, "schedule_options")).to_be_empty()
    set_numbers(page, train_size=512, epochs=3)
    train(page)
    show_view(page, "update norm")
    wait_for_points(page, 12)
    assert [bool(y) for y in points(page)[1]["y"]] == [True] * 4 + [False] * 8
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("frozen from step 5 on, as set, and exactly still since")


def test_a_start_after_the_end_is_named_at_its_cell(visit: Visit) -> None:
    page = visit()
    type_into(page, 2, "start_epoch", "3")
    expect(error_of(page, 2, "start_epoch")).to_contain_text("3 is too late, with epochs at 3")
    set_number(page, "epochs", 4)
    expect(error_of(page, 2, "start_epoch")).to_be_empty()
    for row in (0, 1, 3):
        type_into(page, row, "start_epoch", "2")
    type_into(page, 2, "start_epoch", "2")
    expect(error_of(page, 0, "start_epoch")).to_contain_text("let at least one start at 0")


def test_a_frozen_group_greys_its_schedule_and_start(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["dual_optimizer"].title.en, 4)
    show_cell(page, 0, "schedule").select_option("step")
    cell(page, 0, "optimizer").select_option("frozen")
    for column in ("schedule", "start_epoch"):
        expect(cell(page, 0, column)).to_be_disabled()
    cell(page, 0, "optimizer").select_option("Adam")
    for column in ("schedule", "start_epoch"):
        expect(cell(page, 0, column)).to_be_enabled()
    expect(cell(page, 0, "schedule")).to_have_value("step")


def test_a_new_group_has_a_constant_rate_from_the_start(visit: Visit) -> None:
    page = visit()
    add_group(page)
    expect(cell(page, 4, "schedule")).to_have_value("constant")
    expect(cell(page, 4, "start_epoch")).to_have_value("0")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_table_fits_the_page(visit: Visit, width: int, locale: str) -> None:
    """At 1280 px without scrolling, on a phone each cell within the screen."""
    page = visit(width=width, locale=locale)
    for row in range(4):
        schedule = show_cell(page, row, "schedule")
        expect(schedule).to_have_attribute("aria-label", re.compile("调度" if "zh" in locale else "schedule"))
    boxes = page.locator("#groups [data-cell], #groups .tools button").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect()).map(({left, right}) => [left, right])"
    )
    assert len(boxes) == 4 * (14 + 4)
    assert all(0 <= left < right <= width for left, right in boxes)
    assert width_of(page) <= width
