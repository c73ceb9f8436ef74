"""The app as a program and as an API."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import app
from core.events import to_json
from core.experiment import Experiment
from core.runs import Runs
from core.training import train
from tests.browser.conftest import free_port

ROOT = Path(app.__file__).parent
SMALL = {"dataset": "shapes", "train_size": 64, "test_size": 10, "batch_size": 32, "epochs": 1}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    page = app.build(Runs())
    yield Client(app.launch(page, server_name="127.0.0.1", server_port=free_port(), quiet=True), verbose=False)
    page.close()


def without_times(events: list[dict[str, object]]) -> list[dict[str, object]]:
    return [event | {"seconds": 0} for event in events if event["event"] != "Progress"]


def test_train_streams_the_events_that_python_gives(client: Client) -> None:
    raw = app.PRESETS["dual_optimizer"].to_dict() | SMALL
    streamed = [event for burst in client.submit(raw, api_name="/train") for event in burst]
    expected = [to_json(event) for event in train(Experiment.from_dict(raw))]
    assert without_times(streamed) == without_times(expected)
    assert [event["event"] for event in streamed].count("Step") == 2


def test_presets_can_be_listed_and_named(client: Client) -> None:
    assert client.predict(api_name="/presets") == {name: preset.to_dict() for name, preset in app.PRESETS.items()}
    table = client.predict("frozen_resnet", api_name="/assign")
    assert {row["group"] for row in table} == {"head", "backbone"}
    assert sum(row["count"] for row in table) == 11_176_512 + 5_130


@pytest.mark.parametrize("endpoint", ["/train", "/assign"])
def test_what_is_wrong_comes_back_by_group_and_field(client: Client, endpoint: str) -> None:
    with pytest.raises(AppError, match=r"groups\[0\]\.lr: 'x' is not a number"):
        client.predict({"groups": [{"name": "a", "params": "*", "lr": "x"}]}, api_name=endpoint)


def test_nothing_but_three_endpoints_is_public(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)
    assert set(api["named_endpoints"]) == {"/train", "/presets", "/assign"}
    assert api["unnamed_endpoints"] == {}


def test_help_explains_every_flag() -> None:
    text = subprocess.run([sys.executable, "app.py", "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    for flag in ("--host", "--port", "--share", "--data-dir", "--model"):
        assert flag in text


def test_python_app_py_serves_the_page_without_network_or_data(tmp_path: Path) -> None:
    port = free_port()
    nowhere = {"https_proxy": "http://127.0.0.1:9", "DATA_DIR": str(tmp_path), "GRADIO_SERVER_PORT": str(port)}
    log = (tmp_path / "log").open("w+")
    program = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=os.environ | nowhere, stdout=log, stderr=log)
    try:
        assert b"Param Group Lab" in wait_for_page(f"http://127.0.0.1:{port}/", program)
        client = Client(f"http://127.0.0.1:{port}/", verbose=False)
        raw = app.PRESETS["layerwise_lr"].to_dict() | SMALL
        assert client.submit(raw, api_name="/train").result()[-1]["event"] == "Finished"
        with pytest.raises(AppError, match="CIFAR-10 is not here"):
            client.predict(raw | {"dataset": "cifar10"}, api_name="/train")
    finally:
        program.terminate()
        program.wait(10)


def wait_for_page(address: str, program: subprocess.Popen[bytes]) -> bytes:
    for _ in range(300):
        assert program.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(address)
