"""How far layers' buffers went: running statistics, moving averages, whatever a layer keeps beside its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn


class Drift:
    """Keeps the buffers of some layers as they are now, to tell later how far they went.

    Looked up by name each time: a layer may put another tensor in a buffer's place.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        self._layers = layers
        self._start = [{name: buffer.clone() for name, buffer in _buffers(layer)} for layer in layers]

    def read(self) -> float | None:
        """|now - start| / |start| of the buffers that are not, bit for bit, what they were; 0 if all are.

        Where they started as zero it is 1. Counters count only if nothing else changed. None if there are no buffers.
        Measured in double precision on the CPU.
        """
        pairs = [pair for layer, start in zip(self._layers, self._start, strict=True) for pair in _pairs(layer, start)]
        if not pairs:
            return None
        changed = [(start, now) for start, now in pairs if not _same(start, now)]
        measured = [(start, now) for start, now in changed if not _counts(now)] or changed
        if not measured:
            return 0.0
        before, after = (
            torch.cat([tensor.flatten().cpu().double() for tensor in side]) for side in zip(*measured, strict=True)
        )
        return float((after - before).norm() / (before.norm() or after.norm()))


def _buffers(layer: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """A layer's own buffers as real numbers."""
    for name, buffer in layer.named_buffers(recurse=False):
        yield name, torch.view_as_real(buffer) if buffer.is_complex() else buffer.detach()


def _pairs(layer: nn.Module, start: dict[str, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Each buffer before and now; one that was not there, or had another shape, was zero."""
    now = dict(_buffers(layer))
    for name in start | now:
        was, is_now = start.get(name), now.get(name)
        if is_now is None and was is not None:
            yield was, torch.zeros_like(was)
        elif is_now is not None:
            yield (was if was is not None and was.shape == is_now.shape else torch.zeros_like(is_now)), is_now


def _same(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have the same values, also where these are no numbers."""
    return bool(((a == b) | ((a != a) & (b != b))).all())


def _counts(buffer: Tensor) -> bool:
    return not buffer.is_floating_point()
