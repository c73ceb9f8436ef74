"""Settings that fail, or nearly fail, for one known reason; chosen before the rules that are to find it."""

from __future__ import annotations

from tests.verdicts.setting import (
    CNN,
    PRETRAINED,
    RESNET,
    VIT,
    Setting,
    everything,
    experiment,
    group,
    halved,
    layers,
)

HIGH, LOW, ASCENT, DECAY, FEW = "rate too high", "rate too low", "ascent", "decay", "few weights train"
CLIPPED = "clipping"

MUON_TOO_HIGH = [
    group("hidden", "blocks.*", "Muon", 5.0, role="weight", momentum=0.95),
    group("rest", "*", "AdamW", 3e-4),
]
HEAD_ASCENDS = [group("head", "head.*", "AdamW", 1e-3, options="maximize=True"), group("body", "*", "AdamW", 1e-3)]
BLOCKS_DECAY = [group("blocks", "blocks.*", "AdamW", 1e-3, weight_decay=100), group("rest", "*", "AdamW", 1e-3)]
CONV1_WILD = [each | {"momentum": 0.9} for each in layers("SGD", 0.05, conv1={"lr": 5.0})]
FROZEN = group("backbone", "*", "frozen")
BODY_WILD = [group("head", "fc.*", "SGD", 0.01, momentum=0.9), group("body", "*", "SGD", 5.0, momentum=0.9)]
BODY_DECAYS = [group("head", "fc.*", "AdamW", 1e-3), group("body", "*", "AdamW", 1e-3, weight_decay=100)]
BODY_STILL = [group("fc2", "fc2.*", "Adam", 1e-3), group("body", "*", "Adam", 1e-12)]

FAILING: list[Setting] = halved(
    [
        ("cnn, Adam, fc1 at lr 1", experiment(CNN, layers("Adam", 1e-3, fc1={"lr": 1.0})), HIGH, "fc1"),
        ("cnn, SGD 0.5, momentum 0.9", experiment(CNN, everything("SGD", 0.5, momentum=0.9)), HIGH, None),
        ("cnn, Adam 0.1", experiment(CNN, everything("Adam", 0.1)), HIGH, None),
        ("cnn, Adam 0.03", experiment(CNN, everything("Adam", 0.03)), HIGH, None),
        ("cnn, RMSprop 0.1 by layer", experiment(CNN, layers("RMSprop", 0.1)), HIGH, None),
        ("cnn, Adagrad 1", experiment(CNN, everything("Adagrad", 1.0)), HIGH, None),
        ("cnn, NAdam, conv2 at 0.3", experiment(CNN, layers("NAdam", 1e-3, conv2={"lr": 0.3})), HIGH, "conv2"),
        ("cnn, SGD, conv1 at lr 5", experiment(CNN, CONV1_WILD), HIGH, "conv1"),
        ("cnn, SGD, conv2 at lr 1000", experiment(CNN, layers("SGD", 0.01, conv2={"lr": 1000.0})), HIGH, "conv2"),
        (
            "cnn, Adam, fc2 ascends",
            experiment(CNN, layers("Adam", 1e-3, fc2={"options": "maximize=True"})),
            ASCENT,
            "fc2",
        ),
        (
            "cnn, SGD, conv2 ascends",
            experiment(CNN, layers("SGD", 0.05, conv2={"options": "maximize=True"})),
            ASCENT,
            "conv2",
        ),
        ("cnn, AdamW, decay 100", experiment(CNN, everything("AdamW", 1e-3, weight_decay=100)), DECAY, None),
        (
            "cnn, AdamW, fc1 decays by 100",
            experiment(CNN, layers("AdamW", 1e-3, fc1={"weight_decay": 100})),
            DECAY,
            "fc1",
        ),
        ("cnn, Adam, L2 1", experiment(CNN, everything("Adam", 1e-3, weight_decay=1.0)), DECAY, None),
        (
            "cnn, AdamW, fc2 decays whole",
            experiment(CNN, layers("AdamW", 1e-3, fc2={"lr": 0.01, "weight_decay": 100})),
            DECAY,
            "fc2",
        ),
        ("cnn, SGD, decay 5", experiment(CNN, everything("SGD", 0.01, momentum=0.9, weight_decay=5.0)), DECAY, None),
        ("cnn, Adam 1e-8", experiment(CNN, everything("Adam", 1e-8)), LOW, None),
        ("cnn, SGD 1e-6", experiment(CNN, layers("SGD", 1e-6)), LOW, None),
        ("cnn, Adam, all but fc2 at 1e-12", experiment(CNN, BODY_STILL), LOW, "body"),
        (
            "cnn, only conv1.bias trains",
            experiment(CNN, [group("bias", "conv1.bias", "Adam", 1e-3), FROZEN]),
            FEW,
            None,
        ),
        ("vit, Adam 0.1", experiment(VIT, everything("Adam", 0.1)), HIGH, None),
        ("vit, Muon at lr 5", experiment(VIT, MUON_TOO_HIGH), HIGH, "hidden"),
        ("vit, AdamW, head ascends", experiment(VIT, HEAD_ASCENDS), ASCENT, "head"),
        ("vit, AdamW, blocks decay by 100", experiment(VIT, BLOCKS_DECAY), DECAY, "blocks"),
        ("resnet18, AdamW, body decays by 100", experiment(PRETRAINED, BODY_DECAYS), DECAY, "body"),
        (
            "resnet18, head at Adam 1e-9",
            experiment(PRETRAINED, [group("head", "fc.*", "Adam", 1e-9), FROZEN]),
            LOW,
            "head",
        ),
        ("resnet18, body at SGD 5", experiment(PRETRAINED, BODY_WILD), HIGH, "body"),
        ("resnet18 from scratch, Adam 1", experiment(RESNET, everything("Adam", 1.0)), HIGH, None),
        ("cnn, SGD at Adam's 0.001", experiment(CNN, everything("SGD", 1e-3)), LOW, None),
        (
            "cnn, SGD 0.05, momentum 0.9, clipped at 0.001",
            experiment(CNN, everything("SGD", 0.05, momentum=0.9), clip="norm", clip_at=1e-3),
            CLIPPED,
            None,
        ),
    ]
)
