"""The experiment as code: shown when asked for, following the table, saved as a file."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

import app
from core.experiment import Experiment
from core.export import to_optimizers, to_script
from core.text import say
from tests.browser.actions import cell, choose_preset, menu, open_tab, saved, type_into
from tests.browser.conftest import Visit


def code(page: Page) -> Locator:
    return page.locator("#code-text .cm-content")


def saved_code(page: Page, folder: Path) -> tuple[str, str]:
    """The name and the text of the file that the panel saves."""
    path = saved(page, "#code-save", folder)
    return path.name, path.read_text(encoding="utf-8")


def on_page(page: Page, preset: str, **changes: object) -> Experiment:
    """The preset as it stands on the page: without its texts, and with the dataset that is here."""
    raw = app.PRESETS[preset].to_dict() | {"dataset": menu(page, "dataset").input_value()} | changes
    return Experiment.from_dict(
        {key: value for key, value in raw.items() if key not in ("title", "summary", "look_for")}
    )


def test_the_code_follows_the_table_and_can_be_saved(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    expect(page.locator("#code-text")).to_have_count(0)
    open_tab(page, "python_code")
    expect(code(page)).to_contain_text("It needs torch and torchvision only")
    assert saved_code(page, tmp_path) == ("train.py", to_script(on_page(page, "layerwise_lr")))
    page.get_by_label(say("code_optimizers")).click()
    expect(code(page)).to_contain_text('"settings": {"lr": 0.01}')
    type_into(page, 3, "lr", "0.0625")
    expect(code(page)).to_contain_text('"settings": {"lr": 0.0625}')
    groups = [group.to_dict() for group in app.PRESETS["layerwise_lr"].groups]
    groups[3]["lr"] = 0.0625
    expected = to_optimizers(on_page(page, "layerwise_lr", groups=groups))
    assert saved_code(page, tmp_path) == ("optimizers.py", expected)


def test_wrong_values_have_no_code_and_say_so(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    open_tab(page, "python_code")
    expect(code(page)).to_contain_text("torchrun")
    type_into(page, 0, "lr", "-1")
    expect(code(page)).to_have_text(f"# {say('code_waits', 'zh')}")
    page.click("#code-save")
    expect(page.locator("body")).to_contain_text(say("fix_first", "zh"))
    type_into(page, 0, "lr", "0.5")
    expect(code(page)).to_contain_text("torchrun")


def test_a_preset_that_is_chosen_while_the_code_is_open_is_written(visit: Visit) -> None:
    page = visit()
    open_tab(page, "python_code")
    page.get_by_label(say("code_optimizers")).click()
    choose_preset(page, app.PRESETS["no_decay_bias"].title.en, 2)
    expect(code(page)).to_contain_text('"patterns": ["*.bias"]')


def test_names_are_shown_as_they_were_typed(visit: Visit) -> None:
    page = visit()
    open_tab(page, "python_code")
    page.get_by_label(say("code_optimizers")).click()
    evil = "${alert(1)}</script>'\\"
    cell(page, 0, "name").fill(evil)
    expect(code(page)).to_contain_text('''"${alert(1)}</script>'\\\\"''')
