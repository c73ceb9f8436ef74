"""A generated stand-in for CIFAR-10: ten classes of coloured 32x32 shapes and textures with noise."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

SIZE = 32  # pixels a side
NOISE = 0.06  # standard deviation, of a range of 1

Mask = Callable[[Tensor, Tensor, Tensor], Tensor]


def _disc(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return x**2 + y**2 < r**2


def _ring(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    distance = (x**2 + y**2).sqrt()
    return (distance < r) & (distance > 0.55 * r)


def _square(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.maximum(x.abs(), y.abs()) < 0.85 * r


def _triangle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (y < 0.6 * r) & (y > 2 * x.abs() - 1.1 * r)


def _cross(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    narrow, wide = torch.minimum(x.abs(), y.abs()), torch.maximum(x.abs(), y.abs())
    return (narrow < 0.28 * r) & (wide < r)


def _bar(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (y.abs() < 0.3 * r) & (x.abs() < 1.3 * r)


def _crescent(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return _disc(x, y, r) & ~_disc(x - 0.5 * r, y, 0.85 * r)


def _stripes(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (x * 9 / r.clamp(min=0.5)).sin() > 0


def _checks(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    size = r.clamp(min=0.5)
    return ((x * 6 / size).sin() > 0) ^ ((y * 6 / size).sin() > 0)


def _dots(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (x * 9 / r.clamp(min=0.5)).sin() + (y * 9 / r.clamp(min=0.5)).sin() > 0.9


DRAWINGS: dict[str, Mask] = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "bar": _bar,
    "crescent": _crescent,
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
}


def draw(labels: Tensor, generator: torch.Generator) -> Tensor:
    """Images of the classes `labels` (N,), as uint8 (N, 3, 32, 32); the same for the same generator state.

    Each shape has a random place, size, turn and pair of colours; every pixel has Gaussian noise.
    """
    images = torch.empty(len(labels), 3, SIZE, SIZE, dtype=torch.uint8)
    for label, mask in enumerate(DRAWINGS.values()):
        of_class = (labels == label).nonzero().squeeze(1)
        images[of_class] = _draw_class(mask, len(of_class), generator)
    return images


def _draw_class(mask: Mask, count: int, generator: torch.Generator) -> Tensor:
    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, 1, 1, generator=generator)

    axis = torch.linspace(-1, 1, SIZE)
    x = axis.view(1, 1, SIZE) - uniform(-0.2, 0.2)
    y = axis.view(1, SIZE, 1) - uniform(-0.2, 0.2)
    turn = uniform(-math.pi, math.pi)
    turned_x = x * turn.cos() - y * turn.sin()
    turned_y = x * turn.sin() + y * turn.cos()
    inside = mask(turned_x, turned_y, uniform(0.4, 0.8)).unsqueeze(1)
    colour = uniform(0, 1, 3)
    background = (colour + uniform(0.3, 0.7, 3)) % 1  # another in every channel
    clean = torch.where(inside, colour, background)
    noise = NOISE * torch.randn(clean.shape, generator=generator)
    return ((clean + noise).clamp(0, 1) * 255).round().to(torch.uint8)
