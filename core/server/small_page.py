"""The page itself, compressed: Gradio compresses by the ends of file names, and the page has none."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware

from core.server.request_guard import App, Message, Receive, Send

PAGES = ("/", "/config")  # about 500 kB each, a tenth of that when compressed


class SmallPage:
    """ASGI middleware: gzip for `PAGES`, where it is asked for."""

    def __init__(self, app: App) -> None:
        self._app, self._compressed = app, GZipMiddleware(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in PAGES
        await (self._compressed if is_page else self._app)(scope, receive, send)
