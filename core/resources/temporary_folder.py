"""Where Gradio may write: it makes a folder at its import, and fails where that is closed, as another user's is."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = "/dev/shm"  # Linux: there where no disk can be written to


class NoFolder(RuntimeError):
    """There is no folder on this machine that can be written to."""


def choose_temporary_folder() -> None:
    """Tell Gradio, by GRADIO_TEMP_DIR, of a folder that it can use: its usual one, else a new one for this process.

    Raises NoFolder.
    """
    if _is_open(os.environ.get("GRADIO_TEMP_DIR")):
        return
    for place in (None, IN_MEMORY):  # None: where Python makes such folders
        try:
            folder = tempfile.mkdtemp(prefix="param-group-lab-", dir=place)
        except OSError:
            continue
        os.environ["GRADIO_TEMP_DIR"] = tempfile.tempdir = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return
    raise NoFolder


def _is_open(asked: str | None) -> bool:
    """Whether files can be made in the folder that is asked for, or in Gradio's usual one."""
    try:
        folder = Path(asked) if asked else Path(tempfile.gettempdir(), "gradio")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
