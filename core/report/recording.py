"""A run as a file of one JSON object a line, and back: one of the lab's, or one of your own (`core.export.recorder`).

Whatever such a file holds is checked here, as all that comes from outside is.

The recorder's file, format 1: a JSON object a line, named by its "event"; the last may not be whole yet. Numbers that
are not finite are null, and so are ratios to norms up to 1e-8 √weights. Norms are L2.

Started     format, torch, every, keep; groups: name, optimizer (its class), settings;
            parameters: name, shape, dtype, trains (requires_grad), group (its place, or null)
Step        step (from 1), loss; groups: lr and gradient_norm (null if nothing in it trains), weight_norm after the
            step, update_norm |after - before|, update_ratio update_norm / |before|, distance |after - start| / |start|,
            moved (how many weights are not as at the start), drift (as distance, of the buffers that changed in its
            layers: 1 if they were 0, null if it has none)
TensorStep  step; ratios: update_ratio of each of the parameters, null if it is in no group
Finished    reason, step, seconds; groups: as in a Step that changes nothing
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from core.events import Evaluated, Event, Finished, GroupEnd, GroupInfo, GroupStep, Silent, Started, Step, TensorStep
from core.events import to_json as event_to_json
from core.experiment import Experiment, ExperimentError, Problem
from core.experiment.files import read_json
from core.report.recorded_groups import OWN, experiment_of, thawed
from core.report.recorded_values import LARGEST, list_of, number_of, size_of, text_of, those_of, whole_of
from core.structures import LONGEST_NAME, MOST_TENSORS

FORMAT = 1  # of the recorder's files
MOST_LINES = 60_000  # 20,000 steps with their parameters, and some more
SIGNED = ("lr", "direction", "cosine")  # what may be below 0 of a step; the rest are norms, and what is made of them
REASONS = ("done", "stopped", "non_finite", "time_limit")


def to_recording(events: Sequence[Event]) -> str:
    """The lines of a run of the lab; `read_recording` gives back equal events."""
    return "".join(f"{json.dumps(event_to_json(event), ensure_ascii=False)}\n" for event in events)


def read_recording(text: str) -> list[Event]:
    """The events of a run: `Started`, steps and evaluations in their order, and `Finished`.

    Of a file that is still being written the last line may be cut off, and `Finished` says "stopped" then. Raises
    ExperimentError, with field "file", that names the line, counted from 1, and what is wrong.
    """
    lines, reader = io.StringIO(text.removeprefix("\ufeff"), "\n").readlines(), RecordingReader()
    events: list[Event] = []
    for line in lines:
        if line is lines[-1] and not line.endswith("\n") and events and not _is_whole(line):
            break
        events += reader.read(line)
    if reader.started is None:
        raise _wrong("recording_start")
    if not isinstance(events[-1], Finished):
        events.append(_unfinished(reader.started, [event for event in events if isinstance(event, Step)]))
    if reader.started.weights == OWN:
        events[0] = replace(reader.started, steps=max(1, reader.step))
    return events


class RecordingReader:
    """Reads a recording line by line; `started` is its first line's event as of the last `step`."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.step = 0
        self._order, self._shown, self._rows = list[int](), list[bool](), list[Any]()
        self._number = 0

    def read(self, line: str) -> list[Event]:
        """What the next line says: one event, or none. Raises ExperimentError, as `read_recording` does."""
        self._number += 1
        if self._number > MOST_LINES:
            raise _wrong("recording_long", most=MOST_LINES)
        if not line.strip():
            return []
        try:
            value = read_json(line)
        except ValueError:
            value = None
        if self.started is None and not (isinstance(value, dict) and value.get("event") == "Started"):
            raise _wrong("recording_start")
        try:
            if not isinstance(value, dict):
                raise ValueError("no JSON object")
            event = self._event(value)
        except ExperimentError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise _wrong("recording_line", line=self._number, reason=reason[:100]) from error
        return [] if event is None else [event]

    def _event(self, value: Mapping[str, Any]) -> Event | None:
        if self.started is None:
            self.started, self._order, self._shown = _started(value)
            self._rows = those_of(self._shown, value["groups"])
            return self.started
        event = _event(value, self.started, self._order, self._shown)
        if isinstance(event, Step):
            if event.step <= self.step:
                raise _wrong("recording_order")
            self.step, self.started = event.step, thawed(self.started, event, self._rows)
        return event


def _is_whole(line: str) -> bool:
    """Whether a last line without its end has been written to its end."""
    try:
        read_json(line)
    except ValueError:
        return False
    return True


def _started(value: Mapping[str, Any]) -> tuple[Started, list[int], list[bool]]:
    """Also the places, in a `TensorStep` of the file, of the parameters that `Started.tensors` names.

    And of each of the file's groups whether it is shown: not if it has no parameters.
    """
    if "experiment" in value:
        started = _started_here(value)
        return started, [*range(len(started.tensors))], [True] * len(started.groups)
    if value.get("format") != FORMAT:
        raise _wrong("recording_format", value=value.get("format"), known=FORMAT)
    rows, parameters = list_of(value["groups"]), list_of(value["parameters"])
    if not rows or len(parameters) > MOST_TENSORS:
        raise ValueError(f"{len(rows)} groups, {len(parameters)} parameters")
    experiment, places, names = experiment_of(rows, parameters)
    infos, tensors = [], []
    for group, own in zip(experiment.groups, filter(None, places), strict=True):
        weights = sum(math.prod(parameters[place]["shape"]) for place in own)
        infos.append(GroupInfo(group.name, group.optimizer, len(own), weights, group.name))
        tensors += [names[place] for place in own]
    order = [place for own in places for place in own]
    return Started(experiment, "–", 0, OWN, None, tuple(infos), tuple(tensors), 0), order, [own != [] for own in places]


def _started_here(value: Mapping[str, Any]) -> Started:
    experiment = Experiment.from_dict(value["experiment"])
    groups = tuple(
        GroupInfo(
            text_of(g["name"]),
            text_of(g["optimizer"]),
            whole_of(g["tensors"]),
            whole_of(g["weights"]),
            text_of(g["row"]),
        )
        for g in list_of(value["groups"])
    )
    if len(groups) != len(experiment.groups):
        raise ValueError(f"{len(groups)} groups, and {len(experiment.groups)} in the experiment")
    if any(group.layer_decay is not None for group in experiment.groups):
        raise ValueError("layer_decay in a run, whose groups are those that it led to")
    weights = text_of(value["weights"])
    if weights not in ("random", "pretrained"):
        raise ValueError(f"weights {weights}")
    tensors = tuple(text_of(name, LONGEST_NAME) for name in list_of(value["tensors"]))
    if len(tensors) != sum(group.tensors for group in groups):
        raise ValueError(f"{len(tensors)} tensors, and {sum(group.tensors for group in groups)} in the groups")
    steps, classes = whole_of(value["steps"]), whole_of(value["classes"])
    counts = tuple(map(whole_of, list_of(value.get("class_counts") or [])))  # older files have none
    if counts and not 0 < max(counts) < sum(counts):
        raise ValueError("class_counts of one class, or of none")
    device = text_of(value["device"], 20)
    return Started(experiment, device, steps, weights, None, groups, tensors, classes, class_counts=counts)


def _event(value: Mapping[str, Any], started: Started, order: Sequence[int], shown: Sequence[bool]) -> Event | None:
    """None for what a chart does not show, such as progress."""
    kind = value.get("event")
    if kind == "Step":
        groups = tuple(_group_step(group) for group in those_of(shown, value["groups"]))
        loss = value["loss"]
        loss = None if isinstance(loss, float) and abs(loss) > LARGEST else number_of(loss)
        return Step(whole_of(value["step"]), math.nan if loss is None else loss, groups)
    if kind == "TensorStep":
        ratios = list_of(value["ratios"])
        return TensorStep(whole_of(value["step"]), tuple(size_of(ratios[place]) for place in order))
    if kind == "Evaluated":
        loss, accuracy = number_of(value["loss"]), number_of(value["accuracy"])
        if loss is None or accuracy is None or not 0 <= accuracy <= 1:
            raise ValueError("an evaluation has a loss, and an accuracy from 0 to 1")
        return Evaluated(whole_of(value["step"]), whole_of(value["epoch"]), loss, accuracy)
    if kind == "Silent":
        layers = ((text_of(name, LONGEST_NAME), size_of(share) or 0.0) for name, share in list_of(value["layers"]))
        return Silent(whole_of(value["step"]), tuple(layers))
    if kind == "Finished":
        ends = zip(started.groups, those_of(shown, value["groups"]), strict=True)
        seconds = number_of(value["seconds"]) or 0.0
        reason = value["reason"] if value["reason"] in REASONS else "stopped"
        return Finished(reason, whole_of(value["step"]), seconds, tuple(_end(info, end) for info, end in ends))
    return None


def _group_step(value: Mapping[str, Any]) -> GroupStep:
    known = {f.name: (number_of if f.name in SIGNED else size_of)(value.get(f.name)) for f in fields(GroupStep)}
    lost = {name: math.nan for name in ("weight_norm", "update_norm") if known[name] is None}
    return GroupStep(**(known | lost))  # type: ignore[arg-type]


def _end(info: GroupInfo, value: Mapping[str, Any]) -> GroupEnd:
    moved = value.get("moved")
    count = info.weights if moved is None else min(whole_of(moved), info.weights)
    distance, drift = size_of(value.get("distance")), size_of(value.get("drift"))
    return GroupEnd(info.name, info.optimizer, info.weights, count, distance, drift)


def _unfinished(started: Started, steps: Sequence[Step]) -> Finished:
    """What is known of a run that goes on, or was cut off: where its groups were last."""
    last = steps[-1].groups if steps else ()
    ends = tuple(
        GroupEnd(info.name, info.optimizer, info.weights, info.weights if group.distance else 0, group.distance, None)
        for info, group in zip(started.groups, last, strict=False)
    )
    return Finished("stopped", steps[-1].step if steps else 0, 0.0, ends)


def _wrong(key: str, **values: Any) -> ExperimentError:
    return ExperimentError([Problem(None, "file", key, values)])
