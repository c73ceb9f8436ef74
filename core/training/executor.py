"""Where a run computes if the GPU is lent by the minute, as on ZeroGPU: in a process that has it for that time.

`spaces.GPU` runs a generator in a forked process; what goes in and what it yields is pickled, and of an
exception only the name comes back. Source: huggingface.co/docs/hub/spaces-zerogpu and the package `spaces`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import torch

from core.events import Step, TensorStep
from core.experiment import Experiment, ExperimentError
from core.resources.cifar10 import DatasetUnavailable
from core.resources.freed_memory import give_back_freed_memory
from core.training.training import PULSE, wait_for_weights

LENT_SECONDS = 60  # ZeroGPU's own default; it ends what takes longer
LENT_TIME_LIMIT = 50.0  # seconds of computing within them

NICENESS = 10  # of the run's threads: they give way to those that serve pages


def _give_way() -> None:
    """On Linux each thread has a nice value of its own, and those it starts inherit it: setpriority(2), "BUGS"."""
    if sys.platform == "linux":
        here = (os.PRIO_PROCESS, threading.get_native_id())
        with suppress(OSError):
            os.setpriority(*here, max(NICENESS, os.getpriority(*here)))  # up only: down takes rights


_thread = ThreadPoolExecutor(1, "run", _give_way)
Job = Callable[..., Iterator[Any]]
InProcess = Callable[[Job, tuple[Any, ...], str], Generator[Any, None, None]]


@dataclass(frozen=True)
class _Failed:
    """How a job ended, where exceptions cannot come through."""

    error: Exception


def compute(job: Job, experiment: Experiment, *more: Any, stop: Callable[[], bool]) -> Iterator[Any]:
    """The events of `job(experiment, *more, stop=stop)`: where a GPU is lent in its process, else right here.

    There `job` is a function of a module, its events can be pickled, it gets a `time_limit` of 50 seconds,
    and weights are fetched before the GPU is asked for. Raises what the job raises.
    """
    if _in_lent_process is None:
        yield from _on_one_thread(job(experiment, *more, stop=stop))
        return
    if experiment.pretrained:
        yield from wait_for_weights(experiment.model, stop, PULSE)
    yield from _on_lent_gpu(_in_lent_process, job, (experiment, *more), stop)


def _on_one_thread(events: Iterator[Any]) -> Iterator[Any]:
    """The same events, all computed on the run's own thread; what it freed is given back when they end.

    Every request of a page may come on another thread, and for each of them torch would start helpers anew. The run
    goes on while those who watch it look at what it told last, but no further than that.
    """
    try:
        coming = _thread.submit(_burst, events)
        while burst := coming.result():
            coming = _thread.submit(_burst, events)
            for event in burst:
                if isinstance(event, _Failed):
                    raise event.error
                yield event
    finally:
        _thread.submit(events.close).result()  # type: ignore[attr-defined]  # a job is a generator
        _thread.submit(give_back_freed_memory).result()


def _burst(events: Iterator[Any]) -> list[Any]:
    """The next steps up to what is shown with them, or the failure behind them, which is the last; none where there are
    no more. Raises what the job raises where no step was told before."""
    burst: list[Any] = []
    try:
        for event in events:
            burst.append(event)
            if not isinstance(event, (Step, TensorStep)):
                break
    except Exception as error:
        if not burst:
            raise
        burst.append(_Failed(error))
    return burst


def _on_lent_gpu(
    in_lent_process: InProcess, job: Job, arguments: tuple[Any, ...], stop: Callable[[], bool]
) -> Iterator[Any]:
    with NamedTemporaryFile() as wanted, closing(in_lent_process(job, arguments, wanted.name)) as events:
        for event in events:
            if isinstance(event, _Failed):
                raise event.error
            if stop():
                wanted.close()  # which deletes it
            yield event


def _in_process(job: Job, arguments: tuple[Any, ...], wanted: str) -> Generator[Any, None, None]:
    """The job's events for as long as the file `wanted` exists: no flag crosses to a process that is there already."""
    torch.set_num_threads(1)  # of the CPU: OpenMP's threads do not outlive a fork, and whoever waits for them hangs
    try:
        yield from job(*arguments, stop=lambda: not os.path.exists(wanted), time_limit=LENT_TIME_LIMIT)
    except (ExperimentError, DatasetUnavailable) as error:
        yield _Failed(error)
    except RuntimeError as error:
        yield _Failed(RuntimeError(str(error)))


def _lent(function: InProcess) -> InProcess | None:
    """The function as it runs in a process that is lent a GPU; None where none is lent."""
    if importlib.util.find_spec("spaces") is None:
        return None
    import spaces

    lent: InProcess = spaces.GPU(function, duration=LENT_SECONDS)
    return None if lent is function else lent  # elsewhere than on ZeroGPU the package gives back what it was given


_in_lent_process = _lent(_in_process)
