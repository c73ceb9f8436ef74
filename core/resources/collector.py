"""Python's garbage collector, where much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stays() -> Iterator[None]:
    """What is made in this block stays as long as the process: it is not looked through, now or later.

    It looks at all there is again and again while modules are imported: a fifth of the time that torch takes.
    Source: docs.python.org/3/library/gc.html#gc.freeze
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
