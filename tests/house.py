"""The house as its imports draw it: rooms, files, lines, arrows and floors. `python -m tests.house [FOLDER]` prints it.

A room is a package of `core`, a file of `core` beside them, or app.py. An arrow says that a room imports another, also
by a module's name in a string; a room stands one floor above the highest that it imports.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
Arrows = dict[str, set[str]]  # by who imports


def sources(root: Path = ROOT) -> list[Path]:
    """Every Python file of the app."""
    return [*sorted((root / "core").rglob("*.py")), root / "app.py"]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path, root: Path = ROOT) -> str:
    """The package or file of `core` that a file is in; "app" for app.py."""
    parts = path.relative_to(root).with_suffix("").parts
    return parts[1] if parts[0] == "core" and parts[1:] != ("__init__",) else parts[0]


def module_of(path: Path) -> str:
    """A file's dotted name; a package's for its face."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions, or by its name in a string."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"core.{alias.name}" for alias in node.names if node.module == "core"}
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"core(\.\w+)+", node.value)
        ):
            found.add(node.value)
    return found


def arrows_between_rooms(root: Path = ROOT) -> Arrows:
    """Which room imports which other ones."""
    arrows: Arrows = {}
    for path in sources(root):
        room = room_of(path, root)
        rooms = {module.split(".")[1] for module in imports_of(path) if module.startswith("core.")}
        arrows.setdefault(room, set()).update(rooms - {room})
    return arrows


def arrows_within(room: str) -> Arrows:
    """Which file of a room imports which other ones, by their modules' names; the face is none of them."""
    files = {module_of(path): path for path in (ROOT / "core" / room).rglob("[!_]*.py")}
    return {module: imports_of(path) & set(files) - {module} for module, path in files.items()}


def floors(arrows: Arrows) -> dict[str, int]:
    """The floor of each room, from 1. Raises RecursionError where rooms import each other in a circle."""

    @cache
    def floor(room: str) -> int:
        return 1 + max(map(floor, arrows[room]), default=0)

    return {room: floor(room) for room in arrows}


def main(root: Path) -> None:
    """The tree with lines per room, the floors from the ground up, and how many arrows there are."""
    arrows = {room: imported for room, imported in arrows_between_rooms(root).items() if room != "core"}
    lines: dict[str, list[int]] = {}
    for path in sources(root):
        lines.setdefault(room_of(path, root), []).append(len(path.read_text(encoding="utf-8").splitlines()))
    of_room = floors(arrows)
    for room in sorted(arrows, key=lambda room: (of_room[room], room)):
        size = f"{len(lines[room]):3} files {sum(lines[room]):5} lines"
        print(f"floor {of_room[room]:2}  {room:18} {size}  imports {', '.join(sorted(arrows[room])) or 'nothing'}")
    count = sum(map(len, arrows.values()))
    print(f"{len(arrows)} rooms on {max(of_room.values())} floors, {count} arrows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT)
