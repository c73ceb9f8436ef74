"""An optimizer's groups as people print them: JSON of `param_groups`, or what `print(optimizer)` writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from core.experiment.errors import ExperimentError, Problem
from core.experiment.files import read_json

MOST_GROUPS, MOST_PARAMETERS, MOST_SETTINGS = 1000, 20_000, 100
LONGEST_NAME, LONGEST_VALUE = 200, 100  # characters
TITLE = "Parameter Group "  # how torch.optim.Optimizer.__repr__ begins each of them


def looks_like_groups(text: str) -> bool:
    """Whether a text is meant as groups, right or wrong: printed ones, a list, or an object that holds some."""
    start = text.lstrip()
    if start.startswith("[[groups"):  # TOML
        return False
    return start.startswith("[") or (start.startswith("{") and '"param_groups"' in text) or f"\n{TITLE}" in f"\n{text}"


def read_groups(text: str) -> dict[str, list[dict[str, Any]]]:
    """{"param_groups": ...}, each with plain settings and, as "params", the names or numbers of its parameters.

    What `print(optimizer)` writes has the parameters only where torch was given their names; else none are there.
    Raises ExperimentError, with field "file", for what is no such text, or holds more than 1000 groups, 20,000
    parameters or 100 settings of one group.
    """
    try:
        value = read_json(text) if text.lstrip()[:1] in ("[", "{") else [*_printed(text)]
        groups = value.get("param_groups") if isinstance(value, dict) else value
        if not isinstance(groups, list) or not 0 < len(groups) <= MOST_GROUPS:
            raise ValueError(f"a list of 1 to {MOST_GROUPS} groups is needed")
        read = [_group(number, group) for number, group in enumerate(groups, start=1)]
        if sum(len(group["params"]) for group in read) > MOST_PARAMETERS:
            raise ValueError(f"more than {MOST_PARAMETERS:,} parameters")
    except ValueError as error:
        raise ExperimentError([Problem(None, "file", "not_groups", {"reason": str(error)[:200]})]) from error
    return {"param_groups": read}


def are_named(groups: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every parameter has a name, not only a number."""
    return all("param_names" in group or all(isinstance(p, str) for p in group["params"]) for group in groups)


def _group(number: int, group: Any) -> dict[str, Any]:
    if not isinstance(group, dict) or not isinstance(group.get("params"), list):
        raise ValueError(f'group {number} has no list "params"')
    if len(group) > MOST_SETTINGS:
        raise ValueError(f"group {number} has more than {MOST_SETTINGS} settings")
    read = {str(key)[:LONGEST_NAME]: _plain(value) for key, value in group.items()}
    for key in ("params", "param_names"):
        if key in group:
            read[key] = [_parameter(number, each) for each in group[key]] if isinstance(group[key], list) else []
    if "param_names" in read and len(read["param_names"]) != len(read["params"]):
        raise ValueError(f"group {number} has {len(read['params'])} params and {len(read['param_names'])} param_names")
    return read


def _parameter(number: int, value: Any) -> str | int:
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > LONGEST_NAME:
        raise ValueError(f"group {number}: {str(value)[:40]} is neither the name of a parameter nor its number")
    return value


def _plain(value: Any) -> Any:
    """A setting that can be compared and shown: a number, or a text that is not too long."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    if len(text) <= LONGEST_VALUE:
        return text
    end = f"… {sha256(text.encode(errors='replace')).hexdigest()[:6]}"  # what is cut off counts where it is compared
    return text[: LONGEST_VALUE - len(end)] + end


def _literal(text: str, longest: int = LONGEST_VALUE) -> Any:
    """The value that Python's `repr` wrote, as JSON has it; any other text stays what it is."""
    try:
        value = ast.literal_eval(text) if len(text) <= longest else text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return list(value) if isinstance(value, tuple) else value


def _printed(text: str) -> Iterator[dict[str, Any]]:
    """The groups of `print(optimizer)`: a title each, and a line "key: value" for each setting."""
    group: dict[str, Any] | None = None
    for line in text.splitlines():
        key, colon, value = line.strip().partition(": ")
        if line.strip().startswith(TITLE):
            if group is not None:
                yield group
            group = {"params": []}
        elif group is not None and colon and key == "param_names":
            names = _literal(value, len(value))
            group["params"] = names if isinstance(names, list) else []
        elif group is not None and colon and key.isidentifier():
            group[key] = _literal(value)
    if group is not None:
        yield group
