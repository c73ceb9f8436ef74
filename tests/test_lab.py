"""The page's door to what needs torch: the names for the type checker are those of the running program."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from core import lab

ROOT = Path(__file__).parents[1]


def names_for_the_type_checker() -> dict[str, set[str]]:
    """By room, what stands below `if TYPE_CHECKING`."""
    tree = ast.parse(inspect.getsource(lab))
    (block,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    rooms: dict[str, set[str]] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        rooms.setdefault(node.module or "", set()).update(alias.asname or "" for alias in node.names)
    return rooms


def test_the_type_checkers_names_are_the_running_programs() -> None:
    assert names_for_the_type_checker() == {room: set(names) for room, names in lab.ROOMS.items()}


@pytest.mark.parametrize("name", lab.ROOM_OF)
def test_a_name_is_that_of_its_room(name: str) -> None:
    assert getattr(lab, name) is getattr(importlib.import_module(lab.ROOM_OF[name]), name)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = lab.nothing


def test_torch_comes_with_the_first_name_that_is_asked_for() -> None:
    script = "import sys; from core import lab; print('torch' in sys.modules); lab.check; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_threads_that_ask_at_once_all_get_it() -> None:
    script = """if True:
        import threading
        from core import lab
        found = []
        ask = lambda name: found.append(getattr(lab, name))
        threads = [threading.Thread(target=ask, args=(name,)) for name in lab.ROOM_OF]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(len(found) == len(lab.ROOM_OF))"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"], done.stderr
