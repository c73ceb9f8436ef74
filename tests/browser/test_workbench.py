"""Cause and effect on one screen: the table and its results, the chart's controls, undo, the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

import app
from tests.browser.actions import (
    SECONDS,
    SMALL,
    cell,
    choose_preset,
    error_of,
    errors,
    fact,
    menu,
    open_tab,
    points,
    rows,
    set_number,
    set_numbers,
    settings,
    show_cell,
    show_view,
    status,
    table,
    tool,
    train,
    type_into,
    wait_for_points,
    wait_until_filled,
)
from tests.browser.conftest import Visit

SEEN = """(part) => {
    const box = document.querySelector(part).getBoundingClientRect();
    return Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
}"""
SCROLLED = "() => [scrollY, document.documentElement.scrollHeight - innerHeight]"


def seen(page: Page, part: str) -> float:
    """Pixels of its height that the window shows."""
    return float(page.evaluate(SEEN, part))


@pytest.mark.parametrize(
    ("width", "height", "least"),
    [(1280, 720, 300), (1440, 900, 300), (1920, 1080, 500), (820, 1180, 300), (390, 844, 240)],
)
def test_the_chart_is_on_the_screen_before_during_and_after_a_run(
    visit: Visit, width: int, height: int, least: int
) -> None:
    page = visit(viewport={"width": width, "height": height})
    assert seen(page, "#chart") >= least
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled(timeout=60 * SECONDS)
    wait_for_points(page, 1)
    assert seen(page, "#chart") >= least
    page.click("#stop")
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    assert seen(page, "#chart") >= least
    assert page.evaluate("scrollY") == 0
    for part in ("#train", "#status", "#preset", *(["#groups"] if width > 1000 else [])):
        assert seen(page, part) > 0, part
    if width > 1000:
        open_tab(page, "python_code")
        expect(page.locator("#code-text .cm-line").first).to_be_attached()
        assert page.evaluate(SCROLLED) == [0, 0], "the columns scroll, not the page"
        assert seen(page, '[data-cell="3.lr"]') > 0


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_phones_page_is_three_screens(visit: Visit, locale: str) -> None:
    """2,500 px at most; where the images are another data set's, two notes say so."""
    page = visit(viewport={"width": 390, "height": 844}, locale=locale)
    expect(page.locator("#where tbody tr")).to_have_count(8)
    page.add_style_tag(content="#data, #changed { display: none !important; }")
    assert page.evaluate("document.documentElement.scrollHeight") <= 2500 - 26, "without the line that names the device"


def test_a_row_shows_what_was_measured_of_it_until_it_is_edited(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    results = page.locator("#groups .result")
    expect(results).to_have_count(4)
    expect(results.nth(2)).to_have_text(re.compile(r"^\d+(\.\d+)? % per step$"))
    expect(page.locator("#chart .stale")).to_be_hidden()
    type_into(page, 2, "lr", "0.1")
    expect(results.nth(2)).to_have_text(re.compile("^before: "))
    expect(results.nth(1)).not_to_have_text(re.compile("before"))
    expect(page.locator("#chart .stale")).to_contain_text("has changed since this run")
    type_into(page, 2, "lr", "0.01")
    expect(page.locator("#chart .stale")).to_be_hidden()


def test_the_run_before_stays_dashed_beside_the_next(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    type_into(page, 2, "lr", "0.1")
    train(page)
    names = ["conv1", "conv2", "fc1", "fc2"]
    page.wait_for_function("document.querySelector('#chart .plot').data.length > 8")
    assert [trace["name"] for trace in points(page)] == [*names, *(f"{name} · #1" for name in names)]
    expect(page.locator("#chart .stale")).to_be_hidden()
    set_number(page, "seed", 5)
    train(page)
    page.wait_for_function("document.querySelector('#chart .plot').data.some(({name}) => name === 'fc1 · #2')")
    assert [trace["name"] for trace in points(page)][4:] == [f"{name} · #2" for name in names]


def test_edits_are_undone_and_done_again(visit: Visit) -> None:
    page = visit()
    whole = table(page)
    type_into(page, 0, "lr", "0.5")
    tool(page, "delete group 2").click()
    tool(page, "duplicate group 1").click()
    expect(rows(page)).to_have_count(4)
    expect(cell(page, 1, "name")).to_have_value("conv1 (2)")
    for count in (3, 4):
        page.click("#groups .undo")
        expect(rows(page)).to_have_count(count)
    cell(page, 0, "lr").click()
    page.keyboard.press("Control+z")
    assert table(page) == whole
    page.keyboard.press("Control+Shift+z")
    expect(cell(page, 0, "lr")).to_have_value("0.5")
    page.click("#groups .reset")
    assert table(page) == whole
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(page.locator("#groups .undo")).to_be_disabled()


def test_undo_and_the_focus_stay_at_hand_after_a_row_was_deleted(visit: Visit) -> None:
    page = visit()
    whole = table(page)
    for at in (1, 4, 2):
        tool(page, f"delete group {at}").click()
        expect(rows(page)).to_have_count(3)
        expect(rows(page).nth(min(at - 1, 2)).locator(".more")).to_be_focused()
        page.keyboard.press("Control+z")
        expect(rows(page)).to_have_count(4)
    assert table(page) == whole
    tool(page, "delete group 1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    assert table(page) == whole
    page.keyboard.press("Control+Shift+z")
    expect(rows(page)).to_have_count(3)
    set_number(page, "seed", 7)
    page.keyboard.press("Control+z")
    expect(rows(page)).to_have_count(3)


def test_a_new_run_is_not_said_to_be_of_another_page(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled()
    type_into(page, 2, "lr", "0.1")
    expect(page.locator("#chart .stale")).to_be_visible()
    set_numbers(page, train_size=2000, epochs=20)
    page.click("#train")
    page.wait_for_function("document.querySelector('#chart .plot').data[0].x.length > 2")  # the first run had two steps
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#chart .stale")).to_be_hidden()
    page.click("#stop")
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#chart .stale")).to_be_hidden()


def test_what_was_changed_while_a_run_went_on_is_said_once_it_has_ended(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled()
    set_numbers(page, train_size=2000, epochs=20)
    expect(page.locator("#chart .stale")).to_be_visible()
    page.click("#train")
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#chart .stale")).to_be_hidden()
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(page.locator("#chart .stale")).to_be_hidden()
    page.click("#stop")
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#chart .stale")).to_contain_text("has changed since this run")
    expect(page.locator("#chart .stale")).to_be_visible()


# The axes' labels that are written over one another: pairs of neighbours; and how many there are of each axis.
OVERLAPS = """() => ['x', 'y'].map((axis) => {
    const texts = [...document.querySelectorAll(`#chart .plot .${axis}tick text`)];
    const [from, to] = axis === 'x' ? ['left', 'right'] : ['top', 'bottom'];
    const boxes = texts.map((text) => text.getBoundingClientRect()).sort((a, b) => a[from] - b[from]);
    return [boxes.slice(1).filter((box, i) => box[from] < boxes[i][to] - 1).length, boxes.length];
})"""


@pytest.mark.parametrize("preset", ["layerwise_lr", "no_decay_bias", "course_09_one_rate_too_large"])
@pytest.mark.parametrize("size", [{}, SMALL], ids=["long", "short"])
def test_the_ticks_of_the_axes_stand_apart_and_are_enough(visit: Visit, preset: str, size: dict[str, int]) -> None:
    page = visit(f"?preset={preset}")
    set_numbers(page, **size)
    train(page)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    shown = [tab for tab in page.locator("#chart [role=tab]").all() if tab.is_visible()]
    for smooth in ("0", "3"):
        page.locator("#chart .smooth input").fill(smooth)
        for tab in shown:
            tab.click()
            page.wait_for_timeout(300)
            has_lines = any(trace["x"] for trace in points(page))
            for overlapping, count in page.evaluate(OVERLAPS):
                assert overlapping == 0 and (count >= 2 if has_lines else count == 0), tab.inner_text()


def test_parameters_without_a_group_are_put_into_a_new_one(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "params", "conv2.weight")
    expect(page.locator("#groups .left")).to_contain_text("in no group and would never train: conv2.bias")
    page.get_by_role("button", name="put them into a new group").click()
    expect(cell(page, 4, "params")).to_have_value("conv2.bias")
    expect(page.locator("#groups .left")).to_contain_text("every parameter is in a group")


def test_a_refused_run_erases_nothing_and_leads_to_the_wrong_cell(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    drawn = points(page)
    type_into(page, 3, "options", "betas=(2, 3)")
    expect(error_of(page, 3, "options")).not_to_be_empty()
    page.click("#train")
    expect(status(page)).to_contain_text("Not begun. fc2, options:")
    expect(cell(page, 3, "options")).to_be_focused()
    assert points(page) == drawn


def test_why_a_run_was_not_begun_is_told_with_the_stars_of_globs(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "params", "zzz*")
    expect(error_of(page, 0, "params")).not_to_be_empty()
    page.click("#train")
    expect(status(page)).to_contain_text("“zzz*” matches no parameter; some that do: conv1.*, conv2.*, fc1.*, fc2.*")


def test_the_address_holds_the_page(visit: Visit) -> None:
    page = visit("?preset=no_decay_bias&tab=loss")
    expect(menu(page, "preset")).to_have_value(app.PRESETS["no_decay_bias"].title.en)
    type_into(page, 0, "lr", "0.0042")
    expect(fact(page, 0, "lr")).to_have_text("0.0042")
    whole = table(page)
    page.reload()
    wait_until_filled(page)
    expect(cell(page, 0, "lr")).to_have_value("0.0042")
    assert table(page) == whole
    expect(menu(page, "preset")).to_have_value(app.PRESETS["no_decay_bias"].title.en)
    set_numbers(page, **SMALL)
    train(page)
    expect(page.get_by_role("tab", name="loss and accuracy")).to_have_attribute("aria-selected", "true")
    page.click("#groups .reset")
    expect(cell(page, 0, "lr")).to_have_value(str(app.PRESETS["no_decay_bias"].groups[0].lr))


def test_the_chart_is_smoothed_and_scaled_as_asked(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    wait_for_points(page, 2)
    assert points(page)[0]["x"] == [1, 2]
    page.click("#chart .places")
    page.wait_for_function("document.querySelector('#chart .plot').data[0].x[1] === 1")
    page.click("#chart .scale")
    page.wait_for_function("document.querySelector('#chart .plot').layout.yaxis.type === 'linear'")
    page.locator("#chart .smooth input").fill("5")
    page.wait_for_function("document.querySelector('#chart .plot').data.length === 8")
    first, smooth = points(page)[0], points(page)[4]
    mean = sum(first["y"]) / 2
    assert smooth["y"] == [pytest.approx(mean), pytest.approx(mean)]
    page.get_by_role("tab", name="update / weight").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="update norm")).to_be_focused()
    show_view(page, "loss and accuracy")
    expect(page.locator("#chart .scale")).to_have_text("linear")


def test_an_axis_without_lines_has_no_numbers(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled()
    ticks = page.locator("#chart .plot .ytick text, #chart .plot .xtick text")
    show_view(page, "decay / update")
    expect(page.locator("#chart .plot .annotation")).to_contain_text("No group has weight decay.")
    expect(ticks).to_have_count(0)
    type_into(page, 0, "weight_decay", "0.01")
    train(page)
    expect(ticks.first).to_be_attached()


RANGES = """() => {
    const { xaxis, yaxis } = document.querySelector('#chart .plot')._fullLayout;
    return [...xaxis.range, ...yaxis.range];
}"""


def test_a_part_of_the_chart_that_was_zoomed_in_stays_in_sight_in_other_units(visit: Visit) -> None:
    page = visit()
    set_numbers(page, train_size=1280, test_size=20, epochs=3)  # of ten steps
    train(page)
    expect(page.locator("#train")).to_be_enabled()
    wait_for_points(page, 30)
    box = page.locator("#chart .plot .nsewdrag").first.bounding_box() or {}
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 1.5, box["y"] + box["height"] / 1.5, steps=5)
    page.mouse.up()
    page.wait_for_function(f"({RANGES})()[0] > 5")
    first, last, *_ = page.evaluate(RANGES)
    page.click("#chart .places")
    page.wait_for_function(f"({RANGES})()[1] < 3")
    assert page.evaluate(RANGES)[:2] == [pytest.approx(first / 10), pytest.approx(last / 10)]
    page.click("#chart .scale")
    page.wait_for_function("document.querySelector('#chart .plot')._fullLayout.yaxis.type === 'linear'")
    from_epoch, to_epoch, low, high = page.evaluate(RANGES)
    assert [from_epoch, to_epoch] == [pytest.approx(first / 10), pytest.approx(last / 10)]
    seen = [y for line in points(page) for x, y in zip(line["x"], line["y"], strict=True) if first / 10 < x < last / 10]
    assert seen and low <= min(seen) and max(seen) <= high, "these were logarithms: of percent, -100 to -200 %"
    page.click("#chart .places")
    page.wait_for_function(f"({RANGES})()[0] > 5")
    assert page.evaluate(RANGES)[:2] == [pytest.approx(first), pytest.approx(last)]


def test_many_groups_are_found_by_name(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#groups .filter")).to_be_hidden()
    for _ in range(5):
        page.click("#groups .add")
    page.fill("#groups .filter", "fc")
    expect(page.locator("#groups .row:visible")).to_have_count(2)
    page.fill("#groups .filter", "")
    expect(page.locator("#groups .row:visible")).to_have_count(9)


def test_rows_are_moved_by_key(visit: Visit) -> None:
    page = visit()
    cell(page, 1, "lr").click()
    page.keyboard.press("Alt+ArrowUp")
    expect(cell(page, 0, "name")).to_have_value("conv2")
    expect(cell(page, 0, "lr")).to_be_focused()


def test_what_is_not_the_default_shows_in_the_closed_row(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["dual_optimizer"].title.en, 4)
    row = next(i for i, group in enumerate(app.PRESETS["dual_optimizer"].groups) if group.momentum)
    expect(rows(page).nth(row).locator(".chip")).to_have_text(["momentum 0.9"])
    expect(cell(page, row, "momentum")).to_be_hidden()
    expect(show_cell(page, row, "momentum")).to_have_value("0.9")


def test_train_and_stop_have_keys_and_train_is_near(visit: Visit) -> None:
    page = visit()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert "train" in reached
    set_number(page, "epochs", 100)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stop")).to_be_enabled()
    wait_for_points(page, 1)
    for opener in ("#preset input", "#below .overflow-menu > button"):
        page.locator(opener).click()
        page.keyboard.press("Escape")  # which closes that menu alone
        page.wait_for_timeout(300)
        expect(page.locator("#stop")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(status(page)).to_contain_text("Stopped as you asked", timeout=10 * SECONDS)


def test_the_first_minute_is_led_by_what_the_visitor_does(visit: Visit) -> None:
    page = visit()
    guide = page.locator("#guide p")
    expect(guide).to_contain_text("1 of 3")
    set_numbers(page, **SMALL)
    train(page)
    expect(guide).to_contain_text("2 of 3")
    expect(page.locator("#settings button.label-wrap")).to_contain_text(re.compile(r"about \d+(\.\d+)? s"))
    page.click("#guide .try")
    expect(cell(page, 2, "lr")).to_have_value("0.001")
    expect(guide).to_contain_text("3 of 3")
    expect(page.locator("#opened li")).to_have_text(re.compile("fc1: lr 0.01 → 0.001"))
    set_numbers(page, **SMALL)
    page.click("#train")
    expect(guide).to_contain_text("that is all", timeout=60 * SECONDS)
    page.reload()
    expect(cell(page, 2, "lr")).to_have_value("0.001")
    expect(page.locator("#guide")).to_be_hidden()


def test_the_guide_is_closed_for_good(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    expect(page.locator("#guide p")).to_contain_text("共 3 步")
    page.click("#guide .close")
    expect(page.locator("#guide")).to_be_hidden()
    tops = [page.locator(part).bounding_box()["y"] for part in ("#left", "#drawn")]  # type: ignore[index]
    assert tops[0] == tops[1], "the table takes the guide's place"
    page.reload()
    wait_until_filled(page)
    expect(page.locator("#guide")).to_be_hidden()


def test_a_click_tries_what_the_preset_proposes_and_undo_leads_back(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["three_optimizers"].title.en, 4)
    expect(page.locator("#to-try")).to_contain_text("One thing to try")
    page.click("#try")
    expect(cell(page, 3, "lr")).to_have_value("0.01")
    page.click("#groups .undo")
    expect(cell(page, 3, "lr")).to_have_value("0.001")


def test_what_is_tried_is_tried_at_the_size_of_the_run_before(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL, seed=3)
    line = page.locator("#settings button.label-wrap")
    expect(line).to_contain_text("CIFAR-10 256 × 32 px · epochs 1 · batch 128 · seed 3")
    chosen = settings(page)
    page.click("#try")
    expect(page.locator("#opened li")).to_contain_text("fc1: lr 0.01 → 0.001")
    expect(cell(page, 2, "lr")).to_have_value("0.001")
    assert settings(page) == chosen


def test_a_reload_brings_back_the_finished_runs_of_the_visit(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    type_into(page, 2, "lr", "0.02")
    page.click("#train")
    expect(page.locator("#guide p")).to_contain_text("that is all", timeout=60 * SECONDS)
    wait_for_points(page, 2)
    before = points(page)
    page.reload()
    wait_until_filled(page)
    wait_for_points(page, 2)
    assert points(page) == before
    assert len(before) == 8
    expect(page.locator("#groups .result")).to_have_count(4)
    expect(page.locator("#groups .result.old")).to_have_count(0)
    open_tab(page, "compare")
    expect(page.locator("#earlier input")).to_have_count(2)
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_be_visible()
    other = visit()
    expect(other.locator("#groups .result")).to_have_count(0)


def test_a_copy_of_a_tab_is_a_visit_of_its_own(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    with page.expect_popup() as opened:  # which has what the tab has stored, as one that a browser duplicates
        page.evaluate("() => void window.open(location.href)")
    wait_until_filled(opened.value)
    opened.value.wait_for_timeout(2 * SECONDS)
    assert opened.value.locator("#groups .result").count() == 0
    opened.value.close()
    page.reload()
    wait_until_filled(page)
    expect(page.locator("#groups .result")).to_have_count(4)


def test_undo_redo_and_reset_lead_through_the_settings_too(visit: Visit) -> None:
    page = visit()
    epochs, undo, redo = page.locator("#epochs input"), page.locator("#groups .undo"), page.locator("#groups .redo")
    line = page.locator("#settings button.label-wrap")
    set_number(page, "epochs", 7)
    expect(line).to_contain_text("epochs 7")
    type_into(page, 0, "lr", "0.5")
    expect(cell(page, 0, "lr")).to_have_attribute("aria-invalid", "false")
    set_number(page, "epochs", 8)
    expect(line).to_contain_text("epochs 8")
    for shown, lr in (("7", "0.5"), ("7", "0.001"), ("3", "0.001")):
        undo.click()
        expect(epochs).to_have_value(shown)
        expect(cell(page, 0, "lr")).to_have_value(lr)
    expect(undo).to_be_disabled()
    expect(line).to_contain_text("epochs 3")
    for _ in range(3):
        redo.click()
    expect(epochs).to_have_value("8")
    expect(cell(page, 0, "lr")).to_have_value("0.5")
    page.click("#groups .reset")
    expect(epochs).to_have_value("3")
    expect(cell(page, 0, "lr")).to_have_value("0.001")
    expect(page.locator("#groups .reset")).to_be_disabled()
    undo.click()
    expect(epochs).to_have_value("8")


def test_of_two_equal_names_the_one_that_was_typed_last_is_marked(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "name", "fc1")
    expect(error_of(page, 0, "name")).to_have_text(re.compile("group 3 has the name"))
    expect(error_of(page, 2, "name")).to_be_empty()
    type_into(page, 0, "name", "conv1")
    expect(errors(page)).to_have_count(0)
    type_into(page, 2, "name", "conv1")
    expect(error_of(page, 2, "name")).to_have_text(re.compile("group 1 has the name"))


@pytest.mark.parametrize("width", [1280, 390])
def test_the_title_of_the_vertical_axis_is_seen_whole(visit: Visit, width: int) -> None:
    page = visit("?preset=no_decay_bias", width=width)
    page.wait_for_selector("#chart .plot .g-ytitle", timeout=30 * SECONDS)
    boxes = "[...document.querySelectorAll('#chart .plot, #chart .g-ytitle')].map((e) => e.getBoundingClientRect())"
    set_numbers(page, **SMALL)
    for _ in range(2):
        plot, title = page.evaluate(f"{boxes}.map(({{top, bottom}}) => [top, bottom])")
        assert plot[0] - 1 <= title[0] and title[1] <= plot[1] + 1
        train(page)
        expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('#chart .g-ytitle text')).fontSize)")
    assert size == 14 if width == 1280 else 9 <= size < 14, "no smaller than it has to be"


def test_each_step_of_a_short_run_has_its_tick(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    expect(page.locator("#chart .plot .xtick text")).to_have_text(["1", "2"])


def test_the_chosen_view_of_a_link_can_be_seen(visit: Visit) -> None:
    page = visit("?tab=loss")
    chosen = page.locator('#chart [role=tab][aria-selected="true"]')
    expect(chosen).to_have_text("loss and accuracy", timeout=30 * SECONDS)
    boxes = (
        "(tab) => [tab, tab.parentElement].map((e) => e.getBoundingClientRect()).map(({left, right}) => [left, right])"
    )
    tab, row = chosen.evaluate(boxes)
    assert row[0] <= tab[0] and tab[1] <= row[1]


def test_why_a_run_was_not_begun_goes_once_it_is_mended(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "lr", "-3")
    page.click("#train")
    expect(status(page)).to_contain_text("Not begun")
    type_into(page, 0, "lr", "0.001")
    expect(status(page)).to_have_text("Ready.")


def test_the_table_of_parameters_begins_with_the_groups_they_are_in(visit: Visit) -> None:
    page = visit(width=390)
    row = page.locator("#where tbody tr").first
    expect(row.locator("td").nth(0)).to_have_text("conv1.weight")
    expect(row.locator("td").nth(1)).to_have_text("conv1")
    box = row.locator("td").nth(1).evaluate("(cell) => cell.getBoundingClientRect().right")
    assert box < 390


def test_a_menu_that_is_only_left_changes_nothing(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "lr", "0.003")
    expect(fact(page, 0, "lr")).to_contain_text("0.003")
    page.locator("#train").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#preset input")).to_be_focused()
    page.keyboard.press("Tab")
    menu(page, "preset").click()
    page.locator("#status").click()
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.locator("#groups .reset")).to_be_enabled()
    page.wait_for_timeout(SECONDS)  # an answer of the server would have undone it
    expect(cell(page, 0, "lr")).to_have_value("0.003")
    choose_preset(page, app.PRESETS["layerwise_lr"].title.en, 4)  # chosen once more it begins anew
    expect(cell(page, 0, "lr")).to_have_value("0.001")
    menu(page, "preset").press("ArrowDown")
    page.keyboard.press("Enter")  # the next one
    expect(page.locator("#preset input")).not_to_have_value(app.PRESETS["layerwise_lr"].title.en)
    expect(page.locator("#about")).not_to_contain_text(app.PRESETS["layerwise_lr"].summary.en[:20])
