"""What is checked before the app starts: whether the starter's own network and images can be used, and by whom."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from core import lab
from core.resources.custom import IMAGES, MODEL, OwnUnusable, is_image_folder, unsplit_image
from core.server.own_hosts import is_loopback
from core.text import say

LAST_PORT = 65535
START_PROBLEMS = {
    errno.EADDRINUSE: "start_port_taken",
    errno.EADDRNOTAVAIL: "start_not_here",
    errno.EACCES: "start_not_allowed",
}


class NoAddress(RuntimeError):
    """The server cannot listen where it was told to; the message is for whoever started the app."""


def check_address(host: str, port: str | None) -> tuple[str, int | None]:
    """Host and port as Gradio takes them; without a port it chooses one from 7860 on.

    An IPv6 address may stand in brackets, and gets them. Raises NoAddress, in one sentence, where nothing can listen.
    """
    host = host.strip("[]")
    if port is not None and not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= LAST_PORT):
        raise NoAddress(say("start_port", value=port, most=LAST_PORT))
    number = None if port is None else int(port)
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, number or 0, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise NoAddress(say("start_host", value=host)) from None
    try:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        key = START_PROBLEMS.get(error.errno or 0, "start_elsewhere")
        raise NoAddress(say(key, host=host, port=number, reason=error.strerror)) from None
    return (f"[{host}]" if ":" in host else host), number


def bring_along(model: str | None, data_dir: str | None, is_private: bool, watched: str | None = None) -> None:
    """Offer the network `model` ("package.module:function") and the images in `data_dir`, if that is a folder of them.

    Otherwise `data_dir` is where CIFAR-10 is kept. Only this process is told, by its environment. Raises OwnUnusable,
    also where the server is not `is_private`, which a recording that is `watched` needs too.
    """
    folder = Path(data_dir).expanduser().resolve() if data_dir else None
    images = folder if folder and is_image_folder(folder) else None
    if (model or images or watched) and not is_private:
        raise OwnUnusable(say("own_only_local"))
    if folder and (found := unsplit_image(folder)):
        raise OwnUnusable(say("own_images_unsplit", value=str(folder), found=str(found.relative_to(folder))))
    _set("DATA_DIR", None if images else data_dir)
    _set(IMAGES, str(images) if images else None)
    if images:
        lab.check_folder(images)
    if model and model in lab.model_names():
        raise OwnUnusable(say("own_model_name", value=model))
    _set(MODEL, model)
    if model:
        lab.check_own_model(model)


def serves_this_machine_only(host: str, share: bool) -> bool:
    """Whether nobody but the machine's own users can reach the page."""
    if share or "SPACE_ID" in os.environ:
        return False
    return is_loopback(host)


def _set(variable: str, value: str | None) -> None:
    os.environ.pop(variable, None)
    if value:
        os.environ[variable] = value
