"""What the server lets in: of what Gradio serves no more than page and API need, and no request that is too large."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.experiment.files import MAX_FILE_BYTES

MAX_BODY_BYTES = 8 * MAX_FILE_BYTES  # a file's text as JSON takes up to six bytes for one

# Gradio's routes that write files, read or fetch them, tell of other visitors, or edit the app. Nothing here uses them.
CLOSED = re.compile(
    r"/(gradio_api/)?(upload|file[=/]|proxy=|deep_link|process_recording|stream/|component_server|custom_component"
    r"|monitoring|profiling|dev/|vibe-|undo-vibe-|run-history|runs|token|queue/status)"
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Doors:
    """ASGI middleware: `CLOSED` routes are not there, and no body is read beyond `MAX_BODY_BYTES`."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif CLOSED.match(scope["path"].removeprefix(scope.get("root_path", ""))):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self._within_size(scope, receive, send)

    async def _within_size(self, scope: Message, receive: Receive, send: Send) -> None:
        """The body is read here, and handed on whole."""
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MAX_BODY_BYTES:
                await PlainTextResponse("Too large", 413)(scope, receive, send)
                return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_whole() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, receive_whole, send)


async def no_call(request: Request, error: Exception) -> Response:
    """The answer to a body of another shape than Gradio's: FastAPI's own repeats it, and fails where it holds a NaN."""
    return PlainTextResponse("This is no call of the API; /gradio_api/info tells their shape.", 422)
