"""Names of parameters without what wrapping puts into them, by wrapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm.utils
import torch
import torchvision
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.optim import SGD
from torch.optim.swa_utils import AveragedModel

from core.experiment import Experiment
from core.experiment.wrappers import bare_names


def checkpointed(network: Any) -> Any:
    network.layer1[0] = checkpoint_wrapper(network.layer1[0])
    return network


class _FabricModule(nn.Module):
    def __init__(self, forward_module: nn.Module) -> None:
        super().__init__()
        self._forward_module = forward_module


class ShardedDataParallel(nn.Module):
    """As fairscale's, which is no class of torch."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module


class GradSampleModule(nn.Module):
    """As that of Opacus."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._module = module


WRAPPINGS: dict[str, Callable[[nn.Module], Any]] = {
    "none": lambda network: network,
    "DataParallel": nn.DataParallel,
    "compile": torch.compile,
    "compile of DataParallel": lambda network: torch.compile(nn.DataParallel(network)),
    "DataParallel of compile": lambda network: nn.DataParallel(torch.compile(network)),  # type: ignore[arg-type]
    "average": AveragedModel,
    "checkpointing": checkpointed,
    "Fabric": _FabricModule,
    "fairscale": ShardedDataParallel,
    "Opacus": GradSampleModule,
    "timm's average": timm.utils.ModelEmaV3,
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapped_network_is_read_as_the_bare_one(wrapping: str) -> None:
    bare = torchvision.models.resnet18(num_classes=10)
    names = [name for name, _ in bare.named_parameters()]
    wrapped = WRAPPINGS[wrapping](bare)
    own = bare_names(wrapped)
    assert [own(name) for name, _ in wrapped.named_parameters()] == names
    vectors = [p for p in wrapped.parameters() if p.ndim < 2]
    matrices = [p for p in wrapped.parameters() if p.ndim > 1]
    read = Experiment.from_optimizer(wrapped, SGD([{"params": vectors}, {"params": matrices, "weight_decay": 0.1}]))
    assert read.model == "resnet18"
    assert not {"module", "_orig_mod"} & {part for group in read.groups for p in group.params for part in p.split(".")}


def test_a_part_of_somebodys_own_network_may_be_called_module() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = nn.Linear(2, 2)

    own = bare_names(Own())
    assert [own(name) for name, _ in Own().named_parameters()] == ["module.weight", "module.bias"]
    parallel = nn.DataParallel(Own())
    assert [bare_names(parallel)(name) for name, _ in parallel.named_parameters()] == ["module.weight", "module.bias"]
