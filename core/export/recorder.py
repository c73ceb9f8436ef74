"""The recorder for one's own training: a file of the project that is taken away as it stands."""

from __future__ import annotations

import inspect

from core.export.parts import record_groups as recorder


def record_groups() -> str:
    """The text of `record_groups.py`, whose docstring says how to use it and what it writes. It needs torch only."""
    return inspect.getsource(recorder)
