"""Memory that a step frees stays at hand: no page of it is asked for twice. What a run frees is given back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STEPS = """
import resource, threading, torch

def step():
    larger = [torch.ones(4_000_000) for _ in range(6)]  # 16 MB each
    smaller = [torch.ones(1_000_000) for _ in range(6)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def run():
    for _ in range(5):
        step()
    before = faults()
    for _ in range(10):
        step()
    print(faults() - before)

torch.set_num_threads(1)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


RUN = """
from pathlib import Path
from core.resources.freed_memory import keep_freed_memory
from core.training.executor import compute

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def job(experiment, stop):
    parts = [bytearray(b"1") * 100_000 for _ in range(1000)]
    yield resident()
    between = parts[::100]  # what is in use lies in between
    parts.clear()
    yield resident()

keep_freed_memory()
print(*compute(job, None, stop=lambda: False), resident())
"""

only_glibc = pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")


def printed(program: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True)
    return [int(number) for number in done.stdout.split()]


def page_faults(first: str) -> int:
    """Of ten steps on a thread, after five."""
    (count,) = printed(first + STEPS)
    return count


@only_glibc
def test_a_run_gives_back_what_it_freed() -> None:
    full, freed, ended = printed(RUN)
    assert full - freed < 10_000_000  # its next step could have it
    assert full - ended > 80_000_000


@only_glibc
def test_steps_on_a_thread_ask_for_no_new_memory() -> None:
    if (left_alone := page_faults("")) < 1000:
        pytest.skip(f"this system keeps it by itself: {left_alone} page faults")
    assert page_faults("from core.resources.freed_memory import keep_freed_memory; keep_freed_memory()") < 100
