"""The app as a program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import app
from tests.browser.conftest import free_port
from tests.server.test_api import SMALL

ROOT = Path(app.__file__).parent


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
        assert [event["event"] for event in client.submit(raw, api_name="/train").result()[-2:]] == [
            "Finished",
            "Findings",
        ]
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
