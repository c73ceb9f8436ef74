"""The app as a program."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent


def test_help_explains_every_flag(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--help"])
    with pytest.raises(SystemExit):
        app.main()
    text = capsys.readouterr().out
    for flag in ("--host", "--port", "--share", "--data-dir", "--model"):
        assert flag in text


def wait_for_page(address: str, program: subprocess.Popen[bytes]) -> bytes:
    for _ in range(300):
        assert program.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(address)
