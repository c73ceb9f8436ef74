"""The names of a network's parameters without the parts that wrapping put into them. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

# What torch.compile, FSDP (torch's; XLA's), activation checkpointing, Fabric and Opacus call the network that they wrap
# (pytorch#101343).
INSERTED = {"_orig_mod", "_fsdp_wrapped_module", "_fpw_module", "_checkpoint_wrapped_module"}
INSERTED |= {"_forward_module", "_module"}
# What is in the names of classes that call it `module`, a name which a network's own parts may have too: those of
# torch, apex, fairscale, mmengine and Lightning; torch's average; DeepSpeed's; timm's averages; Megatron's.
WITH_MODULE = {"DataParallel", "AveragedModel", "DeepSpeedEngine", "ModelEma", "Float16Module"}
MODULE = "module."


class Network(Protocol):
    """As torch.nn.Module."""

    def named_parameters(self, *, remove_duplicate: bool) -> Iterable[tuple[str, Any]]: ...
    def named_modules(self, *, remove_duplicate: bool) -> Iterable[tuple[str, Any]]: ...


def calls_it_module(wrapper: object) -> bool:
    """Whether this is a wrapper that calls the network inside it `module`."""
    return any(word in cls.__name__ for cls in type(wrapper).__mro__ for word in WITH_MODULE)


def without_inserted(name: str) -> str:
    """A name without the parts that only wrappers put there; `module` stays, which may be a network's own."""
    parts = name.split(".")
    return name if INSERTED.isdisjoint(parts) else ".".join(part for part in parts if part not in INSERTED)


def bare_names(network: Network) -> Callable[[str], str]:
    """What gives a parameter's name as the network inside the wrappers has it."""
    wrapped = {
        f"{name}.module".removeprefix(".")
        for name, module in network.named_modules(remove_duplicate=False)
        if calls_it_module(module)
    }

    def bare(name: str) -> str:
        parts = name.split(".")
        if not wrapped and INSERTED.isdisjoint(parts):
            return name
        ends = enumerate(parts, 1)
        return ".".join(p for end, p in ends if p not in INSERTED and ".".join(parts[:end]) not in wrapped)

    return bare
