"""The rules of the house, read from the source itself."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITH_GRADIO = ("widgets", "page")
CORE = sorted(path for path in (ROOT / "core").rglob("*.py") if path.parent.name not in WITH_GRADIO)
WIDGETS = sorted(path for room in WITH_GRADIO for path in (ROOT / "core" / room).glob("*.py"))
SOURCES = [*CORE, *WIDGETS, ROOT / "app.py"]

# A module may import only what stands before it.
ORDER = (
    *("text", "colours", "resources", "experiment", "events", "assignment", "data", "models", "optimizers"),
    *("measurement", "training", "checking", "export", "questions", "lab"),
    *("report", "server"),
    *("widgets", "page", "app"),
)
WITHOUT_TORCH = ("experiment", "text", "colours")
LONGEST_FILE = 250  # lines


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def label_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions, by its dotted name."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{label_of(path)}:{node.lineno} imports relatively"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "core"}
    return found


def packages_of(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path)}


def core_imports_of(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("core.")}


def place_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[1:2]
    return first[0].removesuffix(".py") if first else path.stem


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def every_source() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", SOURCES, ids=label_of)


def modules_loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_there_are_sources_to_read() -> None:
    assert {path.stem for path in CORE} >= {"experiment", "training", "assignment", "optimizers"}


@pytest.mark.parametrize("path", CORE, ids=label_of)
def test_only_the_page_and_its_widgets_import_gradio(path: Path) -> None:
    assert not packages_of(path) & {"gradio", "gradio_client"}


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_the_description_of_an_experiment_imports_no_torch(name: str) -> None:
    assert not modules_loaded_by(f"core.{name}") & {"torch", "torchvision", "gradio"}


def test_the_torch_detector_sees_torch() -> None:
    assert "torch" in modules_loaded_by("core.data.shapes")


@every_source()
def test_imports_never_point_back_up_the_list(path: Path) -> None:
    if path == ROOT / "core" / "__init__.py":
        assert not core_imports_of(path)
        return
    assert place_of(path) in ORDER, "a module without a place in ORDER"
    later = ORDER[ORDER.index(place_of(path)) :]
    own = {place_of(path)} if path.parent.parent.name == "core" else set()
    assert not core_imports_of(path) & (set(later) - own)
    assert core_imports_of(path) <= set(ORDER)


def test_events_know_of_the_experiment_only() -> None:
    assert core_imports_of(ROOT / "core" / "events.py") == {"experiment"}


@every_source()
def test_no_function_changes_a_global(path: Path) -> None:
    assert not [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Global)]


@every_source()
def test_nothing_runs_text_as_code(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not {ast.unparse(call) for call in calls} & {
        *("eval", "exec", "compile", "__import__"),
        *("pickle.load", "pickle.loads", "pickle.Unpickler", "builtins.eval", "builtins.exec"),
    }
    assert "pickle" not in packages_of(path) or path.stem == "weights", "weights.py alone names pickle, for its errors"


@every_source()
def test_files_stay_short(path: Path) -> None:
    if path.name == "text.py":
        pytest.skip("a dictionary of sentences, longer by nature")
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST_FILE


@pytest.mark.parametrize("path", [*CORE, *WIDGETS], ids=label_of)
def test_what_is_public_is_documented(path: Path) -> None:
    public = [
        node
        for node in tree_of(path).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@every_source()
def test_every_function_says_what_it_returns(path: Path) -> None:
    assert [f"{f.name}, line {f.lineno}" for f in functions_of(path) if f.returns is None] == []


def test_the_repository_holds_the_expected_entries_only() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    entries = {line.partition("/")[0] for line in done.stdout.splitlines()}
    known = {"app.py", "requirements.txt", "README.md", "LICENSE", "pyproject.toml", "core", "presets", "tests"}
    assert {entry for entry in entries if not entry.startswith(".")} <= known
    assert "core" in entries


def test_the_page_is_built_without_torch() -> None:
    script = "import sys, app, core.server.runs; app.build(core.server.runs.Runs()); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision"} & set(done.stdout.split())
