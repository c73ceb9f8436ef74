"""Literals: Python itself reads them back, and ruff would lay them out the same."""

from __future__ import annotations

import ast
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from core.export.python_source import Source, literal, one_per_line
from core.export.templates import filled

HOSTILE = ["'", '"', "it's", 'say "a"', "'''\"\"\"", "\\", "\\'", '\\"', "{x}", "${x}", "{{", "%s", "#", "\n", "组", ""]

text = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE)
plain = st.one_of(text, st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.booleans(), st.none())
pairs = st.tuples(plain, plain)
values = st.recursive(plain | pairs, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=12)


@given(values)
def test_python_reads_the_same_value_back(value: object) -> None:
    line = literal(value)
    assert "\n" not in line
    assert ast.literal_eval(line) == value


@given(st.lists(values, min_size=1) | st.dictionaries(text, values, min_size=1))
def test_python_reads_the_same_value_back_from_many_lines(value: object) -> None:
    assert ast.literal_eval(one_per_line(value)) == value
    assert ast.literal_eval(f"[\n    {one_per_line(value, 4)}\n]") == [value]


def test_source_stands_as_it_is() -> None:
    assert literal({"optimizer": Source("optim.Adam")}) == '{"optimizer": optim.Adam}'


def test_infinity_is_an_attribute_of_math() -> None:
    assert literal([math.inf]) == "[math.inf]"


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, range(3)])
def test_what_is_not_plain_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="not a plain value"):
        literal([value])


def test_a_template_wants_every_value() -> None:
    with pytest.raises(UndefinedError, match="modules"):
        filled("optimizers.py.jinja")


def test_ruff_finds_nothing_to_change() -> None:
    long = [HOSTILE, "x" * 100, {"组" * 40: ["y" * 30] * 3, "n": [1e-05, (0.9, 0.95), True, None]}]
    edges = [[{"name": "x" * width, "params": ["a"]}] for width in range(40, 70)]
    code = "".join(f"v{index} = {one_per_line(value)}\n" for index, value in enumerate([long, HOSTILE, *edges]))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
