"""How fast the project is, beside its peers: python -m tests.benchmarks [--json]"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from core.resources.freed_memory import keep_freed_memory
from tests.benchmarks import bytes_sent, editing, first_point, memory, startup, training, watching
from tests.benchmarks.row import HEAD, line

MODULES = (training, watching, bytes_sent, first_point, editing, startup, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of rows instead of a table")
    as_json = parser.parse_args().json
    keep_freed_memory()  # as the app does, for all that is compared
    rows = []
    if not as_json:
        print(HEAD)
    for module in MODULES:
        for row in module.rows():
            rows.append(asdict(row) | {"met": row.met})
            if not as_json:
                print(line(row), flush=True)
    if as_json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
