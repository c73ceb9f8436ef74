"""A map of rates as its widget shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core import lab
from core.colours import colours
from core.experiment import Experiment
from core.text import say


def map_value(rate_map: lab.RateMap, experiment: Experiment, language: str) -> dict[str, Any]:
    """The `value` of a `MapGrid`; cells that were not run, or not yet, are None."""
    found = lab.points(replace(rate_map, reason=""))
    names = [group.name for group in experiment.groups]
    of_group = dict(zip(names, colours(len(names)), strict=True))
    widest = max((abs(p.difference) for row in found.values() for p in row if p.difference), default=1.0)
    rows = []
    for row, points in found.items():
        at = {point.factor: _cell(row, point, experiment, widest, language) for point in points}
        cells = [at.get(factor) for factor in rate_map.plan.factors]
        rows.append({"group": row, "colour": of_group.get(row or "", ""), "cells": cells})
    return {"factors": [factor_text(factor) for factor in rate_map.plan.factors], "rows": rows}


def factor_text(factor: float) -> str:
    """A factor as people write it: 3, 1/30."""
    return f"{factor:.3g}" if factor >= 1 else f"1/{1 / factor:.3g}"


def rates_of(rate_map: lab.RateMap, experiment: Experiment, chosen: object) -> dict[str, float]:
    """Every learning rate that a chosen cell, [row, column], changes, by group; none where no such cell was run."""
    plan = rate_map.plan
    is_pair = isinstance(chosen, list) and len(chosen) == 2 and all(type(place) is int for place in chosen)
    row, column = chosen if is_pair and isinstance(chosen, list) else (-1, -1)
    if not (0 <= row < len(plan.rows) and 0 <= column < len(plan.factors)):
        return {}
    name, factor = plan.rows[row], plan.factors[column]
    if factor != 1 and not any((cell.row, cell.factor) == (name, factor) for cell in rate_map.cells):
        return {}
    changed = lab.scaled(experiment, name, factor)
    return {group.name: group.lr for group in changed.groups if not group.frozen and name in (None, group.name)}


def _cell(row: str | None, point: lab.Point, experiment: Experiment, widest: float, language: str) -> dict[str, Any]:
    group = say("map_all", language) if row is None else row
    values = {"group": group, "factor": factor_text(point.factor), "rate": _rate(row, point.factor, experiment)}
    if point.loss is None or point.accuracy is None:
        lost = say("map_lost", language)
        return {"loss": "✕", "more": lost, "shade": 1.0, "title": say("map_cell_lost", language, **values)}
    numbers = {"loss": point.loss, "accuracy": 100 * point.accuracy}
    if point.difference is None:
        told, shade = say("map_cell_alone", language, **values, **numbers), -1.0
    else:
        noise = "–" if point.noise is None else f"{point.noise:.3f}"
        told = say("map_cell", language, **values, **numbers, difference=point.difference, noise=noise)
        shade = point.difference / widest if point.is_worse or point.is_better else 0.0
    return {"loss": f"{point.loss:.2f}", "more": f"{100 * point.accuracy:.0f}%", "shade": shade, "title": told}


def _rate(row: str | None, factor: float, experiment: Experiment) -> str:
    rates = {group.name: f"{group.lr * factor:.3g}" for group in experiment.groups}
    return "" if row is None else f"lr {rates[row]}: "
