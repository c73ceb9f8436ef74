"""What the person who starts the app brings along: a network of their own, a folder of their own images.

Both are named by environment variables that `app.main` sets for its own process, from its
flags; nothing from the page or the API can name them.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

MODEL, IMAGES = "PARAM_GROUP_LAB_MODEL", "PARAM_GROUP_LAB_IMAGES"
SPLITS = ("train", "test")  # the folders below that of own images
CIFAR10 = "cifar-10-batches-py"  # torchvision's folder of it
LOOKED_AT = 1000  # files


class OwnUnusable(RuntimeError):
    """The network or the folder of images cannot be used; the message, in English, is for whoever started the app."""


def own_model() -> str | None:
    """The name of the starter's own network, "package.module:function", if there is one."""
    return os.environ.get(MODEL) or None


def own_images() -> Path | None:
    """The starter's own folder of images, if there is one."""
    return Path(os.environ[IMAGES]) if os.environ.get(IMAGES) else None


def unsplit_image(root: Path) -> Path | None:
    """An image in a folder, or right below it, that has neither train nor test, nor CIFAR-10; None where nobody may
    look."""
    if is_image_folder(root) or os.path.isdir(root / CIFAR10):
        return None
    files = (file for pattern in ("*", "*/*") for file in islice(root.glob(pattern), LOOKED_AT))
    try:
        return next((file for file in files if file.suffix.lower() in (".jpg", ".jpeg", ".png")), None)
    except PermissionError:
        return None


def is_image_folder(root: Path) -> bool:
    """Whether a folder is meant to hold one's own images, rather than CIFAR-10."""
    return any(os.path.isdir(root / split) for split in SPLITS)  # False too where it may not be looked at
