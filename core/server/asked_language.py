"""The language that a link asks for: `?lang=zh`, whatever the browser's own is."""

from __future__ import annotations

from core.server.request_guard import App, Message, Receive, Send

# Gradio chooses among its languages by navigator.language as soon as its own script begins: this one stands before it.
SCRIPT = b"""<script>
{
  const asked = { en: "en", zh: "zh-CN" }[new URLSearchParams(location.search).get("lang")];
  if (asked) Object.defineProperty(navigator, "language", { get: () => asked });
}
</script>"""
HEAD = b"<head>"


class AskedLanguage:
    """ASGI middleware: puts `SCRIPT` at the beginning of the page's head. It holds nothing of the request."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path != "/":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_on(message: Message) -> None:
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                for each in _with_script(held):
                    await send(each)

        await self._app(scope, receive, send_on)


def _with_script(held: list[Message]) -> list[Message]:
    """The page is one small text; its length grows by the script's."""
    start, *parts = held
    body = b"".join(part.get("body", b"") for part in parts)
    longer = body.replace(HEAD, HEAD + SCRIPT, 1)
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    start = {**start, "headers": [*headers, (b"content-length", str(len(longer)).encode())]}
    return [start, {"type": "http.response.body", "body": longer}]
