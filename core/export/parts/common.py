"""What most scripts have: parameters by name, train mode, images as a network takes them, processes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.functional import interpolate

# A script has its own constants above its functions; these are for the type checker.
Groups = list[dict[str, Any]]

SEED = 0
BATCH_SIZE = TRAIN_SIZE = TEST_SIZE = 1  # images
IMAGE_SIZE = 1  # pixels a side
CLASSES = 1
MEAN = STD = (1.0, 1.0, 1.0)
DISTRIBUTED = False
WORLD_SIZE, LOCAL_RANK = 1, 0
SPANS: list[tuple[float, float, Groups]] = []


def select(model: nn.Module, names: list[str]) -> list[nn.Parameter]:
    """All parameters of the modules, and the single parameters, that are named."""
    return [
        parameter
        for name, parameter in model.named_parameters()
        if any(f"{name}.".startswith(f"{wanted}.") for wanted in names)
    ]


def with_parameters(model: nn.Module, groups: Groups) -> Groups:
    """The groups as torch takes them: with parameters in place of their names."""
    return [group | {"params": select(model, group["params"])} for group in groups]


def set_train_mode(model: nn.Module, epoch: int) -> None:
    """Train mode, with gradients for the groups that train in `epoch`, from 0, only."""
    model.train()
    for start, end, groups in SPANS:
        for group in groups:
            for parameter in select(model, group["params"]):
                parameter.requires_grad_(start <= epoch < end)


def normalise(images: Tensor) -> Tensor:
    """Bytes (N, 3, S, S) as floats with the channels' mean and deviation taken out."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    return (images / 255 - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)


def resize(images: Tensor) -> Tensor:
    """Images of IMAGE_SIZE pixels a side."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    return interpolate(images, size, mode="bilinear", align_corners=False)


def join_processes(name: str) -> torch.device:
    """The device of this process, which joins the others if torchrun started it."""
    device = torch.device(name)
    if not DISTRIBUTED:
        return device
    if BATCH_SIZE % WORLD_SIZE:
        raise SystemExit(
            f"{WORLD_SIZE} processes cannot share batches of {BATCH_SIZE} evenly: "
            f"start as many as divide {BATCH_SIZE}, or change BATCH_SIZE"
        )
    if device.type == "cuda":
        device = torch.device("cuda", LOCAL_RANK)
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device
