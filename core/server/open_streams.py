"""A session's stream stays open for a while between its calls.

Gradio's server ends a stream when nothing of its session waits, and its client (6.31) opens the next with its next
call. A call that the client sends just before it reads of the end is never answered: the client takes the stream for
open. So the end is told when no call has come for a while, and a call right after it is answered once it has been read.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from core.server.request_guard import App, Message, Receive, Send

STAY_SECONDS = 1.0  # from one call of a page to the next, where its own events follow one another
END_SECONDS = 0.25  # until a client has read of the end: also where it draws meanwhile
LOOK_SECONDS = 0.02
END = b'data: {"msg":"close_stream"'  # Gradio's CloseStreamMessage


class OpenStreams:
    """Reads streams of Gradio's, one after the other, as one. `page` is Gradio's Blocks, `app` answers its routes."""

    def __init__(self, app: App, page: Any) -> None:
        self._app, self._page = app, page
        self._ended: dict[str, float] = {}  # by session, by the event loop's clock

    async def read(self, session: str, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request for the session's stream."""
        is_begun, ending = False, list[Message]()

        async def send_on(message: Message) -> None:
            nonlocal is_begun
            if ending or message.get("body", b"").startswith(END):
                ending.append(message)
            elif message["type"] != "http.response.start" or not is_begun:
                is_begun = True
                await send(message)

        await self._app(dict(scope), receive, send_on)
        while ending and await self._calls_again(session, receive):
            ending.clear()
            await self._app(dict(scope), receive, send_on)
        if ending:
            self._end(session)
        for message in ending:
            await send(message)

    async def wait_for_end(self, session: str) -> None:
        """Until the session's client has read that its last stream has ended, if it has just been told."""
        await asyncio.sleep(max(0.0, self._ended.get(session, 0.0) + END_SECONDS - asyncio.get_running_loop().time()))

    async def _calls_again(self, session: str, receive: Receive) -> bool:
        """Whether a call comes before the stream's end is to be told, while its client still listens."""
        waiting, loop = self._page._queue.pending_event_ids_session, asyncio.get_running_loop()
        end = loop.time() + STAY_SECONDS
        while loop.time() < end:
            with suppress(TimeoutError):
                message = await asyncio.wait_for(receive(), LOOK_SECONDS)
                if message["type"] == "http.disconnect":
                    return False
            if waiting.get(session):
                return True
        return False

    def _end(self, session: str) -> None:
        now = asyncio.get_running_loop().time()
        self._ended = {name: when for name, when in self._ended.items() if now - when < END_SECONDS} | {session: now}
