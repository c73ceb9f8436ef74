"""A link says what the page shows at the moment of the click, and opens as that."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

import app
from core.experiment import Experiment
from core.experiment.link import read_link, write_link
from core.resources.cifar10 import cifar10_is_here
from core.widgets.group_table import ESSENTIAL
from tests.browser.actions import (
    SMALL,
    cell,
    choose,
    choose_preset,
    error_of,
    link_of,
    menu,
    open_settings,
    points,
    set_number,
    set_numbers,
    settings,
    show_cell,
    show_view,
    table,
    tool,
    train,
    type_into,
    wait_for_points,
    wait_until_filled,
)
from tests.browser.conftest import NewPage, Server, Visit, launched_with

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def copy(page: Page) -> str:
    """Click the button; the address that is shown, which the clipboard holds too."""
    address = link_of(page)
    expect(page.locator("#link p")).to_contain_text("The link is on the clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == address
    return address


def opened(address: str) -> Experiment:
    return read_link(parse_qs(urlsplit(address).query)["c"][0])


def trained(page: Page) -> list[dict[str, object]]:
    train(page)
    show_view(page, "update norm")
    wait_for_points(page, 4)
    return points(page)


def test_a_copied_link_opens_as_the_same_page_and_trains_to_the_same_floats(visit: Visit, server: Server) -> None:
    page = visit(**CLIPBOARD)
    choose_preset(page, app.PRESETS["dual_optimizer"].title.en, 4)
    type_into(page, 0, "lr", "3e-4")
    type_into(page, 1, "name", "第二 <b>${1}</b> v2.0")
    type_into(page, 2, "options", "nesterov=True")
    show_cell(page, 3, "schedule").select_option("one_cycle")
    set_numbers(page, **SMALL | {"epochs": 2, "seed": 5})
    choose(page, "dataset", "shapes")
    address = copy(page)
    assert address.startswith(server.address + "?c=")
    assert address.endswith("&preset=dual_optimizer&lang=en")

    other = visit(query=urlsplit(address).query.join(["?", ""]))
    expect(other.locator("#opened")).to_contain_text("Opened from the link: simple_cnn on shapes, seed 5, groups: 4")
    expect(cell(other, 2, "options")).to_have_value("nesterov=True")
    expect(menu(other, "preset")).to_have_value(app.PRESETS["dual_optimizer"].title.en)
    expect(menu(other, "dataset")).to_have_value("shapes")
    expected = [[*row] for row in table(page)]
    expected[0][ESSENTIAL.index("lr")] = "0.0003"
    assert table(other) == expected
    assert settings(other) == settings(page)
    assert trained(other) == trained(page)
    choose_preset(other, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(other.locator("#opened li")).to_have_count(0)
    expect(other.locator("#about")).to_contain_text("Weights get weight decay 1e-4")


# All in one task of the page: nothing has been sent when the button is clicked.
TYPE_AND_CLICK = """() => {
    const type = (input, text) => {
        input.focus();
        input.value = text;
        input.dispatchEvent(new InputEvent('input', {bubbles: true}));
    };
    type(document.querySelector('#groups [data-cell="0.lr"]'), '0.0123');
    type(document.querySelector('#seed input'), '77');
    type(document.querySelector('#groups [data-cell="1.name"]'), 'late');
    document.querySelector('#copy-link').click();
}"""


def test_what_was_typed_a_moment_ago_is_in_the_link(visit: Visit) -> None:
    page = visit()
    open_settings(page)
    page.evaluate(TYPE_AND_CLICK)
    field = page.locator("#link .link")
    expect(field).to_be_visible()
    experiment = opened(field.input_value())
    assert (experiment.groups[0].lr, experiment.groups[1].name, experiment.seed) == (0.0123, "late", 77)


def test_the_link_goes_with_any_change_and_a_wrong_value_gives_a_sentence(visit: Visit) -> None:
    page = visit(**CLIPBOARD)
    first = copy(page)
    assert copy(page) == first
    type_into(page, 0, "lr", "0.5")
    expect(page.locator("#link .link")).to_be_hidden()
    assert opened(copy(page)).groups[0].lr == 0.5
    set_number(page, "seed", 3)
    expect(page.locator("#link .link")).to_be_hidden()
    assert opened(copy(page)).seed == 3
    tool(page, "move up 2").click()
    expect(page.locator("#link .link")).to_be_hidden()
    assert [group.name for group in opened(copy(page)).groups[:2]] == ["conv2", "conv1"]
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(page.locator("#link .link")).to_be_hidden()
    last = copy(page)
    type_into(page, 0, "lr", "abc")
    page.click("#copy-link")
    expect(page.locator("#link p")).to_have_text(re.compile("valid values only: correct what is marked in red"))
    expect(page.locator("#link .link")).to_be_hidden()
    assert page.evaluate("navigator.clipboard.readText()") == last
    type_into(page, 0, "lr", "0.01")
    assert copy(page) == last


def test_without_a_clipboard_the_link_is_there_to_copy(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.evaluate("document.execCommand = () => false")
    page.click("#copy-link")
    expect(page.locator("#link p")).to_contain_text("请手动复制")
    expect(page.locator("#link .link")).to_be_visible()
    expect(page.locator("#link .link")).to_have_value(re.compile(r"[?&]c=[A-Za-z0-9_-]+&"))


@pytest.mark.parametrize(
    "text",
    ["", "x", "%00", "<script>", "%24%7Bdocument.title='owned'%7D", "A" * 6001, "%F0%9F", "a&c=b"],
    ids=["empty", "short", "nul", "script", "template", "long", "half", "twice"],
)
def test_a_bad_link_is_said_and_the_page_works(visit: Visit, text: str) -> None:
    page = visit(query=f"?c={text}")
    expect(page.locator("#opened")).to_contain_text("The link in the address could not be opened")
    expect(page.locator("#opened")).to_contain_text(re.compile("link: this link (cannot be read|is too long)"))
    preset = app.PRESETS[app.FIRST_PRESET]
    assert [row[0] for row in table(page)] == [group.name for group in preset.groups]
    type_into(page, 0, "lr", "0.002")
    expect(error_of(page, 0, "lr")).to_be_empty()
    expect(page.locator("#train")).to_be_enabled()
    assert page.title() == "Param Group Lab"


def test_a_hostile_link_stays_text(visit: Visit) -> None:
    hostile = "<img src=x onerror=x()>${x()}{{x()}}"
    groups = [
        {"name": hostile, "params": ["conv*"]},
        {"name": "${document.title='owned'}", "params": ["*"], "options": "eps=1e-9"},
    ]
    raw = {"groups": groups, "dataset": "shapes", "title": hostile, "summary": hostile, "look_for": hostile}
    page = visit(query=f"?c={write_link(Experiment.from_dict(raw))}")
    expect(cell(page, 0, "name")).to_have_value(hostile)
    expect(cell(page, 1, "name")).to_have_value("${document.title='owned'}")
    assert page.locator("#groups img, #where img, #opened img, #about img").count() == 0
    assert page.title() == "Param Group Lab"


def test_the_dataset_of_a_link_waits_for_cifar10(visit: Visit) -> None:
    experiment = Experiment.from_dict(app.PRESETS["layerwise_lr"].to_dict() | {"dataset": "cifar10"})
    page = visit(query=f"?c={write_link(experiment)}")
    expect(page.locator("#opened")).to_contain_text("on CIFAR-10")
    expect(menu(page, "dataset")).to_have_value("cifar10" if cifar10_is_here() else "shapes")


def test_on_a_space_the_link_is_that_of_the_space(new_page: NewPage) -> None:
    page = new_page()
    with launched_with(SPACE_ID="someone/param-group-lab") as address:
        page.goto(address)
        wait_until_filled(page)
        link = link_of(page)
        page.close()
    assert link.startswith("https://huggingface.co/spaces/someone/param-group-lab?c=")
    assert "preset=layerwise_lr&lang=en" in link
    assert opened(link).groups == app.PRESETS[app.FIRST_PRESET].groups


def test_behind_a_prefix_the_link_has_it(visit: Visit) -> None:
    """The browser's own address is the one that others can reach."""
    page = visit(query="?__theme=light")
    page.evaluate("history.replaceState(null, '', '/lab/one/?__theme=light#x')")
    page.click("#copy-link")
    expect(page.locator("#link .link")).to_have_value(re.compile(r"^http://127\.0\.0\.1:\d+/lab/one/\?c=\w"))


def test_a_title_and_a_note_go_with_the_link_as_text_and_so_does_the_language(visit: Visit) -> None:
    page = visit("?lang=zh", **CLIPBOARD)
    link_of(page)
    page.fill("#link .title", "<b>Decay</b> & co")
    page.fill("#link .note", "Look at fc1 first.")
    until = time.monotonic() + 20
    while "Look" not in (query := page.evaluate("navigator.clipboard.readText()").partition("?")[2]):
        assert time.monotonic() < until, "what is typed goes to the clipboard too"
    other = visit(f"?{query}", locale="en-US")
    expect(other.locator("#lesson li")).to_have_text(["<b>Decay</b> & co", "Look at fc1 first."])
    expect(other.locator("#train")).to_have_text("训练")
    assert "title=" in link_of(other), "a lesson is handed on"
    type_into(other, 0, "lr", "0.5")
    expect(other.locator("#guide p")).to_be_visible()
    other.reload()
    expect(other.locator("#lesson li")).to_have_count(2)
    choose(other, "preset", app.PRESETS["no_decay_bias"].title.zh)
    expect(other.locator("#lesson li")).to_have_count(0)
    other.wait_for_function("location.search.includes('no_decay_bias') && !location.search.includes('title')")


def test_a_language_that_is_chosen_on_the_page_is_the_pages_and_the_links(visit: Visit) -> None:
    page = visit()
    assert link_of(page).endswith("&lang=en")
    page.evaluate("document.documentElement.lang = 'zh-CN'")  # as Gradio's own settings do
    expect(page.locator("#train")).to_have_text("训练")
    expect(page.locator("#about")).to_contain_text("卷积层")
    assert link_of(page).endswith("&lang=zh")
