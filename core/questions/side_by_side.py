"""Several jobs at once, each on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def side_by_side(jobs: Sequence[Generator[T, None, None]]) -> Generator[T, None, None]:
    """What the jobs yield, as it comes; a single one computes right here.

    Closed before their end, it waits until each has come to its next yield, and closes them there. Raises what the
    first of them that fails raises, after the others have ended in the same way.
    """
    if len(jobs) == 1:
        yield from jobs[0]
        return
    told: queue.SimpleQueue[list[T] | BaseException | None] = queue.SimpleQueue()
    over = threading.Event()
    threads = [threading.Thread(target=_work, args=(job, told, over), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        working = len(jobs)
        while working:
            event = told.get()
            if isinstance(event, BaseException):
                raise event
            if event is None:
                working -= 1
            else:
                yield from event
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _work(
    job: Generator[T, None, None], told: queue.SimpleQueue[list[T] | BaseException | None], over: threading.Event
) -> None:
    """Tells each event in a list, then None, or what the job raises."""
    try:
        with closing(job):
            for event in job:
                if over.is_set():
                    return
                told.put([event])
        told.put(None)
    except BaseException as error:
        told.put(error)
