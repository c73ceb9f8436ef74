"""The page as Spaces and proxies show it: below a path of theirs, and in a frame of another site."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from gradio_client import Client
from playwright.sync_api import expect

import app
from core.experiment.link import read_link
from tests.browser.actions import SECONDS, SMALL, Place, choose, link_of, menu, set_numbers, train, wait_until_filled
from tests.browser.conftest import NewPage, launched_with

PREFIX = "/some/lab"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server with this handler, without a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def proxy_of(upstream: str, strays: list[str]) -> type[BaseHTTPRequestHandler]:
    """A reverse proxy that takes PREFIX off and streams what comes; what is asked for elsewhere is a stray."""

    class Proxy(BaseHTTPRequestHandler):
        def forward(self) -> None:
            if not self.path.startswith(PREFIX):
                strays.append(self.path)
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
            headers = dict(self.headers) | {"X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": "http"}
            connection.request(self.command, self.path.removeprefix(PREFIX) or "/", body, headers)
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            while chunk := answer.read1():
                self.wfile.write(chunk)
            connection.close()

        do_GET = do_POST = do_HEAD = forward

        def log_message(self, *_: object) -> None:
            pass

    return Proxy


@pytest.fixture(scope="module")
def behind_a_proxy() -> Iterator[tuple[str, list[str]]]:
    strays: list[str] = []
    with launched_with(GRADIO_ROOT_PATH=PREFIX) as upstream, serve(proxy_of(upstream, strays)) as proxy:
        yield proxy + PREFIX, strays


def train_and_watch(page: Place) -> None:
    """A short run on generated images ends, and its chart is drawn by the Plotly that the app serves."""
    set_numbers(page, **SMALL)
    choose(page, "dataset", "shapes")
    train(page, "Finished: 2 steps")
    expect(page.locator("#chart .plot .main-svg").first).to_be_attached(timeout=30 * SECONDS)


def test_behind_a_prefix_the_page_trains_and_links(new_page: NewPage, behind_a_proxy: tuple[str, list[str]]) -> None:
    address, strays = behind_a_proxy
    page = new_page()
    page.goto(f"{address}/")
    wait_until_filled(page)
    train_and_watch(page)
    link = link_of(page)
    assert link.startswith(f"{address}/?c=")
    page.goto(link)
    expect(page.locator("#opened")).to_contain_text("Opened from the link")
    expect(menu(page, "train_size")).to_have_value("256")
    assert [path for path in strays if path != "/favicon.ico"] == []


def test_behind_a_prefix_the_api_answers(behind_a_proxy: tuple[str, list[str]]) -> None:
    address, strays = behind_a_proxy
    client = Client(f"{address}/", verbose=False)
    raw = app.PRESETS["layerwise_lr"].to_dict() | SMALL | {"dataset": "shapes"}
    *_, last = client.submit(raw, api_name="/train")
    assert last[-2]["reason"] == "done"
    assert "/gradio_api" not in "".join(strays)


def frame_of(address: str) -> type[BaseHTTPRequestHandler]:
    """A site with nothing but the app in a frame, allowed what huggingface.co allows its Spaces at most."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{address}" width="1200" height="800"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Site


def test_in_a_frame_the_page_trains_and_the_link_is_that_of_the_space(new_page: NewPage) -> None:
    page = new_page()
    with launched_with(SPACE_ID="someone/param-group-lab") as address, serve(frame_of(address)) as site:
        page.goto(site.replace("127.0.0.1", "localhost"))
        frame = page.frame_locator("iframe")
        expect(frame.locator("#where tbody tr").first).to_be_visible(timeout=30 * SECONDS)
        train_and_watch(frame)
        link = link_of(frame)
        page.close()
    assert link.startswith("https://huggingface.co/spaces/someone/param-group-lab?c=")
    assert read_link(parse_qs(urlsplit(link).query)["c"][0]).train_size == SMALL["train_size"]
