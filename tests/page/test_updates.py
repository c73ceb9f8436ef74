"""What the page is sent."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import app
from core.page.checks import Checks
from core.page.filling import SETTINGS
from core.page.layout import lay_out
from core.page.updates import DataNews, data_news
from core.resources.fetching import Download, Source, prepare_cifar10

WISHED = app.PRESETS["layerwise_lr"].dataset


@pytest.fixture
def download(tmp_path: Path) -> Iterator[Download]:
    """One that goes on until the test has ended."""
    end = threading.Event()
    download = Download(Source("", tmp_path / "file", lambda: end.wait(20), lambda path: True, lambda: None))
    download.start()
    yield download
    end.set()
    download.join()


def test_a_download_switches_the_dataset_when_the_page_opens_and_not_in_between(download: Download) -> None:
    assert data_news(download, WISHED, False, "en").dataset == "shapes"
    assert data_news(download, WISHED, False, "en", again=True).dataset is None
    assert data_news(download, WISHED, True, "en").dataset is None


def test_the_end_of_a_download_switches_to_the_dataset_of_the_preset(tmp_path: Path) -> None:
    done = Download(Source("", tmp_path / "file", lambda: True, lambda path: True, lambda: None))
    assert data_news(done, WISHED, False, "en", again=True).dataset == "cifar10"
    assert data_news(done, WISHED, True, "en", again=True).dataset is None


def test_a_disk_that_is_read_only_is_said_and_leaves_the_shapes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "secret"))
    monkeypatch.setattr(Path, "mkdir", refuse)
    download = prepare_cifar10()
    download.join(20)
    news = data_news(download, WISHED, False, "en")
    assert "Read-only file system" in news.note
    assert "secret" not in news.note
    assert news == DataNews(news.note, "shapes", False, True)


@pytest.fixture(scope="module")
def checks() -> Checks:
    with gr.Blocks():
        return lay_out(app.PRESETS, "layerwise_lr", app.I18N).checks


def answer(checks: Checks, raw: dict[str, Any], plan: bool = False, code: bool = False) -> dict[str, Any]:
    """What an edit is answered by, by the part's name in `Checks`, with the panels open or closed."""
    preset = app.PRESETS["layerwise_lr"].to_dict()
    values = [(preset | raw)[field] for field in SETTINGS]
    told = checks.event["fn"](plan, code, "script", "en", (preset | raw)["groups"], *values)
    names = {checks.inputs.table: "table", checks.where: "where", checks.problems: "problems"}
    names |= {checks.plan.figure: "plan", checks.code.text: "code", checks.trained: "trained"}
    return {names[part]: update for part, update in told.items()}


def test_the_plan_is_drawn_while_its_panel_is_open_and_left_as_it_is_while_closed(checks: Checks) -> None:
    assert "plan" not in answer(checks, {})
    assert [trace.name for trace in answer(checks, {}, plan=True)["plan"].data] == ["conv1", "conv2", "fc1", "fc2"]


def test_the_plan_and_who_is_where_stay_while_the_values_cannot_be_read(checks: Checks) -> None:
    told = answer(checks, {"epochs": "?"}, plan=True)
    assert set(told) == {"table", "problems"}
    assert told["problems"].value.startswith("Epochs: ")


def test_code_is_written_while_its_panel_is_open_and_waits_while_something_is_wrong(checks: Checks) -> None:
    assert "code" not in answer(checks, {})
    assert "class SimpleModel" in answer(checks, {}, code=True)["code"]
    assert answer(checks, {"epochs": "?"}, code=True)["code"].startswith("# ")
