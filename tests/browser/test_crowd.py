"""A few visitors at once, and a few that leave; `python -m tests.crowd` brings fifty, and two hundred."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.benchmarks.serving import Server, served
from tests.crowd.promises import Promise, of_crowd, of_leaving
from tests.crowd.visitors import Size


@pytest.fixture(scope="module")
def program() -> Iterator[Server]:
    with served() as program:
        yield program


def broken(promises: Iterator[Promise]) -> list[Promise]:
    """Those not kept; how long an edit takes and what memory few visitors leave is left to the long form."""
    return [promise for promise in promises if not promise.kept and not re.search("edit|memory", promise.what)]


def test_a_crowd_is_served_and_every_run_is_the_one_asked_for(program: Server, browser: Browser) -> None:
    assert broken(of_crowd(program, browser, Size(visitors=17, pages=1, edits=1, epochs=1, alone=3))) == []


def test_who_leaves_leaves_nothing_behind(program: Server, browser: Browser) -> None:
    assert broken(of_leaving(program, browser, count=5)) == []
