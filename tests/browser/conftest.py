"""The app in this process, and a headless Chromium that visits it."""

from __future__ import annotations

import shutil
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

import app
from core.report import Followed
from core.resources.fetching import prepare_cifar10
from core.server import Runs
from tests.browser.actions import SECONDS, wait_until_filled

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

expect.set_options(
    timeout=30 * SECONDS
)  # how fast an answer comes is measured elsewhere, on a machine that does nothing else

NewPage = Callable[..., Page]
Visit = Callable[..., Page]


@dataclass(frozen=True)
class Server:
    address: str
    runs: Runs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def launched(runs: Runs | None = None, followed: Followed | None = None, **where: Any) -> Iterator[gr.Blocks]:
    """The app in this process, on a free port of this machine."""
    page = app.build(Runs() if runs is None else runs, followed)  # which is false while nothing runs
    app.launch(page, server_name="127.0.0.1", server_port=free_port(), quiet=True, **where)
    try:
        yield page
    finally:
        page.close()


@contextmanager
def launched_with(**environment: str) -> Iterator[str]:
    """The address of an app begun with these environment variables, without a slash at its end."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with launched() as page:
            yield page.local_url.rstrip("/")


@contextmanager
def served() -> Iterator[Server]:
    """The same, with what it computes."""
    with launched(runs := Runs()) as page:
        yield Server(page.local_url, runs)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with served() as server:
        prepare_cifar10().join()
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """A new visitor's empty page; in the end it checks that no script failed."""
    contexts = []
    errors: list[str] = []

    def open_page(width: int = 1280, **options: Any) -> Page:
        contexts.append(browser.new_context(**options_of(width, options)))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def options_of(width: int, options: dict[str, Any]) -> dict[str, Any]:
    """Of a browser context."""
    return {"locale": "en-US", "viewport": {"width": width, "height": 900}} | options


@pytest.fixture(scope="session")
def idle_pages() -> defaultdict[str, list[Page]]:
    """Pages that tests have left, by those options of their context that a page cannot change."""
    return defaultdict(list)


@pytest.fixture
def visit(server: Server, browser: Browser, idle_pages: defaultdict[str, list[Page]]) -> Iterator[Visit]:
    """Opens the page as a new visitor, and waits until it is filled; in the end it checks that no script failed.

    An idle page is used again, with nothing left of its last visitor: its process has compiled the scripts already,
    which is more than half of what a new one takes.
    """
    opened: list[tuple[Page, str]] = []
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(str(error))

    def open_page(query: str = "", width: int = 1280, **options: Any) -> Page:
        options = options_of(width, options)
        viewport, scheme = options.pop("viewport"), options.pop("color_scheme", "light")
        idle = idle_pages[key := repr(options)]
        page = idle.pop() if idle else browser.new_context(**options).new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        opened.append((page, key))
        page.on("pageerror", note)
        page.goto(server.address + query)
        wait_until_filled(page)
        return page

    yield open_page
    for page, key in opened:
        if page.is_closed():
            page.context.close()
            continue
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.goto("about:blank")
        page.remove_listener("pageerror", note)
        idle_pages[key].append(page)
    assert errors == []
