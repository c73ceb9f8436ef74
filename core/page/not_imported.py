"""What is often pasted and cannot be imported: what it is, and what to paste instead."""

from __future__ import annotations

import re

from core.experiment import Problem
from core.experiment.files import MAX_FILE_BYTES
from core.structures import LINE_TO_PRINT

START = 4096  # characters in which a text shows what it is
EXPERIMENT = re.compile(r"""["']groups["']\s*:|\[\[groups\]\]""")
LAYER = re.compile(r"^ *\([^\s()]+\): [A-Z]\w*\(", re.MULTILINE)  # a line of print(model)
NAMES = re.compile(r"""\s*(\w+\()?\[\s*(["'])[^"'\s]+\2\s*[,\]]""")  # state_dict().keys(), or a list of them
PRINTED = re.compile(r"^Parameter Group \d+$", re.MULTILINE)  # print(optimizer)
SAVED = re.compile(r"""["']param_groups["']\s*:""")  # optimizer.state_dict()
# One of its groups, also as param_groups has it.
NUMBERS = re.compile(r"""["']params["']\s*:\s*(<|\[\s*([\d\]]|Parameter containing))""")
VALUES = re.compile(r"Parameter containing:|\btensor\(")  # print(n, p), or of a whole state
# An assignment of a call, an import, a function; a group whose parameters an expression gives.
CODE = re.compile(
    r"""^(\w[\w.]* *= *[A-Za-z_][\w.]*\(|(import|from) \w|def \w+\()"""
    r"""|["']params["']\s*:\s*\[?\s*(?!null|true|false)[A-Za-z_][\w.]*\s*(\(|for |[,}\]])""",
    re.MULTILINE,
)
PATTERNS = re.compile(r"""["']params["']\s*:\s*\[?\s*["']""")  # a group with names or patterns


def instead_of(text: str) -> Problem | None:
    """What is wrong with a text of one of these kinds; None for any other, right or wrong."""
    if EXPERIMENT.search(text):
        return None
    start = text[:START].removeprefix("\ufeff").lstrip()
    if LAYER.search(start):
        return Problem(None, "file", "pasted_layers", {"line": LINE_TO_PRINT})
    if NAMES.match(start):
        return Problem(None, "file", "pasted_names", {"line": LINE_TO_PRINT})
    is_saved = (start.startswith("{") and SAVED.search(text)) or (start.startswith("[") and NUMBERS.search(start))
    if is_saved or PRINTED.search(start):
        return Problem(None, "file", "pasted_optimizer", {"line": LINE_TO_PRINT})
    if VALUES.search(start):
        return Problem(None, "file", "pasted_values", {"line": LINE_TO_PRINT})
    if CODE.search(start):
        return Problem(None, "file", "pasted_code", {"line": LINE_TO_PRINT})
    if start.startswith(("{", "[")) and PATTERNS.search(start):
        return Problem(None, "file", "pasted_groups")
    return None


def nothing_known(text: str) -> Problem | None:
    """What is wrong with a text that is neither of these nor a network, where it cannot be an experiment either."""
    may_be_one = "=" in text or text.lstrip("\ufeff \t\r\n").startswith(("{", "[["))
    is_given = text.strip() and not may_be_one and len(text) <= MAX_FILE_BYTES
    return Problem(None, "file", "pasted_unknown", {"line": LINE_TO_PRINT}) if is_given else None
