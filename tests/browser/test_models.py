"""The model menu: torchvision's networks by typing, and what a network does not take, in words."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.actions import choose_preset, menu, set_number
from tests.browser.conftest import Visit


def test_a_torchvision_network_is_found_by_typing_and_says_what_it_takes(visit: Visit) -> None:
    page = visit()
    choose_preset(page, "Example 3", 2)
    set_number(page, "image_size", 32)
    page.click("#pretrained input")
    menu(page, "model").click()
    menu(page, "model").fill("alexn")
    page.get_by_role("option", name="alexnet").click()
    refused = re.compile(r"Image size \(px\): alexnet does not take images of 32 px; sizes that it takes: 64, 96")
    expect(page.locator("#problems textarea")).to_have_value(refused)
    menu(page, "model").click()
    menu(page, "model").fill("small_")
    page.get_by_role("option", name="small_vit", exact=True).click()
    expect(page.locator("#problems")).to_have_count(0)
    expect(page.locator("#where")).to_contain_text("patch_embed")
