"""Patterns by which names are found, against fnmatch."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment.patterns import _candidates, _matcher, few_globs

NAMES = st.text("ab.1*?[ ", max_size=8)


@given(st.text("ab.1*", max_size=8) | NAMES, NAMES)
def test_a_name_fits_as_fnmatch_says(pattern: str, name: str) -> None:
    assert bool(_matcher(pattern)(name)) == fnmatchcase(name, pattern)


@given(st.text("ab.1[]*? ,", min_size=1, max_size=12))
def test_the_first_candidate_is_the_name_itself(name: str) -> None:
    assert fnmatchcase(name, next(_candidates(name)))


def test_few_globs_are_found_for_hundreds_of_names() -> None:
    layers = [f"model.layers.{i}.{part}.weight" for i in range(80) for part in ("attn.q", "attn.k", "mlp.up", "norm")]
    assert few_globs([name for name in layers if "norm" in name], [n for n in layers if "norm" not in n], []) == [
        "*.norm.weight"
    ]


def test_names_that_have_little_in_common_are_compared_within_bounds() -> None:
    names = [f"model.w{i},{i}" for i in range(2000)]  # no glob says a comma
    began = time.process_time()
    assert len(few_globs([f"model.w{i}" for i in range(8000) if i % 13 % 2], ["model.w0"], [])) == 3692
    with pytest.raises(ValueError, match=r"^model"):
        few_globs(names[1::2], names[::2], [], most=10_000)
    assert time.process_time() - began < 3


def test_a_name_that_cannot_be_told_apart_is_raised() -> None:
    with pytest.raises(ValueError, match=r"^a b$"):
        few_globs(["a b"], ["a_b"], [])
