"""The rules of the house, read from the source itself."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.house import (
    ROOT,
    arrows_between_rooms,
    arrows_within,
    floors,
    imports_of,
    module_of,
    room_of,
    sources,
    tree_of,
)

# The rooms from the ground up, each with what it may import: nothing that stands behind it.
ROOMS = {
    room: imported.split()
    for room, imported in {
        "text": "",
        "colours": "",
        "resources": "",
        "experiment": "text",
        "events": "experiment",
        "structures": "experiment",
        "assignment": "experiment text",
        "data": "experiment resources text",
        "widgets": "experiment colours text",
        "models": "data experiment resources structures text",
        "optimizers": "assignment experiment text",
        "measurement": "assignment events experiment",
        "report": "events structures experiment colours text",
        "training": "measurement optimizers models data assignment events experiment resources",
        "checking": "optimizers models data assignment experiment resources structures",
        "export": "checking optimizers models data assignment experiment resources",
        "questions": "training checking optimizers models data assignment events experiment text",
        "lab": "questions export checking training optimizers models data assignment resources",
        "server": "lab report events experiment resources text",
        "page": "server lab report widgets structures experiment colours text",
        "app": "page server lab report resources widgets text",
    }.items()
}
PACKAGES = [room for room in ROOMS if (ROOT / "core" / room).is_dir()]
WITH_GRADIO = ("widgets", "page", "app")
WITHOUT_TORCH = (
    *("core.text", "core.colours", "core.events", "core.lab", "core.experiment", "core.experiment.link"),
    *("core.report", "core.server", "core.structures", "core.resources.custom", "core.resources.freed_memory"),
)
NAMES_ITS_IMPORTS = "core/lab.py"  # the door: what it imports by name counts as an arrow
IMPORTS_THE_STARTERS = "core/models/custom_network.py"  # by the name that the starter gives: no module of the project
LONGEST_FILE = 250  # lines

SOURCES = sources()
FACES = [path for path in SOURCES if path.name == "__init__.py" and path.parent != ROOT / "core"]


def label_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def packages_of(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path)}


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


@cache
def calls_of(path: Path) -> set[str]:
    """The names of what a file calls, as they are written."""
    return {ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)}


def everywhere(wrong: Callable[[Path], Any]) -> dict[str, Any]:
    """What is wrong, by source. Of all in one test: as a test of each, what pytest does around them took far longer."""
    return {label_of(path): found for path in SOURCES if (found := wrong(path))}


def modules_loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_there_are_sources_to_read() -> None:
    assert {path.name for path in SOURCES} >= {"experiment.py", "training.py", "matching.py", "app.py"}
    assert len(PACKAGES) > 10


def test_every_room_is_in_the_table_and_stands_above_what_it_may_import() -> None:
    order = list(ROOMS)
    assert {room_of(path) for path in SOURCES} - {"core"} == set(order)
    for place, (room, imported) in enumerate(ROOMS.items()):
        assert set(imported) <= set(order[:place]), room


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_the_table_says(room: str) -> None:
    """No more; and no less, so that the table stays true."""
    assert arrows_between_rooms()[room] == set(ROOMS[room])


@pytest.mark.parametrize("room", PACKAGES)
def test_no_files_of_a_room_import_each_other_in_a_circle(room: str) -> None:
    assert floors(arrows_within(room))


def test_a_circle_would_be_seen() -> None:
    with pytest.raises(RecursionError):
        floors({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_no_import_hides_in_a_string() -> None:
    def by_name(path: Path) -> set[str]:
        found = {call for call in calls_of(path) if re.search(r"\b(import_module|__import__|find_spec)$", call)}
        return found - {"find_spec", "importlib.util.find_spec"}  # which only ask whether a package is there

    assert everywhere(by_name).keys() == {NAMES_ITS_IMPORTS, IMPORTS_THE_STARTERS}


def test_imports_are_absolute() -> None:
    def relative(path: Path) -> list[int]:
        return [n.lineno for n in ast.walk(tree_of(path)) if isinstance(n, ast.ImportFrom) and n.level]

    assert everywhere(relative) == {}


@pytest.mark.parametrize("path", FACES, ids=label_of)
def test_a_face_only_gives_names_on_and_tells_of_every_file(path: Path) -> None:
    _, *statements = tree_of(path).body
    told = ast.get_docstring(tree_of(path)) or ""
    for file in path.parent.glob("[!_]*.py"):
        assert re.search(rf"^{file.name} +\S", told, re.MULTILINE), f"{file.name} is not told of"
    for name in re.findall(r"^(\w+\.py) ", told, re.MULTILINE):
        assert (path.parent / name).is_file(), name
    for statement in statements:
        assert isinstance(statement, ast.ImportFrom)
        assert (statement.module or "").startswith(f"{module_of(path)}."), "of its own files"
        assert all(alias.asname == alias.name for alias in statement.names), "as X, so that it counts as given on"


def test_only_the_page_and_its_widgets_import_gradio() -> None:
    found = everywhere(lambda path: packages_of(path) & {"gradio", "gradio_client"})
    assert {room_of(ROOT / label) for label in found} == set(WITH_GRADIO)


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_what_is_there_before_torch_imports_none(module: str) -> None:
    assert not modules_loaded_by(module) & {"torch", "torchvision", "gradio"}


def test_the_torch_detector_sees_torch() -> None:
    assert "torch" in modules_loaded_by("core.data.shapes")


def test_the_page_is_built_without_torch() -> None:
    script = "import sys, app; from core.server import Runs; app.build(Runs()); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision"} & set(done.stdout.split())


def test_no_function_changes_a_global() -> None:
    def changes(path: Path) -> list[int]:
        return [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Global)]

    assert everywhere(changes) == {}


def test_nothing_runs_text_as_code() -> None:
    forbidden = {
        *("eval", "exec", "compile", "__import__"),
        *("pickle.load", "pickle.loads", "pickle.Unpickler", "builtins.eval", "builtins.exec"),
    }
    assert everywhere(lambda path: calls_of(path) & forbidden) == {}
    named = everywhere(lambda path: "pickle" in packages_of(path))
    assert {Path(label).stem for label in named} == {"weights"}, "which names pickle for its errors"


def test_files_stay_short() -> None:
    lengths = everywhere(lambda path: len(path.read_text(encoding="utf-8").splitlines()))
    long = {label for label, length in lengths.items() if length >= LONGEST_FILE}
    assert long <= {"core/text.py"}, "a dictionary of sentences, longer by nature"


def test_what_is_public_is_documented() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

    def bare(path: Path) -> list[str]:
        public = [node for node in tree_of(path).body if isinstance(node, kinds) and not node.name.startswith("_")]
        return [node.name for node in public if not ast.get_docstring(node) and node.name != "main"]

    assert everywhere(bare) == {}


def test_every_function_says_what_it_returns() -> None:
    def silent(path: Path) -> list[str]:
        return [f"{f.name}, line {f.lineno}" for f in functions_of(path) if f.returns is None]

    assert everywhere(silent) == {}


def test_the_repository_holds_the_expected_entries_only() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    entries = {line.partition("/")[0] for line in done.stdout.splitlines()}
    known = {"app.py", "requirements.txt", "README.md", "LICENSE", "pyproject.toml", "core", "presets", "tests"}
    assert {entry for entry in entries if not entry.startswith(".")} <= known
    assert "core" in entries
