"""Before training: what torch will use for each group, and what may not be meant, beside its cell."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

import app
from core.checking import check
from core.optimizers import ResolvedGroup
from tests.browser.actions import (
    add_group,
    caution_of,
    cell,
    choose,
    choose_preset,
    error_of,
    fact,
    group_cards,
    open_tab,
    rows,
    set_number,
    tool,
    train,
    type_into,
    width_of,
)
from tests.browser.conftest import Visit

Card = tuple[str, str, float | None, bool, bool, str, float]


def cards(page: Page) -> list[Card]:
    """Every card's name, class, lr, whether it has momentum and betas, counts, and the state's bytes."""
    read = """(cards) => cards.map((card) => [...card.querySelectorAll('b, .algorithm, dd')]
        .map((node) => [node.dataset.fact || node.localName, node.textContent]))"""
    found = []
    for card in group_cards(page).evaluate_all(read):
        facts = dict(card)
        amount, unit = facts["state"].split()
        state = float(amount) * {"B": 1, "kB": 1e3, "MB": 1e6}[unit]
        lr = float(facts["lr"]) if "lr" in facts else None
        size = facts["size"].rpartition(" · ")[0]
        found.append((facts["b"], facts["span"], lr, "momentum" in facts, "betas" in facts, size, state))
    return found


def expected_card(group: ResolvedGroup) -> Card:
    size = f"{group.tensors} tensors · {group.weights:,} weights"
    state = pytest.approx(group.state_bytes, rel=0.05)
    lr = group.lr if group.lr is None else pytest.approx(group.lr, rel=1e-5)
    return group.name, group.optimizer, lr, group.momentum is not None, group.betas is not None, size, state


SHOWN = ("no_decay_bias", "frozen_resnet", "three_optimizers", "layer_decay", "muon_adamw", "two_phases")


def test_every_card_says_what_torch_has(visit: Visit) -> None:
    page = visit()
    for name in SHOWN:
        preset = app.PRESETS[name]
        expected = [expected_card(group) for group in check(preset.to_dict()).groups]
        choose_preset(page, preset.title.en, len(preset.groups), len(expected))
        deadline = time.monotonic() + 10
        while cards(page) != expected and time.monotonic() < deadline:
            page.wait_for_timeout(50)
        assert cards(page) == expected, name


def test_adam_and_adamw_differ_in_what_decay_does(visit: Visit) -> None:
    page = visit()
    expect(fact(page, 0, "decay")).to_have_text("none")
    type_into(page, 0, "weight_decay", "1e-2")
    expect(fact(page, 0, "decay")).to_have_text("L2 0.01")
    expect(caution_of(page, 0, "optimizer")).to_contain_text("Adam adds decay 0.01 to the gradient (L2)")
    cell(page, 0, "optimizer").select_option("AdamW")
    expect(fact(page, 0, "decay")).to_have_text("shrinks by lr·wd = 1e-5 per step")
    expect(caution_of(page, 0, "optimizer")).to_be_empty()
    cell(page, 0, "optimizer").select_option("Adam")
    type_into(page, 0, "options", "decoupled_weight_decay=True betas=(0.8, 0.99)")
    expect(fact(page, 0, "decay")).to_have_text("shrinks by lr·wd = 1e-5 per step")
    expect(fact(page, 0, "betas")).to_have_text("0.8, 0.99")


def test_an_edit_shows_torchs_defaults_and_the_states_size(visit: Visit) -> None:
    page = visit()
    expect(fact(page, 2, "state")).to_have_text("2.1 MB")
    cell(page, 2, "optimizer").select_option("SGD")
    expect(fact(page, 2, "momentum")).to_have_text("0")
    expect(fact(page, 2, "betas")).to_have_count(0)
    expect(fact(page, 2, "state")).to_have_text("0 B")
    type_into(page, 2, "momentum", "0.9")
    expect(fact(page, 2, "momentum")).to_have_text("0.9")
    expect(fact(page, 2, "state")).to_have_text("1.0 MB")
    cell(page, 2, "optimizer").select_option("frozen")
    expect(fact(page, 2, "lr")).to_have_count(0)
    expect(page.locator("#where .algorithm").nth(2)).to_have_text("frozen")


def test_a_warning_stands_beside_its_cell_and_training_goes_on(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "lr", "0")
    expect(caution_of(page, 1, "lr")).to_contain_text("lr 0 moves nothing")
    expect(error_of(page, 1, "lr")).to_be_empty()
    expect(cell(page, 1, "lr")).to_have_attribute("aria-invalid", "false")
    set_number(page, "train_size", 256)
    train(page, "Finished: 6 steps")
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_contain_text("0 of 4,640 weights moved")
    expect(caution_of(page, 1, "lr")).to_contain_text("lr 0 moves nothing")


def test_an_error_takes_the_place_of_the_warning(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "weight_decay", "1")
    expect(caution_of(page, 1, "weight_decay")).to_contain_text("1 also shrinks biases")
    type_into(page, 1, "weight_decay", "1000")
    expect(error_of(page, 1, "weight_decay")).to_contain_text("out of bounds")
    expect(caution_of(page, 1, "weight_decay")).to_be_empty()
    type_into(page, 1, "weight_decay", "0")
    expect(error_of(page, 1, "weight_decay")).to_be_empty()
    expect(caution_of(page, 1, "weight_decay")).to_be_empty()


def test_warnings_follow_their_group(visit: Visit) -> None:
    page = visit()
    type_into(page, 1, "lr", "0")
    expect(caution_of(page, 1, "lr")).not_to_be_empty()
    tool(page, "move up 2").click()
    expect(caution_of(page, 0, "lr")).to_contain_text("lr 0 moves nothing")
    expect(caution_of(page, 1, "lr")).to_be_empty()
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(page.locator("#groups .caution:not(:empty)")).to_have_count(0)


def test_drifting_statistics_are_told_beside_the_frozen_group(visit: Visit) -> None:
    page = visit()
    choose_preset(page, app.PRESETS["frozen_resnet"].title.en, 2)
    choose(page, "frozen_norm", "train")
    expect(caution_of(page, 1, "optimizer")).to_contain_text("running statistics of its norm layers (20) drift")


def test_the_table_names_the_rules_that_lost(visit: Visit) -> None:
    page = visit()
    add_group(page)
    page.keyboard.type("*.bias")
    type_into(page, 4, "name", "biases")
    row = page.locator("#where tbody tr", has_text="conv1.bias")
    expect(row.locator("td").nth(3)).to_have_text("*.bias (biases)")


def test_the_cards_give_way_to_names_and_counts_while_something_is_wrong(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "params", "conv*")
    expect(error_of(page, 1, "params")).to_contain_text("take all that its patterns match: conv1")
    expect(fact(page, 0, "size")).to_contain_text("4 tensors · 5,088 weights")
    expect(fact(page, 0, "lr")).to_have_count(0)


def test_a_groups_name_stays_text_in_the_rules_that_lost(visit: Visit) -> None:
    page = visit()
    add_group(page)
    page.keyboard.type("*.bias")
    type_into(page, 4, "name", "<img src=x onerror=alert(1)>")
    expect(page.locator("#where tbody tr").nth(1)).to_contain_text("*.bias (<img src=x onerror=alert(1)>)")
    assert page.locator("#where img").count() == 0


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(180, 83, 9)"), ("dark", "rgb(251, 191, 36)")])
def test_cards_and_warnings_speak_chinese(visit: Visit, scheme: str, colour: str) -> None:
    page = visit(locale="zh-CN", color_scheme=scheme)
    cell(page, 0, "optimizer").select_option("AdamW")
    type_into(page, 0, "weight_decay", "0.01")
    expect(fact(page, 0, "decay")).to_have_text("每步按 lr·wd = 1e-5 的比例缩小")
    expect(caution_of(page, 0, "weight_decay")).to_contain_text("0.01 也会缩小偏置")
    expect(caution_of(page, 0, "weight_decay")).to_have_css("color", colour)
    expect(group_cards(page).first).to_contain_text(re.compile("学习率.*权重衰减.*优化器状态", re.DOTALL))
    cell(page, 3, "optimizer").select_option("frozen")
    expect(page.locator("#where .algorithm").nth(3)).to_have_text("冻结")


def test_cards_fit_a_phone(visit: Visit) -> None:
    page = visit(width=390)
    cell(page, 0, "optimizer").select_option("AdamW")
    type_into(page, 0, "weight_decay", "0.01")
    type_into(page, 0, "name", "a" * 40)
    expect(page.locator("#where .group b").first).to_have_text("a" * 40)
    expect(fact(page, 0, "decay")).to_contain_text("1e-5")
    inside = "(card) => card.scrollWidth <= card.clientWidth && card.getBoundingClientRect().right <= 390"
    assert all(card.evaluate(inside) for card in group_cards(page).all())
    assert width_of(page) <= 390


def test_layer_decay_is_shown_spread_in_the_colours_of_its_row(visit: Visit) -> None:
    page = visit()
    for row in (3, 2, 1):
        tool(page, f"delete group {row + 1}").click()
    type_into(page, 0, "params", "*")
    type_into(page, 0, "lr", "0.01")
    type_into(page, 0, "layer_decay", "0.5")
    expect(group_cards(page)).to_have_count(4)
    assert [fact(page, i, "lr").inner_text() for i in range(4)] == ["0.01", "0.005", "0.0025", "0.00125"]
    add_group(page)
    type_into(page, 1, "params", "fc*")
    expect(error_of(page, 1, "params")).to_contain_text("take all that its patterns match: conv1 d")
    tool(page, "move up 2").click()
    expect(group_cards(page)).to_have_count(3)
    colours = "(all) => all.map((part) => getComputedStyle(part).borderLeftColor)"
    assert rows(page).evaluate_all(colours) == group_cards(page).evaluate_all(colours)[:2]


def test_a_depth_that_is_not_there_is_an_error_at_its_cell(visit: Visit) -> None:
    page = visit()
    type_into(page, 0, "depth", "7")
    expect(error_of(page, 0, "depth")).to_contain_text("no depth 7; its depths are 0 (stem) to 3 (head)")
    type_into(page, 0, "depth", "5-2")
    expect(error_of(page, 0, "depth")).to_contain_text("“5-2” is not a depth")
    type_into(page, 0, "depth", "stem")
    expect(error_of(page, 0, "depth")).to_be_empty()
