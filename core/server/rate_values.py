"""Answers about learning rates as the API gives them: plain values, in English, with their shapes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypedDict

from core import lab
from core.experiment import Experiment
from core.server.answers import Answer
from core.server.api_answers import LANGUAGE
from core.server.api_values import ExperimentFields


class GroupRate(TypedDict):
    """A group's learning rate before and after; the ratios, median update/weight, are None where none was matched."""

    group: str
    lr_before: float | None
    ratio_before: float | None
    lr_after: float | None
    ratio_after: float | None
    is_refused: bool
    sentence: str


class GroupValues(GroupRate):
    """A group's weight decay before and after, too."""

    weight_decay_before: float | None
    weight_decay_after: float | None


class MatchAnswer(TypedDict):
    """How far the search has come, `progress` 0 to 1; at the end its suggestions, and the experiment with them."""

    status: str
    progress: float | None
    suggestions: list[GroupRate]
    experiment: ExperimentFields | None


class TrialValues(TypedDict):
    """Means over the further seeds, on held-out images: loss, and accuracy from 0 to 1; None where a run was lost."""

    loss: float | None
    accuracy: float | None


class SuggestAnswer(TypedDict):
    """How far the search has come, `progress` 0 to 1; at the end what it proposes, and the experiment with it.

    `before` and `after` are the start and the proposal over other seeds, `noise` three standard errors of the gain.
    Where nothing better was found, `is_better` is false and `experiment` is as it was.
    """

    status: str
    progress: float | None
    suggestions: list[GroupValues]
    experiment: ExperimentFields | None
    is_better: bool
    before: TrialValues | None
    after: TrialValues | None
    noise: float | None
    sentences: list[str]


class MapPlanValues(TypedDict):
    """What will be run: `rows` are groups, null for all together; `runs` of `steps` of the run's `whole` steps."""

    rows: list[str | None]
    factors: list[float]
    seeds: int
    steps: int
    whole: int
    runs: int
    seconds: float


class CellValues(TypedDict):
    """One run: `row`'s rate (null: all groups') times `factor`; why it ended, and its loss on held-out images.

    `difference` is that loss minus that of factor 1 with the same seed.
    """

    row: str | None
    factor: float
    seed: int
    reason: str
    steps: int
    loss: float | None
    accuracy: float | None
    difference: float | None


class PointValues(TypedDict):
    """A row's runs at one factor, over the seeds: means, and what a difference stays below by chance (`noise`)."""

    row: str | None
    factor: float
    loss: float | None
    accuracy: float | None
    difference: float | None
    noise: float | None


class StatementValues(TypedDict):
    """One thing that the map shows, with its numbers."""

    group: str | None
    key: str
    values: dict[str, Any]
    sentence: str


class MapAnswer(TypedDict):
    """How far the map has come, `progress` 0 to 1: plan, cells so far, at the end their means and what they show."""

    status: str
    progress: float | None
    plan: MapPlanValues | None
    cells: list[CellValues]
    points: list[PointValues]
    statements: list[StatementValues]


class RangeValues(TypedDict):
    """A range test: of a group's rate, or, where `group` is null, of a factor on all; losses of the steps taken."""

    group: str | None
    rates: list[float]
    losses: list[float]
    smooth: list[float]
    steepest: float | None
    tenth_of_lowest: float | None
    sentence: str


class RangeAnswer(TypedDict):
    """How far the tests have come, `progress` 0 to 1, and those that are done."""

    status: str
    progress: float | None
    tests: list[RangeValues]


def match_values(asked: Experiment, answer: Answer) -> MatchAnswer:
    """Of `SizeMatches`."""
    found = answer.result
    return {
        "status": answer.status,
        "progress": answer.progress,
        "suggestions": [_rate(match) for match in found.groups] if found else [],
        "experiment": lab.with_matches(asked, found).to_dict() if found and found.groups else None,
    }


def suggest_values(asked: Experiment, answer: Answer) -> SuggestAnswer:
    """Of `Suggestions`."""
    found = answer.result
    is_done = found is not None and found.reason == "done"
    unmeasured = {"ratio_before": None, "ratio_after": None}
    return {
        "status": answer.status,
        "progress": answer.progress,
        "suggestions": [_rate(suggestion, unmeasured) for suggestion in found.groups] if found else [],
        "experiment": lab.with_suggestions(asked, found).to_dict() if is_done else None,
        "is_better": is_done and found.is_better,
        "before": _trial(found.before) if found else None,
        "after": _trial(found.after) if found else None,
        "noise": found.noise if found else None,
        "sentences": answer.sentences,
    }


def map_values(answer: Answer) -> MapAnswer:
    """Of a `RateMap` that grows; what it shows is said at its end."""
    found = answer.result
    is_over = found is not None and bool(found.reason)
    statements, shown = (lab.read_map(found), lab.points(found).items()) if is_over else ([], ())
    return {
        "status": answer.status,
        "progress": answer.progress,
        "plan": _plan(found.plan) if found and found.plan.runs else None,
        "cells": [_cell(cell) for cell in found.cells] if found else [],
        "points": [_point(row, each) for row, points in shown for each in points],
        "statements": [
            {"group": s.row, "key": s.key, "values": dict(s.values), "sentence": s.sentence(LANGUAGE)}
            for s in statements
        ],
    }


def range_values(answer: Answer) -> RangeAnswer:
    """Of `RangeTests` that grow."""
    tests = answer.result.tests if answer.result else ()
    return {
        "status": answer.status,
        "progress": answer.progress,
        "tests": [
            {
                "group": test.row,
                "rates": list(test.rates),
                "losses": list(test.losses),
                "smooth": list(test.smooth),
                "steepest": test.steepest,
                "tenth_of_lowest": test.tenth_of_lowest,
                "sentence": test.sentence(LANGUAGE),
            }
            for test in tests
        ],
    }


def _rate(suggestion: Any, more: dict[str, None] | None = None) -> Any:
    values = asdict(suggestion) | (more or {})
    is_refused = values.pop("refusal_key") is not None
    values = {key: value for key, value in values.items() if key not in ("steps", "whole")}  # the sentence tells them
    return values | {"is_refused": is_refused, "sentence": suggestion.sentence(LANGUAGE)}


def _trial(trial: lab.Trial | None) -> TrialValues | None:
    return None if trial is None else {"loss": trial.loss, "accuracy": trial.accuracy}


def _plan(plan: lab.MapPlan) -> MapPlanValues:
    values = asdict(plan)
    names = MapPlanValues.__annotations__
    return {name: _listed(values[name]) for name in names}  # type: ignore[return-value]


def _cell(cell: lab.Cell) -> CellValues:
    values = asdict(cell)
    return {name: values[name] for name in CellValues.__annotations__}  # type: ignore[return-value]


def _point(row: str | None, point: lab.Point) -> PointValues:
    return {"row": row, **asdict(point)}  # type: ignore[typeddict-item]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
