"""What the server keeps of a visit: as long as somebody is there, and not for ever."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import gradio as gr
import pytest

from core.server import session_sweep as sessions
from tests.browser.conftest import launched

SHAPES = {"dataset": "shapes", "groups": [{"name": "all", "params": ["*"]}]}


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    with launched() as blocks:
        yield blocks


def ask(page: gr.Blocks, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(page.local_url + path, data, {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=30)


def call(page: gr.Blocks, endpoint: str, experiment: dict[str, Any], read: bool = True) -> str:
    """The event, which is the session's name too."""
    event = json.load(ask(page, f"gradio_api/call/{endpoint}", {"data": [experiment]}))["event_id"]
    if read:
        with ask(page, f"gradio_api/call/{endpoint}/{event}") as stream:
            stream.read()
    return str(event)


def kept(page: gr.Blocks) -> set[str]:
    """Sessions of which anything is there."""
    queue, holder = page._queue, page.app.state_holder
    events = {session for session, of_it in queue.pending_event_ids_session.items() if of_it}
    return set(holder.session_data) | set(holder.time_last_used) | set(queue.pending_messages_per_session) | events


def wait_for(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.02)


def sweep(page: gr.Blocks) -> None:
    """Any request does."""
    ask(page, "robots.txt").close()


def test_a_call_is_forgotten_once_it_is_read_and_later_if_it_is_not(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, unread = call(page, "assign", SHAPES), call(page, "assign", SHAPES, read=False)
    wait_for(lambda: unread in page.app.state_holder.session_data)
    monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0)
    sweep(page)
    wait_for(lambda: read not in kept(page))
    assert unread in kept(page)  # not at once: an answer may be fetched a little later
    monkeypatch.setattr(sessions, "CALL_SECONDS", 0)
    wait_for(lambda: sweep(page) or unread not in kept(page))


def test_a_call_that_computes_is_not_forgotten(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0)
    monkeypatch.setattr(sessions, "CALL_SECONDS", 0)
    event = call(page, "train", SHAPES | {"train_size": 640, "test_size": 64, "epochs": 3}, read=False)
    wait_for(lambda: event in page.app.state_holder.session_data)
    with ask(page, f"gradio_api/call/train/{event}") as stream:
        lines = []
        for line in stream:
            lines.append(line.decode())
            sweep(page)
    assert '"Finished"' in "".join(lines[-6:])


def test_a_page_is_kept_while_it_is_connected(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0)
    monkeypatch.setattr(sessions, "PAGE_SECONDS", 0)
    here, gone = "visitor-one", "visitor-two"
    with ask(page, f"gradio_api/heartbeat/{here}") as heartbeat:
        heartbeat.readline()
        for session in (here, gone):
            assert page.app.state_holder[session]
        wait_for(lambda: sweep(page) or gone not in kept(page))
        assert here in kept(page)
    wait_for(lambda: sweep(page) or here not in kept(page))


def test_a_lost_page_is_kept_from_the_moment_at_which_it_is_lost(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long nothing was clicked before."""
    monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0)
    reader, used = "visitor-who-reads", page.app.state_holder.time_last_used
    with ask(page, f"gradio_api/heartbeat/{reader}") as heartbeat:
        heartbeat.readline()
        assert page.app.state_holder[reader]
        used[reader] = earlier = datetime.now() - timedelta(hours=1)
        sweep(page)
    wait_for(lambda: used[reader] > earlier)
    sweep(page)
    assert reader in kept(page)


def test_no_more_sessions_are_kept_than_is_told(page: gr.Blocks) -> None:
    assert page.app.state_holder.capacity == sessions.MOST_SESSIONS
