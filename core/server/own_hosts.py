"""Which names of the server are answered, and which pages may ask: those of the app itself."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from core.server.request_guard import App, Message, Receive, Send


class OwnHosts:
    """ASGI middleware: refuses what another site's page asks for, and on a loopback address every host but loopback.

    A page of another site reaches a server on its visitor's machine under a name that it has turned to 127.0.0.1 (DNS
    rebinding): the name in `Host` tells. The name of a public link (`--share`) and that of a Space are answered too.
    """

    def __init__(self, app: App, page: Any, is_loopback: bool) -> None:
        self._app, self._page, self._is_loopback = app, page, is_loopback

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        reason = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(reason, 403)(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._is_loopback and not is_loopback(_name(host)) and _name(host) not in self._public_names():
            return "This name is not answered here; open the page under localhost."
        if origin is None:
            return None
        asked = urlsplit(origin).netloc.lower()
        own = {host.lower(), *(name.strip().lower() for name in headers.get("x-forwarded-host", "").split(","))}
        if asked and (asked in own or _name(asked) in self._public_names()):
            return None
        return "Only the app's own page may ask for this."

    def _public_names(self) -> Iterator[str]:
        """Of a public link, of a Space, and of the address that a proxy is said to serve the page at."""
        for address in (self._page.share_url, os.environ.get("GRADIO_ROOT_PATH")):
            if name := urlsplit(address or "").hostname:
                yield name
        if space := os.environ.get("SPACE_HOST"):
            yield from space.lower().split(",")


def is_loopback(name: str) -> bool:
    """Whether it names this machine to itself."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """Without its port, and an IPv6 address without its brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
