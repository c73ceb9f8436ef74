"""What a visitor's browser fetches until the table can be used, and until a first run is drawn."""

from __future__ import annotations

from tests.benchmarks.page import bytes_sent
from tests.benchmarks.row import Row
from tests.benchmarks.serving import chromium, served


def rows() -> list[Row]:
    """Compressed, as they come over the network."""
    with served() as server, chromium() as browser:
        usable, drawn = bytes_sent(browser, server.address)
    return [
        Row("fetched until the table is usable", usable, None, None, None, 0.8, False, "MB"),
        Row("fetched until a first run is drawn", drawn, None, None, None, 2.2, False, "MB"),
    ]
