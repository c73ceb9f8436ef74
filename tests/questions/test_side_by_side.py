"""Jobs beside each other: all that they tell comes, and none goes on when the whole has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
import torch

import core.questions.rate_map
import core.questions.trials
import core.training.network_state
from core.experiment import Experiment, Number
from core.questions import Cell, RateMap, map_rates
from core.questions.side_by_side import side_by_side
from core.questions.trials import Trials
from core.training import TIME_LIMIT, Start

Make = Callable[..., Experiment]
Job = Generator[int, None, None]

CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam", "lr": 0.002}
CONNECTED = {"name": "connected", "params": ["*"], "optimizer": "SGD", "lr": 0.05}


def counting(numbers: Iterator[int], closed: list[str], threads: set[int]) -> Job:
    try:
        for number in numbers:
            threads.add(threading.get_ident())
            yield number
    finally:
        closed.append("closed")


def test_all_that_the_jobs_yield_comes_each_in_its_order() -> None:
    closed: list[str] = []
    threads: set[int] = set()
    found = [*side_by_side([counting(iter(range(start, start + 50)), closed, threads) for start in (0, 100, 200)])]
    assert sorted(found) == [*range(50), *range(100, 150), *range(200, 250)]
    for start in (0, 100, 200):
        assert [each for each in found if start <= each < start + 50] == [*range(start, start + 50)]
    assert len(closed) == 3 and threading.get_ident() not in threads


def test_jobs_may_share_what_is_to_be_done() -> None:
    todo, closed, threads = iter(range(200)), list[str](), set[int]()
    assert sorted(side_by_side([counting(todo, closed, threads) for _ in range(4)])) == [*range(200)]


def test_a_single_job_computes_right_here() -> None:
    threads: set[int] = set()
    assert [*side_by_side([counting(iter(range(3)), [], threads)])] == [0, 1, 2]
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("jobs", [1, 3])
def test_closed_early_it_closes_the_jobs_and_their_threads_end(jobs: int) -> None:
    closed: list[str] = []
    before = threading.active_count()
    events = side_by_side([counting(iter(range(10**9)), closed, set()) for _ in range(jobs)])
    next(events)
    events.close()
    assert len(closed) == jobs and threading.active_count() == before


def test_what_a_job_raises_is_raised_and_the_others_are_closed() -> None:
    def failing() -> Job:
        yield 1
        raise ValueError("the second")

    closed: list[str] = []
    with pytest.raises(ValueError, match="the second"):
        for _ in side_by_side([failing(), counting(iter(range(10**9)), closed, set())]):
            pass
    assert closed == ["closed"]


@pytest.fixture
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Maps compute two runs at a time, as on several cores where that was measured to be faster; how many began."""
    monkeypatch.setattr(core.questions.trials, "HELD_OUT", 40)
    monkeypatch.setattr(core.questions.rate_map, "SECONDS", Number(0.1, TIME_LIMIT))
    begun: list[int] = []

    def starts(self: Trials) -> Generator[Any, None, list[Start]]:
        made = [(yield from self.start())]
        made.append((yield from self.start()))
        yield from self.time_runs(made)
        begun.append(len(made))
        return made

    monkeypatch.setattr(Trials, "starts", starts)
    return begun


def mapped(experiment: Experiment, **more: Any) -> RateMap:
    *_, found = map_rates(experiment, "1/3 3", 2, 0.5, device="cpu", **more)
    assert isinstance(found, RateMap)
    return found


NETWORKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "norms and dropout": {"model": "mobilenet_v3_small", "train_size": 16, "batch_size": 4},
}


@pytest.mark.parametrize("network", NETWORKS)
def test_two_at_a_time_give_the_cells_of_one_at_a_time(
    make: Make, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    groups = [CONVOLUTIONS, CONNECTED] if network == "plain" else [CONNECTED]
    experiment = make(*groups, **NETWORKS[network])
    monkeypatch.setattr(core.questions.trials, "HELD_OUT", 40)
    monkeypatch.setattr(core.questions.rate_map, "SECONDS", Number(0.1, TIME_LIMIT))
    alone = mapped(experiment)
    begun = request.getfixturevalue("two_at_a_time")
    together = mapped(experiment)
    assert begun == [2] and alone.plan.steps == together.plan.steps
    assert together.cells == alone.cells, "the same floats, in the same order"


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_stop_keeps_the_cells_that_were_told(make: Make, two_at_a_time: list[int], after: int) -> None:
    cells: list[Cell] = []
    for event in map_rates(make(CONVOLUTIONS, CONNECTED), [3], 2, 0.5, "cpu", lambda: len(cells) == after):
        if isinstance(event, Cell):
            cells.append(event)
    assert isinstance(event, RateMap) and event.reason == "stopped"
    assert list(event.cells) == cells and len(cells) == after


def test_who_leaves_a_map_ends_its_threads(make: Make, two_at_a_time: list[int]) -> None:
    before = threading.active_count()
    events = map_rates(make(CONVOLUTIONS, CONNECTED, train_size=1600, epochs=20), [3], 2, 5, device="cpu")
    for event in events:
        if isinstance(event, Cell):
            break
    assert threading.active_count() > before
    events.close()  # type: ignore[attr-defined]  # a generator
    assert threading.active_count() == before


def test_only_small_networks_that_share_nothing_are_tried_two_at_a_time_on_several_cores(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(**fields: Any) -> list[int]:
        """How many starts were timed together, each time."""
        trials, counts = Trials(make(CONNECTED, **fields), "cpu", None, 600.0), []
        time_runs = trials.time_runs

        def counted(starts: Any) -> Any:
            counts.append(len(starts))
            return time_runs(starts)

        trials.time_runs = counted  # type: ignore[method-assign]
        starting = trials.starts()
        while True:
            try:
                next(starting)
            except StopIteration as end:
                assert len(end.value) in counts
                return counts

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        assert timed() == [1]
        torch.set_num_threads(2)
        assert timed() == [1, 2]
        assert timed(model="resnet18", train_size=16, batch_size=4) == [1]
        monkeypatch.setattr(core.training.network_state, "KNOWN", {"torch"})  # its modules are somebody's own
        assert timed() == [1]
    finally:
        torch.set_num_threads(threads)
