"""Where much is made that stays."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from core.resources.collector import stays

LOADED = """
import gc
collections = []
gc.callbacks.append(lambda phase, told: collections.append(told) if phase == "start" else None)
from core import lab
before = gc.get_freeze_count()
lab.check
print(len(collections), gc.get_freeze_count() - before > 100_000, gc.isenabled())
"""


def test_nothing_is_collected_while_torch_is_imported_and_what_it_brings_is_not_looked_through_later() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.split()
    assert int(told[0]) < 20, "those of what the house itself imports"
    assert told[1:] == ["True", "True"]


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_as_it_was_also_after_a_failure(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with pytest.raises(ImportError), stays():
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled() == is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
