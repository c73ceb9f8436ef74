"""torch's own optimizers, one of each class, and frozen layers that stay frozen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.assignment import Assignment, assign
from core.experiment import OPTIMIZER_OPTIONS, Experiment, ExperimentError
from core.experiment.optimizer_classes import WITHOUT_DECAY
from core.models import build_model
from core.optimizers import build_optimizers, set_train_mode

Make = Callable[..., Experiment]

# How the group is written, and the same keyword arguments by hand.
SETTINGS: dict[str, tuple[dict[str, Any], type[Optimizer], dict[str, Any]]] = {
    "Adam": (
        {"optimizer": "Adam", "lr": 0.003, "weight_decay": 0.1, "options": "betas=(0.8, 0.95) eps=1e-6 amsgrad=True"},
        torch.optim.Adam,
        {"lr": 0.003, "weight_decay": 0.1, "betas": (0.8, 0.95), "eps": 1e-6, "amsgrad": True, "fused": True},
    ),
    "Adam, decoupled": (
        {"optimizer": "Adam", "weight_decay": 0.1, "options": "decoupled_weight_decay=True"},
        torch.optim.Adam,
        {"lr": 0.001, "weight_decay": 0.1, "decoupled_weight_decay": True, "fused": True},
    ),
    "AdamW": (
        {"optimizer": "AdamW", "weight_decay": 0.2, "options": "betas=(0.9, 0.95)"},
        torch.optim.AdamW,
        {"lr": 0.001, "weight_decay": 0.2, "betas": (0.9, 0.95), "fused": True},
    ),
    "AdamW, no decay": ({"optimizer": "AdamW"}, torch.optim.AdamW, {"lr": 0.001, "weight_decay": 0, "fused": True}),
    "SGD": (
        {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01, "options": "nesterov=True"},
        torch.optim.SGD,
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    ),
    "SGD, dampened": (
        {"optimizer": "SGD", "lr": 0.05, "momentum": 0.5, "options": "dampening=0.3, maximize=True"},
        torch.optim.SGD,
        {"lr": 0.05, "momentum": 0.5, "dampening": 0.3, "maximize": True},
    ),
    "SGD, plain": ({"optimizer": "SGD", "lr": 0.1}, torch.optim.SGD, {"lr": 0.1}),
    "RMSprop": (
        {"optimizer": "RMSprop", "momentum": 0.5, "options": "alpha=0.9 centered=True eps=1e-7"},
        torch.optim.RMSprop,
        {"lr": 0.001, "momentum": 0.5, "alpha": 0.9, "centered": True, "eps": 1e-7},
    ),
    "Adamax": (
        {"optimizer": "Adamax", "lr": 0.02, "weight_decay": 0.1, "options": "betas=(0.5, 0.7) eps=1e-6"},
        torch.optim.Adamax,
        {"lr": 0.02, "weight_decay": 0.1, "betas": (0.5, 0.7), "eps": 1e-6},
    ),
    "Adagrad": (
        {"optimizer": "Adagrad", "lr": 0.02, "options": "lr_decay=0.1 initial_accumulator_value=0.5"},
        torch.optim.Adagrad,
        {"lr": 0.02, "lr_decay": 0.1, "initial_accumulator_value": 0.5},
    ),
    "NAdam": (
        {"optimizer": "NAdam", "weight_decay": 0.1, "options": "momentum_decay=0.01 decoupled_weight_decay=True"},
        torch.optim.NAdam,
        {"lr": 0.001, "weight_decay": 0.1, "momentum_decay": 0.01, "decoupled_weight_decay": True},
    ),
    "RAdam": (
        {"optimizer": "RAdam", "lr": 0.01, "options": "betas=(0.5, 0.7)"},
        torch.optim.RAdam,
        {"lr": 0.01, "betas": (0.5, 0.7)},
    ),
    "Adadelta": (
        {"optimizer": "Adadelta", "lr": 0.5, "weight_decay": 0.1, "options": "rho=0.8 eps=1e-5"},
        torch.optim.Adadelta,
        {"lr": 0.5, "weight_decay": 0.1, "rho": 0.8, "eps": 1e-5},
    ),
    "Adafactor": (
        {"optimizer": "Adafactor", "lr": 0.02, "weight_decay": 0.1, "options": "eps=(None, 0.01) d=2 beta2_decay=-0.5"},
        torch.optim.Adafactor,
        {"lr": 0.02, "weight_decay": 0.1, "eps": (None, 0.01), "d": 2.0, "beta2_decay": -0.5},
    ),
    "ASGD": (
        {"optimizer": "ASGD", "lr": 0.05, "weight_decay": 0.1, "options": "lambd=0.01 alpha=0.5 t0=2"},
        torch.optim.ASGD,
        {"lr": 0.05, "weight_decay": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 2.0},
    ),
    "Rprop": (
        {"optimizer": "Rprop", "lr": 0.01, "options": "etas=(0.6, 1.1) step_sizes=(1e-5, 1)"},
        torch.optim.Rprop,
        {"lr": 0.01, "etas": (0.6, 1.1), "step_sizes": (1e-5, 1.0)},
    ),
    "Muon": (
        {"optimizer": "Muon", "lr": 0.02, "momentum": 0.8, "weight_decay": 0.1, "options": "nesterov=False ns_steps=4"},
        torch.optim.Muon,
        {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.1, "nesterov": False, "ns_steps": 4},
    ),
}


class Matrices(nn.Module):
    """Two layers without biases, so that every class, Muon too, can take all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 5, bias=False)
        self.second = nn.Linear(5, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh())


class WithNorms(nn.Module):
    """Two blocks of convolution and batch normalisation, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.conv2, self.norm2 = nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        return self.head(x.mean((2, 3)))


def twins(construct: Callable[[], nn.Module]) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    first = construct()
    torch.manual_seed(0)
    return first, construct()


def take_steps(model: nn.Module, optimizers: list[Optimizer], count: int = 5) -> None:
    """Steps on the same made-up batches each time."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(count):
        batch = torch.randn(8, 6, generator=generator)
        for optimizer in optimizers:
            optimizer.zero_grad()
        model(batch).square().mean().backward()
        for optimizer in optimizers:
            optimizer.step()


def equal_weights(first: nn.Module, second: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def optimizers_of(experiment: Experiment, model: nn.Module) -> list[Optimizer]:
    return build_optimizers(assign(experiment, model))


def test_there_is_one_optimizer_per_class_in_the_groups_order(make: Make) -> None:
    groups = [("conv1.*", "SGD"), ("conv2.*", "Adam"), ("fc1.*", "SGD"), ("fc2.bias", "frozen"), ("fc2.*", "Adam")]
    rows = [{"name": glob, "params": [glob], "optimizer": optimizer} for glob, optimizer in groups]
    experiment = make(*rows)
    first, second = optimizers_of(experiment, build_model(experiment))
    assert (type(first), type(second)) == (torch.optim.SGD, torch.optim.Adam)
    assert [group["name"] for group in first.param_groups] == ["conv1.*", "fc1.*"]
    assert [group["name"] for group in second.param_groups] == ["conv2.*", "fc2.*"]


def test_classes_that_no_run_can_use_are_all_named_with_the_groups_that_were_asked_for(make: Make) -> None:
    rows = [("conv1.*", "lion_pytorch.Lion"), ("conv2.*", "SGD"), ("fc*", "unknown")]
    experiment = make(*({"name": glob, "params": [glob], "optimizer": name} for glob, name in rows))
    with pytest.raises(ExperimentError) as caught:
        optimizers_of(experiment, build_model(experiment))
    problems = caught.value.problems
    assert [(p.row, p.field, p.key) for p in problems] == [
        (0, "optimizer", "not_trained_here"),
        (2, "optimizer", "no_optimizer_known"),
    ]
    assert problems[0].sentence().startswith("runs here cannot use the class lion_pytorch.Lion")
    assert all("Adam, AdamW, SGD" in problem.sentence() for problem in problems)


def test_groups_carry_their_parameters_names(make: Make) -> None:
    rows = [{"name": "biases", "params": ["*.bias"]}, {"name": "weights", "params": ["*"], "lr": 0.5}]
    experiment = make(*rows)
    model = build_model(experiment)
    (optimizer,) = optimizers_of(experiment, model)
    own = dict(model.named_parameters())
    for group, ending in zip(optimizer.param_groups, ("bias", "weight"), strict=True):
        assert group["param_names"] == [name for name in own if name.endswith(ending)]
        assert all(own[n] is p for n, p in zip(group["param_names"], group["params"], strict=True))
    assert [group["lr"] for group in optimizer.param_groups] == [0.001, 0.5]


def test_every_class_of_the_house_is_tested_here() -> None:
    from core.optimizers import OPTIMIZERS

    assert {settings[0]["optimizer"] for settings in SETTINGS.values()} == set(OPTIMIZERS)


@pytest.mark.parametrize("more", ["", "maximize=True"])
@pytest.mark.parametrize("case", SETTINGS)
def test_no_step_writes_to_a_gradient(make: Make, case: str, more: str) -> None:
    """`core.measurement` reads them after it."""
    written = SETTINGS[case][0]
    options = written.get("options", "")
    if more not in options and written["optimizer"] != "Muon":
        written = written | {"options": f"{options} {more}".strip()}
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 4, bias=False), nn.Tanh(), nn.Linear(4, 3, bias=False))
    optimizers = optimizers_of(make({"name": "all", "params": ["*"], **written}), model)
    for _ in range(3):
        model.zero_grad()
        model(torch.randn(8, 6)).square().mean().backward()
        gradients = [parameter.grad.clone() for parameter in model.parameters()]
        for optimizer in optimizers:
            optimizer.step()
        assert all(torch.equal(a, p.grad) for a, p in zip(gradients, model.parameters(), strict=True))


@pytest.mark.parametrize("case", SETTINGS)
def test_five_steps_equal_those_of_torchs_own_optimizer(make: Make, case: str) -> None:
    written, by_hand, settings = SETTINGS[case]
    ours, theirs = twins(Matrices)
    optimizers = optimizers_of(make({"name": "all", "params": ["*"]} | written), ours)
    take_steps(ours, optimizers)
    take_steps(theirs, [by_hand(theirs.parameters(), **settings)])
    assert equal_weights(ours, theirs)
    assert not equal_weights(ours, twins(Matrices)[0])
    assert isinstance(optimizers[0], by_hand)


@pytest.mark.parametrize("case", SETTINGS)
def test_five_steps_in_two_groups_equal_those_of_torchs_own_groups(make: Make, case: str) -> None:
    written, by_hand, settings = SETTINGS[case]
    ours, theirs = twins(Matrices)
    rows = [
        {"name": "first", "params": ["first.*"]} | written,
        {"name": "second", "params": ["second.*"]} | written | {"lr": 0.01, "weight_decay": 0},
    ]
    optimizers = optimizers_of(make(*rows), ours)
    groups = [
        {"params": [theirs.first.weight]},
        {"params": [theirs.second.weight], "lr": 0.01, "weight_decay": 0},
    ]
    take_steps(ours, optimizers)
    take_steps(theirs, [by_hand(groups, **settings)])
    assert len(optimizers) == 1
    assert equal_weights(ours, theirs)


def test_two_groups_of_adagrad_start_from_their_own_accumulators(make: Make) -> None:
    ours, theirs = twins(Matrices)
    rows = [
        {"name": n, "params": [f"{n}.*"], "optimizer": "Adagrad", "options": f"initial_accumulator_value={value}"}
        for n, value in (("first", 0.1), ("second", 3))
    ]
    take_steps(ours, optimizers_of(make(*rows), ours))
    by_hand = [
        torch.optim.Adagrad([theirs.first.weight], lr=0.001, initial_accumulator_value=0.1),
        torch.optim.Adagrad([theirs.second.weight], lr=0.001, initial_accumulator_value=3),
    ]
    take_steps(theirs, by_hand)
    assert equal_weights(ours, theirs)


def test_groups_of_one_class_keep_their_own_options(make: Make) -> None:
    ours, theirs = twins(Matrices)
    rows = [
        {"name": "first", "params": ["first.*"], "optimizer": "Adam", "options": "betas=(0.5, 0.6)"},
        {"name": "second", "params": ["second.*"], "optimizer": "Adam", "options": "eps=0.1"},
    ]
    take_steps(ours, optimizers_of(make(*rows), ours))
    by_hand = torch.optim.Adam(
        [{"params": [theirs.first.weight], "betas": (0.5, 0.6)}, {"params": [theirs.second.weight], "eps": 0.1}],
        lr=0.001,
        fused=True,
    )
    take_steps(theirs, [by_hand])
    assert equal_weights(ours, theirs)


MUON_CASES = {
    "defaults": ("", {}),
    "match": ("adjust_lr_fn='match_rms_adamw'", {"adjust_lr_fn": "match_rms_adamw"}),
    "plain": ("nesterov=False ns_steps=3", {"nesterov": False, "ns_steps": 3}),
}


def flat(filters: Tensor, layout: torch.memory_format) -> Tensor:
    """The matrix (out, in*k*k) of filters, its columns in the order of a memory layout."""
    return (filters if layout is torch.contiguous_format else filters.permute(0, 2, 3, 1)).reshape(len(filters), -1)


@pytest.mark.parametrize("case", MUON_CASES)
@pytest.mark.parametrize("shape", [(16, 3, 3, 3), (4, 8, 5, 5), (6, 2, 1, 7), (6, 5, 1, 1)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_sees_a_filter_as_a_matrix(
    make: Make, case: str, shape: tuple[int, ...], layout: torch.memory_format
) -> None:
    options, settings = MUON_CASES[case]
    out, into, *kernel = shape
    model = nn.Sequential(nn.Conv2d(into, out, tuple(kernel), bias=False)).to(memory_format=layout)
    row = {"name": "all", "params": ["*"], "optimizer": "Muon", "lr": 0.02, "weight_decay": 0.1, "options": options}
    (ours,) = optimizers_of(make(row), model)
    weight = model[0].weight
    matrix = nn.Parameter(flat(weight.detach(), layout).clone())
    theirs = torch.optim.Muon([matrix], lr=0.02, weight_decay=0.1, **settings)
    generator = torch.Generator().manual_seed(2)
    for _ in range(6):
        gradient = torch.randn(shape, generator=generator)
        weight.grad, matrix.grad = gradient.clone(memory_format=layout), flat(gradient, layout).clone()
        before = matrix.detach().clone()
        ours.step()
        theirs.step()
        assert torch.equal(flat(weight, layout), matrix)
        assert not torch.equal(before, matrix)
    assert weight.shape == shape


def test_torch_itself_refuses_filters() -> None:
    with pytest.raises(ValueError, match="2D"):
        torch.optim.Muon([nn.Parameter(torch.zeros(4, 3, 3, 3))])


@pytest.mark.parametrize(
    "row",
    [
        {"optimizer": "SGD", "options": "nesterov=True"},
        {"optimizer": "SGD", "momentum": 0.9, "options": "nesterov=True dampening=0.5"},
    ],
    ids=["no momentum", "dampening"],
)
def test_what_torch_refuses_is_an_error_of_its_row(make: Make, row: dict[str, Any]) -> None:
    experiment = make({"name": "rest", "params": ["conv*"]}, {"name": "bad", "params": ["fc*"]} | row)
    with pytest.raises(ExperimentError) as caught:
        optimizers_of(experiment, build_model(experiment))
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.key) == (1, "options", "torch_refuses")
    assert "Nesterov" in problem.sentence("en") and "Nesterov" in problem.sentence("zh")


def test_frozen_parameters_need_no_gradient_and_are_in_no_optimizer(make: Make) -> None:
    experiment = make({"name": "low", "params": ["conv*"], "optimizer": "frozen"}, {"name": "top", "params": ["*"]})
    model = build_model(experiment)
    (optimizer,) = optimizers_of(experiment, model)
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == (not name.startswith("conv"))
    taken = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert taken == {id(p) for p in model.parameters() if p.requires_grad}


def test_a_parameter_that_came_frozen_stays_so_and_is_in_no_optimizer(make: Make) -> None:
    """As in torch, which gives it no gradient; the network of one run is another's only as it was made."""
    model = WithNorms()
    model.conv1.requires_grad_(False)
    model.norm1.requires_grad_(False)
    (optimizer,) = optimizers_of(make(), model)
    named = dict(model.named_parameters())
    frozen = {name for name in named if name.startswith(("conv1.", "norm1."))}
    assert frozen and {name for name, parameter in named.items() if not parameter.requires_grad} == frozen
    assert {id(p) for group in optimizer.param_groups for p in group["params"]} == {
        id(parameter) for name, parameter in named.items() if name not in frozen
    }
    assert [name for name, module in model.named_modules() if not module.training] == ["norm1"]


FROZEN_FIRST = {"name": "low", "params": ["conv1.*", "norm1.*"], "optimizer": "frozen"}
FROZEN_HALF = {"name": "low", "params": ["conv1.*", "norm1.weight"], "optimizer": "frozen"}
REST = {"name": "rest", "params": ["*"], "optimizer": "SGD"}


def assignment_of(experiment: Experiment, model: nn.Module) -> Assignment:
    assignment = assign(experiment, model)
    build_optimizers(assignment)
    return assignment


@pytest.mark.parametrize(
    ("frozen_norm", "row", "in_eval"),
    [("eval", FROZEN_FIRST, ["norm1"]), ("train", FROZEN_FIRST, []), ("eval", FROZEN_HALF, [])],
    ids=["eval", "train", "half frozen"],
)
def test_frozen_norms_are_in_the_mode_that_is_asked_for(
    make: Make, frozen_norm: str, row: dict[str, Any], in_eval: list[str]
) -> None:
    model = WithNorms()
    assignment = assignment_of(make(row, REST, frozen_norm=frozen_norm), model)
    for _ in range(2):
        assert [name for name, module in model.named_modules() if not module.training] == in_eval
        model.eval()
        set_train_mode(assignment)


@pytest.mark.parametrize(("frozen_norm", "drifts"), [("eval", False), ("train", True)])
def test_running_statistics_of_frozen_norms_drift_only_in_train_mode(
    make: Make, frozen_norm: str, drifts: bool
) -> None:
    torch.manual_seed(0)
    model = WithNorms()
    assignment_of(make(FROZEN_FIRST, REST, frozen_norm=frozen_norm), model)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model(torch.randn(4, 3, 8, 8)).sum().backward()
    moved = {name for name, buffer in model.named_buffers() if not torch.equal(buffer, before[name])}
    kept = {name for name in before if name.startswith("norm1")}
    assert moved == (set(before) if drifts else set(before) - kept)


class Rare(nn.Module):
    """A table with sparse gradients, complex factors and a usual layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 4, sparse=True)
        self.factors = nn.Parameter(torch.randn(4, 4, dtype=torch.complex64))
        self.last = nn.Linear(4, 2)

    def forward(self) -> torch.Tensor:
        looked_up = self.table(torch.tensor([1, 2])).to(torch.complex64)
        return self.last((looked_up @ self.factors).abs()).sum()


OTHERS = [
    {"name": "last", "params": ["last.*"], "optimizer": "SGD"},
    {"name": "rest", "params": ["*"], "optimizer": "frozen"},
]
RARE = [
    {"optimizer": name} | more
    for name in OPTIMIZER_OPTIONS
    if name != "frozen"
    for more in (
        {},
        *([] if name in WITHOUT_DECAY else [{"weight_decay": 0.1}]),
        *([{"momentum": 0.9}] if name == "SGD" else []),
    )
]


@pytest.mark.parametrize("tensor", ["table.weight", "factors"])
@pytest.mark.parametrize("settings", RARE, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_what_a_class_cannot_step_with_is_refused_before_the_run_in_torchs_words(
    make: Callable[..., Experiment], tensor: str, settings: dict[str, Any]
) -> None:
    """And what is not refused can take its steps: torch itself says which."""
    model = Rare()
    group = {"name": "rare", "params": [tensor]} | settings
    taken = make(group, *OTHERS)
    decay = {} if settings["optimizer"] in WITHOUT_DECAY else {"weight_decay": 0.0}
    plain: dict[str, Any] = {"lr": 1e-3} | decay | {k: v for k, v in settings.items() if k != "optimizer"}
    stepped, reason = copy.deepcopy(model), ""
    try:
        alone = getattr(torch.optim, settings["optimizer"])([stepped.get_parameter(tensor)], **plain)
        for _ in range(2):
            alone.zero_grad()
            stepped().backward()
            alone.step()
    except (RuntimeError, ValueError) as error:
        reason = str(error)
    if reason:
        with pytest.raises(ExperimentError) as caught:
            build_optimizers(assign(taken, model))
        assert reason[:40] in str(caught.value)
        return
    optimizers = build_optimizers(assign(taken, model))
    model().backward()
    for optimizer in optimizers:
        optimizer.step()
