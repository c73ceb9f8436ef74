"""Recorded runs of the presets, drawn faint before a visitor's own: `python -m tests.record` makes them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.events import Evaluated, Event, GroupInfo, Started, Step
from core.experiment import Experiment
from core.experiment.differences import differences
from core.report.curves import chart_head, chart_row
from core.text import say

FOLDER = Path(__file__).parents[2] / "presets" / "recorded"
BEGINNING = 10  # steps that are all kept
STRIDE = 2  # of those behind them one in so many is
OF_STARTED = ("device", "steps", "weights", "weights_problem", "classes")


@dataclass(frozen=True)
class Recording:
    """A run of `experiment`: how it started, the version of torch, and the lines of the chart's text (`chart_row`), of
    the steps behind the first `BEGINNING` only every `STRIDE`-th."""

    experiment: Experiment
    started: Started
    torch: str
    rows: tuple[str, ...]

    def to_json(self) -> str:
        """A file's text."""
        started = {name: getattr(self.started, name) for name in OF_STARTED}
        started["groups"] = [asdict(group) for group in self.started.groups]
        values = {
            "torch": self.torch,
            "experiment": _values(self.experiment),
            "as_run": _values(self.started.experiment),
        }
        return json.dumps(values | {"started": started, "rows": self.rows}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recording:
        """What `to_json` has written. Raises ValueError, KeyError and ExperimentError for anything else."""
        values = json.loads(text)
        started = values["started"]
        groups = tuple(GroupInfo(**group) for group in started.pop("groups"))
        of_run = Started(experiment=Experiment.from_dict(values["as_run"]), groups=groups, **started)
        return cls(Experiment.from_dict(values["experiment"]), of_run, values["torch"], tuple(values["rows"]))


def record(experiment: Experiment, events: list[Event], torch: str) -> Recording:
    """A whole run's events as a recording."""
    started = next(event for event in events if isinstance(event, Started))
    kept = [event for event in events if isinstance(event, Evaluated) or (isinstance(event, Step) and _is_kept(event))]
    return Recording(experiment, started, torch, tuple(chart_row(event).rstrip("\n") for event in kept))


def recorded_chart(name: str, experiment: Experiment, language: str) -> str:
    """The recorded run of the preset of that name as the live chart takes it, its label in its head.

    Empty where there is none, and where it is not a run of `experiment`: somebody has edited the preset.
    """
    recording = _read(name)
    if recording is None or differences(recording.experiment, experiment):
        return ""
    return _chart(name, language)


def _is_kept(step: Step) -> bool:
    return step.step <= BEGINNING or step.step % STRIDE == 0


def _values(experiment: Experiment) -> dict[str, Any]:
    """Without its words, which are no part of a run."""
    return {name: value for name, value in experiment.to_dict().items() if name not in ("title", "summary", "look_for")}


@cache
def _read(name: str) -> Recording | None:
    file = FOLDER / f"{name}.json"
    return Recording.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None


@cache
def _chart(name: str, language: str) -> str:
    recording = _read(name)
    assert recording is not None
    device = recording.started.device.upper()
    note = say("chart_recorded", language, device=device, torch=recording.torch, stride=STRIDE)
    head = chart_head(recording.started, f"recorded {name} {language}", language, note)
    return head + "".join(f"{row}\n" for row in recording.rows)
