"""The main job in a real browser: preset, edit, train, watch, stop."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

import app
from core.checking import as_run
from core.experiment import Experiment
from core.report.chart_text import MOST_LINES
from tests.browser.actions import (
    SECONDS,
    SMALL,
    SMALL_RESNET,
    add_group,
    cell,
    choose,
    choose_preset,
    error_of,
    errors,
    group_cards,
    open_tab,
    points,
    set_number,
    set_numbers,
    show_cell,
    show_view,
    status,
    tool,
    train,
    type_into,
    wait_for_points,
    wait_until_filled,
    width_of,
)
from tests.browser.conftest import NewPage, Server, Visit


def start_long_run(page: Page) -> None:
    set_number(page, "epochs", 100)
    page.click("#train")
    wait_for_points(page, 2)


TRAINED = ("layerwise_lr", "no_decay_bias", "frozen_resnet", "dual_optimizer", "layer_decay")
# What lasts long enough to be stopped, and begins soon enough: once its frozen part is computed, steps are fast.
LENGTHS = {"frozen_resnet": {"train_size": 640, "batch_size": 32, "epochs": 100, "image_size": 32}}


@pytest.mark.parametrize("name", TRAINED)
def test_a_preset_trains_with_points_of_every_group_and_stops_when_asked(visit: Visit, name: str) -> None:
    preset = app.PRESETS[name]
    groups = as_run(preset).groups
    page = visit()
    choose_preset(page, preset.title.en, len(preset.groups), len(groups))
    set_numbers(page, **{"test_size": 100, "epochs": 20} | LENGTHS.get(name, {}))
    expect(page.locator("#stop")).to_be_disabled()
    page.click("#train")
    wait_for_points(page, 2)
    expect(page.locator("#train")).to_be_disabled()
    page.click("#stop")
    expect(status(page)).to_contain_text("Stopped as you asked", timeout=10 * SECONDS)
    expect(page.locator("#train")).to_be_enabled()
    expect(page.locator("#stop")).to_be_disabled()
    show_view(page, "update norm")
    wait_for_points(page, 2)
    for trace, group in zip(points(page), groups, strict=True):
        is_long = len(trace["x"]) >= MOST_LINES / 2  # it went on so far that it is drawn as stretches
        assert trace["x"] == (sorted(trace["x"]) if is_long else list(range(1, len(trace["x"]) + 1)))
        still = not group.trains_after(0)
        assert all((y is None) == still for y in trace["y"][:3]), "0 is a gap on a logarithmic axis"


def test_a_run_ends_with_a_summary_that_says_what_was_frozen(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["frozen_resnet"].title.en, 2)
    set_numbers(page, **SMALL_RESNET)
    page.click("#train")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("frozen: 0 of 11,176,512 weights moved", timeout=60 * SECONDS)
    expect(page.locator("#made-with")).to_contain_text("resnet18")
    expect(status(page)).to_contain_text("Finished: 2 steps")


def test_an_edited_learning_rate_is_what_the_chart_shows(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "lr", "3e-4")
    set_number(page, "train_size", 256)
    train(page)
    show_view(page, "learning rate")
    wait_for_points(page, 6)
    assert {trace["name"]: set(trace["y"]) for trace in points(page)} == {
        "conv1": {0.0003},
        "conv2": {0.001},
        "fc1": {0.01},
        "fc2": {0.01},
    }


def test_a_bad_value_is_named_at_its_cell_while_typing_and_nothing_is_lost(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "lr", "abc")
    expect(error_of(page, 1, "lr")).to_contain_text("“abc” is not a number")
    expect(cell(page, 1, "lr")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, 1, "lr")).to_be_focused()
    expect(cell(page, 1, "lr")).to_have_value("abc")
    expect(error_of(page, 0, "lr")).to_be_empty()
    page.click("#train")
    expect(status(page)).to_contain_text("Not begun. conv2, lr: “abc” is not a number")
    expect(page.locator("#train")).to_be_enabled()
    type_into(page, 1, "lr", "0.002")
    expect(error_of(page, 1, "lr")).to_be_empty()


def test_a_bad_size_is_named_beside_the_settings(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 60)
    expect(page.locator("#problems textarea")).to_have_value(re.compile("Batch size: a batch of 128 is larger"))
    set_number(page, "train_size", 600)
    expect(page.locator("#problems")).to_have_count(0)


def test_the_assignment_follows_the_table(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "params", "conv*")
    expect(error_of(page, 1, "params")).to_contain_text("take all that its patterns match: conv1")
    tool(page, "delete group 2").click()
    expect(group_cards(page)).to_have_count(3)
    expect(page.locator("#where .problems")).to_be_empty()
    tool(page, "delete group 3").click()
    expect(page.locator("#where .problems")).to_contain_text("fc2.weight, fc2.bias")
    expect(page.locator("#where .nowhere")).to_have_count(2)


def test_groups_can_be_added_and_moved_and_keep_what_was_typed(visit: Visit) -> None:
    page = visit()
    add_group(page)
    expect(cell(page, 4, "params")).to_be_focused()
    page.keyboard.type("*.bias")
    expect(error_of(page, 4, "params")).to_contain_text("take all that its patterns match")
    for place in (5, 4, 3, 2):
        tool(page, f"move up {place}").click()
    expect(cell(page, 0, "params")).to_have_value("*.bias")
    expect(errors(page)).to_have_count(0)
    expect(group_cards(page).first).to_contain_text("4 tensors · 186 weights")


def test_what_a_frozen_group_does_not_use_is_greyed_and_comes_back(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["dual_optimizer"].title.en, 4)
    cell(page, 3, "optimizer").select_option("frozen")
    expect(show_cell(page, 3, "momentum")).to_be_disabled()
    expect(errors(page)).to_have_count(0)
    cell(page, 3, "optimizer").select_option("SGD")
    expect(cell(page, 3, "momentum")).to_be_enabled()
    expect(cell(page, 3, "momentum")).to_have_value("0.9")


def test_a_chart_keeps_its_zoom_while_it_grows(visit: Visit) -> None:
    page = visit()
    start_long_run(page)
    zoom = "Plotly.relayout(document.querySelector('#chart .plot'), {'xaxis.range': [1, 5], 'yaxis.range': [-3, 0]})"
    page.evaluate(zoom)
    count = len(points(page)[0]["x"])
    wait_for_points(page, count + 20)
    assert page.evaluate("document.querySelector('#chart .plot').layout.xaxis.range") == [1, 5]
    page.click("#stop")


def test_the_loss_view_holds_loss_and_accuracy(visit: Visit) -> None:
    page = visit()
    set_number(page, "train_size", 256)
    train(page)
    show_view(page, "loss and accuracy")
    wait_for_points(page, 10)
    accuracy = [y for y in points(page)[2]["y"] if y is not None]
    assert len(accuracy) == 4
    assert status(page).inner_text().endswith(f"Test accuracy {accuracy[-1]:.1f} %.")


def test_a_second_visitor_waits_in_line_and_sees_nothing_of_the_first(visit: Visit, server: Server) -> None:
    first, second = visit(), visit()
    start_long_run(first)
    set_number(second, "train_size", 256)
    second.click("#train")
    expect(status(second)).to_contain_text("1 ahead of you")
    assert points(second) == []
    first.click("#stop")
    expect(status(first)).to_contain_text("Stopped as you asked", timeout=10 * SECONDS)
    expect(status(second)).to_contain_text("Finished: 6 steps", timeout=60 * SECONDS)
    assert len(points(second)[0]["x"]) == 6


def test_after_what_nobody_foresaw_the_next_run_can_be_started(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> Iterator[object]:
        raise LookupError("no GPU to lend")
        yield

    page = visit("?open=map")
    for job, button in (("train", "#train"), ("map_rates", "#map-start")):
        monkeypatch.setattr(f"core.lab.{job}", breaks)
        page.click(button)
        expect(status(page)).to_contain_text("The run could not go on.")
        expect(page.locator(button)).to_be_enabled()
        expect(page.locator("#stop")).to_be_disabled()
        monkeypatch.undo()
        set_numbers(page, **SMALL)
        train(page)


def test_a_closed_tab_ends_the_computing(visit: Visit, server: Server) -> None:
    page = visit()
    start_long_run(page)
    asked = time.monotonic()
    while not len(server.runs) and time.monotonic() - asked < 20:  # a recorded run has points before it begins
        time.sleep(0.02)
    assert len(server.runs) == 1
    page.close()
    closed = time.monotonic()
    while len(server.runs) and time.monotonic() - closed < 5:
        time.sleep(0.02)
    assert len(server.runs) == 0


def test_the_same_run_gives_the_same_numbers_on_the_page_as_in_python(visit: Visit) -> None:
    from core.training import Step
    from core.training import train as events_of

    page = visit()
    choose(page, "dataset", "shapes")
    set_number(page, "train_size", 256)
    train(page)
    show_view(page, "update norm")
    wait_for_points(page, 6)
    raw = app.PRESETS["layerwise_lr"].to_dict() | {"dataset": "shapes", "train_size": 256}
    steps = [event for event in events_of(Experiment.from_dict(raw)) if isinstance(event, Step)]
    for index, trace in enumerate(points(page)):
        assert trace["y"] == [float(f"{step.groups[index].update_norm:.4g}") for step in steps]


def test_the_chinese_page_speaks_chinese(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    expect(page.locator("#train")).to_have_text("训练")
    expect(page.locator("#below")).to_contain_text("观察要点")
    type_into(page, 0, "lr", "abc")
    expect(error_of(page, 0, "lr")).to_contain_text("不是数字")
    text = page.inner_text("body")
    assert "i18n" not in text
    for word in ("学习率", "参数归属", "轮", "种子", "参数名匹配（glob）"):
        assert word in text


def test_a_phone_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit(width=390)
    set_number(page, "train_size", 256)
    page.click("#train")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_be_visible(timeout=60 * SECONDS)
    assert width_of(page) <= 390


HOSTILE = "<img src=x onerror=document.title='owned'>${document.title='owned'}{{document.title='owned'}}"


def test_markup_in_a_group_name_stays_text(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "name", HOSTILE[:38])
    type_into(page, 1, "name", "${document.title='owned'}")
    type_into(page, 2, "name", "<a href='javascript:1'>x</a>")
    expect(group_cards(page).first).to_contain_text("<img src=x")
    set_number(page, "train_size", 256)
    page.click("#train")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("<img src=x", timeout=60 * SECONDS)
    assert page.locator("#chart .legend a, #chart img, #where img, #summary img").count() == 0
    assert page.title() == "Param Group Lab"


COUNT_FRAMES = """() => {
    window.frames_ = 0;
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (then) => {
        window.frames_ += 1;
        window.lastFrame = String(then).slice(0, 200);
        return ask(then);
    };
}"""


def test_a_page_at_rest_asks_for_no_frames(new_page: NewPage, server: Server) -> None:
    """Gradio's sign of loading would ask for one after the other, for ever."""
    page = new_page()
    page.add_init_script(f"({COUNT_FRAMES})()")
    page.goto(server.address)
    wait_until_filled(page)
    page.wait_for_function("window.Plotly")
    assert page.evaluate("window.frames_") > 0
    for _ in range(20):  # what has gone still moves for a moment
        page.evaluate("window.frames_ = 0")
        page.wait_for_timeout(SECONDS)
        if not page.evaluate("window.frames_"):
            return
    raise AssertionError(page.evaluate("[window.frames_, window.lastFrame]"))


def test_bold_letters_are_of_the_pages_own_fonts(visit: Visit) -> None:
    """Not of whatever stands behind them in the list: they are as wide whichever does."""
    page = visit()
    widths = """async () => {
        const canvas = document.createElement("canvas").getContext("2d");
        const width = (font, text) => { canvas.font = font; return canvas.measureText(text).width; };
        const found = {};
        for (const family of ["Source Sans Pro", "IBM Plex Mono"]) {
            const font = `600 40px "${family}"`;
            await document.fonts.load(font, "Train");
            const [own, other] = [`${font}, monospace`, `${font}, serif`];
            found[family] = ["Train", "WWW", "iii"].map((text) => width(own, text) - width(other, text));
        }
        return found;
    }"""
    assert page.evaluate(widths) == {"Source Sans Pro": [0, 0, 0], "IBM Plex Mono": [0, 0, 0]}
    expect(page.locator("#chart .plot .xtick text").first).to_have_css("font-family", re.compile("^.?Source Sans Pro"))
