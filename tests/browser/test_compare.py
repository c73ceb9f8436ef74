"""Other runs beside this one."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from core.experiment import Experiment
from tests.browser.actions import (
    DRAWN,
    SECONDS,
    cell,
    menu,
    open_tab,
    points,
    saved,
    set_number,
    set_numbers,
    show_view,
    status,
    tool,
    train,
    type_into,
    wait_for_points,
)
from tests.browser.conftest import Visit


def train_anew(page: Page) -> None:
    """Though the page tells of an earlier run."""
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(status(page)).to_contain_text("Finished")


def wait_for_traces(page: Page, count: int) -> None:
    page.wait_for_function(f"(n) => {DRAWN}.length === n", arg=count)


def test_an_earlier_run_can_be_drawn_beside_the_next_and_deleted(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 256)
    train_anew(page)
    first = points(page)
    open_tab(page, "compare")
    expect(page.locator("#earlier input")).to_have_count(1)
    type_into(page, 0, "lr", "0.1")
    train_anew(page)
    expect(page.locator("#earlier input")).to_have_count(2)
    expect(page.locator("#earlier label", has_text="#1").locator("input")).to_be_checked()
    wait_for_traces(page, 8)
    beside = points(page)[4:]
    assert [trace["name"] for trace in beside] == [f"{trace['name']} · #1" for trace in first]
    assert [trace["y"] for trace in beside] == [trace["y"] for trace in first]
    assert points(page)[0]["y"] != first[0]["y"]
    page.locator("#delete-ticked").click()
    expect(page.locator("#earlier input")).to_have_count(1)
    wait_for_traces(page, 4)
    wait_for_points(page, 6)


def test_the_same_with_one_group_is_drawn_dashed_with_the_difference(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 256)
    open_tab(page, "compare")
    page.click("#run-both")
    expect(page.locator("#comparison")).to_contain_text("B: one group. From A to B: conv1: ", timeout=60 * SECONDS)
    wait_for_traces(page, 5)
    traces = points(page)
    assert [trace["name"] for trace in traces] == ["conv1", "conv2", "fc1", "fc2", "conv1 · one group"]
    assert all(len(trace["x"]) == 6 for trace in traces)
    show_view(page, "loss and accuracy")
    ours, one = ([y for y in points(page)[i]["y"] if y is not None][-1] for i in (2, 5))
    assert f"A {ours:.1f} %, B {one:.1f} %" in page.inner_text("#comparison")


def compare_with(page: Page, name: str) -> None:
    menu(page, "compare-with").click()
    page.get_by_role("option", name=name, exact=name == "one group").click()
    expect(menu(page, "compare-with")).to_have_value(re.compile(re.escape(name)))


def test_b_can_be_a_frozen_group_a_run_of_the_visit_or_a_preset(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=256, epochs=1)
    type_into(page, 0, "name", "stem")
    train_anew(page)
    type_into(page, 2, "lr", "0.1")
    open_tab(page, "compare")
    compare_with(page, "stem frozen")
    page.click("#run-both")
    expect(page.locator("#comparison")).to_contain_text(
        "From A to B: stem: optimizer Adam → frozen.", timeout=60 * SECONDS
    )
    wait_for_traces(page, 8)
    assert [trace["name"] for trace in points(page)][5] == "conv2 · stem frozen"
    compare_with(page, "run #1 simple_cnn")
    page.click("#run-both")
    expect(page.locator("#comparison")).to_contain_text("From A to B: fc1: lr 0.1 → 0.01.", timeout=60 * SECONDS)
    menu(page, "compare-with").click()
    expect(page.get_by_role("option", name="run #4")).to_be_visible()  # which moves the options below it
    page.get_by_role("option", name="preset: Example 4").click()
    expect(menu(page, "compare-with")).to_have_value(re.compile("Example 4"))


def test_the_menu_follows_the_table(visit: Visit) -> None:
    page = visit()
    open_tab(page, "compare")
    compare_with(page, "fc2 frozen")
    type_into(page, 0, "name", "stem")
    expect(menu(page, "compare-with")).to_have_value("fc2 frozen")
    type_into(page, 3, "name", "head")
    expect(menu(page, "compare-with")).to_have_value("one group")
    compare_with(page, "head frozen")
    cell(page, 3, "optimizer").select_option("frozen")
    expect(menu(page, "compare-with")).to_have_value("one group")
    menu(page, "compare-with").click()
    expect(page.get_by_role("option", name="stem frozen")).to_be_visible()
    expect(page.get_by_role("option", name="head frozen")).to_have_count(0)


def test_groups_frozen_in_turn_each_get_a_row_in_words(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=128, test_size=50, epochs=1)
    open_tab(page, "compare")
    compare_with(page, "each group frozen in turn")
    set_number(page, "seed-count", 2)
    page.click("#over-seeds")
    expect(status(page)).to_contain_text("Done.", timeout=60 * SECONDS)
    table = page.locator("#frozen-in-turn")
    for group in ("conv1", "conv2", "fc1", "fc2"):
        expect(table).to_contain_text(group)
        expect(page.locator("#comparison li", has_text=f"{group}: ")).to_contain_text(re.compile("noise|spread"))
    compare_with(page, "one group")
    page.click("#over-seeds")
    expect(page.locator("#comparison")).to_contain_text("2 seeds: A ", timeout=60 * SECONDS)
    expect(table).to_be_hidden()


def test_a_comparison_stops_when_asked(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=2000, epochs=20)
    open_tab(page, "compare")
    page.click("#over-seeds")
    expect(status(page)).to_contain_text(re.compile("Run 1 of 6 · step [1-9]"), timeout=60 * SECONDS)
    page.click("#stop")
    expect(status(page)).to_contain_text("Stopped as you asked", timeout=10 * SECONDS)
    expect(page.locator("#train")).to_be_enabled()


def test_seeds_are_bounded_and_end_in_a_plain_statement(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=128, test_size=50, epochs=1)
    open_tab(page, "compare")
    set_number(page, "seed-count", 11)
    page.click("#over-seeds")
    expect(page.locator("#comparison")).to_contain_text("11 is out of bounds; allowed are 1 to 10")
    set_number(page, "seed-count", 1)
    page.click("#over-seeds")
    expect(page.locator("#comparison")).to_contain_text("One seed cannot tell", timeout=60 * SECONDS)
    set_number(page, "seed-count", 3)
    page.click("#over-seeds")
    expect(page.locator("#comparison")).to_contain_text("3 seeds:", timeout=60 * SECONDS)
    expect(page.locator("#comparison")).to_contain_text("noise")


def test_suggested_rates_are_put_into_the_table_by_one_click_and_back_by_another(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=1024, epochs=1)
    open_tab(page, "match")
    expect(page.locator("#target input")).to_have_value("")
    page.click("#rates-start")
    expect(status(page)).to_contain_text("write one from 1e-06 to 0.1")
    page.fill("#target input", "0.001")
    page.click("#rates-start")
    expect(page.locator("#matches li")).to_have_count(4, timeout=60 * SECONDS)
    typed = [cell(page, row, "lr").input_value() for row in range(4)]
    page.click("#rates-apply")
    expect(page.locator("#matches")).to_contain_text("The table has the rates that match")
    rates = [cell(page, row, "lr").input_value() for row in range(4)]
    assert all(float(new) < float(old) for new, old in zip(rates, typed, strict=True))
    page.click("#rates-undo")
    expect(cell(page, 0, "lr")).to_have_value("0.001")
    assert [cell(page, row, "lr").input_value() for row in range(4)] == typed


def test_a_run_can_be_downloaded_as_it_was_measured(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    open_tab(page, "downloads")
    page.click("#download-csv")
    expect(page.locator("body")).to_contain_text("There is no run to download yet")
    set_number(page, "train_size", 256)
    train_anew(page)
    rows = list(csv.DictReader(saved(page, "#download-csv", tmp_path).read_text().splitlines()))
    assert [row["group"] for row in rows[1:5]] == ["conv1", "conv2", "fc1", "fc2"]
    assert len(rows) == 1 + 6 * 4
    experiment = Experiment.from_toml(saved(page, "#download-toml", tmp_path))
    assert (experiment.train_size, experiment.title) == (256, ("My experiment", "我的实验"))
    assert "plotly" in saved(page, "#download-html", tmp_path).read_text()


def test_the_heat_map_findings_and_badges_follow_a_run(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 256)
    type_into(page, 3, "weight_decay", "100")
    train_anew(page)
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("trained")
    expect(page.locator("#findings")).to_contain_text("fc2: its L2 penalty (weight decay × weights) is")
    open_tab(page, "heatmap")
    expect(page.locator("#heatmap .heatmaplayer .hm")).to_have_count(4)
    expect(page.locator("#heatmap")).to_contain_text("conv1.weight")


def test_the_planned_rates_follow_the_table(visit: Visit) -> None:
    page = visit()
    open_tab(page, "planned")
    expect(page.locator("#planned .scatterlayer .trace")).to_have_count(4)
    tool(page, "delete group 4").click()
    type_into(page, 2, "params", "fc*")
    expect(page.locator("#planned .scatterlayer .trace")).to_have_count(3)


def test_the_panels_speak_chinese(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    set_number(page, "train_size", 256)
    train(page, "完成")
    open_tab(page, "findings_tab")
    expect(page.locator("#findings li").first).to_contain_text(re.compile("[一-鿿]"))
    for key in ("heatmap", "match", "downloads", "planned", "how_to_read", "compare"):
        open_tab(page, key)
    page.click("#run-both")
    expect(page.locator("#comparison")).to_contain_text("合并为一组", timeout=60 * SECONDS)
    assert "i18n" not in page.inner_text("body")
