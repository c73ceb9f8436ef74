"""What is checked before the app starts: whether the starter's own network and images can be used, and by whom."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from core import lab
from core.resources.custom import IMAGES, MODEL, OwnUnusable, is_image_folder
from core.text import say


def bring_along(model: str | None, data_dir: str | None, is_private: bool) -> None:
    """Offer the network `model` ("package.module:function") and the images in `data_dir`, if that is a folder of them.

    Otherwise `data_dir` is where CIFAR-10 is kept. Only this process is told, by its environment.
    Raises OwnUnusable, also where the server is not `is_private`.
    """
    folder = Path(data_dir).expanduser().resolve() if data_dir else None
    images = folder if folder and is_image_folder(folder) else None
    if (model or images) and not is_private:
        raise OwnUnusable(say("own_only_local"))
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
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _set(variable: str, value: str | None) -> None:
    os.environ.pop(variable, None)
    if value:
        os.environ[variable] = value
