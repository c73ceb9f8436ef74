"""Under which names the server answers, and whose pages may ask."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import app
from core.server import OwnHosts, Visitors, is_loopback
from core.server.request_guard import Message, Receive, Send
from tests.browser.conftest import launched


def client(is_loopback: bool, share_url: str | None = None) -> TestClient:
    inner = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"), methods=["GET", "POST"])])
    return TestClient(OwnHosts(inner, SimpleNamespace(share_url=share_url), is_loopback))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:7860", "127.0.0.1:7860", "127.5.0.1", "[::1]:7860", "LOCALHOST"]
)
def test_a_loopback_server_answers_its_own_names(host: str) -> None:
    assert client(True).get("/", headers={"Host": host}).text == "here"
    assert client(True).get("/", headers={"Host": host, "Origin": f"http://{host}"}).text == "here"


@pytest.mark.parametrize(
    "host",
    [
        *("evil.test", "evil.test:7860", "localhost.evil.test", "127.0.0.1.evil.test", "0.0.0.0", "10.0.0.1", ""),
        *("localhost@evil.test", "[::1", "evil.test#localhost", "169.254.169.254"),
    ],
)
def test_a_loopback_server_answers_no_other_name(host: str) -> None:
    answer = client(True).get("/", headers={"Host": host})
    assert answer.status_code == 403 and "localhost" in answer.text
    assert client(False).get("/", headers={"Host": host}).status_code == 200, "what else it is called is not known"


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.test", "null", "http://localhost:3000", "https://localhost.evil.test:7860", "file://", ""),
        "http://localhost:7860@evil.test",
    ],
)
@pytest.mark.parametrize("loopback", [True, False])
def test_pages_of_other_sites_get_nothing(origin: str, loopback: bool) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        headers = {"Host": "localhost:7860", "Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = client(loopback).request(method, "/", headers=headers)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_public_link_a_space_and_a_proxy_have_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = client(True, "https://abc.gradio.live")
    assert shared.get("/", headers={"Host": "abc.gradio.live", "Origin": "https://abc.gradio.live"}).text == "here"
    assert shared.get("/", headers={"Host": "xyz.gradio.live"}).status_code == 403
    assert shared.get("/", headers={"Host": "localhost", "Origin": "https://abc.gradio.live"}).text == "here"
    monkeypatch.setenv("SPACE_HOST", "me-lab.hf.space")
    assert client(True).get("/", headers={"Host": "me-lab.hf.space"}).text == "here"
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://lab.example.org/below")
    proxied = {"Host": "127.0.0.1:7860", "Origin": "https://lab.example.org"}
    assert client(True).get("/", headers=proxied).text == "here"
    named = {"Host": "127.0.0.1:7860", "Origin": "https://other.example.org", "X-Forwarded-Host": "other.example.org"}
    assert client(True).get("/", headers=named).text == "here"


def test_names_of_this_machine() -> None:
    assert [is_loopback(name) for name in ("localhost", "127.0.0.1", "::1")] == [True] * 3
    assert [is_loopback(name) for name in ("0.0.0.0", "::", "evil.test", "", "8.8.8.8")] == [False] * 5


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    with launched() as blocks:
        yield blocks


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/gradio_api/mcp/", "/vendor/plotly.min.js"])
@pytest.mark.parametrize("header", ["Host: evil.test", "Host: 127.0.0.1\r\nOrigin: http://evil.test"])
def test_the_running_app_answers_neither_and_adds_no_header_for_others(page: gr.Blocks, path: str, header: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        with socket.create_connection(("127.0.0.1", page.server_port), timeout=20) as connection:
            more = "Access-Control-Request-Method: POST\r\nContent-Length: 0\r\nConnection: close\r\n"
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{header}\r\n{more}\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b"")).lower()
        assert answer.startswith(b"http/1.1 403")
        assert b"access-control" not in answer


def test_what_answers_the_first_request_answers_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Visitors] = []

    class Noted(Visitors):
        async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                asked.append(self)
            await super().__call__(scope, receive, send)

    monkeypatch.setattr(app, "Visitors", Noted)
    with launched() as page:
        httpx.get(page.local_url)
    assert len(asked) > 1, "Gradio asks before the launch has ended"
    assert len(set(map(id, asked))) == 1, "one that is built anew has forgotten who reads"
