"""What stands in the page's head before Gradio's own script begins: a link's language, and an end to idle frames."""

from __future__ import annotations

from core.server.request_guard import App, Message, Receive, Send

# Gradio chooses among its languages by navigator.language when its own script begins: `?lang=zh` stands in for it.
# Its sign of loading goes on counting seconds at every frame after it has gone (6.31), which keeps a core awake for as
# long as the page is open, and holds up a run on the same machine: it is known by what it counts.
SCRIPT = rb"""<script>
{
  const asked = { en: "en", zh: "zh-CN" }[new URLSearchParams(location.search).get("lang")];
  if (asked) Object.defineProperty(navigator, "language", { get: () => asked });
  const ask = window.requestAnimationFrame.bind(window);
  const counts = /^\(\)=>\{\w+\(\w+,\(performance\.now\(\)-\w+\(\w+\)\)\/1e3\),/;
  window.requestAnimationFrame = (then) => (counts.test(then) ? 0 : ask(then));
}
</script>"""
HEAD = b"<head>"


class HeadScript:
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
