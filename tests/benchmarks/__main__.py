"""How fast the project is, beside its peers: python -m tests.benchmarks [--json]"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from core.resources.freed_memory import keep_freed_memory
from tests.benchmarks import bytes_sent, editing, first_point, memory, startup, training, watching
from tests.benchmarks.row import Row

MODULES = (training, watching, bytes_sent, first_point, editing, startup, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of rows instead of a table")
    as_json = parser.parse_args().json
    keep_freed_memory()  # as the app does, for all that is compared
    rows = []
    if not as_json:
        print("| what | project | peer | limit | ratio | goal | met |\n|---|---|---|---|---|---|---|")
    for module in MODULES:
        for row in module.rows():
            rows.append(asdict(row) | {"met": row.met})
            if not as_json:
                print(_line(row), flush=True)
    if as_json:
        print(json.dumps(rows, indent=1))


def _line(row: Row) -> str:
    figures = [_number(figure, row.unit) for figure in (row.project, row.peer, row.limit)]
    cells = [row.what, *figures, _number(row.ratio, "×"), _goal(row), {True: "yes", False: "no", None: "–"}[row.met]]
    return f"| {' | '.join(cells)} |"


def _goal(row: Row) -> str:
    sign, unit = "≥" if row.higher_is_better else "≤", "×" if row.ratio else row.unit
    return "–" if row.goal is None else f"{sign} {row.goal:g} {unit}"


def _number(figure: float | None, unit: str) -> str:
    return "–" if figure is None else f"{figure:,.3g} {unit}" if figure < 1000 else f"{figure:,.0f} {unit}"


if __name__ == "__main__":
    main()
