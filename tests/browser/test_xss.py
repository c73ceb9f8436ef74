"""A corpus of payloads by table, link and file: none is more than text. `python -m tests.hostile xss` takes longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.actions import open_tab
from tests.browser.conftest import Server, Visit
from tests.hostile.attack import HOOK, Watch, batches, by_file, by_link, by_table, names, run
from tests.hostile.payloads import PAYLOADS

MARKUP = "<img src=//c.test/i><img src=x onerror=alert(1)>"


@pytest.fixture
def watch(visit: Visit, server: Server) -> Iterator[Watch]:
    page = visit()
    watch = Watch(page, server.address)
    page.evaluate(HOOK)
    yield watch
    assert watch.found() == []


def test_there_are_payloads_enough() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 100
    assert len(names()) >= 100


def test_payloads_in_a_file_and_in_the_table_stay_text(watch: Watch) -> None:
    for payloads in batches():
        by_file(watch.page, payloads)
        by_table(watch.page, payloads[::-1])


def test_payloads_of_a_link_stay_text_and_in_a_run_and_its_charts(watch: Watch, server: Server) -> None:
    for payloads in batches(names()):
        by_link(watch.page, server.address, payloads)
    run(watch.page, payloads)
    open_tab(watch.page, "findings_tab")
    expect(watch.page.locator("#summary")).to_contain_text(payloads[0])


def test_what_runs_is_found(visit: Visit, server: Server) -> None:
    page = visit()
    watch = Watch(page, server.address)
    page.evaluate(HOOK)
    assert watch.found() == []
    page.evaluate(
        "() => { document.querySelector('#about').innerHTML = '<img src=//c.test/i><img src=x onerror=alert(1)>'; }"
    )
    page.wait_for_function("() => window.owned.length > 0")
    assert {"http://c.test/i", "alert1", "src=//c.test/i", "onerror=alert(1)"} <= set(watch.found())
