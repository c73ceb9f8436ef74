"""What is pasted is read, or refused with what it is and what to paste instead."""

from __future__ import annotations

import json
import time

import pytest
from torch import nn, optim

from core.experiment.files import write_toml
from core.experiment.link import write_link
from core.page import PRESETS
from core.page.importing import read_file
from core.structures import LINE_TO_PRINT, LONGEST
from core.text import LANGUAGES, say

NETWORK = nn.Sequential(nn.Conv2d(3, 8, 3), nn.LayerNorm((8,)), nn.Linear(8, 3))
OPTIMIZER = optim.AdamW([{"params": [*NETWORK[0].parameters()]}, {"params": [*NETWORK[2].parameters()], "lr": 0.1}])
SHAPES = {name: tuple(p.shape) for name, p in NETWORK.named_parameters()}
GROUP = {"params": ["0.weight", "0.bias"], "lr": 0.001, "betas": [0.9, 0.999]}
KINDS = {
    "pasted_layers": (str(NETWORK), f">>> print(model)\n{NETWORK}", f"{NETWORK}\n0.weight (8, 3, 3, 3)"),
    "pasted_names": (
        str(NETWORK.state_dict().keys()),
        repr([*SHAPES]),
        json.dumps([*SHAPES], indent=1),
        repr(dict.fromkeys(SHAPES).keys()),
    ),
    "pasted_optimizer": (
        str(OPTIMIZER),
        f">>> print(optimizer)\n{OPTIMIZER}",
        repr(OPTIMIZER.state_dict()),
        json.dumps(OPTIMIZER.state_dict()),
        repr(OPTIMIZER.state_dict()["param_groups"]),
        str(OPTIMIZER.param_groups),
        "[{'params': <generator object Module.parameters at 0x7f00>, 'lr': 0.1}]",
        '\ufeff[{"lr": 0.1, "params": []}]',
    ),
    "pasted_values": (
        "\n".join(f"{name} {p}" for name, p in NETWORK.named_parameters()),
        str([*NETWORK.named_parameters()]),
        str(NETWORK.state_dict()),
        # As PyTorch's quickstart prints a network.
        "\n".join(f"Layer: {n} | Size: {p.size()} | Values : {p[:2]} \n" for n, p in NETWORK.named_parameters()),
    ),
    "pasted_code": (
        "optimizer = torch.optim.AdamW([\n    {'params': head.parameters(), 'lr': 1e-3},\n], lr=1e-5)",
        "import torch\n\nmodel = Net()",
        "def configure_optimizers(self):\n    return AdamW(self.parameters())",
        "[{'params': model.backbone.parameters(), 'lr': 1e-5}, {'params': model.head.parameters()}]",
        '[{"params": [p for n, p in model.named_parameters() if "bias" in n]}]',
        "[{'params': decay, 'weight_decay': 0.1}]",
        "optim_wrapper = dict(\n    optimizer=dict(type='AdamW', lr=1e-4))",
    ),
    "pasted_unknown": (
        "learning_rate: 2e-5\nweight_decay: 0.01\nlr_scheduler_type: cosine\n",
        "optimizer:\n  class_path: torch.optim.AdamW\n  init_args:\n    lr: 0.001\n",
        "trainable params: 294,912 || all params: 124,734,720 || trainable%: 0.2364",
        "Total params: 11.7M\nLinear-1 [-1, 10] 5,130",
    ),
    "pasted_groups": (
        json.dumps([GROUP]),
        repr([GROUP, GROUP]),
        json.dumps([dict(reversed(GROUP.items()))], indent=2),
        json.dumps({"name": "all", "params": "*", "lr": 0.1}),
    ),
}


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in KINDS.items() for text in texts])
def test_what_cannot_be_imported_is_named_with_what_to_paste_instead(key: str, text: str) -> None:
    for language in LANGUAGES:
        raw, said = read_file(text, language)
        assert raw is None
        assert said[1:] == [f"file: {say(key, language, line=LINE_TO_PRINT)}"]


def test_a_link_is_opened() -> None:
    experiment = PRESETS["layerwise_lr"]
    raw, said = read_file(f" https://e.org/lab?title=x&c={write_link(experiment)}&note=y#z\n", "en")
    assert raw is not None and raw["groups"] == experiment.to_dict()["groups"]
    assert said[0].startswith("Imported: simple_cnn on ")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://e.org/?e=abc", "link_without_experiment"),
        ("https://huggingface.co/google-bert/bert-base-uncased", "link_without_experiment"),
        ("http://[::1", "link_without_experiment"),
        ("https://e.org/?c=abc", "link_unreadable"),
        ("https://e.org/?c=" + "a" * 10_000, "link_too_long"),
        ("https://e.org/?" + "a&" * 100_000, "link_without_experiment"),
    ],
)
def test_a_link_that_cannot_be_opened_is_told(text: str, key: str) -> None:
    began = time.process_time()
    raw, said = read_file(text, "zh")
    assert raw is None and time.process_time() - began < 1
    assert said[1:] == [f"link: {say(key, 'zh', name='?c=', count=10_000, most=6000)}"]


def test_an_experiment_that_quotes_such_a_text_is_imported() -> None:
    quoted = "\n".join(text for texts in KINDS.values() for text in texts)
    values = PRESETS["layerwise_lr"].to_dict()
    for text in (json.dumps(values | {"quoted": quoted}), f"# {quoted!r}\n{write_toml(values)}"):
        raw, _ = read_file(text, "en")
        assert raw is not None and len(raw["groups"]) == len(values["groups"])


@pytest.mark.parametrize("text", ["(" * LONGEST, '"params": ' * (LONGEST // 10), "[" + " " * (LONGEST - 1)])
def test_long_texts_are_told_in_time(text: str) -> None:
    began = time.process_time()
    assert read_file(text, "en")[0] is None
    assert time.process_time() - began < 2
