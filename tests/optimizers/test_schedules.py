"""Each group's learning rates: torch's own schedulers as the authority, planned and then measured."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

import core.training.run
from core.data import load_dataset
from core.events import GroupStep, Step
from core.experiment import SCHEDULES, Experiment, ExperimentError
from core.experiment.optimizer_classes import WITHOUT_DECAY
from core.experiment.schedule_settings import SCHEDULE_OPTIONS, SCHEDULE_RULES
from core.models import build_model
from core.optimizers import OPTIMIZERS, SCHEDULERS, build_optimizers, planned_rates
from core.training import train

Make = Callable[..., Experiment]
MOVING = [name for name in SCHEDULES if name != "constant"]


def row(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "params": [f"{name}.*"]} | changes


def warmup_cosine(optimizer: Optimizer, steps: int, warmup: int) -> LRScheduler:
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), end_factor=1.0, total_iters=warmup)
    return SequentialLR(optimizer, [rise, CosineAnnealingLR(optimizer, T_max=steps - warmup)], milestones=[warmup])


# What each name means, for 20 steps, as one would write it by hand on an optimizer with two rates.
BY_HAND: dict[str, Callable[[Optimizer], LRScheduler]] = {
    "warmup_cosine": lambda optimizer: warmup_cosine(optimizer, 20, 2),
    "step": lambda optimizer: StepLR(optimizer, step_size=7, gamma=0.1),
    "one_cycle": lambda optimizer: OneCycleLR(optimizer, [0.5, 0.002], total_steps=20, cycle_momentum=False),
    "linear": lambda optimizer: LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=20),
    "multi_step": lambda optimizer: MultiStepLR(optimizer, [10, 15], gamma=0.1),
    "exponential": lambda optimizer: ExponentialLR(optimizer, gamma=0.01 ** (1 / 20)),
    "cosine_restarts": lambda optimizer: CosineAnnealingWarmRestarts(optimizer, T_0=7),
    "wsd": lambda optimizer: LambdaLR(optimizer, lambda k: min(1, (k + 1) / 2, (20 - k) / 4)),
}


def rates_by_hand(name: str) -> list[list[float]]:
    first, second = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = SGD([{"params": [first], "lr": 0.5}, {"params": [second], "lr": 0.002}])
    scheduler = BY_HAND[name](optimizer)
    rates = []
    for _ in range(20):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step() if len(rates) < 20 else None
    return [list(column) for column in zip(*rates, strict=True)]


@pytest.mark.parametrize("name", MOVING)
def test_a_schedule_is_torchs_own_for_each_groups_own_rate(make: Make, name: str) -> None:
    groups = [row("conv*", lr=0.5, schedule=name), row("fc*", lr=0.002, schedule=name)]
    planned, wanted = planned_rates(make(*groups, epochs=5)), rates_by_hand(name)
    if name == "cosine_restarts":  # by its formula, which torch multiplies in another order
        assert all(rates == pytest.approx(own, rel=1e-12) for rates, own in zip(planned, wanted, strict=True))
    else:
        assert planned == wanted


def test_every_schedule_has_a_meaning() -> None:
    assert {"constant", *SCHEDULERS} == set(SCHEDULES)
    assert set(BY_HAND) == set(SCHEDULERS)


def closed_form(name: str, lr: float, k: int, steps: int) -> float:
    """The rate of step k, counted from 0, by formula."""
    warmup = max(1, steps // 10)
    peak = 0.3 * steps - 1

    def cosine(start: float, end: float, part: float) -> float:
        return end + (start - end) / 2 * (1 + math.cos(math.pi * part))

    if name == "warmup_cosine":
        return lr * (k + 1) / (warmup + 1) if k < warmup else cosine(lr, 0, (k - warmup) / (steps - warmup))
    if name == "step":
        return lr * 0.1 ** (k // math.ceil(steps / 3))
    if name == "one_cycle":
        return cosine(lr / 25, lr, k / peak) if k <= peak else cosine(lr, lr / 25e4, (k - peak) / (steps - 1 - peak))
    if name == "multi_step":
        return lr * 0.1 ** ((k >= steps // 2) + (k >= steps * 3 // 4))
    if name == "exponential":
        return lr * 0.01 ** (k / steps)
    if name == "cosine_restarts":
        return cosine(lr, 0, k % math.ceil(steps / 3) / math.ceil(steps / 3))
    if name == "wsd":
        rise, fall = max(1, steps // 20), max(1, steps // 5)
        return lr * min(1, (k + 1) / (rise + 1), (steps - k) / fall)
    return lr * (1 - k / steps)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("epochs", [1, 3, 50])
def test_a_schedule_has_a_closed_form(make: Make, name: str, epochs: int) -> None:
    (rates,) = planned_rates(make(row("all", params=["*"], lr=0.3, schedule=name), epochs=epochs))
    expected = [closed_form(name, 0.3, k, 4 * epochs) for k in range(4 * epochs)]
    assert rates == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert len(set(rates)) > 1


@pytest.mark.parametrize("name", MOVING)
def test_no_rate_rises_above_its_own_groups(make: Make, name: str) -> None:
    """A scalar max_lr lifts every group to one rate, an eta_min above a group's lr makes it rise."""
    small, large = planned_rates(make(row("conv*", lr=1e-6, schedule=name), row("fc*", lr=1, schedule=name), epochs=10))
    assert max(filter(None, small)) == pytest.approx(1e-6) and max(filter(None, large)) == pytest.approx(1)
    ratios = [a / b for a, b in zip(small, large, strict=True) if a is not None and b]
    assert ratios == pytest.approx([1e-6] * 40)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs_have_rates(make: Make, name: str, steps: int) -> None:
    (rates,) = planned_rates(make(row("all", params=["*"], schedule=name), train_size=16 * steps))
    assert len(rates) == steps
    assert all(rate is not None and 0 < rate <= 0.001 for rate in rates)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rate_of_zero_stays_zero(make: Make, name: str) -> None:
    assert planned_rates(make(row("all", params=["*"], lr=0, schedule=name))) == [[0.0] * 4]


def planned(make: Make, schedule: str, options: str, lr: float = 1.0, steps: int = 20) -> list[float | None]:
    group = row("all", params=["*"], lr=lr, schedule=schedule, schedule_options=options)
    (rates,) = planned_rates(make(group, train_size=16 * steps))
    return rates


def by_torch(make_scheduler: Callable[[Optimizer], LRScheduler], steps: int = 20) -> list[float]:
    optimizer = SGD([nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "options", "by_hand"),
    [
        ("warmup_cosine", "warmup=0.25", lambda optimizer: warmup_cosine(optimizer, 20, 5)),
        ("warmup_cosine", "warmup=0", lambda optimizer: CosineAnnealingLR(optimizer, T_max=20)),
        ("warmup_cosine", "warmup=0 floor=0.1", lambda optimizer: CosineAnnealingLR(optimizer, 20, eta_min=0.1)),
        ("linear", "floor=0.25", lambda optimizer: LinearLR(optimizer, 1.0, 0.25, 20)),
        ("step", "gamma=0.5", lambda optimizer: StepLR(optimizer, 7, 0.5)),
        (
            "multi_step",
            "milestones=(0.1, 0.2, 0.9) gamma=0.3",
            lambda optimizer: MultiStepLR(optimizer, [2, 4, 18], 0.3),
        ),
        ("one_cycle", "warmup=0.5", lambda o: OneCycleLR(o, 1.0, 20, pct_start=0.5, cycle_momentum=False)),
        ("exponential", "floor=0.5", lambda optimizer: ExponentialLR(optimizer, 0.5 ** (1 / 20))),
        ("cosine_restarts", "cycles=2 growth=3", lambda o: CosineAnnealingWarmRestarts(o, T_0=5, T_mult=3)),
        ("cosine_restarts", "cycles=4 floor=0.2", lambda o: CosineAnnealingWarmRestarts(o, T_0=5, eta_min=0.2)),
    ],
)
def test_settings_are_those_of_torchs_own_schedulers(
    make: Make, schedule: str, options: str, by_hand: Callable[[Optimizer], LRScheduler]
) -> None:
    assert planned(make, schedule, options) == pytest.approx(by_torch(by_hand), rel=1e-9)


def test_linear_warms_up_as_transformers_does_but_not_from_zero(make: Make) -> None:
    """get_linear_schedule_with_warmup: step / warmup, then (steps - step) / (steps - warmup)."""
    rates = planned(make, "linear", "warmup=0.25")
    assert rates[:5] == pytest.approx([step / 6 for step in range(1, 6)])
    assert rates[5:] == pytest.approx([(20 - step) / 15 for step in range(5, 20)])


def test_wsd_warms_up_stays_and_falls_to_its_floor(make: Make) -> None:
    rates = planned(make, "wsd", "warmup=0.2 decay=0.25 floor=0.1")
    assert rates[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert rates[4:16] == [1.0] * 12
    assert rates[16:] == pytest.approx([0.1 + 0.9 * part for part in (0.8, 0.6, 0.4, 0.2)])
    assert planned(make, "wsd", "warmup=0 decay=0") == [1.0] * 20


@pytest.mark.parametrize("name", MOVING)
def test_a_schedule_takes_what_its_function_does(name: str) -> None:
    _, _, *settings = inspect.signature(SCHEDULERS[name]).parameters.values()
    assert {setting.name: setting.default for setting in settings} == SCHEDULE_OPTIONS[name]
    assert set(SCHEDULE_RULES) == {option for taken in SCHEDULE_OPTIONS.values() for option in taken}


WITH_FLOOR = [name for name, taken in SCHEDULE_OPTIONS.items() if "floor" in taken]


@pytest.mark.parametrize("name", WITH_FLOOR)
def test_a_floor_is_a_share_of_each_groups_own_rate(make: Make, name: str) -> None:
    """Not one rate for all, as CosineAnnealingLR's eta_min, above which the small group's rate would rise."""
    settings = {"schedule": name, "schedule_options": "floor=0.5"}
    small, large = planned_rates(make(row("conv*", lr=1e-6, **settings), row("fc*", lr=1.0, **settings), epochs=10))
    assert small == pytest.approx([1e-6 * (rate or 0.0) for rate in large])
    falling = large[max(range(40), key=lambda step: large[step] or 0.0) :]
    assert min(rate or 0.0 for rate in falling) >= 0.5


@pytest.mark.parametrize("schedule", MOVING)
@pytest.mark.parametrize("steps", [1, 2, 3, 10])
def test_no_length_ends_in_an_error(make: Make, schedule: str, steps: int) -> None:
    """Shares that are a whole step, none or all of them: torch's OneCycleLR divides by 0 for a rise of one step."""
    for share in (0, 0.1, 0.5, 0.9, 1):
        settings = {"warmup": f"warmup={share}", "decay": f"decay={1 - share:g}", "cycles": "cycles=100 growth=10"}
        settings |= {"milestones": f"milestones=({share},)", "floor": "floor=1"}
        if schedule == "one_cycle" and share == 1:
            continue  # refused, as the next test says
        options = " ".join(text for name, text in settings.items() if name in SCHEDULE_OPTIONS[schedule])
        rates = planned(make, schedule, options, steps=steps)
        assert len(rates) == steps and all(rate is not None and 0 < rate <= 1 for rate in rates), (share, rates)


@pytest.mark.parametrize(
    ("schedule", "options", "words"),
    [
        ("constant", "warmup=0.1", ["constant", "warmup", "takes: -"]),
        ("step", "floor=0.1", ["step", "floor", "gamma"]),
        ("wsd", "warmup=0.6 decay=0.6", ["0.6", "1.2", "at most 1"]),
        ("wsd", "decay=0.96", ["0.05", "0.96", "1.01"]),
        ("exponential", "floor=0", ["floor=0", "floor=0.01"]),
        ("one_cycle", "warmup=1", ["warmup=1", "below 1"]),
        ("multi_step", "milestones=(0.7, 0.5)", ["milestones=(0.7, 0.5)", "rising", "(0.5, 0.75)"]),
        ("multi_step", "milestones=0.5", ["milestones=0.5", "tuple"]),
        ("multi_step", "milestones=(0.5, 1.5)", ["milestones=(0.5, 1.5)", "1"]),
        ("multi_step", "milestones=()", ["milestones=()", "1 to 10"]),
        ("linear", "warmup=5", ["warmup=5", "1"]),
        ("linear", "warmup", ["warmup"]),
        ("cosine_restarts", "cycles=0", ["cycles=0", "1"]),
        ("cosine_restarts", "growth=1.5", ["growth=1.5"]),
    ],
)
def test_wrong_settings_are_told_with_what_would_be_right(
    make: Make, schedule: str, options: str, words: list[str]
) -> None:
    with pytest.raises(ExperimentError) as error:
        planned(make, schedule, options)
    (problem,) = error.value.problems
    assert (problem.row, problem.field) == (0, "schedule_options")
    assert all(word in problem.sentence("en") for word in words), problem.sentence("en")
    assert problem.sentence("zh") != problem.sentence("en")


def test_a_late_schedule_is_that_of_a_shorter_run(make: Make) -> None:
    for name in SCHEDULES:
        late, _ = planned_rates(make(row("fc*", schedule=name, start_epoch=2), row("conv*"), epochs=5))
        whole, _ = planned_rates(make(row("fc*", schedule=name), row("conv*"), epochs=3))
        assert late == [None] * 8 + whole


def test_a_frozen_group_ignores_schedule_and_start(make: Make) -> None:
    frozen = row("conv*", optimizer="frozen", schedule="one_cycle", start_epoch=100)
    assert planned_rates(make(frozen, row("fc*")))[0] == [None] * 4


def test_planning_is_quick(make: Make) -> None:
    names = ["conv1", "conv2", "fc1", "fc2"]
    groups = [row(name, lr=0.011 + i, schedule=MOVING[i]) for i, name in enumerate(names)]
    planned_rates(make(*groups))  # torch loads what it needs
    for epochs, steps, limit in [(100, 400, 0.2), (100, 20_000, 2.0)]:
        experiment = make(*groups, epochs=epochs, train_size=16 * steps // epochs)
        began = time.thread_time()
        assert [len(rates) for rates in planned_rates(experiment)] == [steps] * 4
        assert time.thread_time() - began < limit


def steps_of(experiment: Experiment) -> list[Step]:
    return [event for event in train(experiment, "cpu") if isinstance(event, Step)]


def of_group(steps: list[Step], index: int) -> list[GroupStep]:
    return [step.groups[index] for step in steps]


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_planned_rates_are_those_measured_in_a_run(make: Make, name: str) -> None:
    groups = [
        row("conv1", optimizer="SGD", lr=0.03, momentum=0.9, schedule=name),
        row("conv2", optimizer="Adam", lr=0.001, schedule="linear", start_epoch=1),
        row("fc1", optimizer="SGD", lr=0.01, schedule=name, start_epoch=2),
        row("fc2", params=["fc2.bias"], optimizer="frozen", schedule=name),
        row("head", params=["fc2.weight"], optimizer="Adam", lr=0.002),
    ]
    experiment = make(*groups, epochs=4)
    steps = steps_of(experiment)
    assert [[group.lr for group in of_group(steps, i)] for i in range(5)] == planned_rates(experiment)


def test_a_rate_is_that_of_the_update_it_goes_with(make: Make) -> None:
    """Plain SGD moves by lr times the gradient: the measured norms tell the rate."""
    experiment = make(row("all", params=["*"], optimizer="SGD", lr=0.1, schedule="one_cycle"), epochs=3)
    (rates,) = planned_rates(experiment)
    for rate, step in zip(rates, steps_of(experiment), strict=True):
        (group,) = step.groups
        assert rate and group.gradient_norm
        if rate > 1e-4:  # below that, rounding of the weights is seen
            assert group.update_norm / group.gradient_norm == pytest.approx(rate, rel=1e-3)


LATE = row("conv*", optimizer="Adam", lr=0.004, weight_decay=0.1, schedule="step", start_epoch=1)
MORE = row("fc1", optimizer="Adam", lr=0.002, schedule="linear")
HEAD = row("fc2", optimizer="SGD", lr=0.05, momentum=0.9)


def by_hand(experiment: Experiment) -> tuple[list[float], nn.Module]:
    """A plain loop for LATE, MORE and HEAD: three optimizers with torch's own schedulers, one made late."""
    model, data = build_model(experiment), load_dataset(experiment).train
    convolutions = [*model.conv1.parameters(), *model.conv2.parameters()]
    adam = torch.optim.Adam(model.fc1.parameters(), lr=0.002, fused=True)
    optimizers: list[Optimizer] = [adam, SGD(model.fc2.parameters(), lr=0.05, momentum=0.9)]
    schedulers: list[LRScheduler] = [LinearLR(adam, start_factor=1.0, end_factor=0.0, total_iters=12)]
    losses = []
    generator = torch.Generator().manual_seed(experiment.seed)
    for epoch in range(3):
        for parameter in convolutions:
            parameter.requires_grad_(epoch >= 1)
        if epoch == 1:
            optimizers.append(torch.optim.Adam(convolutions, lr=0.004, weight_decay=0.1, fused=True))
            schedulers.append(StepLR(optimizers[-1], step_size=3, gamma=0.1))
        for batch in torch.randperm(64, generator=generator).split(16):
            model.zero_grad()
            loss = nn.functional.cross_entropy(model(data.images[batch]), data.labels[batch])
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            for scheduler in schedulers:
                scheduler.step()
            losses.append(loss.item())
    return losses, model


def test_a_late_group_and_its_neighbours_get_the_floats_of_a_plain_loop(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(LATE, MORE, HEAD, epochs=3)
    built: list[nn.Module] = []
    monkeypatch.setattr(core.training.run, "build_model", lambda *given: built.append(build_model(*given)) or built[-1])
    losses, model = by_hand(experiment)
    assert [step.loss for step in steps_of(experiment)] == losses
    ours = built[0].state_dict()
    assert all(torch.equal(ours[name], value) for name, value in model.state_dict().items())
    assert losses[4:] != [step.loss for step in steps_of(make(LATE | {"start_epoch": 0}, MORE, HEAD, epochs=3))][4:]


def row_of_class(optimizer: str, start: int) -> dict[str, Any]:
    decay = 0.0 if optimizer in WITHOUT_DECAY else 0.1
    return {"optimizer": optimizer, "weight_decay": decay, "lr": 0.01, "start_epoch": start}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("neighbour", ["same class", "other class"])
def test_a_late_group_is_exactly_unmoved_before_its_start_and_moves_after(
    make: Make, optimizer: str, neighbour: str
) -> None:
    late = row("late", params=["fc1.weight"], **row_of_class(optimizer, 2))
    early = row("early", params=["fc2.weight"], **row_of_class(optimizer, 0))
    groups = [late, early] if neighbour == "same class" else [late]
    steps = steps_of(make(*groups, row("rest", params=["*"], optimizer="SGD"), epochs=3))
    before, after = of_group(steps, 0)[:8], of_group(steps, 0)[8:]
    assert {(g.lr, g.gradient_norm, g.update_norm, g.distance) for g in before} == {(None, None, 0.0, 0.0)}
    assert len(after) == 4
    assert all(g.lr == 0.01 and g.gradient_norm and g.update_norm > 0 for g in after)
    assert all(g.lr and g.update_norm > 0 for g in of_group(steps, 1))


def test_the_state_of_a_late_group_begins_at_its_start(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make(LATE, MORE, HEAD, epochs=3)
    built: list[list[Optimizer]] = []

    def remember(*given: Any) -> list[Optimizer]:
        built.append(build_optimizers(*given))
        return built[-1]

    monkeypatch.setattr(core.training.run, "build_optimizers", remember)
    monkeypatch.setattr(core.training.run, "PULSE", 0.0)
    taken = 0
    for event in train(experiment, "cpu"):
        if not isinstance(event, Step):
            continue
        taken += 1
        adam = built[0][0]
        late, early = adam.param_groups
        assert {float(adam.state[p]["step"]) for p in early["params"]} == {taken}
        counts = [float(adam.state[p]["step"]) for p in late["params"] if p in adam.state]
        assert counts == ([] if taken <= 4 else [taken - 4] * 4)
    assert taken == 12


@pytest.mark.parametrize(("frozen_norm", "batches"), [("eval", 2), ("train", 6)])
def test_the_norms_of_a_late_group_count_batches_from_its_start(
    make: Make, frozen_norm: str, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = row("late", params=["conv1.*", "bn1.*"], optimizer="SGD", start_epoch=2)
    rest = row("rest", params=["*"], optimizer="SGD")
    sizes = {"train_size": 16, "batch_size": 8, "test_size": 10, "epochs": 3}
    built: list[nn.Module] = []
    monkeypatch.setattr(core.training.run, "build_model", lambda *given: built.append(build_model(*given)) or built[-1])
    steps_of(make(late, rest, model="resnet18", frozen_norm=frozen_norm, **sizes))
    norms = {name: int(m.num_batches_tracked) for name, m in built[0].named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert norms.pop("bn1") == batches
    assert set(norms.values()) == {6}
