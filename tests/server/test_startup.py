"""Where the server may listen, and one sentence where it cannot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import app
from core.server import NoAddress, check_address
from core.server.startup import serves_this_machine_only

ROOT = Path(app.__file__).parent


@pytest.mark.parametrize("port", ["x", "", "0", "-1", "99999999", "65536", "1e3", "80.5", " 80", "٣", "9" * 5000])
def test_an_odd_port_is_named(port: str) -> None:
    with pytest.raises(NoAddress, match="give a whole number from 1 to 65535"):
        check_address("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "words"), [("no-such-host.invalid", "not known here"), ("192.0.2.1", "no address of this machine")]
)
def test_a_host_that_is_not_here_is_named(host: str, words: str) -> None:
    with pytest.raises(NoAddress, match=f"{host}.*{words}"):
        check_address(host, None)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NoAddress, match=f"port {port} is in use"):
            check_address("127.0.0.1", str(port))


def test_what_can_be_had_is_given_as_gradio_takes_it() -> None:
    assert check_address("127.0.0.1", None) == ("127.0.0.1", None)
    assert check_address("localhost", "7861") == ("localhost", 7861)
    if socket.has_ipv6:
        assert check_address("::1", None)[0] == check_address("[::1]", None)[0] == "[::1]"
    assert serves_this_machine_only("::1", False)


@pytest.mark.parametrize("port", ["", "99999999"])  # no number, at which Gradio's import would fail, and one too large
def test_the_program_ends_with_one_sentence(port: str) -> None:
    environment = os.environ | {"GRADIO_SERVER_PORT": port}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--port (or GRADIO_SERVER_PORT)" in done.stderr
