"""Mutation check: does a test fail for every small change of the code?

    pip install "mutmut>=3.8" && python -m tests.mutation [MODULE ...]

has mutmut change a copy of the project, one place at a time, and prints how many changes the tests caught, and those
that they did not. mutmut leaves functions with a decorator alone, other than class methods: properties. Without a name
it takes the modules of `TESTS`, a minute or so each; any other, such as report/summary, is checked by its own tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("core", "tests", "presets", "app.py", "README.md", "pyproject.toml", "requirements.txt")
SURVIVED = ("survived", "no tests", "not checked")

MEASURING = ("tests/measurement", "tests/report/test_heat_map.py")
TESTS: dict[str, tuple[str, ...]] = {
    "assignment/matching": ("tests/assignment",),
    "experiment/experiment": ("tests/experiment", "tests/test_presets.py"),
    "experiment/group": ("tests/experiment", "tests/test_presets.py"),
    "measurement/meter": MEASURING,
    "measurement/norms": MEASURING,
    "measurement/chunks": MEASURING,
    "experiment/link": ("tests/experiment/test_link.py",),
}


def tests_of(module: str) -> tuple[str, ...]:
    """Those of `TESTS`, else the module's own file, else all of its room."""
    own = f"tests/{module.rpartition('/')[0]}/test_{module.rpartition('/')[2]}.py"
    return TESTS.get(module, (own,) if (ROOT / own).exists() else (str(Path(own).parent),))


def configuration(module: str) -> str:
    """mutmut's own, as a setup.cfg."""
    settings = {
        "source_paths": ["core"],
        "only_mutate": [f"core/{module}.py"],
        "also_copy": COPIED,
        "pytest_add_cli_args_test_selection": tests_of(module),
    }
    return "[mutmut]\n" + "".join(f"{key}=\n    " + "\n    ".join(value) + "\n" for key, value in settings.items())


def prepare(module: str, folder: Path) -> None:
    """A copy of the project, with what mutmut is to do."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, target)
    (folder / "setup.cfg").write_text(configuration(module), "utf-8")


def mutmut(folder: Path, *arguments: str) -> str:
    """What a command of mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # the networks are small, and waking a second thread is slow
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=one_thread)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def changed_lines(diff: str) -> str:
    """The lines of a diff that differ, without its head."""
    return "\n".join(line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def check(module: str) -> tuple[Counter[str], list[str]]:
    """How many mutants of a module met which end, and the diffs of those that no test noticed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(module, folder)
        mutmut(folder, "run", "--max-children", "1")
        results = mutmut(folder, "results", "--all", "true").splitlines()
        ends = dict(line.strip().split(": ", 1) for line in results if ": " in line)
        lives = [changed_lines(mutmut(folder, "show", mutant)) for mutant, end in ends.items() if end in SURVIVED]
    return Counter(ends.values()), lives


def main(arguments: list[str]) -> None:
    """Check the modules one after the other, each with its row of the table."""
    for module in arguments or TESTS:
        ends, lives = check(module)
        print(*lives, sep="\n\n")
        caught = ends.total() - len(lives)
        print(f"core/{module}.py | {ends.total()} mutants | {caught} caught | {caught / ends.total():.1%}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
