"""The page's one door to all that needs torch: its users say `lab.check(...)`, and the page is served before it.

torch and torchvision take as long to import as Gradio (`python -X importtime app.py`), so a room is imported when one
of its names is first asked for here, by a module's own `__getattr__`: peps.python.org/pep-0562. The names stand here
twice, for the type checker and for the running program; a test compares them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from core.resources.collector import stays

if TYPE_CHECKING:
    from core.assignment import Assignment as Assignment
    from core.assignment import Difference as Difference
    from core.assignment import differences as differences
    from core.checking import Checked as Checked
    from core.checking import as_run as as_run
    from core.checking import check as check
    from core.checking import check_experiment as check_experiment
    from core.data import check_folder as check_folder
    from core.data import dataset_names as dataset_names
    from core.export import FORMS as FORMS
    from core.export import record_groups as record_groups
    from core.models import check_own_model as check_own_model
    from core.models import model_names as model_names
    from core.optimizers import Rates as Rates
    from core.optimizers import ResolvedGroup as ResolvedGroup
    from core.optimizers import planned_rates as planned_rates
    from core.questions import Cell as Cell
    from core.questions import Mapping as Mapping
    from core.questions import MapPlan as MapPlan
    from core.questions import MatchProbe as MatchProbe
    from core.questions import Paired as Paired
    from core.questions import Point as Point
    from core.questions import RangeTest as RangeTest
    from core.questions import RangeTests as RangeTests
    from core.questions import RateMap as RateMap
    from core.questions import Repeated as Repeated
    from core.questions import Repeating as Repeating
    from core.questions import Searching as Searching
    from core.questions import SizeMatch as SizeMatch
    from core.questions import SizeMatches as SizeMatches
    from core.questions import Suggestion as Suggestion
    from core.questions import Suggestions as Suggestions
    from core.questions import Testing as Testing
    from core.questions import Trial as Trial
    from core.questions import Verdict as Verdict
    from core.questions import disagreements as disagreements
    from core.questions import frozen_in_turn as frozen_in_turn
    from core.questions import map_rates as map_rates
    from core.questions import match_size as match_size
    from core.questions import merged as merged
    from core.questions import paired as paired
    from core.questions import points as points
    from core.questions import read_map as read_map
    from core.questions import repeat_all as repeat_all
    from core.questions import scaled as scaled
    from core.questions import suggest as suggest
    from core.questions import test_ranges as test_ranges
    from core.questions import with_frozen as with_frozen
    from core.questions import with_matches as with_matches
    from core.questions import with_suggestions as with_suggestions
    from core.resources.cifar10 import DatasetUnavailable as DatasetUnavailable
    from core.resources.device import choose_device as choose_device
    from core.resources.fetching import Download as Download
    from core.resources.fetching import prepare_cifar10 as prepare_cifar10
    from core.resources.fetching import prepare_weights as prepare_weights
    from core.training import TIME_LIMIT as TIME_LIMIT
    from core.training import compute as compute
    from core.training import train as train

ROOMS = {
    "core.assignment": ("Assignment", "Difference", "differences"),
    "core.checking": ("Checked", "as_run", "check", "check_experiment"),
    "core.data": ("check_folder", "dataset_names"),
    "core.export": ("FORMS", "record_groups"),
    "core.models": ("check_own_model", "model_names"),
    "core.optimizers": ("Rates", "ResolvedGroup", "planned_rates"),
    "core.questions": (
        *("Cell", "MapPlan", "Mapping", "MatchProbe", "Paired", "Point"),
        *("RangeTest", "RangeTests", "RateMap", "Repeated", "Repeating", "Searching"),
        *("SizeMatch", "SizeMatches", "Suggestion", "Suggestions", "Testing", "Trial"),
        *("Verdict", "disagreements", "frozen_in_turn", "map_rates", "match_size", "merged"),
        *("paired", "points", "read_map", "repeat_all", "scaled", "suggest"),
        *("test_ranges", "with_frozen", "with_matches", "with_suggestions"),
    ),
    "core.resources.cifar10": ("DatasetUnavailable",),
    "core.resources.device": ("choose_device",),
    "core.resources.fetching": ("Download", "prepare_cifar10", "prepare_weights"),
    "core.training": ("TIME_LIMIT", "compute", "train"),
}
ROOM_OF = {name: room for room, names in ROOMS.items() for name in names}

# one thread at a time: torch's packages import each other, and two threads inside may lock each other
_importing = Lock()


def __getattr__(name: str) -> Any:
    """A name of one of the rooms. Threads that ask at the same time wait for one import."""
    if name not in ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_room(ROOM_OF[name]), name)


def load() -> None:
    """Import all rooms now."""
    for room in ROOMS:
        _room(room)


def _room(name: str) -> ModuleType:
    with _importing:
        if name in sys.modules:
            return import_module(name)
        with stays():
            return import_module(name)
