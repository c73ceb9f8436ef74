"""What computes the steps of optimizers that were built elsewhere, and their settings, against torch itself."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import ASGD, SGD, Adagrad, Adam, Adamax, AdamW, Muon, Optimizer, RMSprop, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.optim.swa_utils import SWALR

from core.assignment import assign
from core.checking import check_experiment
from core.experiment import OPTIMIZER_OPTIONS, UNKNOWN, Experiment, ExperimentError, Group
from core.models import build_model
from core.optimizers import build_optimizers
from core.text import LANGUAGES
from core.training import train

MODEL = build_model(Experiment(groups=(Group(name="a", params=("*",)),)), "meta")


def read(optimizers: Any) -> Group:
    """The only group of what is read."""
    (group,) = Experiment.from_optimizer(MODEL, optimizers).groups
    return group


def told(optimizers: Any) -> tuple[Group, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        group = read(optimizers)
    assert all(warning.filename == __file__ for warning in caught)
    return group, [str(warning.message) for warning in caught]


def classes_of(base: type, module: Any) -> list[type]:
    return [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, base) and each != base]


SCHEDULERS: dict[str, Callable[[Optimizer], object]] = {
    "LambdaLR": partial(lr_scheduler.LambdaLR, lr_lambda=lambda step: 0.1),
    "MultiplicativeLR": partial(lr_scheduler.MultiplicativeLR, lr_lambda=lambda step: 0.1),
    "StepLR": partial(lr_scheduler.StepLR, step_size=1),
    "MultiStepLR": partial(lr_scheduler.MultiStepLR, milestones=[1]),
    "ConstantLR": lr_scheduler.ConstantLR,
    "LinearLR": lr_scheduler.LinearLR,
    "ExponentialLR": partial(lr_scheduler.ExponentialLR, gamma=0.5),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.ConstantLR(o), lr_scheduler.LinearLR(o)], [2]),
    "PolynomialLR": lr_scheduler.PolynomialLR,
    "CosineAnnealingLR": partial(lr_scheduler.CosineAnnealingLR, T_max=3),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o)]),
    "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau,
    "CyclicLR": partial(lr_scheduler.CyclicLR, base_lr=0.5, max_lr=2.0),
    "CosineAnnealingWarmRestarts": partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=3),
    "OneCycleLR": partial(OneCycleLR, max_lr=0.5, total_steps=9),
    "SWALR": partial(SWALR, swa_lr=0.05),
}


def test_every_scheduler_of_torch_is_tried() -> None:
    own = {cls.__name__ for cls in classes_of(LRScheduler, lr_scheduler) if not cls.__name__.startswith("_")}
    assert set(SCHEDULERS) == own | {"SWALR"}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("cls", [SGD, AdamW, RMSprop])
def test_no_scheduler_of_torch_is_in_the_way(scheduler: str, cls: Any) -> None:
    optimizer = cls(MODEL.parameters(), lr=0.5, **({} if cls is AdamW else {"momentum": 0.8}))
    SCHEDULERS[scheduler](optimizer)
    for _ in range(3):
        group, sentences = told(optimizer)
        cycles = "momentum" if "Cycl" in scheduler else ""
        assert (group.optimizer, group.lr, sentences) == (cls.__name__, 0.5, [])
        if cls is AdamW:
            cycled = 0.95 if scheduler == "OneCycleLR" else 0.9
            assert dict(group.options).get("betas", (0.9, 0.999)) == (cycled, 0.999)
        else:
            assert group.momentum == ({"CyclicLR": 0.9, "OneCycleLR": 0.95}[scheduler] if cycles else 0.8)
        if scheduler != "ReduceLROnPlateau":  # which notes nothing of how it began
            optimizer.param_groups[0]["lr"] *= 0.5  # as any does from step to step


def test_one_cycles_rate_is_each_groups_highest() -> None:
    halves = [list(MODEL.conv1.parameters()), [p for name, p in MODEL.named_parameters() if "conv1" not in name]]
    optimizer = SGD([{"params": half} for half in halves], lr=0.1)
    OneCycleLR(optimizer, max_lr=[0.3, 0.6], total_steps=10)
    assert [g.lr for g in Experiment.from_optimizer(MODEL, optimizer).groups] == [0.3, 0.6]


def test_rates_may_be_tensors() -> None:
    betas = (torch.tensor(0.5, dtype=torch.float64), torch.tensor(0.75, dtype=torch.float64))
    group = read(Adam(MODEL.parameters(), lr=torch.tensor(0.25), betas=betas, capturable=True, foreach=False))
    assert (group.lr, group.options) == (0.25, (("betas", (0.5, 0.75)),))


def test_a_beta_close_to_one_is_read() -> None:
    assert dict(read(Adam(MODEL.parameters(), betas=(0.9, 0.9999999))).options) == {"betas": (0.9, 0.9999999)}


def test_keys_that_torch_ignores_are_each_named_once_and_left_out() -> None:
    halves = [[*MODEL.conv1.parameters()], [p for name, p in MODEL.named_parameters() if "conv1" not in name]]
    groups: list[dict[str, Any]] = [{"params": half, "lr_scale": 0.5, "layer_name": "a"} for half in halves]
    groups[1] |= {"lr_mul": 3, "max_lr": 2.0}
    with pytest.warns(UserWarning) as caught:
        read = Experiment.from_optimizer(MODEL, SGD(groups, lr=0.25))
    (sentence,) = [str(warning.message) for warning in caught]
    assert [(g.params, g.lr, g.options) for g in read.groups] == [(("conv1.*",), 0.25, ()), (("*",), 0.25, ())]
    assert sentence.startswith(
        "SGD does not read these keys of its groups, so they are left out: lr_scale, layer_name, lr_mul, max_lr. "
    )


def test_an_adamw_that_does_not_decouple_is_adam_as_torch_computes_it() -> None:
    off = {"params": list(MODEL.parameters()), "decoupled_weight_decay": False, "weight_decay": 0.3}
    group, sentences = told(AdamW([off]))
    assert (group.optimizer, group.options, group.weight_decay, sentences) == ("Adam", (), 0.3, [])
    assert read(AdamW(MODEL.parameters())).optimizer == "AdamW"
    assert "decoupled_weight_decay" in told(SGD([off]))[1][0]


def adagrad_of(network: nn.Module, whole: float, of_group: float | None) -> Adagrad:
    group: dict[str, Any] = {"params": list(network.parameters())}
    if of_group is not None:
        group["initial_accumulator_value"] = of_group
    return Adagrad([group], initial_accumulator_value=whole)


@pytest.mark.parametrize(("whole", "of_group"), [(0.0, 0.5), (0.5, None), (0.5, 0.0), (0.25, 0.5)])
def test_adagrads_sums_start_as_torch_starts_them(whole: float, of_group: float | None) -> None:
    """As the constructor says for all groups; what a group says, torch does not read."""
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    twin = nn.Linear(3, 2)
    twin.load_state_dict(network.state_dict())
    theirs = adagrad_of(network, whole, of_group)
    experiment = Experiment.from_optimizer(network, theirs, model="simple_cnn")
    (ours,) = build_optimizers(assign(experiment, twin))
    for optimizer, each in ((theirs, network), (ours, twin)):
        each(torch.ones(4, 3)).square().sum().backward()
        optimizer.step()
    assert torch.equal(network.weight, twin.weight)


def test_groups_of_adagrad_that_start_otherwise_come_back_too() -> None:
    pair = [Adagrad([p], initial_accumulator_value=0.5 * i) for i, p in enumerate(MODEL.parameters())]
    experiment = Experiment.from_optimizer(MODEL, pair)
    found = {g.params: dict(g.options).get("initial_accumulator_value", 0.0) for g in experiment.groups}
    assert sorted(found.values()) == [0.5 * i for i in range(8)]
    again = Experiment.from_optimizer(MODEL, build_optimizers(assign(experiment, MODEL)))
    assert again.groups == experiment.groups


def test_torchs_own_muon_is_read() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    (group,) = Experiment.from_optimizer(model, Muon(model.parameters(), lr=0.02, momentum=0.9), model="a").groups
    assert (group.optimizer, group.lr, group.weight_decay, group.momentum) == ("Muon", 0.02, 0.1, 0.9)


class Named(AdamW):
    """Nothing but a name and defaults of its own."""

    def __init__(self, params: Any, lr: float = 0.25) -> None:
        super().__init__(params, lr=lr, betas=(0.5, 0.75))


class Clipping(Adam):
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        for group in self.param_groups:
            nn.utils.clip_grad_norm_(group["params"], 1.0)
        return super().step(closure)


class Lion(Optimizer):
    """As github.com/lucidrains/lion-pytorch lays it out."""

    def __init__(self, params: Any, lr: float = 1e-4, betas: Any = (0.9, 0.99), weight_decay: float = 0.0) -> None:
        defaults = {"lr": lr, "betas": betas, "weight_decay": weight_decay, "cautious": False}
        super().__init__(params, defaults)

    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        raise NotImplementedError


def test_a_subclass_that_adds_no_code_is_what_it_was_made_from() -> None:
    group = read(Named(MODEL.parameters()))
    assert (group.optimizer, group.lr, group.options) == ("AdamW", 0.25, (("betas", (0.5, 0.75)),))


def test_a_subclass_with_steps_of_its_own_is_read_by_its_path() -> None:
    group = read(Clipping(MODEL.parameters(), lr=0.25))
    assert (group.optimizer, group.foreign, group.lr, group.options) == (f"{__name__}.Clipping", True, 0.25, ())


def test_an_optimizer_that_is_not_torchs_is_read_with_its_settings() -> None:
    groups = [{"params": list(MODEL.parameters()), "lr_scale": 3}]
    group, (sentence,) = told(Lion(groups, betas=(0.95, 0.98), weight_decay=0.5))
    assert (group.optimizer, group.lr, group.weight_decay) == (f"{__name__}.Lion", 1e-4, 0.5)
    assert dict(group.options) == {"betas": (0.95, 0.98), "cautious": False}
    assert "lr_scale" in sentence


def test_a_class_that_no_code_can_import_is_unknown() -> None:
    class Local(Lion):
        pass

    group, sentences = told(Local(MODEL.parameters(), lr=0.25, weight_decay=0.5))
    assert (group.optimizer, group.lr, group.weight_decay) == (UNKNOWN, 0.25, 0.5)
    inside = "test_a_class_that_no_code_can_import_is_unknown.<locals>.Local"
    assert sentences == [
        f"{inside[:40]}…{inside[-19:]} cannot be imported by a short path, as it stands inside a function or a class "
        "or its path is over 100 characters; the optimizer of its groups is “unknown”."
    ]
    long = type("L" * 100, (Lion,), {})
    group, (sentence,) = told(long(MODEL.parameters()))
    assert group.optimizer == UNKNOWN and "cannot be imported by a short path" in sentence


OTHERS = [cls for cls in classes_of(Optimizer, torch.optim) if cls.__name__ not in OPTIMIZER_OPTIONS]


@pytest.mark.parametrize("cls", OTHERS)
def test_every_other_class_of_torch_is_read_and_refused_at_train_only(cls: Any) -> None:
    experiment = Experiment.from_optimizer(MODEL, cls(MODEL.parameters()), dataset="shapes")
    (group,) = experiment.groups
    assert (group.optimizer, group.lr) == (
        f"torch.optim.{cls.__name__}",
        inspect.signature(cls).parameters["lr"].default,
    )
    assert {row.group for row in assign(experiment, MODEL).rows} == {0}
    checked = check_experiment(experiment)
    assert [(p.row, p.field, p.key) for p in checked.problems] == [(0, "optimizer", "not_trained_here")]
    assert checked.assignment is not None
    with pytest.raises(ValueError, match=f"runs here cannot use the class torch.optim.{cls.__name__}"):
        next(iter(train(experiment)))


def test_settings_that_cannot_be_written_are_told() -> None:
    optimizer = Lion(MODEL.parameters())
    optimizer.defaults["closure"] = optimizer.param_groups[0]["closure"] = print
    optimizer.defaults["lr"] = optimizer.param_groups[0]["lr"] = None
    group, sentences = told(optimizer)
    assert (group.lr, dict(group.options)) == (1e-3, {"cautious": False})
    assert any("Group 1 has closure = <built-in function print>" in sentence for sentence in sentences)
    assert "No learning rate is given for 1 of the groups; 0.001 is put in its place." in sentences


SEVERAL = [torch.ones(3), np.ones(3), (torch.ones(3),)]


@pytest.mark.parametrize("several", SEVERAL)
def test_several_numbers_in_one_setting_are_told_and_left_out(several: Any) -> None:
    optimizer = Lion(MODEL.parameters(), betas=several)
    optimizer.param_groups[0]["cautious"] = several
    group, sentences = told(optimizer)
    assert (group.lr, group.options) == (1e-4, ())
    assert [sentence.split(" =")[0] for sentence in sentences] == ["Group 1 has betas", "Group 1 has cautious"]
    group, (sentence,) = told(SGD([{"params": list(MODEL.parameters()), "other": several}]))
    assert sentence.startswith("SGD does not read these keys of its groups, so they are left out: other.")


@pytest.mark.parametrize("several", SEVERAL)
def test_several_numbers_are_none_that_torchs_own_classes_take(several: Any) -> None:
    for setting, field in (("momentum", "momentum"), ("dampening", "options"), ("lr", "lr")):
        with pytest.raises(ExperimentError) as caught:
            read(SGD([{"params": list(MODEL.parameters()), setting: several}]))
        assert [(p.row, p.field) for p in caught.value.problems] == [(0, field)]
        assert all(p.sentence(language) for p in caught.value.problems for language in LANGUAGES)


def test_an_array_of_one_number_is_that_number() -> None:
    group = read([{"params": MODEL.parameters(), "lr": np.array([0.25]), "other": np.ones((1, 1))}])
    assert (group.lr, group.options) == (0.25, (("other", 1.0),))


def test_a_list_of_dicts_is_read_without_a_class() -> None:
    convolutions = [*MODEL.conv1.parameters(), *MODEL.conv2.parameters()]
    groups = [{"params": convolutions, "lr": 0.5}, {"params": MODEL.fc1.parameters(), "weight_decay": 0.25}]
    with pytest.warns(UserWarning, match="No learning rate is given for 1 of the groups"):
        experiment = Experiment.from_optimizer(MODEL, groups, dataset="shapes")
    assert [(g.optimizer, g.lr, g.weight_decay) for g in experiment.groups] == [
        (UNKNOWN, 0.5, 0.0),
        (UNKNOWN, 1e-3, 0.25),
        ("frozen", 1e-3, 0.0),
    ]
    assert [p.key for p in check_experiment(experiment).problems] == ["no_optimizer_known"] * 2
    assert len(AdamW(groups).param_groups[1]["params"]) == 2, "the generator was not used up"


WRONG = [(-1.0, "out_of_bounds"), (2000.0, "out_of_bounds"), (float("nan"), "not_a_number"), (True, "not_a_number")]
WRONG += [("fast", "not_a_number"), ("0,1", "decimal_comma"), ([0.1], "not_a_number")]


@pytest.mark.parametrize("make", [lambda group: [group], lambda group: Lion([group]), lambda group: SGD([group])])
@pytest.mark.parametrize(("value", "key"), WRONG)
@pytest.mark.parametrize("field", ["lr", "weight_decay"])
def test_a_rate_or_decay_that_is_none_is_an_error_whatever_the_class(
    make: Any, value: Any, key: str, field: str
) -> None:
    with pytest.raises(ExperimentError) as caught:
        read(make({"params": list(MODEL.parameters()), "lr": 0.1} | {field: value}))
    assert [(p.row, p.field, p.key) for p in caught.value.problems] == [(0, field, key)]


@pytest.mark.parametrize("make", [lambda group: [group], lambda group: Lion([group]), lambda group: SGD([group])])
def test_numbers_may_be_text_whatever_the_class(make: Any) -> None:
    group, sentences = told(make({"params": list(MODEL.parameters()), "lr": "0.25", "weight_decay": "1e-2"}))
    assert (group.lr, group.weight_decay, sentences) == (0.25, 0.01, [])


def test_adamax_and_asgd_are_read_as_what_they_are() -> None:
    assert read(Adamax(MODEL.parameters(), betas=(0.5, 0.75))).options == (("betas", (0.5, 0.75)),)
    assert read(ASGD(MODEL.parameters(), t0=5.0)).options == (("t0", 5.0),)
