"""Runs in a process that is lent a GPU: a stand-in for `spaces` that forks and pickles, as the real one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.events import Progress, Step, to_json
from core.experiment import Experiment, ExperimentError
from core.questions import SizeMatches, match_size
from core.text import say
from core.training import compute, train
from core.training.executor import LENT_SECONDS, LENT_TIME_LIMIT, NICENESS
from tests.conftest import Make

ROOT = Path(__file__).parents[2]

# What spaces 0.51 does in spaces/zero/wrappers.py: arguments and yields pickled, of an exception only the
# name, and a closed generator ends the forked one at its next yield.
SPACES = """
import inspect, multiprocessing, pickle
fork = multiprocessing.get_context("fork")
lent = []  # every process

def GPU(task, duration):
    assert inspect.isgeneratorfunction(task) and duration <= 60
    def work(arguments, pipe, stop):
        events = task(*pickle.loads(arguments))
        try:
            for event in events:
                if stop.is_set():
                    events.close()
                    break
                pipe.send_bytes(pickle.dumps(event))
        except Exception as error:
            pipe.send_bytes(pickle.dumps(NameError(type(error).__name__)))
        pipe.close()
    def lend(*arguments):
        here, there = fork.Pipe(duplex=False)
        stop = fork.Event()
        process = fork.Process(target=work, args=(pickle.dumps(arguments), there, stop), daemon=True)
        process.start()
        lent.append(process)
        there.close()
        try:
            while True:
                event = pickle.loads(here.recv_bytes())
                if isinstance(event, NameError):
                    raise event
                yield event
        except EOFError:
            pass
        finally:
            stop.set()
            process.join()
    return lend
"""


# And what it does where it is installed, but not on ZeroGPU: spaces/zero/decorator.py.
SPACES_ELSEWHERE = """
def GPU(task, duration):
    return task
"""


def in_lent_process(folder: Path, script: str, spaces: str = SPACES, **values: Any) -> Any:
    """What the script prints as JSON, run in a fresh program beside the stand-in; `values` are there by name."""
    (folder / "spaces.py").write_text(spaces)
    head = f"import json, time, spaces\nvalues = json.loads({json.dumps(json.dumps(values))})\n"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", head + script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=40
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As many as the lent process computes with: the same floats need the same number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def without_times(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event | {"seconds": 0} for event in events if event["event"] != "Progress"]


STREAM = """
from core.events import Progress, Step, to_json
from core.experiment import Experiment
from core.server.runs import Runs
runs = Runs()
bursts = list(runs.stream(Experiment.from_dict(values["experiment"])))
alive = [process.is_alive() for process in spaces.lent]
print(json.dumps([[to_json(event) for burst in bursts for event in burst], alive, len(runs)]))
"""


@pytest.mark.usefixtures("one_thread")
def test_the_events_are_those_of_a_plain_run(tmp_path: Path, make: Make) -> None:
    experiment = make({"name": "a", "params": "conv*"}, {"name": "b", "params": "*", "optimizer": "SGD"}, epochs=2)
    events, alive, waiting = in_lent_process(tmp_path, STREAM, experiment=experiment.to_dict())
    assert without_times(events) == without_times([to_json(event) for event in train(experiment)])
    assert sum(event["event"] == "Step" for event in events) == 8
    assert (alive, waiting) == ([False], 0)


STOP = """
from core.server.runs import Runs
from core.server.visitors import Visitor
runs, ME = Runs(), Visitor("me")
reports = runs.watch(ME, "en", values["experiment"])
report = next(report for report in reports if report.steps)
began = time.monotonic()
if values["how"] == "stop":
    runs.stop(ME)
    *_, report = reports
else:
    reports.close()
seconds = time.monotonic() - began
moved = [] if report.finished is None else [report.finished.reason, report.finished.groups[0].moved]
print(json.dumps([seconds, moved, len(report.rows), [process.is_alive() for process in spaces.lent], len(runs)]))
"""


@pytest.mark.parametrize("how", ["stop", "close"])
def test_a_run_stops_within_a_second_and_leaves_nothing_behind(tmp_path: Path, make: Make, how: str) -> None:
    raw = make(train_size=4000, batch_size=4, epochs=2).to_dict()
    seconds, end, rows, alive, waiting = in_lent_process(tmp_path, STOP, experiment=raw, how=how)
    assert seconds < 1
    assert (alive, waiting) == ([False], 0)
    if how == "stop":
        assert end[0] == "stopped"
        assert end[1] > 0, "what was measured until then is told"
        assert rows == 1


QUESTIONS = """
from core.experiment import Experiment
from core.server.runs import Runs
from core.questions import merged
from core.server import Visitor, compare_over_seeds, match_rates
runs, ME, raw = Runs(), Visitor("me"), values["experiment"]
*_, rates = match_rates(runs, ME, "en", raw, 1e-2)
*_, seeds = compare_over_seeds(runs, ME, "en", raw, merged, 3)
ends = [*seeds.pairs[0].a, *seeds.pairs[0].b]
print(json.dumps([rates.sentences, seeds.sentences, [end.experiment.seed for end in ends], len(spaces.lent)]))
"""


@pytest.mark.usefixtures("one_thread")
def test_longer_questions_borrow_once(tmp_path: Path, make: Make) -> None:
    experiment = make({"name": "a", "params": "conv*"}, {"name": "b", "params": "*"})
    rates, verdicts, seeds, lent = in_lent_process(tmp_path, QUESTIONS, experiment=experiment.to_dict())
    *_, found = match_size(experiment, 1e-2)
    assert isinstance(found, SizeMatches)
    assert rates == [suggestion.sentence() for suggestion in found.groups]
    assert verdicts[0].startswith("3 seeds: ")
    assert seeds == [0, 1, 2, 0, 1, 2]
    assert lent == 2


FAILURES = """
import torch
import core.training.executor, core.training.pace
from core.experiment.errors import Problem
from core.experiment import Experiment
from core.server.runs import explain
from core.training import train

def fails(experiment, stop, time_limit):
    raise torch.OutOfMemoryError("CUDA out of memory")
    yield

def slow(experiment, stop, time_limit):
    raise core.training.pace.TooLong([Problem(None, "epochs", "too_long_run", {"minutes": 2.0, "limit": 1.0})])
    yield

def why(job, experiment):
    try:
        list(core.training.executor.compute(job, experiment, stop=lambda: False))
    except Exception as failure:
        return [type(failure).__name__, explain(failure, "en")]

experiment = Experiment.from_dict(values["experiment"])
away = Experiment.from_dict(values["experiment"] | {"dataset": "cifar10"})
print(json.dumps([why(fails, experiment), why(slow, experiment), why(train, away)]))
"""


def test_failures_come_through_in_words(tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    raw = make().to_dict()
    memory, time, data = in_lent_process(tmp_path, FAILURES, experiment=raw)
    assert memory == ["RuntimeError", say("out_of_memory")]
    assert time[0] == "ExperimentError"
    assert "epochs: this run would take" in time[1]
    assert data[0] == "DatasetUnavailable"


LIMIT = """
from core.experiment import Experiment
from core.training import compute

def limit(experiment, stop, time_limit=None):
    yield time_limit

print(json.dumps(list(compute(limit, Experiment.from_dict(values["experiment"]), stop=lambda: False))))
"""


@pytest.mark.parametrize(("spaces", "limit"), [(SPACES, LENT_TIME_LIMIT), (SPACES_ELSEWHERE, None)])
def test_time_is_limited_where_a_gpu_is_lent(tmp_path: Path, make: Make, spaces: str, limit: float | None) -> None:
    """To less than what it is lent for, so that the run itself can tell how it ended."""
    assert in_lent_process(tmp_path, LIMIT, spaces, experiment=make().to_dict()) == [limit]
    assert limit is None or limit < LENT_SECONDS


def test_elsewhere_a_job_runs_right_here(make: Make) -> None:
    """Without the package a job gets its arguments as they are: they need not be pickled."""
    experiment = make()
    seen: list[object] = []

    def job(asked: Experiment, more: object, stop: object) -> Any:
        seen.extend([asked, more])
        yield stop
        raise ExperimentError([])

    more, stop = object(), lambda: False
    events = compute(job, experiment, more, stop=stop)
    assert next(events) is stop
    assert seen[0] is experiment
    assert seen[1] is more


def test_elsewhere_all_of_it_is_computed_on_one_thread_whoever_asks(make: Make) -> None:
    def where(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[int]:
        yield from (threading.get_ident() for _ in range(2))

    events = compute(where, make(), stop=lambda: False)
    found = [next(events)]
    other = threading.Thread(target=lambda: found.append(next(events)))
    other.start()
    other.join()
    assert len(found) == 2
    assert found[0] == found[1] != threading.get_ident()


def test_a_run_goes_on_while_what_it_told_last_is_looked_at_and_no_further(make: Make) -> None:
    told: list[object] = []

    def job(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[object]:
        for event in (Step(1, 2.0, ()), Progress("training", 1, 9), Step(2, 2.0, ()), Progress("training", 2, 9), 5, 6):
            told.append(event)
            yield event

    events = compute(job, make(), stop=lambda: False)
    assert next(events) == Step(1, 2.0, ())
    deadline = time.monotonic() + 10
    while len(told) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(told) == 4, "the next steps, with what is shown after them"
    assert list(events) == told[1:]
    assert told[4:] == [5, 6]


def test_steps_that_were_told_before_a_failure_are_not_lost(make: Make) -> None:
    def job(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[Step]:
        yield Step(1, 2.0, ())
        raise RuntimeError("in the evaluation behind it")

    events = compute(job, make(), stop=lambda: False)
    assert next(events) == Step(1, 2.0, ())
    with pytest.raises(RuntimeError, match="behind it"):
        next(events)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread a nice value of its own")
def test_a_run_gives_way_to_the_threads_that_serve_pages(make: Make) -> None:
    def niceness(experiment: Experiment, stop: Callable[[], bool]) -> Iterator[int]:
        yield os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert list(compute(niceness, make(), stop=lambda: False)) == [max(own, NICENESS)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
