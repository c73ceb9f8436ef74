"""The decay part of an update against closed forms in float64, and against torch's own steps without decay."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.assignment import assign
from core.events import GroupInfo, GroupStep, Started, Step
from core.experiment import FROZEN, OPTIMIZER_OPTIONS, Experiment, Group
from core.experiment.optimizer_classes import FALLING, L2, MOMENTUM, NONE, SHRINK, WITHOUT_DECAY
from core.measurement import Meter
from core.measurement.decay_part import DecayPart
from core.models import build_model
from core.optimizers import build_optimizers
from core.report.curves import GROUP_VIEWS, chart_head, chart_row
from core.training import train

Make = Callable[..., Experiment]

RATES = (0.1, 0.1, 0.05, 0.2, 0.0, 0.07, 0.03, 0.11)  # a step each
CLASSES = [name for name in OPTIMIZER_OPTIONS if name not in (FROZEN, *WITHOUT_DECAY)]


def network(dtype: torch.dtype = torch.float64) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16, 5)).to(dtype)


def group_of(optimizer: str, weight_decay: float = 0.3, options: str = "", **fields: Any) -> dict[str, Any]:
    base = {"name": "weights", "params": ["*.weight"], "optimizer": optimizer}
    return base | {"weight_decay": weight_decay, "options": options} | fields


def biases(**fields: Any) -> dict[str, Any]:
    return {"name": "biases", "params": ["*"], "optimizer": "AdamW"} | fields


def norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float((tensor.detach().double() ** 2).sum()) for tensor in tensors))


class Loop:
    """A network, its optimizers and a Meter; after `step` what the first group held and what was measured."""

    def __init__(self, experiment: Experiment, dtype: torch.dtype = torch.float64, measure: bool = True) -> None:
        self.model, self.experiment, self.measure = network(dtype), experiment, measure
        assignment = assign(experiment, self.model)
        self.optimizers = build_optimizers(assignment)
        self.meter = Meter(assignment, self.optimizers)
        self.parameters = [row.parameter for row in assignment.of_group(0)]
        self.inputs = torch.Generator().manual_seed(5)
        self.dtype = dtype
        self.parts: list[Tensor] = []
        if 0 in self.meter.decay_parts:
            self.record(self.meter.decay_parts[0])

    def record(self, decay: DecayPart) -> None:
        """From now on `parts` holds what the first group's decay added to each of its parameters in the last step."""
        write = decay.write

        def recorded(part: list[Tensor], before: list[Tensor], keys: Any) -> None:
            write(part, before, keys)
            for key, piece in zip(keys, part, strict=True):
                self.parts[key] = piece.clone().view_as(self.parameters[key])

        decay.write = recorded  # type: ignore[method-assign]

    def backward(self, idle: tuple[int, ...] = ()) -> None:
        self.model.zero_grad()
        self.model(torch.randn(8, 1, 4, 4, generator=self.inputs).to(self.dtype)).square().mean().backward()
        for index in idle:
            self.parameters[index].grad = None

    def now(self) -> list[Tensor]:
        return [parameter.detach().clone() for parameter in self.parameters]

    def step(self, rate: float, idle: tuple[int, ...] = ()) -> tuple[GroupStep, ...]:
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        self.backward(idle)
        self.gradients = [None if p.grad is None else p.grad.clone() for p in self.parameters]
        self.before = self.now()
        if self.measure:
            self.parts = [torch.zeros_like(p) for p in self.parameters] if 0 in self.meter.decay_parts else []
        for optimizer in self.optimizers:
            optimizer.step()
        self.after = self.now()
        self.update = [after - before for after, before in zip(self.after, self.before, strict=True)]
        if not self.measure:
            return ()
        return self.meter.read([self.meter.after_step()], [[rate] * len(self.experiment.groups)])[0].groups


def close(found: list[Tensor], wanted: list[Tensor], rtol: float = 1e-9, atol: float = 1e-13) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(torch.allclose(a.double(), b.double(), rtol=rtol, atol=atol) for a, b in pairs)


def direction(terms: list[Tensor], momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False) -> Tensor:
    """SGD's step for the terms that it was given, oldest first: the momentum written out as one sum."""
    if momentum == 0:
        return terms[-1]
    ages = range(len(terms) - 1, -1, -1)
    shares = [1.0] + [1 - dampening] * (len(terms) - 1)
    buffer = sum(momentum**age * share * term.double() for age, share, term in zip(ages, shares, terms, strict=True))
    assert isinstance(buffer, Tensor)
    return terms[-1].double() + momentum * buffer if nesterov else buffer


SGD: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("", {}),
    "plain, maximize": ("maximize=True", {}),
    "momentum": ("", {"momentum": 0.9}),
    "dampening": ("dampening=0.4", {"momentum": 0.8, "dampening": 0.4}),
    "nesterov": ("nesterov=True", {"momentum": 0.9, "nesterov": True}),
    "maximize": ("maximize=True", {"momentum": 0.9}),
    "maximize, dampening": ("maximize=True dampening=0.4", {"momentum": 0.7, "dampening": 0.4}),
    "maximize, nesterov": ("maximize=True nesterov=True", {"momentum": 0.7, "nesterov": True}),
}


@pytest.mark.parametrize("idle", [(), (0,)], ids=["all used", "filters used late"])
@pytest.mark.parametrize(("dtype", "rtol", "atol"), [(torch.float64, 1e-9, 1e-13), (torch.float32, 1e-5, 5e-7)])
@pytest.mark.parametrize("case", SGD)
def test_sgd_splits_into_the_momenta_of_decay_and_gradient(
    make: Make, case: str, dtype: torch.dtype, rtol: float, atol: float, idle: tuple[int, ...]
) -> None:
    options, closed = SGD[case]
    group = group_of("SGD", options=options, momentum=closed.get("momentum"))
    loop = Loop(make(group, biases()), dtype)
    sign = -1.0 if "maximize" in case else 1.0
    decays: list[list[Tensor]] = [[] for _ in loop.parameters]
    gradients: list[list[Tensor]] = [[] for _ in loop.parameters]
    for count, rate in enumerate(RATES):
        # Filters without a gradient at first, and once more in between.
        measured = loop.step(rate, idle if count in (0, 1, 5) else ())[0]
        decay, rest = [], []
        for i, gradient in enumerate(loop.gradients):
            if gradient is None:
                decay.append(torch.zeros_like(loop.before[i]))
                rest.append(torch.zeros_like(loop.before[i]))
                continue
            decays[i].append(0.3 * loop.before[i].double())
            gradients[i].append(sign * gradient.double())
            decay.append(-rate * direction(decays[i], **closed))
            rest.append(-rate * direction(gradients[i], **closed))
        assert close(loop.parts, decay, rtol, atol)
        assert close([u - p for u, p in zip(loop.update, loop.parts, strict=True)], rest, rtol, atol)
        assert close(loop.update, [d.double() + r.double() for d, r in zip(decay, rest, strict=True)], rtol, atol)
        assert measured.decay_norm == pytest.approx(norm(decay), rel=rtol, abs=0)
        assert measured.rest_norm == pytest.approx(norm(rest), rel=10 * rtol, abs=10 * atol)
        assert measured.l2_share is None
        if rate > 0:
            assert min(norm(decay), norm(rest), norm([d - r for d, r in zip(decay, rest, strict=True)])) > 1e-3


@pytest.mark.parametrize("momentum", [0.9, 0.8])
def test_momentum_is_read_at_every_step(make: Make, momentum: float) -> None:
    loop = Loop(make(group_of("SGD", momentum=0.5), biases()))
    loop.step(0.1)
    first = loop.before
    loop.optimizers[0].param_groups[0]["momentum"] = momentum
    loop.step(0.1)
    wanted = [-0.1 * 0.3 * (momentum * old + new) for old, new in zip(first, loop.before, strict=True)]
    assert close(loop.parts, wanted)


DECOUPLED = {
    "AdamW": ("AdamW", ""),
    "AdamW, maximize": ("AdamW", "maximize=True amsgrad=True"),
    "Adam": ("Adam", "decoupled_weight_decay=True"),
    "NAdam": ("NAdam", "decoupled_weight_decay=True"),
    "RAdam": ("RAdam", "decoupled_weight_decay=True"),
    "Adafactor": ("Adafactor", ""),
    "Muon": ("Muon", ""),
    "Muon, scaled": ("Muon", "adjust_lr_fn='match_rms_adamw' nesterov=False"),
}


def step_without_decay(loop: Loop, state: list[dict[str, Any]], rate: float) -> list[Tensor]:
    """What torch's own optimizer adds with weight decay 0, from the same weights, gradients and state."""
    twin = network()
    assignment = assign(loop.experiment, twin)
    optimizer = build_optimizers(assignment)[0]
    parameters = [row.parameter for row in assignment.of_group(0)]
    with torch.no_grad():
        for i, parameter in enumerate(parameters):
            parameter.copy_(loop.before[i])
            parameter.grad = loop.gradients[i]
            optimizer.state[parameter] = state[i]  # load_state_dict would round NAdam's differently
    for group in optimizer.param_groups:
        group |= {"weight_decay": 0, "lr": rate}
    optimizer.step()
    return [p.detach() - before for p, before in zip(parameters, loop.before, strict=True)]


@pytest.mark.parametrize("case", DECOUPLED)
def test_decoupled_decay_shrinks_the_weights_and_the_rest_is_the_step_without_it(make: Make, case: str) -> None:
    optimizer, options = DECOUPLED[case]
    loop = Loop(make(group_of(optimizer, options=options), biases(optimizer="SGD")))
    for count, rate in enumerate(RATES):
        state = [deepcopy(loop.optimizers[0].state[parameter]) for parameter in loop.parameters]
        measured = loop.step(rate, (0,) if count == 5 else ())[0]
        used = zip(loop.before, loop.gradients, strict=True)
        decay = [-rate * 0.3 * before * (gradient is not None) for before, gradient in used]
        rest = step_without_decay(loop, state, rate)
        assert close(loop.parts, decay)
        assert close(loop.update, [d + r for d, r in zip(decay, rest, strict=True)])
        assert measured.decay_norm == pytest.approx(norm(decay), rel=1e-9)
        assert measured.rest_norm == pytest.approx(norm(rest), rel=1e-9, abs=1e-13)
        assert measured.l2_share is None
        assert (rate > 0) == (norm(rest) > 1e-4) == (norm(decay) > 1e-4)


def test_asgd_decays_at_the_rate_of_each_tensor_which_falls(make: Make) -> None:
    loop = Loop(make(group_of("ASGD", options="lambd=0.5 alpha=0.9"), biases(optimizer="SGD")))
    for count, rate in enumerate(RATES):
        states = [loop.optimizers[0].state[parameter] for parameter in loop.parameters]
        rates = [float(state["eta"] if state else torch.tensor(rate)) for state in states]
        state = [deepcopy(each) for each in states]
        loop.step(rate, (0,) if count == 2 else ())
        used = zip(rates, loop.before, loop.gradients, strict=True)
        decay = [-own * 0.3 * before * (gradient is not None) for own, before, gradient in used]
        assert close(loop.parts, decay)
        if count:
            rest = step_without_decay(loop, state, rate)
            assert close(loop.update, [d + r for d, r in zip(decay, rest, strict=True)])
    assert len({*rates}) > 1, "one was left out once"


UNSPLIT = ("Adam", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta")


@pytest.mark.parametrize("optimizer", UNSPLIT)
def test_l2_through_squared_gradients_has_no_part_but_a_share(make: Make, optimizer: str) -> None:
    loop = Loop(make(group_of(optimizer), biases()))
    for count, rate in enumerate(RATES):
        measured = loop.step(rate, (0,) if count == 3 else ())[0]
        seen = [i for i, gradient in enumerate(loop.gradients) if gradient is not None]
        share = 0.3 * norm([loop.before[i] for i in seen]) / norm([g for g in loop.gradients if g is not None])
        assert (measured.decay_norm, measured.rest_norm, loop.parts) == (None, None, [])
        assert measured.l2_share == pytest.approx(share, rel=1e-9)


def test_a_share_of_no_gradient_is_undefined(make: Make) -> None:
    loop = Loop(make(group_of("Adam"), biases()))
    assert loop.step(0.1, (0, 1))[0].l2_share is None
    assert loop.step(0.1)[0].l2_share is not None


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_no_gradient_no_decay(make: Make, momentum: float | None) -> None:
    loop = Loop(make(group_of("SGD", momentum=momentum), biases()))
    first = loop.step(0.1, (0, 1))[0]
    assert (first.update_norm, first.decay_norm, first.rest_norm) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("optimizer", CLASSES)
def test_without_decay_all_of_the_update_is_the_rest(make: Make, optimizer: str) -> None:
    loop = Loop(make(group_of(optimizer, 0.0), biases(weight_decay=0.2)), torch.float32)
    for rate in RATES[:3]:
        measured, beside = loop.step(rate)
        assert (measured.decay_norm, measured.l2_share, loop.parts) == (0.0, None, [])
        assert measured.rest_norm == measured.update_norm > 0
        assert beside.decay_norm and beside.decay_norm > 0


def test_a_frozen_group_does_not_decay(make: Make) -> None:
    loop = Loop(make(group_of(FROZEN), biases()), torch.float32)
    frozen = loop.step(0.1)[0]
    assert (frozen.decay_norm, frozen.rest_norm, frozen.l2_share) == (0.0, 0.0, None)


WAYS = [(name, "") for name in CLASSES]
DECOUPLING = [name for name in CLASSES if "decoupled_weight_decay" in OPTIMIZER_OPTIONS[name]]
WAYS += [(name, "decoupled_weight_decay=True") for name in DECOUPLING]


@pytest.mark.parametrize(("optimizer", "options"), WAYS)
def test_the_split_is_made_where_torchs_step_is_linear_in_the_decay(make: Make, optimizer: str, options: str) -> None:
    experiment = make(group_of(optimizer, 0.1, options), biases())

    def after(weight_decay: float) -> Tensor:
        """The filters one step with that decay after ten without any."""
        loop = Loop(experiment, measure=False)
        for step in range(11):
            loop.optimizers[0].param_groups[0]["weight_decay"] = weight_decay if step == 10 else 0.0
            loop.step(0.01)
        return loop.after[0]

    none, once, twice = after(0.0), after(0.1), after(0.2)
    assert not torch.allclose(none, once, rtol=1e-9, atol=0)
    linear = torch.allclose(twice - none, 2 * (once - none), rtol=1e-6, atol=1e-14)
    assert linear == (experiment.groups[0].decay_kind in (SHRINK, MOMENTUM, FALLING))


def test_the_kinds_of_decay() -> None:
    def kind(optimizer: str, **fields: Any) -> str:
        return Group(name="a", params=("*",), optimizer=optimizer, **({"weight_decay": 0.1} | fields)).decay_kind

    assert {name: kind(name) for name in CLASSES} == (
        dict.fromkeys(UNSPLIT, L2)
        | {"AdamW": SHRINK, "Muon": SHRINK, "Adafactor": SHRINK, "SGD": MOMENTUM, "ASGD": FALLING}
    )
    assert kind("RAdam", options="decoupled_weight_decay=True") == SHRINK
    assert kind("Adam", options="decoupled_weight_decay=False") == L2
    assert kind(FROZEN) == kind("AdamW", weight_decay=0) == kind("SGD", weight_decay=0) == NONE


@pytest.mark.parametrize("group", [group_of("SGD", momentum=0.9), group_of("AdamW"), group_of("Adam")], ids=str)
def test_splitting_changes_nothing(make: Make, group: dict[str, Any]) -> None:
    loops = [Loop(make(group, biases(weight_decay=0.1)), torch.float32, measure) for measure in (True, False)]
    for rate in RATES:
        for loop in loops:
            loop.step(rate)
    first, second = (list(loop.model.parameters()) for loop in loops)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


MIXED = (
    {"name": "sgd", "params": ["conv1.*"], "optimizer": "SGD", "lr": 0.01, "momentum": 0.9, "weight_decay": 0.1},
    {"name": "adamw", "params": ["conv2.*"], "optimizer": "AdamW", "lr": 0.002, "weight_decay": 0.2},
    {"name": "l2", "params": ["fc1.*"], "optimizer": "Adam", "weight_decay": 0.01},
    {"name": "free", "params": ["fc2.weight"], "optimizer": "SGD", "lr": 0.01},
    {"name": "frozen", "params": ["*"], "optimizer": FROZEN, "weight_decay": 0.1},
)


def test_a_runs_events_carry_the_split(make: Make) -> None:
    experiment = make(*MIXED, epochs=2)
    steps = [event for event in train(experiment, "cpu") if isinstance(event, Step)]
    assert len(steps) == 8
    for step in steps:
        for group in step.groups[:2]:
            assert group.decay_norm and group.rest_norm and group.l2_share is None
            assert abs(group.decay_norm - group.rest_norm) <= group.update_norm * (1 + 1e-5)
            assert group.update_norm <= (group.decay_norm + group.rest_norm) * (1 + 1e-5)
        l2, free, frozen = step.groups[2:]
        assert (l2.decay_norm, l2.rest_norm) == (None, None) and l2.l2_share
        assert (free.decay_norm, free.rest_norm, free.l2_share) == (0.0, free.update_norm, None)
        assert (frozen.decay_norm, frozen.rest_norm, frozen.l2_share) == (0.0, 0.0, None)
    start = dict(build_model(experiment).named_parameters())
    first, adamw, l2 = steps[0].groups[:3]
    assert first.decay_norm == pytest.approx(0.001 * norm([start["conv1.weight"], start["conv1.bias"]]), rel=1e-5)
    for before, after in pairwise([step.groups for step in steps]):
        assert after[1].decay_norm == pytest.approx(0.0004 * before[1].weight_norm, rel=1e-5)
        assert after[2].l2_share == pytest.approx(0.01 * before[2].weight_norm / after[2].gradient_norm, rel=1e-5)
    assert adamw.decay_norm == pytest.approx(0.0004 * norm([start["conv2.weight"], start["conv2.bias"]]), rel=1e-5)


def started(experiment: Experiment) -> Started:
    infos = tuple(GroupInfo(group.name, group.optimizer, 1, 1) for group in experiment.groups)
    return Started(experiment, "cpu", 4, "random", None, infos)


def view_of(experiment: Experiment, language: str = "en") -> dict[str, Any]:
    place = [key for key, _, _ in GROUP_VIEWS].index("view_decay")
    view: dict[str, Any] = json.loads(chart_head(started(experiment), "run", language))["views"][place]
    return view


def test_the_view_follows_the_distance_and_dashes_what_is_another_quantity(make: Make) -> None:
    keys = [key for key, _, _ in GROUP_VIEWS]
    assert keys[keys.index("view_distance") + 1] == "view_decay"
    view = view_of(make(*MIXED))
    assert (view["label"], view["layout"]["yaxis"]["type"]) == ("decay / update", "log")
    assert "‖Δθ by decay‖ / ‖Δθ‖" in view["layout"]["yaxis"]["title"]["text"]
    dashes = {trace["name"]: trace["line"]["dash"] for trace in view["data"]}
    solid = dict.fromkeys(("sgd", "adamw", "free", "frozen (frozen)"), "solid")
    assert dashes == solid | {"l2 (L2/gradient)": "dash"}
    assert view_of(make(*MIXED), "zh")["data"][2]["name"] == "l2（L2/梯度）"
    assert not view["layout"].get("annotations")


def test_a_view_without_decay_says_so(make: Make) -> None:
    assert view_of(make())["layout"]["annotations"][0]["text"] == "No group has weight decay."


@pytest.mark.parametrize(
    ("update", "split", "shown"),
    [
        (2.0, (0.5, 1.5, None), 0.25),
        (2.0, (0.0, 2.0, None), None),
        (0.0, (0.5, 0.5, None), None),
        (2.0, (None, None, 0.125), 0.125),
        (2.0, (None, None, None), None),
    ],
)
def test_a_row_holds_decay_over_update(update: float, split: tuple[float | None, ...], shown: float | None) -> None:
    group = GroupStep(0.1, 1.0, 1.0, update, 0.1, 0.1, *split)
    row = json.loads(chart_row(Step(1, 2.0, (group,))))
    view = row[1 + [key for key, _, _ in GROUP_VIEWS].index("view_decay")]
    assert view == (None if shown is None else [shown]), "a view without values is null"
