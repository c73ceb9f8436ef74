"""A connection that is lost in mid-run: what had arrived is there again, and the page says that the run has ended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    SECONDS,
    choose,
    open_tab,
    points,
    set_number,
    set_numbers,
    status,
    wait_for_points,
    wait_until_filled,
)
from tests.browser.conftest import NewPage, Server


class Wire:
    """Carries bytes between a browser and the server until it is cut; `mend` lets new connections through."""

    def __init__(self, server: str) -> None:
        self._server, self._ends = urlsplit(server), list[socket.socket]()
        self._is_whole, self._loses = True, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_whole = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Nothing arrives any more, and no end is told."""
        self._loses = True

    def mend(self) -> None:
        self._is_whole, self._loses = True, False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                if not self._is_whole:
                    here.close()
                    continue
                there = socket.create_connection((str(self._server.hostname), int(self._server.port or 80)))
                self._ends += [here, there]
                for ends in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(2**16):
                if not self._loses:
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    wire = Wire(server.address)
    yield wire
    wire.close()


def begin_long_run(page: Page) -> None:
    set_number(page, "epochs", 50)
    choose(page, "dataset", "shapes")
    page.click("#train")
    wait_for_points(page, 5)


def lose_and_come_back(page: Page, server: Server, wire: Wire, words: str) -> None:
    """In mid-run; what had arrived is there again, and the page says that the run has ended."""
    page.goto(wire.address)
    wait_until_filled(page)
    begin_long_run(page)
    wire.cut()
    expect(page.locator(".toast-wrap")).to_contain_text("Connection to the server was lost", timeout=20 * SECONDS)
    before = points(page)
    assert len(before[0]["x"]) >= 5
    wire.mend()
    expect(status(page)).to_contain_text(words, timeout=60 * SECONDS)
    wait_for_points(page, 5)
    for then, now in zip(before, points(page), strict=True):
        assert now["x"][: len(then["x"])] == then["x"] and now["y"][: len(then["y"])] == then["y"]
    assert len(server.runs) == 0
    wait_until_filled(page)


def test_a_lost_connection_leaves_what_had_arrived(new_page: NewPage, server: Server, wire: Wire) -> None:
    page = new_page()
    lose_and_come_back(page, server, wire, "This run has ended: the connection was lost")
    set_numbers(page, epochs=1, train_size=256)
    page.click("#train")
    expect(page.locator("#chart .note")).to_be_empty(timeout=60 * SECONDS)
    open_tab(page, "findings_tab")
    expect(page.locator("#summary")).to_be_visible(timeout=60 * SECONDS)
    expect(page.locator("#stop")).to_be_disabled()
    page.evaluate("() => window.dispatchEvent(new Event('pagehide'))")
    assert page.evaluate("() => sessionStorage.getItem('cut-off run')") is None, "a run that ended is not kept"


def test_a_lost_connection_is_told_in_chinese(new_page: NewPage, server: Server, wire: Wire) -> None:
    lose_and_come_back(new_page(locale="zh-CN"), server, wire, "这次运行已经结束：连接中断")


def test_a_run_that_ends_while_its_visitor_is_away_is_there_when_they_are_back(
    new_page: NewPage, server: Server, wire: Wire
) -> None:
    page = new_page()
    page.goto(wire.address)
    wait_until_filled(page)
    choose(page, "dataset", "shapes")
    set_numbers(page, epochs=1, train_size=5000)
    page.click("#train")
    wait_for_points(page, 2)
    wire.lose()
    while len(server.runs):
        page.wait_for_timeout(0.1 * SECONDS)
    wire.cut()
    wire.mend()
    expect(status(page)).to_contain_text("Finished: 39 steps", timeout=60 * SECONDS)
    wait_for_points(page, 39)
