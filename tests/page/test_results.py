"""What a chart asks for of a long run, whatever came."""

from __future__ import annotations

from typing import Any

import pytest

from core.page.results import window_of


def test_a_view_and_steps_are_what_they_say() -> None:
    asked = {"view": "loss", "first": 3, "last": 10**30, "more": "left out"}
    assert window_of(asked) == {"view": "loss", "first": 3, "last": 10**30}


@pytest.mark.parametrize(
    "came",
    [
        *(None, [], "ratio", {}, {"view": "ratio"}),
        *({"view": view, "first": 1, "last": 2} for view in (None, 1, [], {}, "view_ratio", "__class__")),
        *({"view": "ratio", "first": first, "last": 2} for first in (None, "1", 1.5, True, float("nan"), [])),
        *({"view": "ratio", "first": 1, "last": last} for last in (None, "2", 2.0, False, {})),
    ],
)
def test_anything_else_is_not_answered(came: Any) -> None:
    assert window_of(came) is None
