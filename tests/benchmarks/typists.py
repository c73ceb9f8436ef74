"""How long one visitor's edits take while twenty others type at heavy networks."""

from __future__ import annotations

import random
import threading
import time

from gradio_client import Client

from tests.benchmarks.row import Row
from tests.benchmarks.serving import served

TYPISTS, EDITS = 20, 100
PAUSE = 2.0  # seconds between two edits of a typist, in the mean
HEAVY = ("efficientnet_v2_l", "densenet201", "swin_v2_b", "vit_h_14", "regnet_y_128gf", "maxvit_t", "convnext_large")
HEAVY += ("resnext101_64x4d", "efficientnet_b7", "wide_resnet101_2")
GROUPS = [{"name": "all", "params": "*", "optimizer": "AdamW"}]


def rows() -> list[Row]:
    """Each typist looks at one network after the other and edits a rate of it, by the API, as a page does."""
    with served() as server:
        clients = [Client(server.address, verbose=False) for _ in range(TYPISTS + 1)]
        own, *theirs = clients
        _edit(own, "simple_cnn", 0.1)  # torch is there
        over = threading.Event()
        typing = [threading.Thread(target=_type, args=(each, seed, over)) for seed, each in enumerate(theirs)]
        for thread in typing:
            thread.start()
        took = sorted(_edit(own, "simple_cnn", 1e-4 * edit) for edit in range(1, EDITS + 1))
        over.set()
        for thread in typing:
            thread.join()
    what = f"an edit while {TYPISTS} others type at heavy networks"
    return [
        Row(f"{what}: 95 of {EDITS}", took[95 * EDITS // 100 - 1], None, None, None, 0.3, False, "s"),
        Row(f"{what}: median", took[EDITS // 2], None, None, None, None, False, "s"),
    ]


def _type(client: Client, seed: int, over: threading.Event) -> None:
    chance = random.Random(seed)
    while not over.wait(chance.uniform(0, 2 * PAUSE)):
        _edit(client, chance.choice(HEAVY), chance.uniform(1e-4, 1e-2))


def _edit(client: Client, model: str, rate: float) -> float:
    """Seconds until who is where is told."""
    raw = {"model": model, "image_size": 224, "batch_size": 2, "groups": [GROUPS[0] | {"lr": rate}]}
    raw |= {"image_size": 32} if model == "simple_cnn" else {}
    began = time.monotonic()
    client.predict(raw, api_name="/assign")
    return time.monotonic() - began
