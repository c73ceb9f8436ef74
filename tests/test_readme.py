"""What README and tests/README say is there: files, links, modules, commands; README's header configures a Space."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.house import ROOT, arrows_between_rooms, sources

README = (ROOT / "README.md").read_text(encoding="utf-8")
OF_TESTS = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
BOTH = [(README, ROOT), (OF_TESTS, ROOT / "tests")]
both = pytest.mark.parametrize(("text", "folder"), BOTH, ids=["README", "tests/README"])

# What huggingface.co/docs/hub/spaces-config-reference lists; `license` is of repositories-licenses beside it.
SPACE_KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "sdk_version", "suggested_hardware"),
    *("suggested_storage", "app_file", "app_build_command", "app_port", "base_path", "fullWidth", "header"),
    *("short_description", "models", "datasets", "tags", "thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes"),
    *("hf_oauth_expiration_minutes", "hf_oauth_authorized_org", "disable_embedding", "startup_duration_timeout"),
    *("custom_headers", "preload_from_hub", "license"),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front_matter() -> dict[str, str]:
    header = README.split("---\n")[1]
    return {key: value.strip().strip('"') for key, value in (line.split(":", 1) for line in header.splitlines())}


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_header_configures_a_gradio_space() -> None:
    header = front_matter()
    assert set(header) <= SPACE_KEYS
    assert header["sdk"] == "gradio"
    assert {header["colorFrom"], header["colorTo"]} <= COLOURS
    assert header["title"]
    assert not any(letter.isalnum() for letter in header["emoji"])
    assert header["python_version"] == "3.12"
    assert (ROOT / header["app_file"]).is_file()
    assert len(header["short_description"]) <= 60


def test_sdk_version_is_within_the_range_of_requirements() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (gradio,) = (r for r in map(Requirement, lines) if r.name == "gradio")
    assert gradio.specifier.contains(front_matter()["sdk_version"])


def anchors(text: str) -> set[str]:
    """The headings as GitHub makes them into anchors: small letters, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@both
def test_links_and_pictures_lead_somewhere(text: str, folder: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = link.partition("#")
        if not link.startswith("https://"):
            target = folder / path if path else folder / "README.md"
            assert target.exists(), link
            assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@both
def test_every_file_that_is_named_is_there(text: str, folder: Path) -> None:
    """Those in backticks by their path in the project, or beside the README that names them."""
    named = re.findall(r"`((?:\w+/)*[a-z]\w*\.(?:py|json|js)|(?:\w+/)+)`", text)
    assert len(named) >= 3
    for path in named:
        assert (ROOT / path).exists() or (folder / path).exists(), path


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a module, or a name in one."""
    try:
        import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return hasattr(import_module(module), name)
    return True


@both
def test_every_module_and_name_of_core_can_be_imported(text: str, folder: Path) -> None:
    assert [dotted for dotted in re.findall(r"`(core(?:\.\w+)+)", text) if not is_there(dotted)] == []


def test_so_can_those_that_the_sources_name() -> None:
    named = {dotted for path in sources() for dotted in re.findall(r"`(core(?:\.\w+)+)", path.read_text("utf-8"))}
    assert [dotted for dotted in sorted(named) if not is_there(dotted)] == []
    assert len(named) > 10


@both
def test_the_commands_run_modules_that_are_there(text: str, folder: Path) -> None:
    for module in re.findall(r"python -m\s+(tests(?:\.\w+)*)", text):
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_the_examples_import_what_is_there() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    imports = [node for block in blocks for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        assert all(hasattr(import_module(node.module or ""), alias.name) for alias in node.names), ast.unparse(node)
    assert {node.module for node in imports} >= {"core.experiment", "core.training"}


def test_the_example_with_ones_own_networks_runs() -> None:
    pytest.importorskip("timm")
    pytest.importorskip("transformers")
    (example,) = re.findall(r"^```python\n(import timm.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    training, _, reading = example.partition("\nbert = ")
    imports = "\n".join(line for line in training.splitlines() if re.match("import |from ", line))
    names: dict[str, Any] = {}
    with pytest.warns(UserWarning, match="not one of the menu's"):
        exec(f"{imports}\nbert = {reading}", names)
    groups = names["read"].groups
    assert {group.optimizer for group in groups} == {"timm.optim.lamb.Lamb"}
    assert len(names["groups"][0]["params"]) == 197 + 2, "the generators were kept as lists"


def test_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 240


def tree() -> list[str]:
    """The entries of README's tree by their paths, a folder's with a slash at the end."""
    drawing = section(README, "The house").partition("\n    app.py")[2]
    entries = re.findall(r"^    (  )?(\S+) +\S", drawing, flags=re.MULTILINE)
    return [f"core/{name}" if is_inside else name for is_inside, name in entries]


def test_the_tree_shows_every_room_and_file_of_core_and_no_other() -> None:
    entries = [path for path in (ROOT / "core").iterdir() if path.name[0].isalpha()]
    shown = [entry for entry in tree() if entry.startswith("core/")]
    assert sorted(shown) == sorted(f"core/{path.name}{'/' if path.is_dir() else ''}" for path in entries)
    assert {"core/text.py", "core/experiment/"} <= set(shown)


def test_a_room_stands_below_what_it_imports() -> None:
    order = [entry.removeprefix("core/").removesuffix(".py").removesuffix("/") for entry in tree()]
    arrows = [(room, imported) for room, others in arrows_between_rooms().items() for imported in others]
    assert [arrow for arrow in arrows if arrow[0] in order and order.index(arrow[1]) > order.index(arrow[0])] == []
    assert len(arrows) > 50


def test_the_tree_shows_the_folders_beside_core() -> None:
    assert tree()[-2:] == ["presets/", "tests/"]
    assert all((ROOT / entry).exists() for entry in tree())


def test_every_test_of_the_whole_is_told_of() -> None:
    told = set(re.findall(r"`(test_\w+\.py)`", OF_TESTS.partition("\n## ")[0]))
    assert told == {path.name for path in (ROOT / "tests").glob("test_*.py")}


def test_every_promise_names_tests_that_are_there() -> None:
    """That they are there, `test_every_file_that_is_named_is_there` and its neighbour say."""
    _, _, *rows = re.findall(r"^\| .* \|$", section(OF_TESTS, "What it promises"), flags=re.MULTILINE)
    assert len(rows) > 10
    for row in rows:
        assert re.search(r"\| (the same \||`tests/\w+(/\w+)*\.py`|`python -m tests\.\w+( \w+)?`)", row), row


def test_ci_runs_the_tests_as_readme_says() -> None:
    install, run = re.findall(r"^    (pip install .*tests.*) && (.*)$", section(README, "Test it"), re.MULTILINE)[0]
    check = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert install.partition("install ")[2] in check
    assert re.search(rf"^ *{re.escape(run)}$", check, re.MULTILINE)


def test_the_workflow_runs_the_same_check_and_nothing_more() -> None:
    workflow = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    assert re.findall(r"^ *-? *run: *(.*)$", workflow, re.MULTILINE) == ["bash .ci/run"]
    assert f'python-version: "{front_matter()["python_version"]}"' in workflow
