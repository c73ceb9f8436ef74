"""In which settings and groups two experiments differ, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.experiment.experiment import Experiment
from core.experiment.fields import Bilingual, Words, ruled_fields
from core.experiment.group import Group
from core.experiment.optimizer_classes import FROZEN
from core.text import LANGUAGES, say

# The words for an empty value, by field: keys of `core.text`.
EMPTY = {
    "depth": "table_all",
    "layer_decay": "where_no_decay",
    "momentum": "table_default",
    "options": "where_no_decay",
    "schedule_options": "table_default",
    "end_epoch": "table_never",
    "structure": "where_no_decay",
}
OF_FROZEN = ("params", "role", "depth", "optimizer")  # what counts of a group that is frozen in one of both
LONGEST = 60  # characters of a value


def differences(a: Experiment, b: Experiment, is_change: bool = False) -> list[Bilingual]:
    """One sentence for each setting, each group and the groups' order that differ from `a` to `b`.

    Groups are told apart by name; of one that is frozen only counts which parameters it takes. Titles and
    descriptions do not count. Empty where both make the same run. Where `a` was changed into `b`, with `is_change`, no
    sentence calls the two A and B.
    """
    in_each = [list(_sentences(a, b, language, is_change)) for language in LANGUAGES]
    return [Bilingual(*sentence) for sentence in zip(*in_each, strict=True)]


def _sentences(a: Experiment, b: Experiment, language: str, is_change: bool) -> Iterator[str]:
    for field in ruled_fields(Experiment):
        if not isinstance(field.metadata["rule"], Words) and (change := _change(field, a, b, language)):
            yield say("behind", language, label=say(field.name, language), text=change)
    ours, theirs = ({group.name: group for group in experiment.groups} for experiment in (a, b))
    for name, group in ours.items():
        if name not in theirs:
            key = "group_gone" if is_change else "group_only_in"
            yield say(key, language, group=name, side="A", params=_shown("params", group.params, language))
        elif changes := [*_group_changes(group, theirs[name], language)]:
            yield say("behind", language, label=name, text=say("semicolon", language).join(changes))
    for name, group in theirs.items():
        if name not in ours:
            key = "group_new" if is_change else "group_only_in"
            yield say(key, language, group=name, side="B", params=_shown("params", group.params, language))
    orders = [[name for name in names if name in ours and name in theirs] for names in (ours, theirs)]
    if orders[0] != orders[1]:
        a_order, b_order = (", ".join(order) for order in orders)
        yield say("group_order", language, a=_short(a_order), b=_short(b_order))


def _group_changes(a: Group, b: Group, language: str) -> Iterator[str]:
    for field in ruled_fields(Group):
        if (field.name in OF_FROZEN or not (a.frozen or b.frozen)) and (change := _change(field, a, b, language)):
            yield f"{say(f'table_{field.name}', language)} {change}"


def _change(field: Any, a: object, b: object, language: str) -> str:
    """The field's two values with an arrow between; empty where they are equal."""
    before, after = (getattr(instance, field.name) for instance in (a, b))
    if before == after:
        return ""
    shown = [_shown(field.name, value, language) for value in (before, after)]
    if shown[0] == shown[1]:  # as rates do that differ after the sixth digit
        shown = [_short(repr(value)) for value in (before, after)]
    return " → ".join(shown)


def _shown(field: str, value: Any, language: str) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no", language)
    if value in (None, "", ()):
        return say(EMPTY[field], language)
    if field == "structure":
        return say("structure_lines", language, count=len(value.splitlines()))
    if value == FROZEN:
        return say("frozen", language)
    if field == "params":
        return _short(" ".join(value))
    if field in ("options", "schedule_options"):
        return _short(" ".join(f"{name}={option!r}" for name, option in value))
    return f"{value:g}" if isinstance(value, float) else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
