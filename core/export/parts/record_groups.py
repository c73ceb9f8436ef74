"""Record what each param group does in a training of your own. It needs torch only.

    recorder = GroupRecorder(model, optimizers, "run.jsonl", every=10)
    for batch in loader:
        loss = ...; loss.backward()
        with recorder.step(loss):  # measures steps 1, 11, 21, ... and counts the others
            optimizer.step()
    recorder.close()

In a loop that is not yours, attach() measures whenever the optimizers step; for a loss
in the file, set `recorder.loss` before:

    # in on_train_start(self, trainer, module) of a Lightning Callback
    self.recorder = GroupRecorder(module, trainer.optimizers, "run.jsonl").attach()
    # in on_train_begin(self, *_, model, optimizer, **__) of a transformers
    # TrainerCallback, or after accelerate's prepare(model, optimizer, ...)
    self.recorder = GroupRecorder(model, optimizer, "run.jsonl").attach()

The file has a JSON object a line: Started; of each measured step a Step, the groups'
figures, and a TensorStep, the update_ratio of every parameter; Finished, the figures at
the end. Null is what is not finite, and a ratio to norms up to 1e-8 √weights.
Param Group Lab, which draws it, tells every field in core/report/recording.py.
"""

import json
import math
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.linalg import vector_norm


class GroupRecorder:
    """Writes what `optimizers`, one or several, do to the groups of `model` to a file.

    Make it where training starts: weights loaded and on their device, all groups added;
    one added later ends the recording. It keeps a copy of the weights, half as large
    with keep="bf16": moved is then null, distances are right within 0.003 / √weights.
    A measured step takes a whole copy more, when the activations are freed. Gradients
    are read after it, unscaled by GradScaler: zero later. Only the first process writes.
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
        given = optimizers_of(optimizers)
        self._optimizers = [getattr(each, "optimizer", each) for each in given]
        self._syncs = [o.gradient_state for o in given if hasattr(o, "gradient_state")]
        self._model, self._keep, self._began = model, keep, time.monotonic()
        self._named, self._count = dict(model.named_parameters()), 0
        self.loss: Tensor | float | None = None
        self._before: dict[Tensor, Tensor] | None = None  # while a step is taken
        joined = distributed.is_available() and distributed.is_initialized()
        self._every = 0 if joined and distributed.get_rank() else every  # 0 is never
        if any(hasattr(p, "to_local") for p in self._places()):
            raise ValueError("weights in shards (DTensor): no process has all of them")
        if not self._places():
            raise ValueError("the optimizers have no parameters")
        self._own = [dict.fromkeys(group["params"]) for _, group in self._groups()]
        if self._every:
            low, own = torch.bfloat16 if keep == "bf16" else None, self._places()
            kinds = {p: low if p.is_floating_point() else None for p in own}
            self._kept = {p: p.detach().to(kinds[p] or p.dtype, copy=True) for p in own}
            self._first = self._sums({p: p for p in self._kept})
            self._buffers = {name: b.clone() for name, b in model.named_buffers()}
            self._file = open(path, "w", buffering=1)  # line by line
            self._start()

    @contextmanager
    def step(self, loss: Tensor | float | None = None) -> Iterator[None]:
        """Around the optimizers' step; a closure may set `recorder.loss` in it."""
        self.loss, self._before = loss, None
        if all(state.sync_gradients for state in self._syncs):  # else accelerate waits
            self._begin()
        yield
        self._end()

    def attach(self) -> "GroupRecorder":
        """Measure from the first optimizer's step to the last's, whoever calls them."""
        first, last = self._optimizers[0], self._optimizers[-1]
        for hook in getattr(first, "recorder_hooks", ()):  # a notebook's cell ran again
            hook.remove()
        begins = first.register_step_pre_hook(self._begin)
        first.recorder_hooks = begins, last.register_step_post_hook(self._end)
        return self

    def _begin(self, *_: Any) -> None:
        if self._before is None:  # else the last optimizer has not stepped since
            kept = self._kept if self._every and self._count % self._every == 0 else {}
            self._before = {p: p.detach().clone() for p in kept}
            self._count += 1

    def _end(self, *_: Any) -> None:
        before, self._before = self._before, None
        if not before:
            return
        if self._places().keys() != self._kept.keys():
            self.close("groups changed")  # the training is worth more
            warnings.warn("the groups changed: make a new recorder", stacklevel=3)
            return
        sums, step = self._sums(before), self._count
        self._write("Step", step=step, loss=self.loss, groups=[*self._figures(sums)])
        named = [(sums.get(p), p.numel()) for p in self._named.values()]
        ratios = [own and ratio(own[3], own[1], weights) for own, weights in named]
        self._write("TensorStep", step=step, ratios=ratios)

    def close(self, reason: str = "done") -> None:
        """Measure where the weights are now, and end the file."""
        if self._every:
            groups = [*self._figures(self._sums({p: p for p in self._kept}))]
            end = {"step": self._count, "seconds": time.monotonic() - self._began}
            self._write("Finished", reason=reason, **end, groups=groups)
            self._file.close()
            self._every, self._before = 0, None

    def _groups(self) -> list[tuple[type, dict[str, Any]]]:
        return [(type(each), g) for each in self._optimizers for g in each.param_groups]

    def _places(self) -> dict[Tensor, int]:
        """Every group's parameters, each with the place of its group."""
        return {p: i for i, (_, g) in enumerate(self._groups()) for p in g["params"]}

    def _start(self) -> None:
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
        about = {"torch": torch.__version__, "every": self._every, "keep": self._keep}
        self._write("Started", format=1, **about, groups=groups, parameters=parameters)
        pairs, told = [*zip(groups, self._own, strict=True)], []
        for name, p in self._named.items():
            homes = [str(group["name"]) for group, own in pairs if p in own]
            told += [f"{name} in {' and '.join(homes)}"] if len(homes) > 1 else []
        if told:
            what = f"{len(told)} stepped by several groups, listed in the last: "
            warnings.warn(what + ", ".join(told[:5]), stacklevel=3)

    def _sums(self, before: dict[Tensor, Tensor]) -> dict[Tensor, list[float]]:
        rows = [sums_of(p, before[p], kept) for p, kept in self._kept.items()]
        together = torch.stack([row.to(rows[0].device) for row in rows]).tolist()
        return dict(zip(self._kept, together, strict=True))

    def _figures(self, sums: dict[Tensor, list[float]]) -> Iterator[dict[str, Any]]:
        """What a Step tells of each group."""
        for (_, group), own in zip(self._groups(), self._own, strict=False):
            weights = sum(p.numel() for p in own)
            trains = any(p.requires_grad for p in own)
            gradient, before, after, update, way, moved = total(sums[p] for p in own)
            _, _, start, _, rounding, _ = total(self._first[p] for p in own)
            yield {
                "lr": group.get("lr") if trains else None,
                "gradient_norm": math.sqrt(gradient) if trains else None,
                "weight_norm": math.sqrt(after),
                "update_norm": math.sqrt(update),
                "update_ratio": ratio(update, before, weights),
                "distance": ratio(max(way - rounding, 0.0), start, weights),
                "moved": int(moved) if self._keep == "exact" else None,
                "drift": self._drift(set(own)),
            }

    def _drift(self, own: set[Tensor]) -> float | None:
        """Of buffers in layers that have one of these parameters, or have it inside."""
        pairs = []
        for name, now in self._model.named_buffers():
            start = self._buffers.get(name)
            layer = self._model.get_submodule(name.rpartition(".")[0])
            near = set(layer.parameters(recurse=False)) or set(layer.parameters())
            if start is not None and start.shape == now.shape and own & near:
                pairs.append((now, start))
        changed = [(now, start) for now, start in pairs if not torch.equal(now, start)]
        told = [each for each in changed if each[1].is_floating_point()] or changed
        rows = [sums_of(now, start, start).tolist() for now, start in told]
        _, first, last, way, _, _ = total(rows)
        return math.sqrt(way / (first or last)) if rows else 0.0 if pairs else None

    def _write(self, event: str, **values: Any) -> None:
        text = json.dumps({"event": event} | values, default=plain, skipkeys=True)
        finite = json.loads(text, parse_constant=lambda _: None)
        try:
            self._file.write(json.dumps(finite) + "\n")
        except OSError as error:  # a full disk, say
            self._every = 0
            warnings.warn(f"recorded no further: {error}", stacklevel=2)


def optimizers_of(given: Any) -> list[Any]:
    """One optimizer or several as a list, with what others wrap around them."""
    is_one = hasattr(given, "param_groups") or not isinstance(given, Iterable)
    several = [given] if is_one else [*given]
    found = [getattr(each, "optimizer", each) for each in several]
    if not found or not all(hasattr(each, "param_groups") for each in found):
        kinds = dict.fromkeys(type(each).__name__ for each in (given, *found))
        raise TypeError(f"give an optimizer, or a list of some, not {', '.join(kinds)}")
    return several


def plain(value: Any) -> Any:
    """The number in a tensor of one, or numpy's; the text of anything else."""
    is_one = hasattr(value, "item") and torch.as_tensor(value).numel() == 1
    return value.item() if is_one else str(value)


@torch.no_grad()
def sums_of(p: Tensor, before: Tensor, start: Tensor) -> Tensor:
    """Squares of gradient, before, after, update and way, then how many moved: (6,)."""
    grad = torch.zeros_like(p) if p.grad is None else p.grad.to_dense()
    order = sorted(range(p.ndim), key=p.stride, reverse=True)  # as it lies in memory
    size = 2**16 if p.is_cpu else 2**22  # a CPU's cache holds it; few launches
    exact = torch.promote_types(p.dtype, torch.float32 if p.is_mps else torch.float64)
    parts = [t.permute(order).reshape(-1).split(size) for t in (grad, before, p, start)]
    rows = []
    for some in zip(*parts, strict=True):
        gradient, old, new, first = (part.to(exact) for part in some)
        way = new - first
        norms = [vector_norm(t).square() for t in (gradient, old, new, new - old, way)]
        rows.append(torch.stack([*norms, way.count_nonzero().to(norms[0].dtype)]))
    return torch.stack(rows).sum(0)


def total(rows: Iterable[list[float]]) -> list[float]:
    """Of what `sums_of` has of several."""
    return [sum(column) for column in zip([0.0] * 6, *rows, strict=True)]


def ratio(part: float, whole: float, weights: int) -> float | None:
    """Of two norms, given by their squares."""
    return math.sqrt(part / whole) if whole > 1e-16 * weights else None
