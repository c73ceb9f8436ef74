"""What the page says of a preset whose network can only be looked at."""

from __future__ import annotations

import gradio as gr
import pytest

import app
from core.page.compare_menu import choices_of
from core.page.filling import SETTINGS, setting_values, table_rows
from core.page.handlers import as_markdown
from core.page.layout import Layout, lay_out
from core.structures import runnable
from core.text import LANGUAGES, say

NAMES = [name for name in app.PRESETS if name not in runnable(app.PRESETS)]


@pytest.fixture(scope="module")
def page() -> Layout:
    with gr.Blocks():
        return lay_out(app.PRESETS, app.THINGS_TO_TRY, "layerwise_lr", app.I18N, lambda _: None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_described_and_nothing_is_said_of_images_or_runs(page: Layout, name: str, language: str) -> None:
    filled = page.opening.fill_with_preset(language, False, name)
    assert as_markdown(getattr(app.PRESETS[name].look_for, language)) in filled[page.opening.about]
    assert filled[page.opening.chart]["recorded"] == ""
    assert filled[page.opening.data_note] == "" and filled[page.opening.retry].visible is False


@pytest.mark.parametrize("name", ["layerwise_lr", *NAMES])
def test_the_guide_asks_for_no_training_and_the_code_tab_for_the_optimizers(page: Layout, name: str) -> None:
    raw, checks = app.PRESETS[name].to_dict(), page.checks
    values = [table_rows(raw), *(setting_values(raw)[field] for field in SETTINGS)]
    told = checks.event["fn"]("code", "script", None, name, "", "en", *values)
    assert told[checks.guide]["quiet"] == (name in NAMES)
    assert (told[checks.code.text]["value"] == f"# {say('code_of_structure')}") == (name in NAMES)
    told = checks.event["fn"]("code", "optimizers", None, name, "", "en", *values)
    assert "def build_optimizers" in told[checks.code.text]["value"]


def test_nothing_is_compared_with_it() -> None:
    offered = [choice for choice in choices_of([], [], app.PRESETS) if choice.startswith("preset:")]
    assert offered == [f"preset:{name}" for name in runnable(app.PRESETS)]
