"""Settings that are as they should be; chosen before the rules that are to keep quiet about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.experiment import Experiment, load_presets
from tests.verdicts.setting import CNN, PRETRAINED, RESNET, VIT, Setting, everything, experiment, group, halved, layers

PRESETS = load_presets(Path(__file__).parents[2] / "presets")
HEAD_ONLY = [group("head", "fc.*", "SGD", 0.1, momentum=0.9), group("backbone", "*", "frozen")]
MUON_CNN = [group("matrices", "conv2.weight fc1.weight", "Muon", 0.02, momentum=0.95), group("rest", "*", "Adam", 1e-3)]


def preset(name: str, **fields: Any) -> Experiment:
    """A preset, with some of its sizes made smaller."""
    return replace(PRESETS[name], **fields)


FEW: dict[str, Any] = {"train_size": 640, "test_size": 300, "batch_size": 32, "image_size": 32}  # of a ResNet

SANE: list[Setting] = halved(
    [
        (name, chosen, None, None)
        for name, chosen in [
            ("article, example 1", preset("layerwise_lr")),
            ("article, example 2", preset("no_decay_bias")),
            ("article, example 3", preset("frozen_resnet", train_size=1000, test_size=300)),
            ("article, example 4", preset("dual_optimizer")),
            ("article, example 5", preset("three_optimizers")),
            ("cnn, Adam 0.001", experiment(CNN, everything("Adam", 1e-3))),
            ("cnn, Adam 0.001 by layer", experiment(CNN, layers("Adam", 1e-3))),
            ("cnn, Adam 0.003", experiment(CNN, layers("Adam", 3e-3))),
            ("cnn, Adam 0.0003", experiment(CNN, layers("Adam", 3e-4))),
            ("cnn, SGD 0.05, momentum 0.9", experiment(CNN, everything("SGD", 0.05, momentum=0.9))),
            ("cnn, RMSprop 0.001", experiment(CNN, layers("RMSprop", 1e-3))),
            ("cnn, AdamW, decay 0.05", experiment(CNN, layers("AdamW", 1e-3, fc1={"weight_decay": 0.05}))),
            ("cnn, Muon 0.02 and Adam", experiment(CNN, MUON_CNN)),
            ("cnn, Adagrad 0.01", experiment(CNN, everything("Adagrad", 0.01))),
            ("cnn, SGD one-cycle to 0.1", experiment(CNN, everything("SGD", 0.1, momentum=0.9, schedule="one_cycle"))),
            ("cnn, AdamW, decay 1", experiment(CNN, everything("AdamW", 1e-3, weight_decay=1.0))),
            (
                "recipe, muon_adamw",
                preset("muon_adamw", **{k: VIT[k] for k in ("train_size", "test_size", "batch_size")}),
            ),
            ("vit, AdamW 0.001", experiment(VIT, everything("AdamW", 1e-3, weight_decay=0.05))),
            ("vit, Adam 0.001, warm-up", experiment(VIT, everything("Adam", 1e-3, schedule="warmup_cosine"))),
            ("recipe, backbone_tenth", preset("backbone_tenth", **FEW)),
            ("recipe, two_phases", preset("two_phases", **FEW)),
            ("recipe, surgical", preset("surgical", **FEW)),
            ("recipe, probe_then_finetune", preset("probe_then_finetune", **FEW)),
            ("resnet18, head at SGD 0.1", experiment(PRETRAINED, HEAD_ONLY)),
            ("resnet18, Adam 0.0001", experiment(PRETRAINED, everything("Adam", 1e-4))),
            ("resnet18 from scratch, SGD 0.05", experiment(RESNET, everything("SGD", 0.05, momentum=0.9), epochs=3)),
        ]
    ]
)
