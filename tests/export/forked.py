"""A script in a process of its own that has torch imported already: importing it takes longer than most scripts."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["torch", "torchvision"])


def run_forked(script: str, *arguments: str, folder: Path) -> str:
    """What `python script arguments` prints in `folder`: one thread, warnings are errors, and nothing to import but
    what is installed. Fails with its words as it does."""
    told, words = folder / "stdout", folder / "stderr"
    process = START.Process(target=_run, args=(script, arguments, folder, told, words))
    process.start()
    process.join(120)
    assert process.exitcode == 0, words.read_text()
    return told.read_text()


def _run(script: str, arguments: tuple[str, ...], folder: Path, told: Path, words: Path) -> None:
    for number, file in ((1, told), (2, words)):
        os.dup2(os.open(file, os.O_CREAT | os.O_WRONLY), number)
    import torch

    torch.set_num_threads(1)
    os.chdir(folder)
    sys.argv = [script, *arguments]
    sys.path[:] = [place for place in sys.path if place and ROOT not in (Path(place), *Path(place).parents)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("core", "tests")]:
        del sys.modules[name]
    warnings.simplefilter("error")
    runpy.run_path(script, run_name="__main__")
    sys.stdout.flush()
