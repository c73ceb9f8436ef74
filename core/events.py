"""What a run reports as it goes: frozen dataclasses of plain values, safe to keep and to send."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from core.experiment import Experiment

WINDOW = 10  # steps


def is_sampled(step: int) -> bool:
    """Whether a step, counted from 1, is one of the first `WINDOW`, or the last of any `WINDOW`."""
    return step <= WINDOW or step % WINDOW == 0


@dataclass(frozen=True)
class GroupInfo:
    """A group as it starts: its size in tensors and in single weights; `row` names the group that was asked for,
    which layer decay may have made into several."""

    name: str
    optimizer: str
    tensors: int
    weights: int
    row: str = ""


@dataclass(frozen=True)
class Started:
    """The run is ready. `weights` is "random" or "pretrained", or "own" for a run that was made elsewhere;
    `weights_problem` says why the pre-trained ones that were asked for could not be had, else None. `tensors` names
    every parameter, group after group: the first `groups[0].tensors` belong to the first group. The images are of so
    many `classes`; `class_counts` are the test images of each, empty where that is not known. `stand_in` says what
    pre-trained weights that are not torchvision's own were trained on."""

    experiment: Experiment
    device: str
    steps: int
    weights: str
    weights_problem: str | None
    groups: tuple[GroupInfo, ...]
    tensors: tuple[str, ...] = ()
    classes: int = 10
    stand_in: str | None = None
    class_counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class GroupStep:
    """One group in one step. Norms are L2 over all its parameters.

    lr               learning rate of the step; None if frozen or not started
    gradient_norm    before the step and before clipping, 0 where autograd left none; None if frozen or not started
    weight_norm      after the step
    update_norm      |after - before|, measured
    update_ratio     update_norm / weight norm before the step; None where that norm is about 0
    distance         |after - start| / |start|; None where |start| is about 0
    decay_norm       of the update's weight-decay part, worked out from the optimizer's formula; 0 without
                     decay, None where the step is not linear in it (L2 through Adam and the like)
    rest_norm        |after - before - decay part|, measured; None where there is no such part
    l2_share         weight_decay * |before| / norm of the gradient, clipped if it is, where the step is not linear in
                     the decay, over the parameters with gradients; None elsewhere, and where that norm is 0
    direction        Σ gradient * (after - before), the gradient being that of the batch's loss: what the update
                     adds to this loss to first order (Taylor), in nats; below 0 as long as it descends. None if
                     frozen or not started
    clip_factor      norm of the gradient after clipping / gradient_norm: 1 where it was left as it was. None where
                     nothing is clipped, the group is frozen or not started, or the norm is 0
    cosine           of the angle between this update u and the last one v, Σ u * v / (|u| |v|), within 1e-4: below 0
                     the group goes back and forth (arXiv:1802.08770 has SGD between the walls of a valley so).
                     Measured in the steps that are sampled (`is_sampled`); None elsewhere, in the first step, and
                     where one of the two updates is 0 or both are below 1e-15 per weight
    gradient_agreement |Σ gradient| / Σ |gradient| over WINDOW steps, in the last of every WINDOW: 1 if all gradients
                     point the same way, about 1/√WINDOW if each is at right angles to the others, as noise is
                     (per batch what arXiv:2008.01217 calls coherence, but of norms, not of their squares). None
                     elsewhere, where all were 0, and if the group did not train in all of these steps
    step_per_weight  rest_norm / √weights, or update_norm / √weights where there is no such part: the root mean square
                     of what the step adds to a weight, apart from decay. To be compared with `lr`: AdamW's is lr times
                     the root mean square of m̂ / (√v̂ + ε), plain SGD's lr times the gradient's. None if frozen or not
                     started
    """

    lr: float | None
    gradient_norm: float | None
    weight_norm: float
    update_norm: float
    update_ratio: float | None
    distance: float | None
    decay_norm: float | None = None
    rest_norm: float | None = None
    l2_share: float | None = None
    direction: float | None = None
    clip_factor: float | None = None
    cosine: float | None = None
    gradient_agreement: float | None = None
    step_per_weight: float | None = None


@dataclass(frozen=True)
class Step:
    """One optimizer step, counted from 1; `loss` is the batch's mean cross-entropy before it."""

    step: int
    loss: float
    groups: tuple[GroupStep, ...]


@dataclass(frozen=True)
class Evaluated:
    """Mean cross-entropy and share of right answers (0 to 1) on the test subset after `step` steps."""

    step: int
    epoch: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Silent:
    """Of every layer with a ReLU behind it, by name, the share (0 to 1) of the ReLU's outputs that are zero.

    Over the test subset, right after the first and the last `Evaluated`, at their `step`. Layers come in the
    order in which they compute; a frozen beginning that is computed once has none, nor has a network without ReLUs.
    """

    step: int
    layers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Progress:
    """Where the run is, about five times a second. Follows all events that happened before it.

    `doing` is "waiting" (`place` runs are ahead), "weights" (a download), "frozen" (the frozen beginning of
    the network, once for all images), "training", "evaluating" or "timing" (what a short run takes); `done` of
    `total` counts bytes, steps or images; `seconds_left` is for the training steps.
    """

    doing: str
    done: int = 0
    total: int = 0
    place: int = 0
    steps_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class GroupEnd:
    """A group at the end: how many of its weights differ from their start, and how far it went.

    `drift` is |after - start| / |start| over the buffers that changed, running means and variances above all, in the
    layers of which the group has a share (`Assignment.layers_of`): 0 only if no bit of any buffer changed, 1 where
    they started as zero, None where there are none.
    """

    name: str
    optimizer: str
    weights: int
    moved: int
    distance: float | None
    drift: float | None


@dataclass(frozen=True)
class FrozenPart:
    """From `epoch` on (counted from 1) the frozen beginning of the network is computed once or in every step.

    Once: for so many `images` of both subsets, what it gives takes `bytes`. In every step: `problem` says why,
    one of "norms_drift", "one_epoch", "not_traced", "hooks", "keeps_state", "too_large" (with its "gigabytes" in
    `values`), "differs".
    There is no such event where nothing is frozen before the first layer that trains.
    """

    epoch: int
    images: int
    bytes: int
    problem: str | None = None
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """The run's end. `reason` is "done", "stopped", "non_finite" or "time_limit"."""

    reason: str
    step: int
    seconds: float
    groups: tuple[GroupEnd, ...]


@dataclass(frozen=True)
class TensorStep:
    """Single parameters in a sampled step, right after its `Step`; a step that is not finite has none.

    `ratios` are update norm / weight norm before the step, one per name in `Started.tensors`;
    None where that weight norm is about 0.
    """

    step: int
    ratios: tuple[float | None, ...]


Event = Started | Step | Evaluated | Silent | Progress | FrozenPart | Finished | TensorStep


def to_json(event: Event) -> dict[str, Any]:
    """The event as plain JSON values, its class as "event"; numbers that are not finite become None."""
    values = asdict(event)
    if isinstance(event, Started):
        values["experiment"] = event.experiment.to_dict()
    return {"event": type(event).__name__} | {key: plain(value) for key, value in values.items()}


def plain(value: Any) -> Any:
    """The value as JSON can hold it: tuples become lists, numbers that are not finite None."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
