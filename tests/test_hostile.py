"""Hostile input, in short; `python -m tests.hostile` puts 10,000 cases of each kind."""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator
from typing import Any

import pytest

from core.checking import check
from core.page.filling import SETTINGS
from tests.browser.conftest import Server, served
from tests.hostile import strategies
from tests.hostile.probes import (
    KINDS,
    MOST_BYTES,
    MOST_SECONDS,
    MOST_SECONDS_OF_A_RUN,
    ApiCase,
    Tally,
    fuzz,
    judge,
    warm_up,
)

CASES = 60
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
SMALL: dict[str, Any] = {"dataset": "shapes", "image_size": 64, "train_size": 64, "batch_size": 32}
RAW = SMALL | {"image_size": 32, "groups": [{"name": "all", "params": "*"}]}
GOOD: dict[str, Any] = {
    "experiment": RAW,
    "table": [RAW["groups"], *(RAW.get(name, strategies.DEFAULTS[name]) for name in SETTINGS)],
    "link": strategies.link_of(strategies.json_of({"v": 1} | RAW)),
    "file": strategies.json_of(RAW),
    "network": "a.0.weight (8, 8)\na.1.weight (8, 8)\nhead.weight (3, 8)",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_can_run_or_is_refused_in_words_and_in_time(kind: str) -> None:
    warm_up()
    tally = fuzz(*KINDS[kind], CASES)
    assert tally.cases == CASES
    assert "refused" in tally.outcomes
    best = "can be seen" if kind == "network" else "can run"
    assert KINDS[kind][1](GOOD[kind]) == best, "where all is refused nothing is tested"


def test_any_request_is_answered_or_refused_in_words_and_in_time(server: Server) -> None:
    ask = ApiCase(server)
    tally = fuzz(strategies.requests, ask, CASES, MOST_SECONDS_OF_A_RUN)
    assert tally.cases == CASES
    assert "refused" in tally.outcomes
    good = strategies.json_of({"data": [RAW]})
    assert ask(("assign", good)) == "answered", "where all is refused nothing is tested"


def crowd(params: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"name": f"g{row}", "params": params(row), **more} for row in range(40)]


@pytest.mark.parametrize(
    "groups",
    [
        crowd(lambda row: [f"none{row}.{glob}*" for glob in range(20)]),
        crowd(lambda row: ["*" + "*[!b]".join("aeiowt") + f"{row}.{glob}" for glob in range(20)]),
        crowd(lambda row: ["*"] * 20, layer_decay=0.5),
    ],
    ids=["dead", "slow", "spread"],
)
def test_as_many_globs_as_there_may_be_over_the_largest_network_take_a_second(groups: list[dict[str, Any]]) -> None:
    raw = SMALL | {"model": "efficientnet_v2_l"}
    assert judge(check(raw | {"groups": [{"name": "all", "params": "*"}]})) == "can run", (
        "the first look is the longest"
    )
    Tally().take(lambda case: judge(check(case)), raw | {"groups": groups})


def test_a_vit_refuses_images_of_no_whole_number_of_patches_in_words() -> None:
    checked = check(SMALL | {"model": "vit_b_16", "image_size": 65, "groups": [{"name": "all", "params": "*"}]})
    assert [(problem.field, problem.key) for problem in checked.problems] == [("image_size", "image_size_refused")]


def compute_for(seconds: float) -> str:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return "late"


def fill(size: int) -> str:
    """Memory that the process does not hold yet."""
    with mmap.mmap(-1, size) as memory:
        memory[:: mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE)
    return "large"


def test_the_limits_are_those_that_are_told() -> None:
    with pytest.raises(AssertionError, match=r"\d s"):
        Tally().take(compute_for, MOST_SECONDS + 0.1)
    with pytest.raises(AssertionError, match="MB"):
        Tally(most_seconds=60).take(fill, MOST_BYTES + 2**24)
