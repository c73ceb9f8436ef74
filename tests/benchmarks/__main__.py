"""How fast the project is, beside its peers: python -m tests.benchmarks [--json] [names of modules]"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from importlib import import_module

from core.resources.freed_memory import keep_freed_memory
from tests.benchmarks.machine import machine
from tests.benchmarks.row import HEAD, line

MODULES = (
    *("training", "presets", "watching", "bytes_sent", "page_bytes", "first_point", "editing", "first_look", "typists"),
    *("startup", "memory", "maps", "recorder", "long_run", "background"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of rows instead of a table")
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], help="those to measure (default: all)")
    arguments = parser.parse_args()
    keep_freed_memory()  # as the app does, for all that is compared
    here, rows = machine(), []
    if not arguments.json:
        print(f"{here}\n\n{HEAD}", flush=True)
    for name in arguments.modules or MODULES:
        with redirect_stdout(sys.stderr):  # where Gradio and others say what they do
            found = [*import_module(f"tests.benchmarks.{name}").rows()]
        rows += [asdict(row) | {"met": row.met, "machine": here} for row in found]
        if not arguments.json:
            print("\n".join(map(line, found)), flush=True)
    if arguments.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
