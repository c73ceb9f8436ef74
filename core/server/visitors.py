"""Who asks: one visitor is one session of the page or of a client, or, where a caller names none, one address.

Who has nothing left to read an answer is gone: a call's stream is opened within seconds, and a run ends when the stream
that tells of it is closed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders

from core.server.open_streams import OpenStreams
from core.server.reading import LISTEN_SECONDS, Reading
from core.server.request_guard import App, Message, Receive, Send, refuse

# Calls of one address whose stream nobody has opened: of more the oldest is dropped, and where that came only
# `LISTEN_SECONDS` ago, the call that names no session is refused before Gradio, which takes milliseconds for each.
MOST_UNREAD = 64
MOST_UNREAD_OF_ALL = 512  # Gradio itself drops the oldest of 2,000 streams, read or not

CALL = re.compile(r"/gradio_api/(call/(v2/)?\w+|queue/join)/?")
STREAM = re.compile(r"/gradio_api/call/(?:v2/)?\w+/(\w+)|/gradio_api/queue/data")
JOIN = "/gradio_api/queue/join"  # by a session, of a page or a client
MCP = "/gradio_api/mcp"
NO_SESSION = re.compile(r"[0-9a-f]{32}")  # the session of a call that names none is its event, a UUID
TOOL_HEADER = "x-param-group-lab-tool"  # of a call that the MCP server makes for a client: a name that only it knows


KEY = "param_group_lab.visitors"  # in a request's scope: the middleware that let it in


@dataclass(frozen=True)
class Visitor:
    """`name` tells visitors apart, and is not shown to any.

    `reads` says whether anybody reads what is answered: True, False, or None as long as they may still come.
    """

    name: str
    reads: Callable[[], bool | None] = lambda: True


def visitor_of(request: Any) -> Visitor:
    """Whose request a handler of Gradio's was called with; outside the app's own server that is its session."""
    session = str(request.session_hash)
    visitors = request.request.scope.get(KEY) if request.request is not None else None
    return Visitor(session) if visitors is None else visitors.visitor(request.request.scope, session)


class Visitors:
    """ASGI middleware: knows who reads, and drops what nobody does. `page` is Gradio's Blocks.

    `is_proxied` says that a proxy is known to stand before the server: then its header names the address.
    """

    def __init__(self, app: App, page: Any, is_proxied: bool) -> None:
        self._app, self._page, self._is_proxied = app, page, is_proxied
        self._reading, self._streams = Reading(), OpenStreams(app, page)
        self._unread: OrderedDict[str, Call] = OrderedDict()  # by session
        self._clock: asyncio.Task[None] | None = None
        self._tools: dict[str, str] = {}  # calls of MCP that are being answered: their secret, and whose they are

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[KEY] = self
        self._clock = self._clock or asyncio.create_task(self._reading.keep_time())
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(MCP):
            await self._answer_tool(scope, receive, send)
        elif scope["method"] == "POST" and CALL.fullmatch(path):
            if not path.startswith(JOIN) and not await self._has_room(self._address(scope)):
                await refuse("Too many calls of yours have not been read; read their answers first.", 429)(
                    scope, receive, send
                )
                return
            await self._take_call(scope, receive, send)
        elif scope["method"] == "GET" and (stream := STREAM.fullmatch(path)):
            asked = parse_qs(scope["query_string"].decode(errors="replace")).get("session_hash", [""])
            session = self._session_of(stream[1]) if stream[1] else asked[0]
            if session not in self._page._queue.pending_messages_per_session:
                await refuse("This call is not known here, or not any more.", 404)(scope, receive, send)
                return
            self._unread.pop(session, None)
            with self._reading.open(session):
                if stream[1]:
                    await self._app(scope, receive, send)
                else:
                    await self._streams.read(session, scope, receive, send)
            if NO_SESSION.fullmatch(session):
                await self._forget(session)
        else:
            await self._app(scope, receive, send)

    def visitor(self, scope: Message, session: str) -> Visitor:
        """Who sent the request, of that session."""
        since, tool = self._reading.now, Headers(scope=scope).get(TOOL_HEADER)

        def reads() -> bool | None:
            if tool is not None and tool not in self._tools:  # its client has gone, maybe before this call came
                return False
            if session not in self._page._queue.pending_messages_per_session:  # dropped: there is nothing to read
                return False
            return self._reading.goes_on(session, since)

        is_own = tool is None and not NO_SESSION.fullmatch(session)
        return Visitor(f"session {session}" if is_own else f"address {self._address(scope)}", reads)

    async def _answer_tool(self, scope: Message, receive: Receive, send: Send) -> None:
        """Gradio's MCP server calls the API for its clients, with their headers, from a session of its own."""
        name = secrets.token_hex(16)
        self._tools[name] = self._address(scope)
        MutableHeaders(scope=scope)[TOOL_HEADER] = name
        try:
            await self._app(scope, receive, send)
        finally:
            del self._tools[name]

    async def _has_room(self, address: str) -> bool:
        """Whether an address may have one more unread call; drops the oldest for it where that has been long enough."""
        of_address = [name for name, call in self._unread.items() if call.address == address]
        if len(of_address) < MOST_UNREAD:
            return True
        if self._unread[of_address[0]].since > self._reading.now - LISTEN_SECONDS:
            return False
        await self._forget(of_address[0])
        return True

    async def _take_call(self, scope: Message, receive: Receive, send: Send) -> None:
        """The call is unread until its stream is opened; of too many that are, the oldest are dropped."""
        address, answer = self._address(scope), list[Message]()
        await self._drop_late()

        async def hold(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, hold)
        event = event_in(b"".join(message.get("body", b"") for message in answer))
        session = self._session_of(event) if event else ""
        await self._streams.wait_for_end(session)
        for message in answer:
            await send(message)
        if not event or self._reading.is_open(session):
            return
        self._unread.pop(session, None)
        self._unread[session] = Call(event, address, self._reading.now)
        of_address = [name for name, call in self._unread.items() if call.address == address]
        for name in [*of_address[:-MOST_UNREAD], *list(self._unread)[:-MOST_UNREAD_OF_ALL]]:
            await self._forget(name)

    async def _drop_late(self) -> None:
        """What still waits or computes for a stream that nobody has opened in time."""
        events = self._page._queue.event_ids_to_events
        late = self._reading.now - LISTEN_SECONDS
        for session, call in list(self._unread.items()):
            if call.since > late:
                return
            if call.event in events:
                await self._forget(session)

    async def _forget(self, session: str) -> None:
        """What waits or computes for the session, what it was told, and all else that Gradio keeps of a single call."""
        self._unread.pop(session, None)
        holder, queue = self._page.app.state_holder, self._page._queue
        await queue.clean_events(session_hash=session)
        queue.pending_event_ids_session.pop(session, None)
        queue.pending_messages_per_session.pop(session, None)
        if NO_SESSION.fullmatch(session):
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)

    def _session_of(self, event: str) -> str:
        """A call that names no session has its event's name for one."""
        queue = self._page._queue
        if event in queue.event_ids_to_events:
            return str(queue.event_ids_to_events[event].session_hash)
        return next((name for name, events in queue.pending_event_ids_session.items() if event in events), event)

    def _tool(self, scope: Message) -> str | None:
        """The name of the call of MCP that this one is made for."""
        name = Headers(scope=scope).get(TOOL_HEADER)
        return name if name in self._tools else None

    def _address(self, scope: Message) -> str:
        tool = self._tool(scope)
        if tool is not None:
            return self._tools[tool]
        peer = scope["client"][0] if scope.get("client") else ""
        if self._is_proxied:
            return next(forwarded_for(Headers(scope=scope)), peer)
        return str(peer)


@dataclass(frozen=True)
class Call:
    """One that was taken at `since`, by the clock of `Reading`."""

    event: str
    address: str
    since: float


def forwarded_for(headers: Headers) -> Iterator[str]:
    """The addresses that proxies have noted, the nearest first; a caller may have written those at the beginning.

    Those within the proxies' own network are left out.
    """
    for text in reversed(headers.get("x-forwarded-for", "").split(",")):
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            return
        if address.is_global:
            yield str(address)


def event_in(answer: bytes) -> str | None:
    """The name of the event that Gradio has answered a call with."""
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    event = told.get("event_id") if isinstance(told, dict) else None
    return event if isinstance(event, str) else None
