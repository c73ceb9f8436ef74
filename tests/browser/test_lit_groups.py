"""A row of the table and its lines stand out together."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

import app
from tests.browser.actions import (
    SECONDS,
    SMALL,
    add_group,
    cell,
    choose_preset,
    rows,
    set_numbers,
    show_view,
    tool,
    train,
    type_into,
)
from tests.browser.conftest import Visit

PLOTTED = "document.querySelector('#chart .plot').data"
OPACITIES = f"() => ({PLOTTED} || []).map(({{opacity}}) => Math.round(1000 * opacity) / 1000)"
FAINT, DIMMED = 0.45, 0.113  # a recorded run's lines, and a quarter of that

# Where in the window a line's last point is.
END_OF_LINE = """(name) => {
    const plot = document.querySelector('#chart .plot'), box = plot.getBoundingClientRect();
    const { xaxis, yaxis } = plot._fullLayout;
    const line = plot.data.find((trace) => trace.name === name);
    const last = line.x.length - 5;
    return [box.left + xaxis._offset + xaxis.d2p(line.x[last]), box.top + yaxis._offset + yaxis.d2p(line.y[last])];
}"""


def wait_for_lines(page: Page, count: int) -> None:
    ready = f"(n) => {{ const d = {PLOTTED}; return d && d.length === n && d[0].x.length > 5 && {PLOTTED}[0].opacity }}"
    page.wait_for_function(ready, arg=count, timeout=60 * SECONDS)
    page.wait_for_timeout(500)  # Plotly listens once it has drawn


def opacities(page: Page, expected: list[float]) -> None:
    script = f"(wanted) => JSON.stringify(({OPACITIES})()) === JSON.stringify(wanted)"
    page.wait_for_function(script, arg=expected, timeout=10 * SECONDS)


def point_at(page: Page, line: str) -> None:
    x, y = page.evaluate(END_OF_LINE, line)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)


def lit(page: Page) -> Any:
    return page.locator("#groups .row.lit")


def line_colours(page: Page) -> dict[str, str]:
    """Of the solid lines, as CSS has them."""
    lines = f"{PLOTTED}.filter(({{line}}) => line.dash !== 'dash').map(({{name, line}}) => [name, line.color])"
    return {name: as_css(page, colour) for name, colour in page.evaluate(lines)}


def as_css(page: Page, colour: str) -> str:
    script = "(colour) => Object.assign(document.createElement('i'), {style: `color: ${colour}`}).style.color"
    written: str = page.evaluate(script, colour)
    return written


def row_colours(page: Page) -> dict[str, str]:
    script = """(all) => all.map((row) => [row.querySelector("input").value, getComputedStyle(row).borderLeftColor])"""
    return dict(rows(page).evaluate_all(script))


def test_a_row_and_its_card_keep_their_lines_colour_after_another_has_gone(visit: Visit) -> None:
    page = visit()
    wait_for_lines(page, 4)
    assert row_colours(page) == line_colours(page)
    tool(page, "delete group 1").click()
    expect(page.locator("#where .group")).to_have_count(3)
    drawn = line_colours(page)
    assert row_colours(page) == {name: drawn[name] for name in ("conv2", "fc1", "fc2")}
    cards = "(all) => all.map((card) => [card.querySelector('b').textContent, getComputedStyle(card).borderLeftColor])"
    assert dict(page.locator("#where .group").evaluate_all(cards)) == row_colours(page)
    add_group(page)
    type_into(page, 3, "name", "new")
    type_into(page, 3, "params", "conv1.*")
    expect(page.locator("#where .group")).to_have_count(4)
    assert row_colours(page)["new"] == drawn["conv1"], "the one that no row has"


def test_an_earlier_runs_lines_have_the_colour_of_those_beside_them(visit: Visit) -> None:
    page = visit()
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    tool(page, "delete group 1").click()
    type_into(page, 0, "params", "conv*")
    train(page)
    page.wait_for_function(f"{PLOTTED}.length === 8")  # three lines, a word for the legend, four of the run before
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)
    colour = dict(page.evaluate(f"{PLOTTED}.map(({{name, line}}) => [name, line.color])"))
    for name in ("conv2", "fc1", "fc2"):
        assert colour[f"{name} · #1"] == colour[name]
    assert row_colours(page) == line_colours(page)


def test_a_row_dims_the_lines_of_the_others_by_pointer_and_by_focus(visit: Visit) -> None:
    page = visit()
    wait_for_lines(page, 4)
    opacities(page, [FAINT] * 4)
    rows(page).nth(2).locator(".sub").hover()
    opacities(page, [DIMMED, DIMMED, FAINT, DIMMED])
    page.mouse.move(5, 5)
    opacities(page, [FAINT] * 4)
    cell(page, 1, "lr").focus()
    opacities(page, [DIMMED, FAINT, DIMMED, DIMMED])
    rows(page).nth(0).locator(".sub").hover()
    opacities(page, [FAINT, DIMMED, DIMMED, DIMMED])
    page.mouse.move(5, 5)
    opacities(page, [DIMMED, FAINT, DIMMED, DIMMED])
    page.locator("#train").focus()
    opacities(page, [FAINT] * 4)
    show_view(page, "loss and accuracy")
    wait_for_lines(page, 3)
    cell(page, 1, "lr").focus()
    page.wait_for_timeout(300)
    opacities(page, [FAINT] * 3)


def test_a_line_lights_its_row(visit: Visit) -> None:
    page = visit()
    wait_for_lines(page, 4)
    expect(lit(page)).to_have_count(0)
    for row, name in ((0, "conv1"), (3, "fc2")):
        point_at(page, name)
        expect(lit(page)).to_have_count(1)
        expect(lit(page).locator(".name input")).to_have_value(name)
        assert "lit" in str(rows(page).nth(row).get_attribute("class"))
    page.mouse.move(5, 5)
    expect(lit(page)).to_have_count(0)


def test_all_lines_that_layer_decay_makes_are_of_one_row(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["layer_decay"].title.en, 1, cards=8)
    wait_for_lines(page, 8)
    point_at(page, "block d5")
    expect(lit(page).locator(".name input")).to_have_value("block")
    rows(page).nth(0).locator(".sub").hover()
    page.wait_for_timeout(300)
    opacities(page, [FAINT] * 8)
