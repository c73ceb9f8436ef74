"""The forms in which people have optimizers."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from torch import nn
from torch.distributed.optim import ZeroRedundancyOptimizer  # type: ignore[attr-defined]
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import ConstantLR, ReduceLROnPlateau

from core.assignment import differences
from core.experiment import Experiment, ExperimentError
from core.experiment.given import Given, given_groups

MODEL = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
FIRST, SECOND = AdamW(MODEL[0].parameters()), SGD(MODEL[1].parameters())
SCHEDULER = ConstantLR(FIRST)
PLATEAU = ReduceLROnPlateau(SECOND)
BOTH = [(FIRST, FIRST.param_groups[0]), (SECOND, SECOND.param_groups[0])]


class Wrapper:
    """As transformers and others wrap: no optimizer by itself."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer


class Hidden:
    """A wrapper that calls the optimizer inside by a name of its own."""

    def __init__(self, optimizer: Any) -> None:
        self.steps, self._inner, self.again = 0, optimizer, optimizer


class Several:
    """An object that keeps some, in a list or each by a name."""

    def __init__(self, **named: Any) -> None:
        vars(self).update(named)


class AcceleratedOptimizer(Optimizer):
    """As accelerate's: an Optimizer that hands all on to the one inside."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer

    @property
    def param_groups(self) -> Any:
        return self.optimizer.param_groups


def found(thing: Any) -> list[tuple[Any, Any]]:
    return [(given.optimizer, given.group) for given in given_groups(thing)]


@pytest.mark.parametrize(
    "form",
    [
        [FIRST, SECOND],
        (FIRST, SECOND),
        ([FIRST, SECOND], [SCHEDULER, PLATEAU]),
        ([FIRST, SECOND], [{"scheduler": PLATEAU, "monitor": "loss"}]),
        [{"optimizer": FIRST, "lr_scheduler": SCHEDULER}, {"optimizer": SECOND, "frequency": 2}],
        ({"optimizer": FIRST, "lr_scheduler": {"scheduler": SCHEDULER}}, {"optimizer": SECOND}),
        {"first": FIRST, "second": SECOND},
        [FIRST, SCHEDULER, SECOND, FIRST],
        [Wrapper(FIRST), Wrapper(Wrapper(SECOND))],
        [Hidden(FIRST), Wrapper(Hidden(SECOND))],
        Several(optimizers=[FIRST, Wrapper(SECOND)]),
        Several(steps=3, generator=FIRST, discriminator=SECOND),
        [AcceleratedOptimizer(FIRST), AcceleratedOptimizer(SECOND)],
        [AcceleratedOptimizer(FIRST), FIRST, SECOND],
        iter([FIRST, SECOND]),
    ],
)
def test_every_form_gives_the_groups_in_order(form: Any) -> None:
    assert found(form) == BOTH


def test_wrappers_are_told_apart_from_what_they_hold() -> None:
    wrapper = Wrapper(FIRST)
    assert [given.wrapper for given in given_groups([wrapper, SECOND])] == [wrapper, None]


def test_a_class_made_from_a_neutral_wrapper_is_neutral_too() -> None:
    """As Lightning makes LightningAdamW from LightningOptimizer and AdamW."""
    made = type("AcceleratedAdamW", (AcceleratedOptimizer,), {})
    with warnings.catch_warnings(action="error"):
        assert Experiment.from_optimizer(MODEL, [made(FIRST), SECOND], model="a").groups[0].optimizer == "AdamW"


def test_an_unknown_wrapper_is_told_and_a_neutral_one_is_not(recwarn: pytest.WarningsRecorder) -> None:
    read = Experiment.from_optimizer(MODEL, [Wrapper(FIRST), AcceleratedOptimizer(SECOND)], model="a")
    assert [group.optimizer for group in read.groups] == ["AdamW", "SGD"]
    sentences = [str(warning.message) for warning in recwarn]
    assert sentences == ["AdamW is wrapped by Wrapper; what the wrapper does to the steps is not read."]


class Lookahead(Optimizer):
    """As timm's: an Optimizer made of another one, whose groups it gives keys of its own."""

    def __init__(self, base_optimizer: Any) -> None:
        self._base_optimizer, self.param_groups = base_optimizer, base_optimizer.param_groups
        self.defaults = base_optimizer.defaults | {"lookahead_k": 6}


class SAM(Optimizer):
    """As github.com/davda54/sam: it makes the optimizer from a class, over its own groups."""

    def __init__(self, params: Any, base_optimizer: Any, rho: float = 0.05, **settings: Any) -> None:
        super().__init__(params, {"rho": rho} | settings)
        self.base_optimizer = base_optimizer(self.param_groups, **settings)
        self.param_groups = self.base_optimizer.param_groups


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Lookahead(SGD(MODEL.parameters(), lr=0.5)), ["SGD is wrapped by Lookahead"]),
        (lambda: SAM(MODEL.parameters(), SGD, lr=0.5), ["SGD does not read these keys", "SGD is wrapped by SAM"]),
    ],
)
def test_what_is_made_of_a_base_optimizer_wraps_it(
    make: Any, told: list[str], recwarn: pytest.WarningsRecorder
) -> None:
    (group,) = Experiment.from_optimizer(MODEL, make(), model="a").groups
    assert (group.optimizer, group.lr, group.options) == ("SGD", 0.5, ())
    assert [str(w.message)[: len(start)] for w, start in zip(recwarn, told, strict=True)] == told


def test_zero_redundancy_is_looked_through() -> None:
    """Its own `param_groups` has all parameters, the optimizer inside only this process's share."""
    whole = ZeroRedundancyOptimizer.__new__(ZeroRedundancyOptimizer)
    whole.__dict__ |= {"optim": FIRST, "param_groups": [{"params": list(MODEL.parameters()), "lr": 0.5}]}
    (given,) = given_groups(whole)
    assert (given.optimizer, len(given.parameters)) == (FIRST, 4)
    assert Experiment.from_optimizer(MODEL, whole, model="a").groups[0].lr == 0.5


def numbers(given: list[Given]) -> list[list[int]]:
    own = [id(p) for p in MODEL.parameters()]
    return [[own.index(id(p)) for p in each.parameters] for each in given]


@pytest.mark.parametrize(
    "form",
    [
        lambda: [{"params": MODEL.parameters()}],
        lambda: {"params": MODEL.parameters(), "lr": 1.0},
        lambda: MODEL.parameters(),
        lambda: list(MODEL.named_parameters()),
        lambda: [{"params": MODEL.named_parameters()}],
        lambda: [{"params": dict(MODEL.named_parameters())}],
        lambda: filter(lambda p: p.requires_grad, MODEL.parameters()),
    ],
)
def test_parameters_without_an_optimizer_are_a_group(form: Any) -> None:
    assert numbers(given_groups(form())) == [[0, 1, 2, 3]]


def test_a_single_tensor_is_a_group() -> None:
    assert numbers(given_groups([{"params": MODEL[0].bias}])) == [[1]]


@pytest.mark.parametrize("thing", [None, 3, "Adam", [None], AdamW, FIRST.state_dict(), [FIRST, "SGD"], b"x"])
def test_what_is_no_optimizer_is_named(thing: Any) -> None:
    with pytest.raises(ExperimentError) as caught:
        given_groups(thing)
    (problem,) = caught.value.problems
    assert problem.key == "not_an_optimizer"


def test_a_dict_that_is_no_group_is_named_by_its_keys() -> None:
    with pytest.raises(ExperimentError, match=r"optimizers: dict of lr, param is not an optimizer; .* with params"):
        given_groups([{"lr": 0.1, "param": [*MODEL.parameters()]}])


def test_the_class_in_place_of_an_optimizer_is_named() -> None:
    with pytest.raises(ExperimentError, match="optimizers: AdamW is not an optimizer; give one, or several in a list"):
        given_groups(AdamW)


NO_PARAMETERS = [
    (["0.weight"], "“0.weight” is not"),
    ("*", "“*” is not"),
    (MODEL, "Linear is not"),
    (b"x", "bytes is not"),
]
NO_PARAMETERS += [(None, "an empty value is not"), ([MODEL[0].weight, None], "an empty value is not"), (3, "3 is not")]
NO_PARAMETERS += [(MODEL[0], "Linear is not"), ([[MODEL[0].weight]], "list is not"), ({"a": 1}, "1 is not")]


@pytest.mark.parametrize(("params", "words"), NO_PARAMETERS)
def test_params_that_are_no_parameters_are_named_with_their_group(params: Any, words: str) -> None:
    for read in (given_groups, lambda groups: Experiment.from_optimizer(MODEL, groups), lambda a: differences(a, a)):
        with pytest.raises(ExperimentError) as caught:
            read([{"params": MODEL[1].parameters()}, {"params": params}])
        (problem,) = caught.value.problems
        assert (problem.row, problem.field, problem.key) == (1, "params", "not_a_parameter")
        assert problem.sentence().startswith(f"{words} a parameter; params takes the network's own")
        assert problem.sentence("zh")


@pytest.mark.parametrize("thing", [SCHEDULER, PLATEAU, [SCHEDULER], (SCHEDULER, PLATEAU)])
def test_schedulers_alone_are_told_as_what_they_are(thing: Any) -> None:
    with pytest.raises(ExperimentError, match=r"(ConstantLR|ReduceLROnPlateau): a scheduler is no optimizer; give the"):
        given_groups(thing)
