"""What goes wrong outside the experiment: a device without memory, a disk that is full or another's, a signal."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError

import app
import core.training.run
from core.report import Report
from core.resources.fetching import Download, Source
from core.server import Runs, Visitor
from tests.browser.conftest import free_port
from tests.conftest import Make
from tests.server.test_api import LONG, RAW, SMALL
from tests.test_app import ROOT, wait_for_page

# Root without its powers: files of others are closed to it too.
PLAIN_USER = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
TOO_HIGH = {"name": "high", "params": ["fc*"], "optimizer": "SGD", "lr": 10.0, "options": "maximize=True"}
REST = {"name": "body", "params": ["*"], "optimizer": "SGD", "lr": 1e-4}


def last_of(make: Make, language: str, *groups: dict[str, Any], **fields: Any) -> Report:
    *_, last = Runs().watch(Visitor("a"), language, make(*groups, **fields).to_dict())
    return last


@pytest.mark.parametrize(("language", "word"), [("en", "Stopped at step"), ("zh", "步停止")])
def test_a_run_that_blows_up_says_at_which_step_and_which_group_first(make: Make, language: str, word: str) -> None:
    report = last_of(make, language, TOO_HIGH, REST, epochs=50)
    assert report.finished is not None
    assert report.finished.reason == "non_finite"
    assert word in report.status
    assert str(report.finished.step) in report.status
    assert report.findings[0].startswith("high")
    rows = [json.loads(line) for line in report.chart.splitlines()[1:]]
    assert max(row[0] for row in rows) == report.finished.step, "the charts keep every step"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 8.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB, max allowed: 9.07 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
    ids=["cuda", "mps", "cpu"],
)
@pytest.mark.parametrize(("language", "words"), [("en", ("batch size", "image size")), ("zh", ("批大小", "图像尺寸"))])
def test_without_memory_a_run_says_what_to_lower_and_the_next_one_works(
    make: Make, monkeypatch: pytest.MonkeyPatch, error: Exception, language: str, words: tuple[str, str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(core.training.run, "cross_entropy", fail)
        report = last_of(make, language)
    assert all(word in report.status for word in words)
    assert "GiB" not in report.status
    assert "alloc" not in report.status.lower()
    again = last_of(make, language)
    assert again.finished is not None
    assert again.finished.reason == "done"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_disk_that_cannot_be_written_is_said_and_a_second_start_mends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    (tmp_path / "there").write_bytes(b"whole")
    path = tmp_path / "data" / "file"
    source = Source(
        url=(tmp_path / "there").as_uri(),
        path=path,
        is_ready=path.exists,
        is_whole=lambda found: found.read_bytes() == b"whole",
        unpack=lambda: None,
    )

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        first = Download(source)
        first.run()
    assert first.problem == os.strerror(code)
    assert list(path.parent.iterdir()) == []
    second = Download(source)
    second.run()
    assert (second.problem, path.read_bytes()) == (None, b"whole")


@contextmanager
def program(log: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`python app.py` of this project, once it serves; its address."""
    port = free_port()
    nowhere = {"https_proxy": "http://127.0.0.1:9", "GRADIO_SERVER_PORT": str(port)}
    with log.open("wb") as file:
        running = subprocess.Popen(
            [*PLAIN_USER, sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | nowhere | environment,
            stdout=file,
            stderr=file,
        )
        try:
            assert b"Param Group Lab" in wait_for_page(f"http://127.0.0.1:{port}/", running)
            yield f"http://127.0.0.1:{port}/", running
        finally:
            with suppress(ProcessLookupError):
                running.kill()
            running.wait(10)


def begin_run(address: str) -> Any:
    """The stream of a long run, of which the first event has come."""
    body = json.dumps({"experiment": RAW | LONG}).encode()
    request = urllib.request.Request(f"{address}gradio_api/call/v2/train", body, {"Content-Type": "application/json"})
    event = json.load(urllib.request.urlopen(request, timeout=20))["event_id"]
    stream = urllib.request.urlopen(f"{address}gradio_api/call/train/{event}", timeout=60)
    while (line := stream.readline()) in (b"event: heartbeat\n", b"data: null\n", b"\n"):
        pass
    assert line == b"event: generating\n", stream.readline()
    return stream


def test_the_app_serves_without_network_or_data_and_ends_within_three_seconds_of_sigterm_in_mid_run(
    tmp_path: Path,
) -> None:
    with program(tmp_path / "log", DATA_DIR=str(tmp_path / "data")) as (address, running):
        client = Client(address, verbose=False)
        raw = app.PRESETS["layerwise_lr"].to_dict() | SMALL
        events = client.submit(raw, api_name="/train").result()
        assert [event["event"] for event in events[-2:]] == ["Finished", "Findings"]
        with pytest.raises(AppError, match="CIFAR-10 is not here"):
            client.predict(raw | {"dataset": "cifar10"}, api_name="/train")
        with begin_run(address):
            began = time.monotonic()
            running.send_signal(signal.SIGTERM)
            running.wait(10)
            assert time.monotonic() - began < 3
    assert b"Traceback" not in (tmp_path / "log").read_bytes()


def call(address: str, endpoint: str, data: list[Any]) -> str:
    """All that an endpoint answers."""
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(f"{address}gradio_api/call/{endpoint}", body, {"Content-Type": "application/json"})
    event = json.load(urllib.request.urlopen(request, timeout=20))["event_id"]
    with urllib.request.urlopen(f"{address}gradio_api/call/{endpoint}/{event}", timeout=60) as stream:
        return str(stream.read().decode())


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may read everything")
def test_with_folders_of_somebody_else_the_page_says_so_and_trains(tmp_path: Path) -> None:
    closed = tmp_path / "others"
    closed.mkdir(mode=0o000)
    folders = dict.fromkeys(("TORCH_HOME", "HOME", "TMPDIR", "GRADIO_TEMP_DIR"), str(closed))
    with program(tmp_path / "log", DATA_DIR=str(closed / "data"), **folders) as (address, _):
        assert '"reason": "done"' in call(address, "train", [RAW])
        pretrained = RAW | {"model": "resnet18", "pretrained": True, "groups": [{"name": "a", "params": "*"}]}
        assert '"weights": "random", "weights_problem": "' in call(address, "train", [pretrained])
        body = json.dumps({"data": ["en", None, None], "session_hash": "me"}).encode()
        headers = {"Content-Type": "application/json"}
        look = urllib.request.Request(f"{address}gradio_api/run/look_again", body, headers)
        said = "Looking for CIFAR-10"
        for _ in range(100):
            if "Looking for CIFAR-10" not in said:
                break
            time.sleep(0.1)
            said = urllib.request.urlopen(look).read().decode()
        assert "could not be downloaded (no permission to write there)" in said
