"""Factors as people type them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment import Wrong
from core.experiment.notation import Factors
from core.text import LANGUAGES, say


@pytest.mark.parametrize(
    ("typed", "factors"),
    [
        ("1/30 1/10 1/3 3 10 30", (1 / 30, 1 / 10, 1 / 3, 3.0, 10.0, 30.0)),
        ("3,10", (3.0, 10.0)),
        (" 2 ,\n 1e3\t", (2.0, 1000.0)),
        ("2.5/5", (0.5,)),
        ("１／10，３、10", (0.1, 3.0, 10.0)),
        ([3, "1/4", 0.5], (3.0, 0.25, 0.5)),
        ((1e-6, 1e6), (1e-6, 1e6)),
    ],
)
def test_factors_are_numbers_or_fractions(typed: Any, factors: tuple[float, ...]) -> None:
    assert Factors().read(typed) == factors
    assert all(type(factor) is float for factor in Factors().read(typed))


HOSTILE: list[tuple[Any, str]] = [
    *((value, "no_factors") for value in ("", "  ", ",", [], None, 3, {"a": 1}, {1, 2}, True, b"3")),
    *((value, "out_of_bounds") for value in ("0", "-3", "1e7", [1e-7], "1/0", "1/1e-300", "1e-6/3", "-1/3", "0/3")),
    *((value, "not_a_number") for value in ("x", "1/", "/3", "1/2/3", "nan", "inf", "1/nan", [None], [True], [[3]])),
    *((value, "not_a_number") for value in ("9" * 4301, "1/" + "3" * 50, "1" + "\0", "{0}", "<b>3</b>", [10**5000])),
    *((value, "too_many_factors") for value in ("3 " * 13, [3] * 13, "3 " * 10**6)),
]


@pytest.mark.parametrize(("value", "key"), HOSTILE, ids=lambda value: str(type(value)))
def test_what_is_no_factor_is_refused_in_a_short_sentence(value: Any, key: str) -> None:
    with pytest.raises(Wrong) as caught:
        Factors().read(value)
    assert caught.value.key == key
    assert all(len(say(key, language, **caught.value.values)) < 300 for language in LANGUAGES)


@given(st.text(max_size=30) | st.lists(st.text(max_size=8) | st.floats() | st.integers(), max_size=5))
def test_whatever_is_read_is_within_the_bounds_and_reads_the_same_again(value: Any) -> None:
    try:
        found = Factors().read(value)
    except Wrong as wrong:
        assert say(wrong.key, **wrong.values)
        return
    assert 0 < len(found) <= 12 and all(1e-6 <= factor <= 1e6 for factor in found)
    assert Factors().read(list(found)) == found
