"""What a stranger with curl can do to a public server, on loopback and within bounds, and whether it was borne.

`python -m tests.hostile strangers` does all of it to a program of its own.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from statistics import median
from typing import Any

from gradio_client import Client

from tests.benchmarks.serving import Server
from tests.crowd.leaving import Process
from tests.crowd.promises import Promise
from tests.crowd.visitors import EXPERIMENT, seconds_until_started

LONG = EXPERIMENT | {"epochs": 100, "train_size": 5000}
HEAVY = ("regnet_y_128gf", "vit_h_14", "convnext_large", "efficientnet_v2_l", "swin_v2_b", "densenet201", "maxvit_t")
FILE = {"meta": {"_type": "gradio.FileData"}, "orig_name": "x"}
MOST_MEGABYTES = 150.0
SLOWEST_EDIT = 1.0  # seconds, of 95 in 100
FLOOD_SECONDS = 20.0  # at least
LONGEST_WAIT = 10.0  # seconds from a flood's end until a run starts


def of_strangers(server: Server) -> Iterator[Promise]:
    """Each attack, one after the other."""
    yield from of_bodies(server)
    yield from of_files(server)
    yield from of_hosts(server)
    yield from of_flood(server)


def post(server: Server, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    """The answer's status and text; 0 where the server hung up in the midst of the body."""
    connection = http.client.HTTPConnection(server.address.split("/")[2], timeout=60)
    with suppress(OSError):
        connection.request("POST", path, body, {"Content-Type": "application/json"} | headers)
        with connection.getresponse() as answer:
            return answer.status, answer.read(10_000)
    connection.close()
    return 0, b""


def call(server: Server, endpoint: str, *data: Any) -> str | None:
    """The event of a call that is not read; None where it was refused."""
    status, text = post(server, f"/gradio_api/call/{endpoint}", json.dumps({"data": data}).encode())
    return str(json.loads(text)["event_id"]) if status == 200 else None


def of_bodies(server: Server) -> Iterator[Promise]:
    """Sixteen bodies of 4 MB that hold a million values each."""
    process = Process(server)
    process.seconds_until_idle(30)  # torch is imported once the page is served
    before = process.status("VmRSS")
    bodies = [b'{"data": [' + piece * (4_000_000 // len(piece)) + b"0]}" for piece in (b"[],", b"{},") * 8]
    with ThreadPoolExecutor(len(bodies)) as pool:
        statuses = Counter(
            status for status, _ in pool.map(lambda b: post(server, "/gradio_api/call/assign", b), bodies)
        )
    more = (process.status("VmHWM") - before) / 1024
    yield Promise(
        f"sixteen bodies of 4 MB at once take at most {MOST_MEGABYTES:g} MB, and none is read",
        f"{more:.0f} MB more, answers {dict(statuses)}",
        more <= MOST_MEGABYTES and not statuses[200],
    )


def of_files(server: Server) -> Iterator[Promise]:
    """Objects that Gradio takes for files to fetch, on every way to a handler."""
    touched: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    touched.append(listener.accept())

        thread = threading.Thread(target=listen)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        files = [FILE | {"path": address}, FILE | {"path": address, "url": address}, {"url": address, "path": ""}]
        values = [nested for file in files for nested in (file, [file], {"groups": [{"params": file}]})]
        statuses = Counter(
            post(server, path, json.dumps(body).encode(), Accept="application/json, text/event-stream")[0]
            for value in values
            for path, body in ways_to_a_handler(value)
        )
        thread.join()
    yield Promise(
        "no file is fetched, whatever a call holds",
        f"{sum(statuses.values())} calls, {len(touched)} connections to what they named, answers {dict(statuses)}",
        not touched and not statuses[200],
    )


def ways_to_a_handler(value: Any) -> Iterator[tuple[str, Any]]:
    yield "/gradio_api/call/assign", {"data": [value]}
    yield "/gradio_api/call/v2/assign", {"experiment": value}
    yield "/gradio_api/run/assign", {"data": [value]}
    yield "/gradio_api/queue/join", {"data": [value], "fn_index": 1, "session_hash": "stranger"}
    arguments = {"name": "assign", "arguments": {"experiment": value}}
    yield "/gradio_api/mcp/", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}


def of_hosts(server: Server) -> Iterator[Promise]:
    """Names that are not the server's, and pages of other sites."""
    port = server.address.split(":")[2].strip("/")
    strange = [{"Host": "evil.test"}, {"Host": f"evil.test:{port}"}, {"Origin": "http://evil.test"}, {"Origin": "null"}]
    found = Counter(
        _status(server, path, headers)
        for path in ("/", "/config", "/gradio_api/info", "/gradio_api/mcp/", "/vendor/plotly.min.js")
        for headers in strange
    )
    yield Promise("a loopback server answers loopback names and its own pages", str(dict(found)), set(found) == {403})


def _status(server: Server, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(server.address.split("/")[2], timeout=60)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as answer:
        return answer.status


def of_flood(server: Server) -> Iterator[Promise]:
    """Unread runs, tools that hang up, unread calls and heavy ones at once, while another visitor edits and reads."""
    client, reader = Client(server.address, verbose=False), Client(server.address, verbose=False)
    read = reader.submit(LONG, api_name="/train")
    while not read.outputs():
        time.sleep(0.01)
    heavy = [EXPERIMENT | {"model": HEAVY[i % len(HEAVY)], "image_size": 224} for i in range(200)]
    light = [EXPERIMENT | {"seed": seed} for seed in range(2500)]
    began, events = time.monotonic(), len(read.outputs())

    def send_on() -> int:
        """As long as the flood is to go on, for it may be refused faster than an edit is answered."""
        sent = 0
        while time.monotonic() < began + FLOOD_SECONDS:
            call(server, "assign", light[sent % len(light)])
            sent += 1
        return sent

    with ThreadPoolExecutor(16) as pool:
        floods = [pool.submit(call, server, "train", LONG) for _ in range(16)]
        floods += [pool.submit(hang_up, server) for _ in range(16)]
        floods += [pool.submit(call, server, "assign", asked) for asked in (*heavy, *light)]
        more = [pool.submit(send_on) for _ in range(16)]
        edits = list(_edits(client, lambda: not all(flood.done() for flood in (*floods, *more))))
        calls = len(floods) + sum(flood.result() for flood in more)
    took, in_time = time.monotonic() - began, sum(edit <= SLOWEST_EDIT for edit in edits) / len(edits)
    went_on = len(read.outputs()) > events and not read.done()
    read.cancel()
    waited = seconds_until_started(client, EXPERIMENT)
    yield Promise(
        f"under a flood of calls another visitor's edit is answered within {SLOWEST_EDIT:g} s (95 of 100)",
        f"{calls:,} calls and {len(edits)} edits in {took:.0f} s: median {median(edits):.2f} s, "
        f"{100 * in_time:.0f} of 100 within {SLOWEST_EDIT:g} s, slowest {max(edits):.2f} s",
        in_time >= 0.95,
    )
    yield Promise("a stream that is read is not cut by it", f"went on: {went_on}", went_on)
    yield Promise(
        f"their run starts within {LONGEST_WAIT:g} s of its end", f"after {waited:.1f} s", waited <= LONGEST_WAIT
    )


def _edits(client: Client, goes_on: Callable[[], bool]) -> Iterator[float]:
    """The seconds that each of a visitor's edits takes, one after the other."""
    turn = 0
    while goes_on() or turn < 2:
        began = time.monotonic()
        client.predict(EXPERIMENT | {"seed": turn}, api_name="/assign")
        yield time.monotonic() - began
        turn += 1
        time.sleep(0.2)


def hang_up(server: Server) -> None:
    """A client of the MCP server that asks for a run, and is gone."""
    connection = http.client.HTTPConnection(server.address.split("/")[2], timeout=60)
    params = {"name": "train", "arguments": {"experiment": LONG}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", "/gradio_api/mcp/", body, headers)
    time.sleep(0.2)
    connection.close()
