"""What stays the same is made once, and answers as what makes it would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.server import KeptAnswers
from core.server.kept_answers import MOST_BYTES
from tests.browser.conftest import launched

LONG = "x" * 5000  # what is compressed


class Maker:
    """An app that counts what it made; behind `KeptAnswers` and gzip."""

    def __init__(self, text: str = LONG, status: int = 200) -> None:
        self.made: list[str] = []

        async def make(request: Request) -> Response:
            self.made.append(request.url.path)
            return PlainTextResponse(f"{request.headers['host']} {text}", status)

        routes = [Route("/{path:path}", make, methods=["GET", "POST"])]
        around = [Middleware(KeptAnswers), Middleware(GZipMiddleware)]
        self.client = TestClient(Starlette(routes=routes, middleware=around))


def same(answers: Sequence[httpx.Response]) -> bool:
    first, *others = [(answer.status_code, answer.headers.raw, answer.content) for answer in answers]
    return all(other == first for other in others)


@pytest.mark.parametrize(
    "path", ["/", "/config", "/assets/a.js", "/static/b.woff2", "/vendor/plotly.min.js", "/theme.css"]
)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_second_who_asks_gets_what_the_first_got(path: str, encoding: str) -> None:
    maker = Maker()
    answers = [maker.client.get(path, headers={"Accept-Encoding": encoding}) for _ in range(3)]
    assert same(answers) and answers[0].text == f"testserver {LONG}"
    assert answers[2].headers.get("content-encoding", "identity") == encoding
    assert maker.made == [path]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_head_is_answered_with_the_headers_of_the_page_and_the_page_is_kept(encoding: str) -> None:
    maker = Maker()
    heads = [maker.client.head("/", headers={"Accept-Encoding": encoding}) for _ in range(2)]
    page = maker.client.get("/", headers={"Accept-Encoding": encoding})
    assert page.text == f"testserver {LONG}" and maker.made == ["/"]
    for head in heads:
        assert (head.status_code, head.headers.raw, head.content) == (200, page.headers.raw, b"")


def test_a_link_and_a_language_do_not_ask_for_another_page() -> None:
    maker = Maker()
    for query in ("", "?lang=zh", "?preset=layerwise_lr&tab=loss", "?e=" + 2000 * "A", "?v=1", "?page=b&deep_link=a"):
        assert maker.client.get(f"/{query}").status_code == 200
    assert maker.made == ["/"]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Host": "lab.example.org"}, {"X-Forwarded-Host": "lab.example.org"}, {"X-Forwarded-Proto": "https"}),
        *({"X-Gradio-Server": "http://lab.example.org"}, {"Accept-Encoding": "identity"}),
    ],
)
def test_each_address_and_encoding_has_its_own(headers: dict[str, str]) -> None:
    maker = Maker()
    for _ in range(2):
        plain, other = maker.client.get("/"), maker.client.get("/", headers=headers)
        assert plain.text.startswith("testserver ")
        assert other.text.startswith(headers.get("Host", "testserver") + " ")
    assert maker.made == ["/"] * 2


@pytest.mark.parametrize(
    "asked",
    [
        *({"url": "/gradio_api/info"}, {"url": "/gradio_api/heartbeat/a"}, {"url": "/gradio_api/queue/data"}),
        *({"url": "/assets/a.js", "headers": {"Range": "bytes=0-9"}}, {"url": "/", "headers": {"If-None-Match": "a"}}),
        {"url": "/", "headers": {"If-Modified-Since": "Sun, 29 Nov 2026 00:00:00 GMT"}},
    ],
)
def test_what_may_differ_is_made_each_time(asked: dict[str, Any]) -> None:
    maker = Maker()
    for _ in range(2):
        assert maker.client.get(**asked).status_code == 200
    assert len(maker.made) == 2


def test_a_call_is_never_answered_by_what_is_kept() -> None:
    maker = Maker()
    maker.client.get("/")
    assert maker.client.post("/").status_code == 200
    assert len(maker.made) == 2


@pytest.mark.parametrize("status", [404, 403, 500, 206, 304])
def test_only_a_good_answer_is_kept(status: int) -> None:
    maker = Maker(status=status)
    for _ in range(2):
        answer = maker.client.get("/assets/a.js")
        assert answer.status_code == status
        assert "cache-control" not in answer.headers
    assert len(maker.made) == 2


def test_no_more_is_kept_than_may_be_and_the_least_used_goes_first() -> None:
    maker = Maker("x" * (MOST_BYTES // 3))
    plain = {"Accept-Encoding": "identity"}
    for path in ("/assets/a", "/assets/b", "/assets/a", "/assets/c", "/assets/a", "/assets/b"):
        maker.client.get(path, headers=plain)
    assert maker.made == ["/assets/a", "/assets/b", "/assets/c", "/assets/b"]
    huge = Maker("x" * MOST_BYTES)
    for path in ("/assets/a", "/assets/b", "/assets/a"):
        assert len(huge.client.get(path, headers=plain).content) > MOST_BYTES
    assert len(huge.made) == 3


def test_what_strangers_send_counts_too() -> None:
    maker = Maker("")
    for number in range(2 * MOST_BYTES // 2**16):  # small files asked for by long names of servers, each another
        maker.client.get("/assets/a", headers={"X-Forwarded-Host": f"{number}." + "x" * 2**16})
    first = maker.made.count("/assets/a")
    maker.client.get("/assets/a", headers={"X-Forwarded-Host": "0." + "x" * 2**16})
    assert maker.made.count("/assets/a") == first + 1, "the first was dropped"


@pytest.fixture(scope="module")
def page() -> Iterator[httpx.Client]:
    with launched() as blocks, httpx.Client(base_url=blocks.local_url) as client:
        yield client


def test_the_page_is_that_which_gradio_makes_and_compressed(page: httpx.Client) -> None:
    kept = [page.get("/") for _ in range(2)]
    made = page.get("/", headers={"If-None-Match": "x"})
    assert kept[0].text == kept[1].text == made.text
    assert {answer.headers["content-encoding"] for answer in (*kept, made)} == {"gzip"}


def test_a_query_that_gradio_would_look_for_a_page_in_is_none_of_its_business(page: httpx.Client) -> None:
    for path in ("/", "/config"):
        assert page.get(f"{path}?page=2&deep_link=x").text == page.get(path).text


def test_other_names_of_the_server_are_still_refused(page: httpx.Client) -> None:
    for path in ("/", "/vendor/plotly.min.js"):
        assert page.get(path).status_code == 200
        assert page.get(path, headers={"Host": "evil.test"}).status_code == 403


def test_gradios_files_are_compressed_and_kept_by_a_browser_too(page: httpx.Client) -> None:
    assets = [part.split('"')[0] for part in page.get("/").text.split('"./assets/')[1:]]
    scripts = [f"/assets/{name}" for name in assets if name.endswith(".js")]
    assert scripts
    for path in scripts:
        plain = page.get(path, headers={"Accept-Encoding": "identity"})
        packed = [page.get(path, headers={"Accept-Encoding": "br"}) for _ in range(2)]
        assert {answer.content for answer in packed} == {plain.content}
        assert packed[0].headers["content-encoding"] == "br" and same([without_date(answer) for answer in packed])
        assert "immutable" in plain.headers["cache-control"]
    plotly = page.get("/vendor/plotly.min.js")
    assert "cache-control" not in plotly.headers, "another version has the same name"


def without_date(answer: httpx.Response) -> httpx.Response:
    del answer.headers["date"]
    return answer
