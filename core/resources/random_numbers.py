"""torch's process-wide random numbers, lent to one run at a time."""

from __future__ import annotations

import copy
import threading
from types import TracebackType

import torch

_lock = threading.Lock()  # torch's random state belongs to the whole process


class RandomNumbers:
    """One run's own random numbers where networks draw from torch's process-wide state.

    Constructors, dropout and stochastic depth take no generator. Inside `with random_numbers:` they
    draw what they would in a script of its own after `torch.manual_seed(seed)`, on the CPU and
    on `device`; the next `with` goes on where the last one ended, and the process's own state
    is as it was. Only one run is inside at a time, so keep it short, and never across a yield.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self._generators = [torch.default_generator, *_of_device(torch.device(device))]
        self._states = [torch.Generator(g.device).manual_seed(seed).get_state() for g in self._generators]
        self._outside = self._states

    def copy(self) -> RandomNumbers:
        """Random numbers of their own that go on from where these are now."""
        return copy.copy(self)

    def __enter__(self) -> RandomNumbers:
        _lock.acquire()
        self._outside = self._exchange(self._states)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._states = self._exchange(self._outside)
        _lock.release()

    def _exchange(self, states: list[torch.Tensor]) -> list[torch.Tensor]:
        """Set the generators' states; gives those that they had."""
        before = [generator.get_state() for generator in self._generators]
        for generator, state in zip(self._generators, states, strict=True):
            generator.set_state(state)
        return before


def _of_device(device: torch.device) -> list[torch.Generator]:
    """torch's default generator of a GPU; none for the CPU, whose own is always among them."""
    if device.type == "cuda":
        torch.cuda.init()
        index = torch.cuda.current_device() if device.index is None else device.index
        return [torch.cuda.default_generators[index]]
    return [torch.mps._get_default_mps_generator()] if device.type == "mps" else []
