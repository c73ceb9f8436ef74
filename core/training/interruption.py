"""Ending long work before its end: a step between two layers, forward and back; building between two tensors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

LONG = 0.2  # seconds that a piece of work takes to be looked into: what is shorter ends soon by itself
LOOK_EVERY = 0.1  # seconds


class Interruption:
    """Calls `check`, which may raise, several times a second between the layers that are computed on this thread.

    A look costs some microseconds a layer, so pieces of a kind that are known to be short are left alone. torch's hooks
    for all modules see the layers: a network's own hooks, what it computes, and its gradients stay as they are.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._looked = time.monotonic()
        self._short: set[str] = set()

    @contextmanager
    def within(self, kind: str) -> Iterator[None]:
        """Inside `with` one piece of that kind is computed."""
        if kind in self._short:
            yield
            return
        began = self._looked = time.monotonic()
        with _at_every_layer(self._look):
            yield
        if time.monotonic() - began < LONG:
            self._short.add(kind)

    def between_tensors(self) -> TorchFunctionMode:
        """Inside `with` large tensors are made, filled or copied, one after the other.

        Not for forward passes: torch's own fast paths, as that of attention, are not taken there.
        """
        return _BeforeLargeWork(self._look)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._check()


# What makes, fills and copies tensors. Nothing else may be ended: torch.no_grad() restores by a call of torch too.
LARGE_WORK: tuple[Callable[..., Any], ...] = (
    *(Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_, Tensor.copy_),
    *(torch.zeros, torch.zeros_like),
)


# What works on all tensors in one call: each of its lists has one tensor for each of them, or none at all.
ALL_AT_ONCE: tuple[Callable[..., Any], ...] = (
    *(torch._fused_adam_, torch._fused_adamw_),
    *(torch._foreach_copy_, torch._foreach_sub_),
)


class _BeforeLargeWork(TorchFunctionMode):
    """`look()` before each such function of torch that this thread calls inside, and each tensor of `ALL_AT_ONCE`."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in ALL_AT_ONCE:
            for place in range(len(args[0])):
                self._look()
                func(*(tensors[place : place + 1] for tensors in args), **(kwargs or {}))
            return None
        if func in LARGE_WORK:
            self._look()
        return func(*args, **(kwargs or {}))


@contextmanager
def _at_every_layer(look: Callable[[], None]) -> Iterator[None]:
    own = threading.get_ident()

    def before(module: nn.Module, inputs: Any) -> None:
        if threading.get_ident() == own:  # the page may build a network on another thread
            look()

    def after(module: nn.Module, inputs: Any, output: Any) -> None:
        if threading.get_ident() == own and isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(on_the_way_back)

    def on_the_way_back(gradient: Tensor) -> None:
        look()

    handles = (register_module_forward_pre_hook(before), register_module_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
