"""The Meter's numbers against a plain loop that clones everything."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import core.measurement.chunks
from core.assignment import assign
from core.events import GroupStep
from core.experiment import Experiment
from core.measurement import Meter
from core.optimizers import build_optimizers

Make = Callable[..., Experiment]

FROZEN = {"name": "frozen", "params": ["0.*"], "optimizer": "frozen"}
BIASES = {"name": "biases", "params": ["*.bias"], "optimizer": "SGD", "lr": 0.1, "momentum": 0.9}
WEIGHTS = {"name": "weights", "params": ["*"], "optimizer": "Adam", "lr": 0.01}
GROUPS = (FROZEN, BIASES, WEIGHTS)


def network() -> nn.Sequential:
    """Filters, a normalisation, matrices, and one bias that starts at zero."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 5), nn.Linear(5, 2))
    nn.init.zeros_(model[4].bias)
    return model


def names_of(model: nn.Module) -> list[list[str]]:
    names = [name for name, _ in model.named_parameters()]
    rest = [name for name in names if not name.startswith("0.")]
    return [
        [name for name in names if name.startswith("0.")],
        [name for name in rest if name.endswith("bias")],
        [name for name in rest if not name.endswith("bias")],
    ]


def norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float((tensor.double() ** 2).sum()) for tensor in tensors))


def meter_of(experiment: Experiment, model: nn.Module) -> Meter:
    assignment = assign(experiment, model)
    return Meter(assignment, build_optimizers(assignment))


class Loop:
    """One model, its optimizers and a Meter, stepped together with the plain measuring."""

    def __init__(self, experiment: Experiment, model: nn.Module) -> None:
        assignment = assign(experiment, model)
        self.model, self.optimizers = model, build_optimizers(assignment)
        self.meter = Meter(assignment, self.optimizers)
        self.groups = [[row.name for row in assignment.of_group(i)] for i in range(len(experiment.groups))]
        self.start = self.clone()
        self.generator = torch.Generator().manual_seed(5)

    def clone(self) -> dict[str, Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.model.named_parameters()}

    def step(self) -> tuple[tuple[GroupStep, ...], list[dict[str, float]]]:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        self.model(torch.randn(8, 1, 4, 4, generator=self.generator)).square().sum().backward()
        gradients = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in self.model.named_parameters()}
        gradients = {name: gradient.clone() for name, gradient in gradients.items()}
        before = self.clone()
        for optimizer in self.optimizers:
            optimizer.step()
        table = self.meter.after_step()
        after = self.clone()
        (self.reading,) = self.meter.read([table], [[None, 0.1, 0.01]])
        return self.reading.groups, [self.expect(group, gradients, before, after) for group in self.groups]

    def expect(
        self, group: list[str], gradients: dict[str, Tensor], before: dict[str, Tensor], after: dict[str, Tensor]
    ) -> dict[str, float]:
        return {
            "gradient_norm": norm([gradients[name] for name in group]),
            "weight_norm": norm([after[name] for name in group]),
            "update_norm": norm([after[name] - before[name] for name in group]),
            "before": norm([before[name] for name in group]),
            "way": norm([after[name] - self.start[name] for name in group]),
            "start": norm([self.start[name] for name in group]),
            "direction": sum(
                float((gradients[name].double() * (after[name].double() - before[name].double())).sum())
                for name in group
            ),
        }


@pytest.fixture
def loop(make: Make) -> Loop:
    return Loop(make(*GROUPS), network())


def transposed(model: nn.Sequential) -> nn.Sequential:
    """Its last matrix lies in memory column by column."""
    model[4].weight = nn.Parameter(model[4].weight.detach().t().contiguous().t())
    assert not model[4].weight.is_contiguous()
    return model


LAYOUTS: dict[str, Callable[[nn.Sequential], nn.Sequential]] = {
    "contiguous": lambda model: model,
    "channels_last": lambda model: model.to(memory_format=torch.channels_last),
    "transposed": transposed,
}


@pytest.mark.parametrize("most", [7, 40, 300_000])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_number_equals_that_of_a_plain_loop(
    make: Make, layout: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a parameter is cut into several pieces, and several lie in one chunk."""
    monkeypatch.setattr(core.measurement.chunks, "CPU_CHUNK", most)
    loop = Loop(make(*GROUPS), LAYOUTS[layout](network()))
    assert loop.groups == names_of(loop.model)
    for _ in range(6):
        measured, expected = loop.step()
        for found, wanted in zip(measured[1:], expected[1:], strict=True):
            assert found.gradient_norm == pytest.approx(wanted["gradient_norm"], rel=1e-6)
            assert found.weight_norm == pytest.approx(wanted["weight_norm"], rel=1e-6)
            assert found.update_norm == pytest.approx(wanted["update_norm"], rel=1e-6)
            assert found.update_ratio == pytest.approx(wanted["update_norm"] / wanted["before"], rel=1e-6)
            assert found.distance == pytest.approx(wanted["way"] / wanted["start"], rel=1e-6)
            assert found.direction == pytest.approx(wanted["direction"], rel=1e-4)
            assert wanted["update_norm"] > 0 and wanted["gradient_norm"] > 0


def test_a_frozen_group_stays_where_it_was(loop: Loop) -> None:
    for _ in range(3):
        frozen = loop.step()[0][0]
        assert frozen.weight_norm == pytest.approx(norm([loop.start[name] for name in loop.groups[0]]), rel=1e-6)
        assert (frozen.lr, frozen.gradient_norm, frozen.direction) == (None, None, None)
        assert (frozen.update_norm, frozen.update_ratio, frozen.distance) == (0.0, 0.0, 0.0)


def test_what_somebody_else_writes_to_a_frozen_group_is_seen(loop: Loop) -> None:
    loop.step()
    frozen = loop.model[0].weight
    start = norm([loop.start[name] for name in loop.groups[0]])
    with torch.no_grad():
        frozen.add_(0.5)
    group = loop.step()[0][0]
    assert group.update_norm == pytest.approx(0.5 * math.sqrt(frozen.numel()), rel=1e-6)
    assert group.update_ratio == pytest.approx(group.update_norm / start, rel=1e-6)
    assert loop.step()[0][0].update_norm == 0.0
    assert loop.meter.read_end()[0].moved == frozen.numel()


@pytest.mark.parametrize("lies", ["alike", "otherwise"])
def test_a_parameter_whose_data_is_replaced_is_followed(make: Make, lies: str) -> None:
    """As momentum encoders and normalised weights do it: torch counts no change, and the old memory stays as it was."""
    loop = Loop(make(*GROUPS), network())
    frozen, trained = loop.model[0].weight, loop.model[3].weight
    for step in range(1, 4):
        if step != 2:
            frozen.data = frozen.data * 0.5
            new = trained.data * 2
            trained.data = new if lies == "alike" else new.t().contiguous().t()
        before = loop.meter._last.clone()
        groups = loop.step()[0]
        for group, names in zip(groups, loop.groups, strict=True):
            now = loop.clone()
            assert group.weight_norm == pytest.approx(norm([now[name] for name in names]), rel=1e-6)
            way = norm([now[name] - loop.start[name] for name in names])
            assert group.distance == pytest.approx(way / norm([loop.start[name] for name in names]), rel=1e-6)
        assert (groups[0].update_norm == 0.0) is (step == 2)
        assert not torch.equal(before, loop.meter._last)
    ends = loop.meter.read_end()
    assert ends[0].moved == frozen.numel() and ends[2].moved == ends[2].weights
    assert [end.distance for end in ends] == pytest.approx([group.distance for group in groups], rel=1e-6)


def test_steps_read_together_are_those_read_one_by_one(make: Make) -> None:
    """Also where the parameters that have a gradient change from step to step."""

    def measure(together: bool) -> list[Any]:
        loop, rates, measured, read = Loop(make(*GROUPS), network()), [None, 0.1, 0.01], [], []
        for step in range(6):
            for optimizer in loop.optimizers:
                optimizer.zero_grad()
            loop.model(torch.randn(8, 1, 4, 4, generator=loop.generator)).square().sum().backward()
            if step in (2, 3):
                loop.model[3].weight.grad = None
            for optimizer in loop.optimizers:
                optimizer.step()
            measured.append(loop.meter.after_step())
            if not together or step == 5:
                read += loop.meter.read(measured, [rates] * len(measured))
                measured = []
        return [(reading.groups, reading.is_finite, reading.tensor_ratios()) for reading in read]

    one_by_one = measure(together=False)
    assert measure(together=True) == one_by_one
    assert len(one_by_one) == 6
    place = [name for group in names_of(network()) for name in group].index("3.weight")
    updates = [ratios[place] for _, _, ratios in one_by_one]
    assert [update == 0.0 for update in updates] == [False, False, True, True, False, False]


def test_each_group_has_its_own_rate(loop: Loop) -> None:
    assert [group.lr for group in loop.step()[0]] == [None, 0.1, 0.01]


def only_zero_biases(make: Make) -> Loop:
    model = network()
    zeros = {"name": "zeros", "params": ["4.bias"], "optimizer": "SGD", "lr": 0.1}
    return Loop(make(FROZEN, zeros, WEIGHTS), model)


def test_ratios_to_a_group_that_starts_at_zero_are_undefined(make: Make) -> None:
    loop = only_zero_biases(make)
    first = loop.step()[0][1]
    assert first.update_norm > 0
    assert (first.update_ratio, first.distance) == (None, None)


def test_the_ratio_is_defined_once_the_group_has_left_zero_the_distance_never(make: Make) -> None:
    loop = only_zero_biases(make)
    loop.step()
    measured, expected = loop.step()
    assert measured[1].update_ratio == pytest.approx(expected[1]["update_norm"] / expected[1]["before"], rel=1e-6)
    assert measured[1].distance is None
    assert loop.meter.read_end()[1].distance is None


@pytest.mark.parametrize(("scale", "defined"), [(1e-12, False), (1e-9, False), (1e-7, True), (1e-3, True)])
def test_a_norm_of_about_zero_gives_no_ratio(make: Make, scale: float, defined: bool) -> None:
    model = nn.Linear(30, 30, bias=False)
    with torch.no_grad():
        model.weight.fill_(scale)
    meter = meter_of(make(), model)
    with torch.no_grad():
        model.weight += 1.0
    (group,) = meter.read([meter.after_step()], [[0.1]])[0].groups
    assert (group.update_ratio is not None) == (group.distance is not None) == defined
    assert group.update_norm == pytest.approx(30, rel=1e-6)


def test_what_has_no_gradient_does_not_decay_even_if_somebody_writes_to_it(make: Make) -> None:
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "idle": nn.Linear(2, 2)})
    meter = meter_of(
        make({"name": "all", "params": ["*"], "optimizer": "AdamW", "lr": 0.1, "weight_decay": 0.5}), model
    )
    model["used"](torch.ones(1, 2)).sum().backward()
    used = norm([parameter.detach() for parameter in model["used"].parameters()])
    with torch.no_grad():
        model["idle"].weight.add_(1.0)
    (group,) = meter.read([meter.after_step()], [[0.1]])[0].groups
    assert group.update_norm == pytest.approx(2.0)
    assert group.decay_norm == pytest.approx(0.1 * 0.5 * used)


def test_a_gradient_that_autograd_left_out_counts_as_zero(make: Make) -> None:
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "idle": nn.Linear(2, 2)})
    groups = [{"name": "idle", "params": ["idle.*"]}, {"name": "used", "params": ["*"]}]
    meter = meter_of(make(*groups), model)
    model["used"](torch.ones(1, 2)).sum().backward()
    idle, used = meter.read([meter.after_step()], [[0.1, 0.1]])[0].groups
    assert idle.gradient_norm == 0.0
    assert used.gradient_norm == pytest.approx(math.sqrt(6), rel=1e-6)


def test_a_step_in_which_nothing_has_a_gradient_is_none(make: Make) -> None:
    meter = meter_of(make(*GROUPS), network())
    groups = meter.read([meter.after_step()], [[None, 0.1, 0.01]])[0].groups
    assert [(g.gradient_norm, g.update_norm, g.distance) for g in groups] == [(None, 0, 0), (0, 0, 0), (0, 0, 0)]


def test_what_has_no_gradient_any_more_stays_as_far_from_its_start_as_it_was(loop: Loop) -> None:
    before = loop.step()[0]
    for optimizer in loop.optimizers:
        optimizer.zero_grad()
    after = loop.meter.read([loop.meter.after_step()], [[None, 0.1, 0.01]])[0].groups
    assert [group.distance for group in after] == [group.distance for group in before]
    assert before[1].distance and before[2].distance
    assert [(group.update_norm, group.gradient_norm) for group in after[1:]] == [(0.0, 0.0)] * 2


def test_the_end_counts_the_weights_that_moved(make: Make) -> None:
    model = network()
    start = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    meter = meter_of(make(*GROUPS), model)
    with torch.no_grad():
        model[3].weight[0, :7] += 1.0
        model[1].weight[2] = 5.0
        model[4].bias[1] -= 2.0
    frozen, biases, weights = meter.read_end()
    assert [(end.name, end.optimizer) for end in (frozen, biases, weights)] == [
        ("frozen", "frozen"),
        ("biases", "SGD"),
        ("weights", "Adam"),
    ]
    assert [(end.weights, end.moved) for end in (frozen, biases, weights)] == [(40, 0), (11, 1), (94, 8)]
    way = math.sqrt(7 + 16)
    of_weights = norm([start[name] for name in names_of(model)[2]])
    assert (frozen.distance, weights.distance) == (0.0, pytest.approx(way / of_weights, rel=1e-6))


def test_the_end_tells_how_far_the_running_statistics_of_a_groups_norms_went(make: Make) -> None:
    model = network().append(nn.LayerNorm(2))  # which keeps no running statistics
    meter = meter_of(make({"name": "norm", "params": ["1.*"]}, {"name": "rest", "params": ["*"]}), model)
    assert meter.read_end()[0].drift == 0.0
    model[1].running_mean += 3.0
    model[1].running_var *= 2.0
    norm, rest = meter.read_end()
    assert norm.drift == pytest.approx(math.sqrt(4 * 3.0**2 + 4 * 1.0**2) / math.sqrt(4))
    assert rest.drift is None


def test_measuring_changes_nothing(make: Make) -> None:
    def trained(measure: bool) -> list[Tensor]:
        loop: Any = Loop(make(*GROUPS), network())
        if not measure:
            loop.meter.after_step = lambda: None
            loop.meter.read = lambda measured, rates: [SimpleNamespace(groups=())]
        for _ in range(4):
            loop.step()
        return list(loop.clone().values())

    assert all(torch.equal(a, b) for a, b in zip(trained(True), trained(False), strict=True))
