"""A long day in short: runs and edits without end by the same few clients, and what the server's process holds then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from gradio_client import Client

from tests.benchmarks.serving import Server
from tests.crowd.leaving import Process
from tests.crowd.promises import MOST_GROWTH, Promise
from tests.crowd.visitors import EXPERIMENT, train_on

CLIENTS = 10
PARTS = ("at the start", "in the middle", "at the end")


class Held(NamedTuple):
    """Of a process: MB of memory, threads, open files."""

    memory: float
    threads: int
    files: int


def of_soak(server: Server, runs: int, edits: int) -> Iterator[Promise]:
    """So many runs and edits in all; what the process holds is read after a tenth, half, and all of them."""
    process = Process(server)
    held: list[Held] = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = list(pool.map(lambda _: Client(server.address, verbose=False), range(CLIENTS)))
        for part in (0.1, 0.4, 0.5):
            each = (round(part * runs / CLIENTS), round(part * edits / CLIENTS))
            for done in [pool.submit(_work, client, *each) for client in clients]:
                done.result()
            process.seconds_until_idle()
            held.append(Held(process.status("VmRSS") / 1024, process.status("Threads"), process.open_files()))
    seen = [
        f"{now.memory:.0f} MB, {now.threads} threads, {now.files} files {when}"
        for now, when in zip(held, PARTS, strict=True)
    ]
    yield Promise(
        f"{runs} runs and {edits} edits by {CLIENTS} clients leave the process as it was after half of them",
        "; ".join(seen),
        all(now <= MOST_GROWTH * then for then, now in zip(*held[1:], strict=True)),
    )


def _work(client: Client, runs: int, edits: int) -> None:
    """Edits go on while a run waits and computes."""
    editing = threading.Thread(target=_edit, args=(client, edits))
    editing.start()
    for seed in range(runs):
        train_on(client, EXPERIMENT | {"seed": seed})
    editing.join()


def _edit(client: Client, edits: int) -> None:
    groups = EXPERIMENT["groups"]
    for edit in range(edits):
        edited = [groups[0] | {"lr": 1e-4 * (edit + 1)}, groups[1]]
        client.predict(EXPERIMENT | {"groups": edited}, api_name="/assign")
