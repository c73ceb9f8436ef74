"""Calls of another shape than their endpoint's are answered by a sentence that names what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from starlette.responses import Response

from core.server.request_guard import App, Message, Receive, Send, refuse

CALL = re.compile(r"/gradio_api/(?P<how>call/v2|call|run)/(?P<name>\w+)/?|/gradio_api/queue/join")
LONGEST_SESSION = 64  # characters of a session's name, which is kept as long as its session: Gradio's have 11 or 36


class CallShapes:
    """ASGI middleware behind `Doors`, which hands a body on whole; `page` is Gradio's Blocks."""

    def __init__(self, app: App, page: Any) -> None:
        self._app, self._page = app, page

    @cached_property
    def _public(self) -> Mapping[str, Any]:
        """The API's endpoints, as Gradio describes them."""
        found: Mapping[str, Any] = self._page.get_api_info()["named_endpoints"]
        return found

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        call = CALL.fullmatch(scope["path"].removeprefix(scope.get("root_path", ""))) if "path" in scope else None
        if call is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        message = await receive()
        refusal = self._refusal(call, message.get("body", b""))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        again = [message]

        async def receive_again() -> Message:
            return again.pop() if again else await receive()

        await self._app(scope, receive_again, send)

    def _refusal(self, call: re.Match[str], text: bytes) -> Response | None:
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return refuse("A call is a JSON object.", 422)
        public = self._public
        how, name = call["how"], call["name"]
        if how in ("call/v2", "call") and f"/{name}" not in public:
            return refuse(f"There is no endpoint {name!r}; there are {_listed(key[1:] for key in public)}.", 404)
        if how == "call/v2":
            return _of_arguments(name, public[f"/{name}"]["parameters"], body)
        if not isinstance(body.get("data"), list):
            return refuse('A call holds its arguments in a list under "data".', 422)
        if len(str(body.get("session_hash"))) > LONGEST_SESSION:
            return refuse(f"A session's name has at most {LONGEST_SESSION} characters.", 422)
        if how == "call" and body.get("fn_index") is None:
            return _of_count(name, public[f"/{name}"]["parameters"], body["data"])
        return self._of_handler(body, name)

    def _of_handler(self, body: Mapping[str, Any], name: str | None) -> Response | None:
        """What the page's own script calls, by number or name."""
        number, handlers = body.get("fn_index"), self._page.fns
        of_name = next((each for each in handlers.values() if name is not None and each.api_name == name), None)
        of_number = handlers.get(number) if isinstance(number, int) else None
        handler = of_name if number is None else of_number  # as Gradio chooses
        if handler is None:
            return refuse("The page has no such handler; reload it.", 404)
        if len(body["data"]) != len(handler.inputs):
            return refuse(f"This handler takes {len(handler.inputs)} values, not {len(body['data'])}.", 422)
        return None


def _of_arguments(name: str, parameters: list[Mapping[str, Any]], body: Mapping[str, Any]) -> Response | None:
    names = [each["parameter_name"] for each in parameters]
    takes = f"it takes {_listed(names)}" if names else "it takes none"
    if unknown := [key for key in body if key not in names]:
        return refuse(f"{name} has no argument {unknown[0][:60]!r}; {takes}.", 422)
    needed = [each["parameter_name"] for each in parameters if not each["parameter_has_default"]]
    if missing := [key for key in needed if key not in body]:
        return refuse(f"{name} needs the argument {missing[0]!r}; {takes}.", 422)
    return None


def _of_count(name: str, parameters: list[Mapping[str, Any]], data: list[Any]) -> Response | None:
    names = [each["parameter_name"] for each in parameters]
    if len(data) > len(names):
        return refuse(f"{name} takes {len(names)} arguments ({_listed(names)}), not {len(data)}.", 422)
    missing = [each for each in parameters[len(data) :] if not each["parameter_has_default"]]
    if missing:
        return refuse(f"{name} needs the argument {missing[0]['parameter_name']!r}.", 422)
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
