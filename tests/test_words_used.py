"""Every word of the page is asked for by the source, and every word that is asked for is there.

A key that the source writes down is found in its syntax tree. One that it puts together ("asked_" + reason) is found by
its form, such as "asked_*"; each form is listed here with what fills it, read from where that comes from.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from core.experiment import Experiment, ruled_fields
from core.experiment.fields import Words
from core.page import compare_menu, differences_panel, frozen_table, results, sides
from core.page.export_panel import FILES
from core.page.filling import SETTINGS
from core.page.layout import TABS
from core.page.page import TITLES
from core.page.run_bar import STARTERS
from core.report.curves import GROUP_VIEWS, WITH_UNIT
from core.text import TEXT
from core.widgets import assignment_view, group_table
from core.widgets.widget import PROGRESS_WORDS
from tests.house import ROOT, module_of, sources, tree_of

# The argument of a call that is a key.
KEY_PLACES = {"say": 0, "translate": 0, "contents_of": 0, "Wrong": 0, "Problem": 2, "Finding": 1, "Statement": 1}


def written(room: str, pattern: str) -> set[str]:
    """What the one group of a pattern finds in a room's files, or in one file."""
    path = ROOT / "core" / room
    files = path.glob("*.py") if path.is_dir() else [path]
    return {found for file in files for found in re.findall(pattern, file.read_text(encoding="utf-8"))}


def quoted(source: str) -> list[str]:
    return re.findall(r'"(\w+)"', source)


REASONS = quoted(written("events.py", r'`reason` is (.*)\."""').pop())
WAYS = ("up", "down")
# What fills each form.
FORMS: dict[str, Iterable[str]] = {
    "column_*": (*results.SUMMARY_COLUMNS, *frozen_table.COLUMNS, *differences_panel.COLUMNS),
    "side_*": (sides.PAGE, sides.TEXT),
    "preset_*": (),  # the presets' own titles
    "line_*": written("page/updates.py", r'raw\["dataset"\] in \("(\w+)", ') | {"shapes"},
    "dataset_*": ("cifar10", "shapes"),  # in the report, which knows no data: others are shown by their names
    "weights_*": {
        kind for pair in written("training", r'("\w+" if is_pretrained else "\w+")') for kind in quoted(pair)
    },
    "other_*": (compare_menu.ONE_GROUP, compare_menu.IN_TURN),
    "code_*": FILES,
    "download_*": ("csv", "html", "jsonl", "toml"),
    "change_*": written("assignment/differences.py", r'Difference\("(\w+)"'),
    "asked_*": REASONS,
    "finished_*": REASONS,
    "frozen_part_*": written("training", r'NotCut\("(\w+)"'),
    "*_axis": [key for key, *_ in GROUP_VIEWS],
    "*_unit": WITH_UNIT,
    "heading_*": written("page/layout.py", r'_heading\("(\w+)"'),
    "table_*": group_table.COLUMNS,
    "*_one_seed": written("questions/paired.py", r'_without_verdict\("(\w+)"'),
    "range_disagrees_*_*": [f"{of}_{kind}" for of in ("steepest", "tenth") for kind in ("group", "all")],
    "*_lost": written("questions/map_sentences.py", r'"(map_gain_\w+)"'),
    "map_free_*": WAYS,
    "map_room_*": WAYS,
    "map_worse_*": WAYS,
}
# Lists of keys, and names that are keys too.
LISTS = {*TABS.values(), *STARTERS, *SETTINGS}


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def called(node: ast.AST) -> str:
    """The name of a call's function; empty for anything else."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def asked(node: ast.Call) -> Iterator[ast.expr]:
    """What a call gives as its key: itself, or either side of a condition."""
    place = KEY_PLACES[called(node)]
    todo = [k.value for k in node.keywords if k.arg == "key"] or node.args[place : place + 1]
    while todo:
        argument = todo.pop()
        if isinstance(argument, ast.IfExp):
            todo += [argument.body, argument.orelse]
        else:
            yield argument


def form_of(key: ast.JoinedStr) -> str:
    """An f-string with a star for each thing that is filled in."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in key.values)


def asked_keys(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The keys that calls in `tree` write down, and the forms of those that they put together."""
    given = [key for node in ast.walk(tree) if called(node) in KEY_PLACES for key in asked(node)]
    keys = {key.value for key in given if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return keys, {form_of(key) for key in given if isinstance(key, ast.JoinedStr)}


def named_keys(tree: ast.AST) -> set[str]:
    """Texts of several words that stand where a key may wait for its call: not in a docstring, no element's id, no key
    of a dict or index, nothing that is compared."""
    found, above = set(), parents(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and "_" in node.value):
            continue
        parent = above[node]
        is_key_of = isinstance(parent, ast.Dict) and node in parent.keys
        if not is_key_of and not isinstance(parent, (ast.Expr, ast.JoinedStr, ast.Compare, ast.Subscript, ast.keyword)):
            found.add(node.value)
    return found


def widget_keys(path: Path, tree: ast.AST) -> set[str]:
    """The keys of every `words(prefix, *keys)` of a file, its names read from the module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if called(node) != "words":
            continue
        prefix, *keys = (value for argument in node.args for value in values_of(argument, module_of(path)))
        found |= {prefix + key for key in keys}
    return found


def values_of(argument: ast.expr, module: str) -> list[str]:
    """The texts that an argument of `words` stands for."""
    if isinstance(argument, ast.Starred):
        return values_of(argument.value, module)
    if isinstance(argument, ast.Name):
        return list(getattr(importlib.import_module(module), argument.id))
    return list(ast.literal_eval(argument)) if isinstance(argument, ast.Tuple) else [ast.literal_eval(argument)]


@cache
def read() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Of the whole source: the keys that are asked for, the texts that may be keys, the forms."""
    keys, names, forms = set(LISTS), set(), set()
    for path in sources():
        tree = tree_of(path)
        own, own_forms = asked_keys(tree)
        keys |= own
        if path.name != "text.py":  # which holds them all
            keys |= widget_keys(path, tree)
            names |= named_keys(tree)
            forms |= own_forms
    filled = {form.replace("*_*", "*").replace("*", value) for form, values in FORMS.items() for value in values}
    return frozenset(keys | filled), frozenset(names), frozenset(forms)


def unused(text: Mapping[str, object]) -> set[str]:
    keys, names, _ = read()
    return set(text) - keys - names


def test_every_word_is_used() -> None:
    assert unused(TEXT) == set()


@pytest.mark.parametrize("key", ["nobody_asks", "groups_", "finished_early", "table_colour", "model_", "row", "group"])
def test_a_word_that_nobody_asks_for_is_found(key: str) -> None:
    assert unused({**TEXT, key: ("x", "x")}) == {key}


def test_every_word_that_is_asked_for_is_there() -> None:
    keys, _, _ = read()
    assert keys - set(TEXT) == set()
    assert {"empty", "finished_done", "table_lr", "chart_empty", "settings"} <= keys


def test_a_word_that_is_missing_is_found() -> None:
    tree = ast.parse('say("gone" if x else "also_gone", l); Problem(0, "lr", key="lost"); say(f"of_{x}_{y}s")')
    assert asked_keys(tree) == ({"gone", "also_gone", "lost"}, {"of_*_*s"})
    assert named_keys(ast.parse('"""a_b"""\nx["a_b"]; {"a_b": 1}; f(elem_id="a_b"); x == "a_b"; y = "k_1" or "k"')) == {
        "k_1"
    }


def test_each_form_of_a_key_is_listed_and_none_that_is_gone() -> None:
    assert read()[2] == set(FORMS)


def test_the_words_of_the_settings_are_those_of_their_fields() -> None:
    fields = {f.name for f in ruled_fields(Experiment) if not isinstance(f.metadata["rule"], Words)}
    assert fields == set(SETTINGS)
    assert all(name.startswith("preset_") for name in TITLES) and not set(TITLES) & set(TEXT)


WIDGETS = {path.stem for path in (ROOT / "core" / "widgets").glob("*.html")}


def parts_of(widget: str) -> list[str]:
    """The files that its script is made of."""
    module = ROOT / "core" / "widgets" / f"{widget}.py"
    return [*getattr(importlib.import_module(module_of(module)), "PARTS", ()), widget] if module.exists() else [widget]


def test_every_script_is_of_a_widget() -> None:
    scripts = {path.stem for path in (ROOT / "core" / "widgets").glob("*.js")}
    assert {part for widget in WIDGETS for part in parts_of(widget)} == scripts - {"common"}


@pytest.mark.parametrize("widget", sorted(WIDGETS))
def test_a_widgets_script_asks_for_all_of_its_words_and_no_others(widget: str) -> None:
    """Each by name in quotes, but for those of columns, which Python hands over."""
    folder = ROOT / "core" / "widgets"
    script = "".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in parts_of(widget))
    module = folder / f"{widget}.py"
    given: set[str] = set()
    if module.exists():
        given = set(getattr(importlib.import_module(module_of(module)), "WORDS", {"en": {}})["en"])
    elif widget == "progress_bar":
        given = set(PROGRESS_WORDS["en"])
    handed = {
        "group_table": {*group_table.COLUMNS, *group_table.HINTS, *group_table.GLOSSES},
        "assignment_view": set(assignment_view.COLUMNS),
    }
    assert set(re.findall(r'\bword\("(\w+)"\)', script)) <= given
    assert given - handed.get(widget, set()) - set(quoted(script)) == set()
