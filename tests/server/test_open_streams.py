"""A call that comes while a stream is about to end is answered."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from urllib.request import Request, urlopen

import gradio as gr
import pytest

from core.server import Runs
from core.server.open_streams import END_SECONDS, STAY_SECONDS
from tests.browser.conftest import launched

SESSION = "abcdefghijk"
END = b'data: {"msg":"close_stream"'


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    with launched(Runs()) as page:
        yield page


def call(page: gr.Blocks) -> float:
    """How long it takes to be accepted."""
    groups = [{"name": "a", "params": "*"}]
    index = next(i for i, fn in page.fns.items() if fn.api_name == "assign")
    body = {"data": [{"dataset": "shapes", "groups": groups}], "fn_index": index, "session_hash": SESSION}
    headers = {"Content-Type": "application/json"}
    began = time.monotonic()
    with urlopen(
        Request(f"{page.local_url}gradio_api/queue/join", json.dumps(body).encode(), headers), timeout=30
    ) as answer:
        assert json.load(answer)["event_id"]
    return time.monotonic() - began


def read(page: gr.Blocks) -> http.client.HTTPResponse:
    answer: http.client.HTTPResponse = urlopen(
        f"{page.local_url}gradio_api/queue/data?session_hash={SESSION}", timeout=30
    )
    return answer


def read_until(answer: http.client.HTTPResponse, words: bytes) -> float:
    """When it is told."""
    began = time.monotonic()
    while words not in (line := answer.readline()):  # a stream that tells nothing still beats every few seconds
        assert line and time.monotonic() - began < 30, f"the stream does not tell {words!r}"
        assert END not in line
    return time.monotonic()


def test_calls_that_follow_one_another_are_told_in_one_stream_whose_end_is_told_later(page: gr.Blocks) -> None:
    call(page)
    with read(page) as answer:
        read_until(answer, b"process_completed")
        call(page)
        read_until(answer, b"process_completed")
        time.sleep(STAY_SECONDS / 2)
        call(page)
        last = read_until(answer, b"process_completed")
        assert read_until(answer, b"close_stream") - last > STAY_SECONDS * 0.9
        assert answer.read().strip() == b""


def test_a_call_just_after_the_end_is_accepted_once_the_end_has_been_read(page: gr.Blocks) -> None:
    call(page)
    with read(page) as answer:
        read_until(answer, b"close_stream")
        assert END_SECONDS * 0.8 < call(page) < 5 * END_SECONDS
    with read(page) as answer:
        read_until(answer, b"process_completed")


def test_who_leaves_a_stream_and_calls_again_is_told_in_the_next_one(page: gr.Blocks) -> None:
    """The stream that was left is not open for the session's next call, whose answer nobody would read there."""
    for _ in range(3):
        call(page)
        with read(page) as answer:
            read_until(answer, b"process_completed")
        time.sleep(STAY_SECONDS / 10)
        call(page)
        time.sleep(STAY_SECONDS / 5)
        with read(page) as answer:
            read_until(answer, b"process_completed")
            read_until(answer, b"close_stream")


def test_a_call_is_accepted_at_once_where_no_stream_has_just_ended(page: gr.Blocks) -> None:
    call(page)
    with read(page) as answer:
        read_until(answer, b"close_stream")
    time.sleep(END_SECONDS)
    assert min(call(page) for _ in range(5)) < END_SECONDS / 2
    read(page).close()
