"""Record what each param group does in a training of your own. It needs torch only.

    recorder = GroupRecorder(model, optimizers, "run.jsonl", every=10)
    for batch in loader:
        loss = ...; loss.backward()
        with recorder.step(loss):  # measures steps 1, 11, 21, ... and counts the others
            optimizer.step()
    recorder.close()

Where the loop is not yours, attach() measures whenever the optimizers step; for a loss in the file,
set `recorder.loss` before. Lightning, transformers and accelerate:

    # a Callback's on_train_start(self, trainer, module)
    self.recorder = GroupRecorder(module, trainer.optimizers, "run.jsonl").attach()
    # a TrainerCallback's on_train_begin(self, *_, model, optimizer, **__)
    self.recorder = GroupRecorder(model, optimizer, "run.jsonl").attach()
    # after model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    recorder = GroupRecorder(model, optimizer, "run.jsonl").attach()

The file, format 1: a JSON object a line, named by its "event"; the last may not be whole yet. Numbers
that are not finite are null, and so are ratios to norms up to 1e-8 √weights. Norms are L2.

Started     format, torch, every, keep; groups: name, optimizer (its class), settings;
            parameters: name, shape, dtype, trains (requires_grad), group (its place, or null)
Step        step (from 1), loss; groups: lr and gradient_norm (null if nothing in it trains),
            weight_norm after the step, update_norm |after - before|, update_ratio update_norm /
            |before|, distance |after - start| / |start|, moved (how many weights are not as at the
            start), drift (as distance, of the buffers that changed in its layers: 1 if they were 0,
            null if it has none)
TensorStep  step; ratios: update_ratio of each of the parameters, null if it is in no group
Finished    reason, step, seconds; groups: as in a Step that changes nothing
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.linalg import vector_norm

Sums = dict[Tensor, list[float]]  # of every parameter in a group, as `sums_of` has them
Buffers = list[tuple[nn.Module, str, Tensor]]  # a layer, a name, and what was there
ROW = 256  # float32 numbers that torch adds up fast, and right within 1e-6


class GroupRecorder:
    """Writes what `optimizers`, one or several, do to the groups of `model` to a file.

    Make it where training starts: weights loaded and on their device, all groups added.
    It keeps a copy of the weights, and takes one more while a step is measured, when the
    activations are freed. With keep="bf16" the copy is half as large: moved is then null,
    distances are right within some 0.003 / √weights. Gradients are read after the step,
    when GradScaler has unscaled them: zero them later. Of several processes the first one
    writes. ValueError for FSDP2's weights: no process has all of them.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizers: Any,
        path: str | PathLike[str],
        every: int = 10,
        keep: str = "exact",
    ) -> None:
        if every < 1 or keep not in ("exact", "bf16"):
            raise ValueError(f"every={every}, keep={keep!r}: from 1, exact or bf16")
        given = [optimizers] if hasattr(optimizers, "param_groups") else optimizers
        self._optimizers = [getattr(each, "optimizer", each) for each in given]
        self.loss: Tensor | float | None = None
        self._count, self._began = 0, time.monotonic()
        joined = distributed.is_available() and distributed.is_initialized()
        self._every = 0 if joined and distributed.get_rank() else every  # 0 is never
        if any(hasattr(p, "to_local") for p in self._places()):
            raise ValueError("weights in shards (DTensor): no process has all of them")
        if not self._every:
            return
        self._kept = {p: copy_of(p, keep) for p in self._places()}
        self._first = self._sums({p: p for p in self._kept})  # ways: of the rounding
        self._buffers: Buffers = [
            (layer, name, buffer.clone())
            for layer in model.modules()
            for name, buffer in layer.named_buffers(recurse=False)
        ]
        self._named = dict(model.named_parameters())
        self._file = open(path, "w", buffering=1)  # line by line
        about = {"torch": torch.__version__, "every": every, "keep": keep}
        self._write("Started", format=1, **about, **self._who_is_where())

    @contextmanager
    def step(self, loss: Tensor | float | None = None) -> Iterator[None]:
        """Around the optimizers' step; a closure may set `recorder.loss` in it."""
        self.loss, self._count = loss, self._count + 1
        if not self._every or (self._count - 1) % self._every:
            yield
            return
        if self._places().keys() != self._kept.keys():
            raise RuntimeError("the groups' parameters changed: make a new recorder")
        before = {p: p.detach().clone() for p in self._kept}
        yield
        sums, step = self._sums(before), self._count
        groups = [self._figures(group, sums) for _, group in self._groups()]
        self._write("Step", step=step, loss=self.loss, groups=groups)
        named = [(sums.get(p), p.numel()) for p in self._named.values()]
        ratios = [own and ratio(own[3], own[1], count) for own, count in named]
        self._write("TensorStep", step=step, ratios=ratios)

    def attach(self) -> GroupRecorder:
        """Measure from the first optimizer's step to the last's, whoever calls them."""
        stack = ExitStack()

        def begin(*_: Any) -> None:
            stack.enter_context(self.step(self.loss))

        self._optimizers[0].register_step_pre_hook(begin)
        self._optimizers[-1].register_step_post_hook(lambda *_: stack.close())
        return self

    def close(self, reason: str = "done") -> None:
        """Measure where the weights are now, and end the file."""
        if self._every:
            sums = self._sums({p: p for p in self._kept})
            groups = [self._figures(group, sums) for _, group in self._groups()]
            end = {"step": self._count, "seconds": time.monotonic() - self._began}
            self._write("Finished", reason=reason, **end, groups=groups)
            self._file.close()
            self._every = 0

    def _places(self) -> dict[Tensor, int]:
        """Every group's parameters, each with the place of its group."""
        return {p: i for i, (_, g) in enumerate(self._groups()) for p in g["params"]}

    def _groups(self) -> list[tuple[type, dict[str, Any]]]:
        """Each group, behind the class of its optimizer."""
        return [(type(each), g) for each in self._optimizers for g in each.param_groups]

    def _who_is_where(self) -> dict[str, list[dict[str, Any]]]:
        places, apart = self._places(), ("params", "param_names", "name")
        groups = [
            {"name": str(group.get("name", f"group {place}"))}
            | {"optimizer": f"{kind.__module__}.{kind.__qualname__}"}
            | {"settings": {key: group[key] for key in group if key not in apart}}
            for place, (kind, group) in enumerate(self._groups())
        ]
        parameters = [
            {"name": name, "shape": list(p.shape), "dtype": str(p.dtype)}
            | {"trains": p.requires_grad, "group": places.get(p)}
            for name, p in self._named.items()
        ]
        return {"groups": groups, "parameters": parameters}

    def _sums(self, before: dict[Tensor, Tensor]) -> Sums:
        rows = [sums_of(p, before[p], kept) for p, kept in self._kept.items()]
        together = torch.stack([row.to(rows[0].device) for row in rows]).tolist()
        return dict(zip(self._kept, together, strict=True))

    def _figures(self, group: dict[str, Any], sums: Sums) -> dict[str, Any]:
        own = group["params"]
        trains, count = any(p.requires_grad for p in own), sum(p.numel() for p in own)
        is_exact = all(self._kept[p].dtype == p.dtype for p in own)
        gradient, before, after, update, way, moved = summed(sums, own)
        _, _, start, _, rounding, _ = summed(self._first, own)
        return {
            "lr": group.get("lr") if trains else None,
            "gradient_norm": math.sqrt(gradient) if trains else None,
            "weight_norm": math.sqrt(after),
            "update_norm": math.sqrt(update),
            "update_ratio": ratio(update, before, count),
            "distance": ratio(max(way - rounding, 0.0), start, count),
            "moved": int(moved) if is_exact else None,
            "drift": drift(self._buffers, set(own)),
        }

    def _write(self, event: str, **values: Any) -> None:
        text = json.dumps({"event": event} | values, default=plain)
        finite = json.loads(text, parse_constant=lambda _: None)
        self._file.write(json.dumps(finite) + "\n")


def plain(value: Any) -> Any:
    """The number in a tensor of one, or numpy's; the text of anything else."""
    is_one = hasattr(value, "item") and torch.as_tensor(value).numel() == 1
    return value.item() if is_one else str(value)


def copy_of(p: Tensor, keep: str) -> Tensor:
    """A copy of a parameter, rounded if it is to be; complex numbers never are."""
    is_rounded = keep == "bf16" and p.is_floating_point()
    return p.detach().to(torch.bfloat16 if is_rounded else p.dtype, copy=True)


@torch.no_grad()
def sums_of(p: Tensor, before: Tensor, kept: Tensor) -> Tensor:
    """Squares of gradient, before, after, update and way, then how many moved: (6,)."""
    gradient = p.new_zeros(()) if p.grad is None else p.grad
    gradient = gradient.coalesce().values() if gradient.is_sparse else gradient
    after = p.to(torch.promote_types(p.dtype, torch.float32))
    update = square(after - before)  # whose memory is free again for the way
    way = after - kept
    squares = [square(gradient), square(before), square(after), update, square(way)]
    return torch.stack([*squares, way.count_nonzero().to(update.dtype)])


def square(tensor: Tensor) -> Tensor:
    """The sum of squares, (), in float64; MPS has float32 only."""
    order = sorted(range(tensor.ndim), key=tensor.stride, reverse=True)
    flat = tensor.permute(order).reshape(-1)  # as it lies in memory
    if flat.is_cpu and flat.dtype == torch.float32 and flat.numel() % ROW == 0:
        norms = vector_norm(flat.view(flat.numel() // ROW, ROW), dim=1)
        total: Tensor = norms.double().square().sum()
        if 1e-31 * flat.numel() < total < math.inf:
            return total
    dtype = torch.float32 if flat.is_mps else torch.float64
    dtype = torch.complex128 if flat.is_complex() else dtype
    norm: Tensor = vector_norm(flat, dtype=dtype)
    return norm.square()


def summed(sums: Sums, own: list[Tensor]) -> list[float]:
    """Of some parameters together."""
    rows = (sums[p] for p in own)
    return [sum(column) for column in zip([0.0] * 6, *rows, strict=True)]


def ratio(part: float, whole: float, weights: int) -> float | None:
    """Of two norms, given by their squares."""
    return math.sqrt(part / whole) if whole > 1e-16 * weights else None


@torch.no_grad()
def drift(buffers: Buffers, own: set[Tensor]) -> float | None:
    """Of the buffers in layers that have one of these parameters, or have them inside."""
    known = [
        (start, getattr(layer, name, None))
        for layer, name, start in buffers
        if own & set(list(layer.parameters(recurse=False)) or layer.parameters())
    ]
    pairs = [(a, b) for a, b in known if b is not None and b.shape == a.shape]
    changed = [(a, b) for a, b in pairs if not torch.equal(a, b)]
    told = [(a, b) for a, b in changed if a.is_floating_point()] or changed
    rows = [(b.double() - a.double(), a.double(), b.double()) for a, b in told]
    way, first, last = (sum(float(square(row[i])) for row in rows) for i in range(3))
    return math.sqrt(way / (first or last)) if told else 0.0 if pairs else None
