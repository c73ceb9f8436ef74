"""One visitor is one visitor: who does not read gets no turn, who leaves gives it back, who floods hurts nobody."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from asyncio import Queue as AsyncQueue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import gradio as gr
import pytest
from gradio_client import Client
from starlette.datastructures import Headers

from core.server import Runs, Visitor, Visitors
from core.server.reading import LISTEN_SECONDS, Reading
from core.server.runs import AlreadyRuns, NobodyReads
from core.server.visitors import MOST_UNREAD, MOST_UNREAD_OF_ALL, TOOL_HEADER, forwarded_for
from core.text import say
from tests.browser.conftest import launched

SHORT = {
    "dataset": "shapes",
    "train_size": 64,
    "test_size": 10,
    "batch_size": 16,
    "epochs": 1,
    "groups": [{"name": "a", "params": "*"}],
}
LONG = SHORT | {"train_size": 5000, "epochs": 60}
LEFT = 5.0  # seconds after which a run of somebody who is gone is over: one, and more on a busy machine


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[gr.Blocks, Runs]]:
    with launched(runs := Runs()) as page:
        yield page, runs


@pytest.fixture
def page(served: tuple[gr.Blocks, Runs]) -> gr.Blocks:
    return served[0]


@pytest.fixture
def runs(served: tuple[gr.Blocks, Runs]) -> Iterator[Runs]:
    """Of which none goes on from one test to the next."""
    wait_until(lambda: not served[1]._stops, 20)
    yield served[1]
    wait_until(lambda: not served[1]._stops, 20)


def wait_until(seen: Callable[[], bool], seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)
    return time.monotonic() - began


def post(page: gr.Blocks, endpoint: str, experiment: Any, session: str | None = None) -> str:
    """The call's event."""
    body = {"data": [experiment]} | ({"session_hash": session} if session else {})
    text, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{page.local_url}gradio_api/call/{endpoint}", text, kind)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["event_id"])


@contextmanager
def stream(page: gr.Blocks, endpoint: str, event: str) -> Iterator[http.client.HTTPResponse]:
    with urllib.request.urlopen(f"{page.local_url}gradio_api/call/{endpoint}/{event}", timeout=60) as answer:
        yield answer


def read_until(answer: http.client.HTTPResponse, kind: bytes) -> None:
    """An event of this kind; fails with the call's error if there is one instead."""
    while kind not in (line := answer.readline()):
        assert line and b"error" not in line, answer.readline()


def text_of(page: gr.Blocks, endpoint: str, event: str) -> str:
    with stream(page, endpoint, event) as answer:
        return answer.read().decode()


def test_runs_that_nobody_reads_never_start_and_leave_no_place(page: gr.Blocks, runs: Runs) -> None:
    client = Client(page.local_url, verbose=False)
    for _ in range(20):
        post(page, "train", LONG)
    began = time.monotonic()
    events = [event["event"] for burst in client.submit(SHORT, api_name="/train") for event in burst]
    assert events[0] == "Started" and events[-1] == "Findings"
    assert time.monotonic() - began < LISTEN_SECONDS, "nobody stood in the line"
    assert len(runs) == 0


def test_a_second_run_of_the_same_visitor_is_refused_in_words(page: gr.Blocks, runs: Runs) -> None:
    with stream(page, "train", post(page, "train", LONG)) as first:
        read_until(first, b"Started")
        assert say("already_runs") in text_of(page, "train", post(page, "train", SHORT))
        other = Client(page.local_url, verbose=False).submit(SHORT, api_name="/train")
        wait_until(lambda: len(other.outputs()) > 0, 20)
        assert other.outputs()[0][0]["doing"] == "waiting", "somebody else may wait"
    wait_until(other.done, 20)
    assert other.outputs()[-1][-1]["event"] == "Findings"


def test_who_hangs_up_ends_the_run(page: gr.Blocks, runs: Runs) -> None:
    with stream(page, "train", post(page, "train", LONG)) as first:
        read_until(first, b"Step")
    assert wait_until(lambda: len(runs) == 0, 10) < LEFT


def call_tool(page: gr.Blocks, experiment: Any) -> http.client.HTTPConnection:
    """A connection to the MCP server that waits for a run's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=60)
    call = {"name": "train", "arguments": {"experiment": experiment}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", "/gradio_api/mcp/", body, headers)
    return connection


def test_clients_of_mcp_that_hang_up_end_their_runs(page: gr.Blocks, runs: Runs) -> None:
    pytest.importorskip("mcp")
    for _ in range(4):
        connection = call_tool(page, LONG)
        wait_until(lambda: len(runs) == 1, 20)
        connection.close()
        assert wait_until(lambda: len(runs) == 0, 10) < LEFT
    connection = call_tool(page, SHORT)
    assert b"Findings" in connection.getresponse().read()
    connection.close()


def test_more_unread_calls_than_may_be_are_refused_until_the_oldest_is_old_and_no_stream_is_cut(
    page: gr.Blocks, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stream(page, "train", post(page, "train", LONG)) as read:
        read_until(read, b"Step")
        events, refused = [], None
        while refused is None and len(events) < 2 * MOST_UNREAD:
            try:
                events.append(post(page, "assign", "layerwise_lr"))
            except urllib.error.HTTPError as error:
                refused = error
        assert refused is not None and refused.code == 429 and "read their answers" in refused.read().decode()
        assert len(events) >= MOST_UNREAD, "none was refused before"
        client = Client(page.local_url, verbose=False)  # a session from the same address
        assert client.predict("layerwise_lr", api_name="/assign")
        monkeypatch.setattr("core.server.visitors.LISTEN_SECONDS", 0.3)
        time.sleep(0.8)
        more = [post(page, "assign", "layerwise_lr") for _ in range(20)]
        assert text_of(page, "assign", more[-1])
        with pytest.raises(urllib.error.HTTPError, match="404"):
            text_of(page, "assign", events[0])
        assert any(b"Step" in read.readline() for _ in range(50)), "it goes on"


def test_an_unread_call_that_waits_is_given_up(page: gr.Blocks, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.server.visitors.LISTEN_SECONDS", 0.3)
    event = post(page, "train", LONG)
    time.sleep(0.8)
    post(page, "assign", "layerwise_lr")
    wait_until(lambda: event not in page._queue.event_ids_to_events, 5)


def test_the_most_unread_calls_are_fewer_than_gradio_keeps() -> None:
    assert MOST_UNREAD < MOST_UNREAD_OF_ALL < 2000


def test_a_run_waits_for_its_reader_and_a_reader_who_comes_back_is_no_other() -> None:
    reads: list[bool | None] = [None, None, True]
    me = Visitor("me", lambda: reads.pop(0) if len(reads) > 1 else reads[0])
    runs = Runs()
    assert list(runs.in_turn(me, lambda stop: iter([stop()]))) == [False]
    with pytest.raises(NobodyReads):
        list(runs.in_turn(Visitor("me", lambda: False), lambda stop: iter([1])))
    going = runs.in_turn(me, lambda stop: iter([1, 2]))
    next(going)
    with pytest.raises(AlreadyRuns):
        next(runs.in_turn(me, lambda stop: iter([1])))
    assert next(runs.in_turn(Visitor("another"), lambda stop: iter([3]))).doing == "waiting"
    going.close()
    assert list(runs.in_turn(me, lambda stop: iter([1]))) == [1]


def test_a_stream_that_closes_may_open_again_for_a_moment() -> None:
    reading = Reading()
    assert reading.goes_on("a", 0.0) is None
    reading.now = LISTEN_SECONDS
    assert reading.goes_on("a", 0.0) is False
    with reading.open("a"):
        assert reading.goes_on("a", 0.0) is True
    assert reading.goes_on("a", 0.0) is None
    reading.now += 0.8
    assert reading.goes_on("a", 0.0) is False
    assert reading.goes_on("a", reading.now) is None, "another call of the same session"


def test_nobody_is_late_while_the_server_has_no_time_for_them() -> None:
    async def stall() -> float:
        reading = Reading()
        clock = asyncio.create_task(reading.keep_time())
        await asyncio.sleep(0.25)
        time.sleep(1.0)
        await asyncio.sleep(0)
        clock.cancel()
        return reading.now

    with ThreadPoolExecutor(1) as pool:  # another test may have left a loop on this thread
        assert 0.1 < pool.submit(asyncio.run, stall()).result() < 0.5


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.114.9", "203.0.114.9"),
        ("1.2.3.4, 9.9.9.9", "9.9.9.9"),
        ("1.2.3.4, 8.8.4.4, 10.0.0.7", "8.8.4.4"),
        ("10.0.0.7", None),
        ("", None),
        ("9.9.9.9, nonsense", None),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
    ],
)
def test_a_proxys_header_names_the_nearest_address_outside(header: str, address: str | None) -> None:
    assert next(forwarded_for(Headers({"x-forwarded-for": header})), None) == address


def test_a_header_without_a_known_proxy_makes_nobody_another_visitor(page: gr.Blocks, runs: Runs) -> None:
    def call(forwarded: str) -> str:
        text = json.dumps({"data": [LONG]}).encode()
        headers = {"Content-Type": "application/json", "X-Forwarded-For": forwarded}
        request = urllib.request.Request(f"{page.local_url}gradio_api/call/train", text, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["event_id"])

    with stream(page, "train", call("1.2.3.4")) as first:
        read_until(first, b"Started")
        assert say("already_runs") in text_of(page, "train", call("5.6.7.8"))


def test_a_tool_whose_client_went_before_its_call_came_has_no_reader(page: gr.Blocks) -> None:
    found, known = Visitors(page.app, page, False), "0123"
    found._tools[known] = "203.0.114.9"
    page._queue.pending_messages_per_session["s"] = AsyncQueue()
    for name, reads in ((known, None), ("gone", False)):
        scope = {"type": "http", "headers": [(TOOL_HEADER.encode(), name.encode())], "client": ("127.0.0.1", 1)}
        assert found.visitor(scope, "s").reads() is reads
    del page._queue.pending_messages_per_session["s"]


def test_a_flood_of_calls_does_not_keep_another_visitor_waiting(page: gr.Blocks, runs: Runs) -> None:
    client = Client(page.local_url, verbose=False)
    flood = threading.Thread(target=lambda: [post(page, "assign", SHORT | {"seed": seed}) for seed in range(150)])
    flood.start()
    took = []
    while flood.is_alive():
        began = time.monotonic()
        client.predict("layerwise_lr", api_name="/assign")
        took.append(time.monotonic() - began)
    assert sorted(took)[len(took) * 9 // 10] < 5.0, "how fast is measured by the long form"
