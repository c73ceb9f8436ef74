"""One run at a time, in order; a place is given back when the computing has ended, not before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

import core.server.waiting_line
from core.events import Event, Finished, Progress
from core.server.waiting_line import LineFull, Turns


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.server.waiting_line, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(core.server.waiting_line, "LONGEST_SILENCE", 0.01)


def never() -> bool:
    return False


def run(count: int) -> Callable[[], Iterator[Event]]:
    """A run of `count` events, `done` counting them."""
    return lambda: iter([Progress("training", done=i) for i in range(count)])


def places(events: Iterator[Event], count: int) -> list[int]:
    return [event.place for event in (next(events) for _ in range(count)) if isinstance(event, Progress)]


def test_alone_a_run_gives_just_its_events() -> None:
    assert list(Turns(2).in_turn(run(3), never)) == list(run(3)())


def test_the_others_wait_in_the_order_they_came_and_move_up() -> None:
    turns = Turns(3)
    first, second, third = (turns.in_turn(run(2), never) for _ in range(3))
    next(first)
    assert places(second, 1) + places(third, 1) == [1, 2]
    list(first)
    assert places(third, 1) == [1]
    assert [event for event in second if event.doing == "training"] == list(run(2)())
    assert [event for event in third if event.doing == "training"] == list(run(2)())
    assert len(turns) == 0


def test_a_place_that_stays_the_same_is_told_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.server.waiting_line, "LONGEST_SILENCE", 0.2)
    turns = Turns(3)
    first, second = turns.in_turn(run(2), never), turns.in_turn(run(2), never)
    next(first)
    next(second)
    began = time.monotonic()
    assert places(second, 1) == [1]
    assert time.monotonic() - began >= 0.2
    monkeypatch.setattr(core.server.waiting_line, "LONGEST_SILENCE", 60.0)
    threading.Timer(0.05, list, [first]).start()
    assert [event.doing for event in second] == ["training", "training"], "a move is told at once"
    assert time.monotonic() - began < 10


def test_a_place_is_given_back_only_when_the_run_has_ended() -> None:
    turns, closed = Turns(2), []

    def computing() -> Iterator[Event]:
        try:
            yield Progress("training")
            yield Progress("training")
        finally:
            closed.append(len(turns))

    events = turns.in_turn(computing, never)
    next(events)
    events.close()
    assert closed == [1]
    assert len(turns) == 0


def test_a_run_that_fails_gives_its_place_back() -> None:
    turns = Turns(1)

    def failing() -> Iterator[Event]:
        raise RuntimeError("out of memory")
        yield

    with pytest.raises(RuntimeError, match="out of memory"):
        list(turns.in_turn(failing, never))
    assert len(turns) == 0


def test_a_full_line_turns_the_rest_away() -> None:
    turns = Turns(1)
    first = turns.in_turn(run(2), never)
    next(first)
    with pytest.raises(LineFull):
        next(turns.in_turn(run(2), never))
    assert len(turns) == 1


def test_who_waits_can_stop_waiting() -> None:
    turns, stop = Turns(2), threading.Event()
    first = turns.in_turn(run(2), never)
    next(first)
    second = turns.in_turn(run(2), stop.is_set)
    assert next(second) == Progress("waiting", place=1)
    stop.set()
    assert list(second)[-1] == Finished("stopped", 0, 0.0, ())
    assert len(turns) == 1


def test_runs_of_many_threads_never_overlap() -> None:
    turns, inside, most = Turns(8), [], []

    def computing() -> Iterator[Event]:
        inside.append(1)
        most.append(len(inside))
        yield Progress("training")
        inside.pop()

    threads = [threading.Thread(target=lambda: list(turns.in_turn(computing, never))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
