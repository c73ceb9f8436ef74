"""The names of a network's parameters without the parts that wrapping put into them. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

# What torch.compile, FSDP, activation checkpointing and Fabric call the network that they wrap (pytorch#101343).
INSERTED = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"}
# Classes that call it `module`, a name which a network's own parts may have too.
WITH_MODULE = {"DataParallel", "DistributedDataParallel", "AveragedModel", "DeepSpeedEngine"}


class Network(Protocol):
    """As torch.nn.Module."""

    def named_parameters(self, *, remove_duplicate: bool) -> Iterable[tuple[str, Any]]: ...
    def named_modules(self, *, remove_duplicate: bool) -> Iterable[tuple[str, Any]]: ...


def bare_names(network: Network) -> Callable[[str], str]:
    """What gives a parameter's name as the network inside the wrappers has it."""
    wrapped = {
        f"{name}.module".removeprefix(".")
        for name, module in network.named_modules(remove_duplicate=False)
        if any(cls.__name__ in WITH_MODULE for cls in type(module).__mro__)
    }

    def bare(name: str) -> str:
        parts = name.split(".")
        if not wrapped and INSERTED.isdisjoint(parts):
            return name
        ends = enumerate(parts, 1)
        return ".".join(p for end, p in ends if p not in INSERTED and ".".join(parts[:end]) not in wrapped)

    return bare
