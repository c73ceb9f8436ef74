"""Networks without values: made at once, seen through at once, and still known where they start as zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import batch_norm, layer_norm
from torch.overrides import TorchFunctionMode

CREATORS = (torch.empty, torch.zeros, torch.ones)
FILLING = ("normal_", "uniform_", "fill_", "zero_")  # what initialisers do; without values there is nothing to do
NO_VALUES_CHANGE = ("requires_grad_", "detach_")
CHUNK = 2**14  # numbers that torch looks through on one thread: half of at::internal::GRAIN_SIZE


class ShapesOnly(TorchFunctionMode):
    """Parameters and buffers made inside have no values, and none are drawn for them; what constructors reckon with
    (`torch.arange`) has.

    Which of them an initialiser has made zero is kept, by the storage, which a parameter has from what it is made of.
    Of those made by `torch.zeros` it is not known: `trunc_normal_` leaves tensors without values alone, unseen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._zeros: dict[int, torch.UntypedStorage] = {}
        self._unsure: dict[int, torch.UntypedStorage] = {}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = kwargs or {}
        name = func.__name__
        if func in CREATORS:
            made = func(*args, **options | {"device": "meta"})
            self._remember(made, self._unsure if func is torch.zeros else None)
            return made
        if not changes_values(name):
            return func(*args, **options)
        changed = args[0] if args else options.get("tensor")
        if not isinstance(changed, Tensor) or not changed.is_meta:
            return func(*args, **options)
        value = args[1] if len(args) > 1 else options.get("value", options.get("val"))
        becomes_zero = name in ("zero_", "zeros_") or (name in ("fill_", "constant_") and value == 0)
        is_whole = changed.nbytes == changed.untyped_storage().nbytes()
        self._remember(changed, self._zeros if becomes_zero and is_whole else None)
        return changed if name in FILLING else func(*args, **options)

    def _remember(self, tensor: Tensor, as_one_of: dict[int, torch.UntypedStorage] | None) -> None:
        storage = tensor.untyped_storage()
        for known in (self._zeros, self._unsure):
            known.pop(storage._cdata, None)
        if as_one_of is not None:
            as_one_of[storage._cdata] = storage  # which is kept, so that no other takes its place

    def is_zero(self, tensor: Tensor) -> bool | None:
        """Whether a tensor that was made inside starts as zero throughout; None where that is not known."""
        if not tensor.is_meta:
            return is_zero(tensor)
        place = tensor.untyped_storage()._cdata
        return None if place in self._unsure else place in self._zeros


def changes_values(name: str) -> bool:
    """Whether a function of torch of that name writes into its first argument, by torch's rule for such names."""
    ends = name.endswith("_") and not name.endswith("__") and name not in NO_VALUES_CHANGE
    return ends or name == "__setitem__"


def is_zero(tensor: Tensor) -> bool:
    """Whether all values are, looked through on this thread alone: helpers of its own would slow a run that goes on."""
    return not any(bool(part.any()) for part in tensor.detach().flatten().split(CHUNK))


class QuickNorms(TorchFunctionMode):
    """Inside, batch and layer norm of tensors without values give outputs of their shape, and keep for backward what
    torch's own keep: on the meta device these are taken apart step by step, in Python, which takes most of the time of
    a network's forward pass."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = kwargs or {}
        if func is batch_norm and args and args[0].is_meta:
            return _batch_norm(*args, **options)
        if func is layer_norm and args and args[0].is_meta:
            return _layer_norm(*args, **options)
        return func(*args, **options)


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    own = (running_mean, running_var, weight, bias)
    is_one_each = input.ndim < 2 or (training and input.numel() == input.shape[1])
    if is_one_each or not _fit(input, input.shape[1:2], own):
        return batch_norm(input, *own, training)  # which says what is wrong
    channels = input.new_empty(input.shape[1])
    kept = (running_mean, running_var, channels, channels.clone())
    return _Kept.apply(input, weight, bias, *kept)  # type: ignore[no-any-return]


def _layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    shape = tuple(normalized_shape)
    if input.shape[-len(shape) :] != shape or not _fit(input, shape, (weight, bias)):
        return layer_norm(input, normalized_shape, weight, bias, eps)  # which says what is wrong
    rows = input.new_empty((*input.shape[: -len(shape)], *len(shape) * [1]))
    return _Kept.apply(input, weight, bias, rows, rows.clone())  # type: ignore[no-any-return]


def _fit(input: Tensor, shape: tuple[int, ...], own: Sequence[Tensor | None]) -> bool:
    """Whether a norm's own tensors have that shape, and the input's type."""
    return all(each is None or (each.shape == shape and each.dtype == input.dtype) for each in own)


class _Kept(torch.autograd.Function):
    """An output like the first input; all of them are kept for backward, which there is none of."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, *kept: Tensor | None) -> Tensor:
        ctx.save_for_backward(input, *kept)
        return torch.empty_like(input)
