"""The chart's legend: what it names, hides and shows, by pointer and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from core.text import LANGUAGES, say
from tests.browser.actions import SECONDS, SMALL, choose_preset, set_numbers, show_view, train, type_into
from tests.browser.conftest import Visit

NAMES = ["conv1", "conv2", "fc1", "fc2"]
VISIBLE = "() => document.querySelector('#chart .plot').data.filter(({visible}) => visible).map(({name}) => name)"


def entries(page: Page) -> Any:
    return page.locator("#chart .legend button")


def entry(page: Page, name: str) -> Any:
    return entries(page).filter(has_text=name)


def train_to_its_end(page: Page) -> None:
    """Of a few steps; also where another run has ended before."""
    set_numbers(page, **SMALL)
    train(page)
    expect(page.locator("#train")).to_be_enabled(timeout=60 * SECONDS)


def expect_lines(page: Page, names: list[str]) -> None:
    page.wait_for_function(f"(wanted) => JSON.stringify(({VISIBLE})()) === JSON.stringify(wanted)", arg=names)


def test_it_names_the_lines_in_their_colours(visit: Visit) -> None:
    page = visit()
    expect(entries(page)).to_have_text(NAMES, timeout=30 * SECONDS)
    drawn = page.evaluate("() => document.querySelector('#chart .plot').data.map(({line}) => line.color)")
    colours = entries(page).evaluate_all(
        """(all) => all.map((one) => getComputedStyle(one.firstChild).borderTopColor)"""
    )
    of_css = "(colour) => Object.assign(document.createElement('i'), {style: `color: ${colour}`}).style.color"
    assert colours == [page.evaluate(of_css, colour) for colour in drawn]
    assert page.locator("#chart .legend").get_attribute("title") in [say("chart_legend", each) for each in LANGUAGES]
    assert page.locator("#chart .plot .legend").count() == 0, "Plotly draws none"


def test_a_click_hides_a_line_and_shows_it_again_and_a_double_click_shows_it_alone(visit: Visit) -> None:
    page = visit()
    expect(entries(page)).to_have_count(4, timeout=30 * SECONDS)
    entry(page, "conv2").click()
    expect_lines(page, ["conv1", "fc1", "fc2"])
    expect(entry(page, "conv2")).to_have_attribute("aria-pressed", "false")
    show_view(page, "gradient norm")
    expect_lines(page, ["conv1", "fc1", "fc2"])
    show_view(page, "update / weight")
    entry(page, "conv2").press("Enter")
    expect_lines(page, NAMES)
    entry(page, "fc1").dblclick()
    expect_lines(page, ["fc1"])
    page.wait_for_timeout(600)  # two double clicks in short are four clicks
    entry(page, "fc1").dblclick()
    expect_lines(page, NAMES)


def test_an_earlier_runs_lines_go_with_theirs_of_this_one_and_all_together(visit: Visit) -> None:
    page = visit()
    train_to_its_end(page)
    train_to_its_end(page)
    expect(entries(page)).to_have_text([*NAMES, "#1"])
    beside = [f"{name} · #1" for name in NAMES]
    expect_lines(page, [*NAMES, "#1", *beside])
    entry(page, "conv1").click()
    expect_lines(page, [*NAMES[1:], "#1", *beside[1:]])
    entry(page, "#1").click()
    expect_lines(page, NAMES[1:])
    train_to_its_end(page)
    expect_lines(page, [*NAMES, "#2", *(f"{name} · #2" for name in NAMES)])


def test_names_are_text_and_another_preset_has_its_own(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "name", "<b>a&b</b>")
    train_to_its_end(page)
    expect(entries(page)).to_have_text(["<b>a&b</b>", *NAMES[1:]])
    assert page.locator("#chart .legend b").count() == 0
    choose_preset(page, "Example 2", 2)
    train_to_its_end(page)
    expect(entries(page).first).not_to_have_text("<b>a&b</b>")


def test_the_lines_of_a_row_stand_out_while_the_pointer_is_on_its_name(visit: Visit) -> None:
    page = visit()
    expect(entries(page)).to_have_count(4, timeout=30 * SECONDS)
    entry(page, "fc1").hover()
    expect(page.locator("#groups .row.lit input").first).to_have_value("fc1")
    opacity = "() => document.querySelector('#chart .plot').data.map(({opacity}) => opacity)"
    faint = page.evaluate(opacity)
    assert faint[2] == max(faint) and faint.count(faint[2]) == 1
    page.mouse.move(5, 5)
    expect(page.locator("#groups .row.lit")).to_have_count(0)


def test_a_saved_picture_has_a_legend_of_what_is_shown(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    expect(entries(page)).to_have_count(4, timeout=30 * SECONDS)
    page.evaluate(
        """() => {
            const save = Plotly.downloadImage;
            Plotly.downloadImage = (figure, how) => {
                window.saved = { legend: figure.layout.showlegend, ...how };
                return save(figure, how);
            };
        }"""
    )
    entry(page, "conv2").click()
    expect_lines(page, ["conv1", "fc1", "fc2"])
    with page.expect_download() as download:
        page.click("#chart .png")
    download.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    saved = page.evaluate("window.saved")
    assert saved["legend"] and saved["width"] > 300 and saved["height"] > 150
    assert page.locator("#chart .plot .legend").count() == 0
