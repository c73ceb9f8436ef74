"""The panel of Python code: what it shows and saves beside the experiment."""

from __future__ import annotations

from typing import Any

import pytest

import app
from core import lab
from core.export import record_groups, to_script
from core.page import export_panel
from core.page.checks import RECORDER, code_of
from core.text import LANGUAGES, say

Values = dict[str, Any]


@pytest.fixture
def right() -> Values:
    return app.PRESETS["layerwise_lr"].to_dict() | {"dataset": "shapes"}


@pytest.fixture
def wrong(right: Values) -> Values:
    first, *rest = right["groups"]
    return right | {"groups": [first | {"lr": -1.0}, *rest]}


def test_the_recorder_is_shown_whatever_the_table_holds(right: Values, wrong: Values) -> None:
    for values in (right, wrong):
        assert code_of(lab.check(values), RECORDER, "en") == record_groups()
    assert code_of(lab.check(right), "script", "en") == to_script(lab.check(right).experiment)
    assert code_of(lab.check(wrong), "script", "zh") == f"# {say('code_waits', 'zh')}"


def saved(form: str, values: Values, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(export_panel, "raw_of", lambda *_: values)
    return export_panel._file(form, "en")


def test_it_is_saved_as_a_file_whatever_the_table_holds(
    right: Values, wrong: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    for values in (right, wrong):
        file = saved(RECORDER, values, monkeypatch)
        assert (file["name"], file["text"]) == ("record_groups.py", record_groups())
    assert saved("script", right, monkeypatch)["name"] == "train.py"
    assert "text" not in saved("script", wrong, monkeypatch)


def test_every_form_has_a_file_and_words() -> None:
    assert set(export_panel.FILES) == {*lab.FORMS, RECORDER}
    for form, name in export_panel.FILES.items():
        assert form == "optimizers" or all(name in say(f"code_{form}", language) for language in LANGUAGES)
