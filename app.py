"""Param Group Lab: see what each optimizer parameter group's updates really are. Run: python app.py"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.resources.temporary_folder import NoFolder, choose_temporary_folder
from core.text import say

if __name__ == "__main__":
    gc.disable()  # until the page is served: what is made stays, and looking through it takes a seventh of the time

PORT = os.environ.pop("GRADIO_SERVER_PORT", None)  # Gradio reads it at its import, and fails where it is no number
try:
    choose_temporary_folder()
except NoFolder:
    print(say("start_no_folder"), file=sys.stderr)
    sys.exit(2)

import gradio as gr
from fastapi.exceptions import RequestValidationError
from gradio.brotli_middleware import BrotliMiddleware
from gradio.route_utils import CustomCORSMiddleware
from gradio.routes import App
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from core import lab
from core.page import CSS, FIRST_PRESET, I18N, PRESETS, THINGS_TO_TRY, build
from core.page.light_sessions import LightSessions
from core.report import Followed
from core.resources.custom import OwnUnusable
from core.resources.freed_memory import keep_freed_memory
from core.server import (
    MOST_SESSIONS,
    CallShapes,
    Doors,
    HeadScript,
    KeptAnswers,
    NoAddress,
    OwnHosts,
    Runs,
    Sessions,
    SmallPage,
    Visitors,
    bring_along,
    check_address,
    is_loopback,
    no_call,
    serves_this_machine_only,
)
from core.widgets.live_chart import PLOTLY_JS, VENDOR

__all__ = ["FIRST_PRESET", "PRESETS", "THINGS_TO_TRY", "build", "launch", "main"]

# Gradio's own orange and its grey for small print are too pale to be read: 2.8 and 1.9 to 1, where WCAG AA asks 4.5.
# Its files of weight 600 (6.31) have no Latin letters, so what is bold was of another font; those of 700 have them.
THEME = gr.themes.Default(
    primary_hue="blue",
    font=[gr.themes.LocalFont("Source Sans Pro", (400, 700)), "ui-sans-serif", "system-ui", "sans-serif"],
    font_mono=[gr.themes.LocalFont("IBM Plex Mono", (400, 700)), "ui-monospace", "Consolas", "monospace"],
).set(
    color_accent="*primary_600",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_hover_dark="*primary_700",
    body_text_color_subdued="*neutral_500",
)
MOST_REQUESTS = 512  # that wait: fifty visitors who type have up to two each, and one address 64 that nobody reads
PREPARED_AFTER = 5.0  # seconds: the first page is not to wait for it, and asks for it itself
BETWEEN_LOOKS = 0.02  # seconds between two looks at what waits: Gradio's 1,000 a second hold up a run that computes
MOST_THREADS = 128  # each run that waits has one, and each call


def launch(page: gr.Blocks, **where: Any) -> str:
    """Serve the page, and the Plotly library from the installed package; returns its address.

    With the package `mcp` installed the API's endpoints are tools of an MCP server too.
    """

    async def plotly(request: Request) -> Response:
        """A mounted folder would look for the file below the path that a proxy has taken off."""
        return await StaticFiles(directory=PLOTLY_JS).get_response("plotly.min.js", request.scope)

    host = str(where.get("server_name") or "127.0.0.1").strip("[]")
    is_proxied = bool(where.get("share")) or not {"SPACE_ID", "GRADIO_ROOT_PATH"}.isdisjoint(os.environ)
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")  # uvicorn would believe what any program on this machine writes
    os.environ |= {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000"}  # tells nobody
    page._queue.max_size = MOST_REQUESTS  # page.queue() would make a server that launch() throws away
    page._queue.sleep_when_free = BETWEEN_LOOKS
    page._queue.progress_update_sleep_when_free = 1.0  # seconds: no progress is reported in Gradio's own way
    _, address, _ = page.launch(
        i18n=I18N,
        css=CSS,
        theme=THEME,
        ssr_mode=False,
        run_history=False,
        state_session_capacity=MOST_SESSIONS,
        mcp_server=find_spec("mcp") is not None,
        footer_links=["api", "settings"],
        prevent_thread_lock=True,
        app_kwargs={
            "routes": [Route(f"/{VENDOR}/plotly.min.js", plotly)],
            "middleware": [
                Middleware(OwnHosts, page=page, is_loopback=is_loopback(host)),
                Middleware(Doors),
                Middleware(CallShapes, page=page),
                Middleware(Visitors, page=page, is_proxied=is_proxied),
                Middleware(Sessions, page=page),
                Middleware(KeptAnswers),
                Middleware(SmallPage),
                Middleware(HeadScript),
            ],
            "lifespan": before_the_first_request,
            "exception_handlers": {RequestValidationError: no_call},
        },
        max_threads=MOST_THREADS,
        **where,
    )
    return address


@asynccontextmanager
async def before_the_first_request(served: App) -> AsyncIterator[None]:
    """Sessions become light ones, the headers that let pages of other sites read the answers are taken off, and answers
    are compressed before they are kept.

    Gradio does both around all other middleware, which forgets what it knew where it is built anew later.
    """
    served.state_holder = LightSessions(served.get_blocks())
    gradios = (BrotliMiddleware, CustomCORSMiddleware)
    compressing = [each for each in served.user_middleware if each.cls is BrotliMiddleware]  # type: ignore[comparison-overlap]
    ours = [each for each in served.user_middleware if each.cls not in gradios]  # type: ignore[comparison-overlap]
    served.user_middleware = [*ours, *compressing]
    served.middleware_stack = served.build_middleware_stack()
    yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    env = os.environ.get
    parser.add_argument("--host", default=env("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", default=PORT, help="port to listen on (default 7860)")
    parser.add_argument(
        "--share", action="store_true", default=env("GRADIO_SHARE", "").lower() == "true", help="make a public link"
    )
    parser.add_argument("--data-dir", default=env("DATA_DIR"), help=say("help_data_dir"))
    parser.add_argument("--model", help=say("help_model"))
    parser.add_argument("--watch", metavar="FILE", help=say("help_watch"))
    arguments = parser.parse_args()
    keep_freed_memory()
    try:
        host, port = check_address(arguments.host, arguments.port)
        is_private = serves_this_machine_only(host.strip("[]"), arguments.share)
        bring_along(arguments.model, arguments.data_dir, is_private, arguments.watch)
    except (NoAddress, OwnUnusable) as problem:
        parser.exit(2, f"{problem}\n")
    page = build(Runs(), Followed(Path(arguments.watch)) if arguments.watch else None)
    if find_spec("spaces") is not None:  # at the launch it looks for functions that use its GPU
        lab.load()
    launch(page, server_name=host, server_port=port, share=arguments.share)
    gc.freeze()
    gc.enable()
    preparing = threading.Timer(PREPARED_AFTER, prepare)
    preparing.daemon = True
    preparing.start()
    page.block_thread()


def prepare() -> None:
    """Import torch, and fetch the images and the usual weights where they are not on this machine."""
    lab.prepare_cifar10()
    lab.prepare_weights("resnet18")


if __name__ == "__main__":
    main()
