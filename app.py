"""Param Group Lab: see what each optimizer parameter group's updates really are. Run: python app.py"""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from typing import Any

import gradio as gr
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from core import lab
from core.page import CSS, FIRST_PRESET, I18N, PRESETS, build
from core.resources.custom import OwnUnusable
from core.resources.freed_memory import keep_freed_memory
from core.server import MOST_SESSIONS, Doors, Runs, Sessions, bring_along, no_call, serves_this_machine_only
from core.text import say
from core.widgets.live_chart import PLOTLY_JS, VENDOR

__all__ = ["FIRST_PRESET", "PRESETS", "build", "launch", "main"]

MOST_REQUESTS = 128  # that wait: fifty visitors who type have up to two each


def launch(page: gr.Blocks, **where: Any) -> str:
    """Serve the page, and the Plotly library from the installed package; returns its address.

    With the package `mcp` installed the API's endpoints are tools of an MCP server too.
    """

    async def plotly(request: Request) -> Response:
        """A mounted folder would look for the file below the path that a proxy has taken off."""
        return await StaticFiles(directory=PLOTLY_JS).get_response("plotly.min.js", request.scope)

    page.queue(max_size=MOST_REQUESTS)
    _, address, _ = page.launch(
        i18n=I18N,
        css=CSS,
        theme=gr.themes.Default(),
        ssr_mode=False,
        run_history=False,
        state_session_capacity=MOST_SESSIONS,
        mcp_server=find_spec("mcp") is not None,
        footer_links=["api", "settings"],
        prevent_thread_lock=True,
        app_kwargs={
            "routes": [Route(f"/{VENDOR}/plotly.min.js", plotly)],
            "middleware": [Middleware(Doors), Middleware(Sessions, page=page)],
            "exception_handlers": {RequestValidationError: no_call},
        },
        **where,
    )
    return address


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    env = os.environ.get
    parser.add_argument("--host", default=env("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=env("GRADIO_SERVER_PORT"), help="port to listen on (default 7860)")
    parser.add_argument(
        "--share", action="store_true", default=env("GRADIO_SHARE", "").lower() == "true", help="make a public link"
    )
    parser.add_argument("--data-dir", default=env("DATA_DIR"), help=say("help_data_dir"))
    parser.add_argument("--model", help=say("help_model"))
    arguments = parser.parse_args()
    keep_freed_memory()
    try:
        is_private = serves_this_machine_only(arguments.host, arguments.share)
        bring_along(arguments.model, arguments.data_dir, is_private)
    except OwnUnusable as problem:
        parser.error(str(problem))
    page = build(Runs())
    if find_spec("spaces") is not None:  # at the launch it looks for functions that use its GPU
        lab.load()
    launch(page, server_name=arguments.host, server_port=arguments.port, share=arguments.share)
    lab.prepare_cifar10()
    lab.prepare_weights("resnet18")
    page.block_thread()


if __name__ == "__main__":
    main()
