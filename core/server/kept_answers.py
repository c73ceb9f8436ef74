"""What stays the same while the app runs is made and compressed once: the page, Gradio's files, Plotly.

Gradio (6.31) compresses each file anew for each visitor, Plotly for 0.14 s in which nothing else is answered, and
copies the description of all the page's parts, for 0.07 s. At its start it asks itself for the page's headers: the
whole page is made for them, and so is there for the first visitor.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from starlette.datastructures import Headers

from core.server.request_guard import App, Message, Receive, Send

SAME = re.compile(r"/|/config|/(assets|static)/.+|/vendor/plotly\.min\.js|/(gradio_api/)?theme\.css|/favicon\.ico")
FOR_EVER = re.compile(r"/assets/.+")  # a new version of such a file has a new name
NAMES_THE_SERVER = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")  # to Gradio, in the page
ASKS_FOR_LESS = ("range", "if-none-match", "if-modified-since")
MOST_BYTES = 16 * 2**20  # of all that is kept: of each address that the page is asked under there is one
OF_AN_ENTRY = 2000  # bytes beside the body and what it was asked by: headers come from outside, and may all differ

Key = tuple[str | bool | None, ...]


class KeptAnswers:
    """ASGI middleware before what compresses: answers from what it kept, and keeps what it has not yet.

    Of a query all is for the page's own script: Gradio looks for other pages in it, and fails where there is none.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: OrderedDict[Key, tuple[Message, bytes]] = OrderedDict()  # the least used first
        self._bytes = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is not None and scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        if key is None:
            await self._app(scope, receive, send)
        elif key in self._kept:
            self._kept.move_to_end(key)
            start, body = self._kept[key]
            await send({**start, "headers": [*start["headers"]]})
            await send({"type": "http.response.body", "body": body})
        else:
            await self._make(key, scope, receive, send)

    async def _make(self, key: Key, scope: Message, receive: Receive, send: Send) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200 and FOR_EVER.fullmatch(_path(scope)):
                    message["headers"].append((b"cache-control", b"public, max-age=31536000, immutable"))
                start.update({**message, "headers": [*message["headers"]]})
            parts.append(message.get("body", b""))
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)
            if is_whole and start["status"] == 200:
                self._keep(key, start, b"".join(parts))

        await self._app({**scope, "query_string": b""}, receive, send_on)

    def _keep(self, key: Key, start: Message, body: bytes) -> None:
        if key in self._kept or len(body) > MOST_BYTES:
            return
        self._kept[key] = start, body
        self._bytes += _size(key, body)
        while self._bytes > MOST_BYTES:
            dropped, (_, its_body) = self._kept.popitem(last=False)
            self._bytes -= _size(dropped, its_body)


def _without_body(send: Send) -> Send:
    """What a HEAD is answered: the headers of a GET (RFC 9110, 9.3.2)."""

    async def send_on(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_on


def _size(key: Key, body: bytes) -> int:
    return OF_AN_ENTRY + len(body) + sum(len(part) for part in key if isinstance(part, str))


def _key(scope: Message) -> Key | None:
    """What the answer depends on, or None where it is not one of these."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not SAME.fullmatch(_path(scope)):
        return None
    headers = Headers(scope=scope)
    if any(name in headers for name in ASKS_FOR_LESS):
        return None
    taken = headers.get("accept-encoding", "")
    place = (scope["path"], scope.get("root_path", ""), scope["scheme"])
    return (*place, *(headers.get(name) for name in NAMES_THE_SERVER), "br" in taken, "gzip" in taken)


def _path(scope: Message) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
