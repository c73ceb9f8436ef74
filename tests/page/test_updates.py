"""What the page is sent."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

import app
from core.checking import check
from core.page.updates import data_updates, plan_update
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
    assert data_updates(download, WISHED, False, "en")[1] == "shapes"
    assert data_updates(download, WISHED, False, "en", again=True)[1] == gr.skip()
    assert data_updates(download, WISHED, True, "en")[1] == gr.skip()


def test_the_end_of_a_download_switches_to_the_dataset_of_the_preset(tmp_path: Path) -> None:
    done = Download(Source("", tmp_path / "file", lambda: True, lambda path: True, lambda: None))
    assert data_updates(done, WISHED, False, "en", again=True)[1] == "cifar10"
    assert data_updates(done, WISHED, True, "en", again=True)[1] == gr.skip()


def test_a_disk_that_is_read_only_is_said_and_leaves_the_shapes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "secret"))
    monkeypatch.setattr(Path, "mkdir", refuse)
    download = prepare_cifar10()
    download.join(20)
    note, dataset, *_ = data_updates(download, WISHED, False, "en")
    assert "Read-only file system" in note
    assert "secret" not in note
    assert dataset == "shapes"


def test_the_plan_is_drawn_while_its_panel_is_open_and_left_as_it_is_while_closed() -> None:
    checked = check(app.PRESETS["layerwise_lr"].to_dict())
    assert plan_update(checked, False, "en") == gr.skip()
    assert [trace.name for trace in plan_update(checked, True, "en").data] == ["conv1", "conv2", "fc1", "fc2"]


def test_the_plan_stays_while_the_values_cannot_be_read() -> None:
    assert plan_update(check({"groups": "?"}), True, "en") == gr.skip()
