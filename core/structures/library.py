"""The structures of the menu, each a text file beside this one that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from core.experiment import Experiment
from core.structures.structure import Structure, read_structure

FOLDER = Path(__file__).parent
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.txt"))}


def structure_names() -> list[str]:
    """Those that an experiment can name as its model."""
    return list(FILES)


@lru_cache(maxsize=16)
def structure_text(name: str) -> str:
    """The lines of one of them. Raises KeyError for another name."""
    return FILES[name].read_text(encoding="utf-8")


def load_structure(name: str) -> Structure:
    """One of them, read. Raises KeyError for another name."""
    return read_structure(structure_text(name))


def lines_of(experiment: Experiment) -> str | None:
    """What `core.models.structure.network_of` takes, where the experiment's network is a structure; else None."""
    if experiment.structure:
        return experiment.structure
    return experiment.model if experiment.model in FILES else None


def runnable(presets: Mapping[str, Experiment]) -> dict[str, Experiment]:
    """Those whose network can be run: a structure's can only be looked at."""
    return {name: preset for name, preset in presets.items() if lines_of(preset) is None}
