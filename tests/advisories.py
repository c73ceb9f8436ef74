"""Known advisories: does PyPI's database warn of a package that is installed here?

    python -m tests.advisories

asks pip-audit, prints how many packages it could look up, and fails if there is an advisory for one. Where the database
does not answer it says that nothing was checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]


def ask() -> list[dict[str, Any]] | None:
    """pip-audit's word on each installed package; None where the database cannot be reached."""
    done = subprocess.run(COMMAND, capture_output=True, text=True)
    found: list[dict[str, Any]] | None = json.loads(done.stdout)["dependencies"] if done.stdout else None
    if found is None and "ConnectionError" not in done.stderr and "ProxyError" not in done.stderr:
        sys.exit(done.stderr[-2000:])
    return found


def report(packages: list[dict[str, Any]] | None) -> tuple[str, bool]:
    """What there is to tell, and whether no advisory is known."""
    if packages is None:
        return "Advisories were not checked: their database cannot be reached from here.", True
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return f"Advisories were not checked: the database knows none of the {len(packages)} packages.", True
    warned = [
        f"{package['name']} {package['version']}: {one['id']}, fixed in {', '.join(one['fix_versions']) or '-'}"
        for package in known
        for one in package["vulns"]
    ]
    checked = f"{len(known)} of {len(packages)} packages were checked for advisories: {len(warned)} found."
    return "\n".join([checked, *warned]), not warned


if __name__ == "__main__":
    told, is_clean = report(ask())
    print(told)
    sys.exit(0 if is_clean else 1)
