"""What a search of 200 runs finds: the accuracy that advice is held to. `python -m tests.verdicts.reference` writes it.

For each kind of setting: random rates for each layer, drawn around a common one, each trained in full with one seed;
the best by its test accuracy is trained again with the fresh seeds, and the mean of these is kept. The kind is Adam's,
but for plain SGD and for one rate alone: those are searched by themselves, one rate by 40 runs, each half as high again
as the one before.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import torch

from core.experiment import Experiment
from core.questions.trials import trained, with_values
from core.training import Evaluated, train
from tests.verdicts.failing import FAILING
from tests.verdicts.setting import CNN, VIT, experiment, group, layers

FILE = Path(__file__).with_suffix(".json")
RUNS, FRESH_SEEDS = 200, (1001, 1002, 1003)
KINDS = {
    "simple_cnn": experiment(CNN, layers("Adam", 1e-3)),
    "small_vit": experiment(
        VIT, [group("head", "head.*"), group("blocks", "blocks.*"), group("rest", "*")], train_size=2000
    ),
}


ALONE = {
    setting.name: setting.experiment
    for setting in FAILING
    if setting.name in ("cnn, SGD 1e-6", "cnn, only conv1.bias trains")
}
SAME = {"cnn, SGD, conv2 at lr 1000": "cnn, SGD 1e-6"}  # but for the rates, which the search draws anew
LOWEST, STEP, STEPS = 1e-6, 1.5, 40  # of one rate alone: up to 7


def accuracy(of: Experiment, seed: int) -> float:
    """The last accuracy of a run on the CPU, 0 to 1."""
    events = train(replace(of, seed=seed), "cpu")
    return [event.accuracy for event in events if isinstance(event, Evaluated)][-1]


def drawn(of: Experiment, generator: random.Random) -> Experiment:
    """The experiment with rates from 3e-5 to 3e-2 (SGD: 3e-3 to 3), and each group's up to ten times more or less."""
    common = 10 ** generator.uniform(-4.5, -1.5) * (100 if of.groups[0].optimizer == "SGD" else 1)
    groups = (replace(each, lr=float(f"{common * 10 ** generator.uniform(-1, 1):.3g}")) for each in of.groups)
    return replace(of, groups=tuple(groups))


def search(of: Experiment, runs: int = RUNS) -> dict[str, object]:
    """The best of so many runs, and its accuracy over the fresh seeds."""
    generator = random.Random(0)
    tried = [drawn(of, generator) for _ in range(runs)]
    if len(alone := [*trained(of)]) == 1:
        tried = [with_values(of, {alone[0].name: LOWEST * STEP**step}) for step in range(STEPS)]
    best = max(tried, key=lambda each: accuracy(each, 0))
    found = [accuracy(best, seed) for seed in FRESH_SEEDS]
    return {
        "runs": len(tried),
        "rates": [each.lr for each in best.groups],
        "accuracy": round(statistics.fmean(found), 4),
    }


def main(names: list[str]) -> None:
    """Search for the kinds named, or for all, and write what was found beside what is known of the others."""
    torch.set_num_threads(1)
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for name in names or [*KINDS, *ALONE]:
        known[name] = search((KINDS | ALONE)[name])
        print(name, known[name], flush=True)
        FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
