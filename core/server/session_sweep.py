"""What Gradio keeps of a visit is forgotten when the visitor is gone; by itself it keeps 10,000 with all they sent."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from datetime import datetime
from typing import Any

from core.server.request_guard import App, Message, Receive, Send

MOST_SESSIONS = 500  # whose state is kept at all: about 80 kB each, what was typed, and the last run
CALL_SECONDS = 120  # that a call of the API is kept after its last sign of life
PAGE_SECONDS = 1800  # a page whose connection is lost: who comes back finds the last run there
SWEEP_SECONDS = 5

HEARTBEAT = re.compile(r"/(?:gradio_api/)?heartbeat/([^/]+)")
CALL = re.compile(r"[0-9a-f]{32}")  # a call's session is its event, a UUID; a page names itself otherwise


class Sessions:
    """ASGI middleware: sweeps the sessions of `page`, Gradio's Blocks, every few seconds, when a request comes."""

    def __init__(self, app: App, page: Any) -> None:
        self._app, self._page = app, page
        self._connected: Counter[str] = Counter()
        self._swept = time.monotonic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if time.monotonic() - self._swept >= SWEEP_SECONDS:
            self._swept = time.monotonic()
            self._sweep()
        heartbeat = HEARTBEAT.search(scope["path"]) if scope["type"] == "http" else None
        if heartbeat is None:
            await self._app(scope, receive, send)
        else:
            await self._stay(heartbeat[1], self._app(scope, receive, send))

    async def _stay(self, session: str, answer: Awaitable[None]) -> None:
        """The page is there as long as its heartbeat is being answered."""
        self._connected[session] += 1
        try:
            await answer
        finally:
            self._connected -= Counter([session])
            used = self._page.app.state_holder.time_last_used
            if session in used:
                used[session] = datetime.now()

    def _sweep(self) -> None:
        holder, queue = self._page.app.state_holder, self._page._queue
        busy = set(self._busy())
        for session, used in list(holder.time_last_used.items()):
            kept = CALL_SECONDS if CALL.fullmatch(session) else PAGE_SECONDS
            idle = (datetime.now() - used).total_seconds()
            if idle > kept and session not in busy and not self._connected[session]:
                for told in (holder.session_data, holder.time_last_used, queue.pending_event_ids_session):
                    told.pop(session, None)
                queue.pending_messages_per_session.pop(session, None)

    def _busy(self) -> Iterator[str]:
        """The sessions that have something waiting or computing."""
        queue = self._page._queue
        for jobs in (*queue.active_jobs, *(waiting.queue for waiting in queue.event_queue_per_concurrency_id.values())):
            yield from (event.session_hash for event in jobs or ())
