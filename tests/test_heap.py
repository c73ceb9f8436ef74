"""Memory that a run frees stays at hand: no page of it is asked for twice."""

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


def page_faults(first: str) -> int:
    """Of ten steps on a thread, after five."""
    done = subprocess.run([sys.executable, "-c", first + STEPS], cwd=Path(__file__).parents[1], capture_output=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_steps_on_a_thread_ask_for_no_new_memory() -> None:
    if (left_alone := page_faults("")) < 1000:
        pytest.skip(f"this system keeps it by itself: {left_alone} page faults")
    assert page_faults("from core.heap import keep_freed_memory; keep_freed_memory()") < 100
