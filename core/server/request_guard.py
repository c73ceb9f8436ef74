"""What the server lets in: of what Gradio serves no more than page and API need, and no request that is too large."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from core.server.json_look import NotTaken, look_at

MAX_BODY_BYTES = 512 * 1024  # of one call
MAX_BYTES_IN_FLIGHT = 16 * 2**20  # of all calls that are not answered yet
BODY_SECONDS = 10  # that a body may take to arrive

# What page, API and MCP need of Gradio's routes, and what tells nothing; a route that is not among them is not there.
# Those that Gradio has besides write files, fetch them, tell of other visitors, or edit the app.
OPEN = re.compile(
    r"/|/config/?|/(assets|static|svelte)/[\w.@/-]{1,200}|/vendor/plotly\.min\.js|/(gradio_api/)?theme\.css|/favicon\.ico"
    r"|/manifest\.json|/pwa_icon(/\w+)?|/robots\.txt"
    r"|/gradio_api/((info|openapi\.json|startup-events|app_id|cancel|reset)/?|run/\w+/?|call/(v2/)?\w+(/\w+)?/?"
    r"|queue/(join|data)|heartbeat/[^/]{1,64}|mcp(/.*)?)",
    re.ASCII,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Doors:
    """ASGI middleware: only `OPEN` routes are there, and of a body no more is read than may be.

    A body is handed on whole once it has been looked at (`core.server.json_look`).
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._in_flight = 0  # bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif not OPEN.fullmatch(scope["path"].removeprefix(scope.get("root_path", ""))):
            await refuse("There is nothing here.", 404)(scope, receive, send)
        else:
            await self._bounded(scope, receive, send)

    async def _bounded(self, scope: Message, receive: Receive, send: Send) -> None:
        body = bytearray()
        try:
            refusal = await self._take_in_time(body, receive) or _look(body)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

            async def receive_whole() -> Message:
                return whole.pop() if whole else await receive()

            await self._app(scope, receive_whole, send)
        finally:
            self._in_flight -= len(body)

    async def _take_in_time(self, body: bytearray, receive: Receive) -> Response | None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._take(body, receive)
        except TimeoutError:
            return refuse(f"This call took more than {BODY_SECONDS} seconds to arrive.", 408)

    async def _take(self, body: bytearray, receive: Receive) -> Response | None:
        """Fill the body; what is answered instead where it is too large."""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return refuse("Nobody is there any more.", 400)
            part = message.get("body", b"")
            if len(body) + len(part) > MAX_BODY_BYTES:
                return refuse(f"A call takes at most {MAX_BODY_BYTES // 1024} kB.", 413)
            if self._in_flight + len(part) > MAX_BYTES_IN_FLIGHT:
                return refuse("Too much is being sent here at once; try again in a few seconds.", 503)
            body += part
            self._in_flight += len(part)
            more = message.get("more_body", False)
        return None


def _look(body: bytearray) -> Response | None:
    try:
        if body:
            look_at(bytes(body))
    except NotTaken as reason:
        return refuse(str(reason), 422)
    return None


def refuse(words: str, status: int) -> Response:
    """An answer in words, as Gradio's clients expect it."""
    return JSONResponse({"detail": words, "error": words}, status)


async def no_call(request: Request, error: Exception) -> Response:
    """The answer to a body of another shape than Gradio's: FastAPI's own repeats it, and fails where it holds a NaN."""
    return PlainTextResponse("This is no call of the API; /gradio_api/info tells their shape.", 422)
