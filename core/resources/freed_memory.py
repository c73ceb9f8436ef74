"""What a step frees is kept for the next step, what a run frees is given back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # glibc's malloc.h

KEPT = 2**28  # bytes that may lie free at the heap's end
OWN_MAPPING = 2**25  # bytes: what is as large, as a dataset, is mapped by itself. The most that glibc takes


def keep_freed_memory() -> None:
    """Tell glibc's malloc, for this process; elsewhere nothing happens.

    A training step asks for tens of megabytes and frees them. A heap of the thread's own is 64 MB, and what
    does not fit is mapped and unmapped each time, page by page: up to a third of a step. So there is one heap for
    all threads, and its free end is not trimmed. Source: mallopt(3); sourceware.org/glibc/wiki/MallocInternals.
    """
    if mallopt := _of_glibc("mallopt"):
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, OWN_MAPPING)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def give_back_freed_memory() -> None:
    """All free pages, also those between what is in use; elsewhere than on glibc nothing happens.

    The next run takes what it needs, and not beside what the last one left. Source: malloc_trim(3).
    """
    if malloc_trim := _of_glibc("malloc_trim"):
        malloc_trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
