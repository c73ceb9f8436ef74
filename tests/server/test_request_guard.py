"""What the server lets in and out: no file but its own assets, no handler but the page's, no body of any size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import pytest

import app
from core.server.request_guard import MAX_BODY_BYTES
from core.server.request_guard import OPEN as DOORS
from tests.browser.conftest import launched
from tests.server.test_api import ENDPOINTS

ROOT = Path(app.__file__).parent
SECRET = "nobody-reads-this"

# What page, API and MCP need of Gradio's routes, and what tells nothing.
OPEN = {
    *("/", "/config", "/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}", "/vendor/plotly.min.js"),
    *("/theme.css", "/gradio_api/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon", "/pwa_icon/{size}"),
    *("/robots.txt", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/startup-events"),
    "/gradio_api/app_id",  # by which a page that has lost its connection knows that the server is there again
    *("/gradio_api/run/{api_name}", "/gradio_api/call/{api_name}"),
    *("/gradio_api/call/v2/{api_name}", "/gradio_api/call/{api_name}/{event_id}"),
    *("/gradio_api/call/v2/{api_name}/{event_id}", "/gradio_api/queue/join", "/gradio_api/queue/data"),
    *("/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/heartbeat/{session_hash}", "/gradio_api/mcp"),
}
STREAMS = ("/gradio_api/heartbeat", "/gradio_api/queue/data", "/gradio_api/call", "/gradio_api/mcp")


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    with launched() as blocks:
        yield blocks


@pytest.fixture
def connection(page: gr.Blocks) -> Iterator[HTTPConnection]:
    where = urlsplit(page.local_url)
    connection = HTTPConnection(str(where.hostname), where.port, timeout=20)
    yield connection
    connection.close()


def ask(connection: HTTPConnection, path: str, body: bytes | None = None, method: str = "GET") -> tuple[int, str]:
    """The path goes out as it is: no client tidies up its dots."""
    connection.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
    connection.putheader("Content-Type", "application/json")
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def paths_of(routes: Any) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        else:
            yield from paths_of(route.original_router.routes)


def is_open(path: str) -> bool:
    return DOORS.fullmatch(re.sub("{.*?}", "x", path)) is not None


def test_no_route_is_open_that_is_not_needed(page: gr.Blocks) -> None:
    paths = {path.rstrip("/") or "/" for path in paths_of(page.app.routes)}
    assert {path for path in paths if is_open(path)} == OPEN
    assert {"/gradio_api/upload", "/gradio_api/file={path_or_url:path}", "/gradio_api/deep_link"} <= paths


@pytest.mark.parametrize("prefix", ["", "/", "/gradio_api/../"])
def test_what_is_closed_is_not_there(page: gr.Blocks, connection: HTTPConnection, prefix: str) -> None:
    for path in {path for path in paths_of(page.app.routes) if not is_open(path)}:
        for method in ("GET", "POST", "HEAD"):
            assert ask(connection, prefix + re.sub("{.*?}", "x", path), b"{}", method)[0] in (404, 405)


def test_nothing_can_be_put_on_the_server(connection: HTTPConnection) -> None:
    assert ask(connection, "/gradio_api/upload", b"x" * 1000, "POST")[0] == 404


def escapes(target: Path) -> list[str]:
    """Ways to name a file outside: absolute, up through its parents, with the dots and slashes in other clothes."""
    absolute = str(target)
    up = "../" * 14 + absolute[1:]
    clothes = [("", ""), ("/", "%2f"), ("..", "%2e%2e"), ("..", "%252e%252e"), ("/", "%5c"), ("../", "....//")]
    clothes += [("../", "..;/"), ("..", "%c0%ae%c0%ae"), ("../", "..%00/"), ("/", "%e2%88%95"), ("../", "./.%2e/")]
    climbs = [up.replace(plain, dressed) if plain else up for plain, dressed in clothes]
    whole = [absolute, "/" + absolute, "//" + absolute, absolute.replace("/", "%2f"), "file://" + absolute]
    ends = [
        up + "%00.png",
        absolute + "%00",
        up + "%3f.js",
        up + "/.",
        absolute + "%20",
        "~" + absolute,
        up + "%23.css",
    ]
    return [*climbs, *whole, *ends]


def places(page: gr.Blocks) -> list[str]:
    """Every route with a place for a name, as far as that; what streams for ever is left out."""
    taking = {path for path in paths_of(page.app.routes) if "{" in path and not path.startswith(STREAMS)}
    filled = {re.sub(r"\{(?!path)[^}]*\}(?=.*\{)", "x", path) for path in taking}
    more = ("/", "/vendor/", "/vendor/plotly.min.js/", "/gradio_api/file=", "/gradio_api/mcp/", "/static/img/")
    return sorted({path.partition("{")[0] for path in filled} | set(more))


def test_no_file_of_the_machine_can_be_read(page: gr.Blocks, connection: HTTPConnection, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    asked = 0
    for place in places(page):
        for name in [*escapes(secret), *escapes(ROOT / "app.py")[:12], *escapes(Path("/etc/passwd"))[:12]]:
            status, text = ask(connection, place + name.replace(" ", "%20"))
            assert SECRET not in text, place + name
            assert "def build(runs" not in text, place + name
            assert "root:" not in text, place + name
            assert str(ROOT) not in text or "app.py" in name, place + name  # it may say again what was asked for
            assert status in (200, 307, 400, 403, 404, 405, 422), place + name
            asked += 1
    assert asked > 500
    assert ask(connection, "/assets/" + "a" * 5000)[0] == 404
    assert ask(connection, "/static/img/logo.svg")[0] == 200
    assert "Plotly" in ask(connection, "/vendor/plotly.min.js")[1]


@pytest.fixture(params=["share", "Spaces"])
def public_page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[gr.Blocks]:
    """As `--share` starts it, but for the tunnel itself, which ends at the same port; and as Spaces does."""
    if request.param == "Spaces":
        monkeypatch.setenv("SPACE_ID", "somebody/param-group-lab")
    monkeypatch.setattr("gradio.networking.setup_tunnel", lambda **_: "https://stand-in.gradio.live")
    share = request.param == "share"
    with launched(share=share) as blocks:
        assert blocks.share == share
        yield blocks


def test_share_and_spaces_open_nothing_further(page: gr.Blocks, public_page: gr.Blocks, tmp_path: Path) -> None:
    assert set(paths_of(public_page.app.routes)) == set(paths_of(page.app.routes))
    assert (public_page.allowed_paths, public_page.vibe_mode, public_page.proxy_urls) == ([], False, set())
    where = urlsplit(public_page.local_url)
    connection = HTTPConnection(str(where.hostname), where.port, timeout=20)
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    for path in (
        f"/gradio_api/file={secret}",
        "/gradio_api/upload",
        "/login",
        "/openapi.json",
        "/gradio_api/deep_link",
        "/monitoring",
        "/runs",
    ):
        assert ask(connection, path)[0] == 404
    told = json.loads(ask(connection, "/gradio_api/info")[1])
    assert set(told["named_endpoints"]) == set(ENDPOINTS)
    connection.close()


def test_a_body_of_any_size_is_not_read(connection: HTTPConnection) -> None:
    call = b'{"data": ["' + b"a" * (MAX_BODY_BYTES - 14) + b'"]}'
    assert ask(connection, "/gradio_api/call/assign", call, "POST")[0] == 200
    connection.putrequest("POST", "/gradio_api/call/assign")
    connection.putheader("Content-Length", str(100 * MAX_BODY_BYTES))
    connection.endheaders(b" " * (MAX_BODY_BYTES + 1))
    assert connection.getresponse().status == 413


def private_handlers(page: gr.Blocks) -> set[str]:
    return {str(handler.api_name) for handler in page.fns.values() if handler.api_visibility != "public"}


def test_no_handler_of_the_page_is_listed(page: gr.Blocks, connection: HTTPConnection) -> None:
    assert len(private_handlers(page)) > 30
    for path in ("/gradio_api/info", "/gradio_api/openapi.json"):
        listed = ask(connection, path)[1]
        assert {name for name in private_handlers(page) if f'/{name}"' in listed} == set()
        assert all(name in listed for name in ENDPOINTS)


@pytest.mark.parametrize("values", [[], [None] * 12, ["../../etc/passwd"] * 12, [{"text": [1]}, {"a": 1}, 10**400]])
def test_a_handler_of_the_page_that_is_called_anyway_tells_nothing(
    page: gr.Blocks, connection: HTTPConnection, values: list[Any]
) -> None:
    """It may do what the page may: a visitor's own state is the server's, and cannot be sent."""
    for name in sorted(private_handlers(page)):
        body = json.dumps({"data": values, "session_hash": "somebody"}).encode()
        status, text = ask(connection, f"/gradio_api/run/{name}", body, "POST")
        assert status in (200, 400, 404, 422, 500)
        assert "Traceback" not in text
        assert str(ROOT) not in text
        assert "site-packages" not in text
    assert ask(connection, "/")[0] == 200
