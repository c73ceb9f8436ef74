"""Records a run of every preset, to be drawn before a visitor's own. `python -m tests.record` writes presets/recorded/.

Each is the preset as it is, on CIFAR-10 and on the CPU. Presets that ask for pre-trained weights are left out: with
others than torchvision's the run would be another one. So are those of structures, which cannot be run, and lessons,
which ask what will be seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from core import lab
from core.experiment import Experiment, load_lessons, load_presets
from core.report.recorded import FOLDER, Recording, record
from core.structures import runnable

PRESETS = runnable(load_presets(Path(__file__).parents[1] / "presets"))
LESSONS = load_lessons(Path(__file__).parents[1] / "presets" / "course.toml", PRESETS)
RECORDED = {name: preset for name, preset in PRESETS.items() if not preset.pretrained and name not in LESSONS}


def run(experiment: Experiment) -> Recording:
    """Train it to its end."""
    return record(experiment, list(lab.train(experiment, "cpu")), torch.__version__.partition("+")[0])


def write(names: list[str]) -> None:
    """The files of these presets, of all unless any is named."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or RECORDED:
        (FOLDER / f"{name}.json").write_text(run(RECORDED[name]).to_json(), encoding="utf-8")
        print(name)


if __name__ == "__main__":
    write(sys.argv[1:])
