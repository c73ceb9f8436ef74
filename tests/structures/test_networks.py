"""The menu's structures beside the networks themselves; what is inferred beside what is known."""

from __future__ import annotations

import pytest
from torch import nn

from core.assignment import count_blocks, roles_of
from core.assignment.depth import depths_of
from core.checking import check
from core.models.structure import build_network
from core.structures import load_structure, read_structure, structure_names
from tests.structures.networks import NETWORKS, on_meta, structure_of


def network(name: str) -> nn.Module:
    try:
        return on_meta(name)
    except ImportError as error:
        pytest.skip(f"needs {error.name}")


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(4, 8), nn.Linear(8, 4)


class WithProjector(nn.Module):
    """As LLaVA: a tower, a perceptron that hands on what it sees, a language model."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.ModuleList(Perceptron() for _ in range(2))
        self.projector = Perceptron()
        self.layers = nn.ModuleList(Perceptron() for _ in range(2))
        self.head = nn.Linear(4, 9)


def by_name(network: nn.Module, values: dict[nn.Parameter, object]) -> dict[str, object]:
    return {name: values[parameter] for name, parameter in network.named_parameters()}


def test_every_structure_of_the_menu_is_checked() -> None:
    assert structure_names() == sorted(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_structure_of_the_menu_is_its_network(name: str) -> None:
    assert set(load_structure(name).tensors) == set(structure_of(network(name)).tensors)


def test_layers_called_by_numbers_are_one_part() -> None:
    known = WithProjector()
    inferred = build_network(structure_of(known, with_kinds=False))
    assert by_name(inferred, depths_of(inferred)) == by_name(known, depths_of(known))


def test_more_patterns_than_can_be_compared_are_refused_before_they_are() -> None:
    lines = "h.{0-1999}.{0-9}.weight 8 8\n"
    groups = [{"name": f"g{place}", "params": "*", "optimizer": "AdamW"} for place in range(11)]
    few = check({"model": "mine", "structure": lines, "groups": groups[:1]})
    assert [problem.key for problem in few.problems] == ["structure_not_trained"]
    many = check({"model": "mine", "structure": lines, "groups": groups})
    assert many.assignment is None
    (problem,) = many.problems_but("structure_not_trained")
    assert (problem.field, problem.key) == ("structure", "structure_too_many_patterns")
    assert dict(problem.values) == {"value": 11, "count": 20_000, "most": 10}


@pytest.mark.parametrize("with_kinds", [True, False], ids=["kinds", "no kinds"])
@pytest.mark.parametrize("name", NETWORKS)
def test_roles_and_depths_are_those_of_the_network(name: str, with_kinds: bool) -> None:
    known = network(name)
    inferred = build_network(read_structure(structure_of(known, with_kinds).text()))
    shapes = {name: parameter.shape for name, parameter in known.named_parameters()}
    assert {name: parameter.shape for name, parameter in inferred.named_parameters()} == shapes
    assert by_name(inferred, roles_of(inferred)) == by_name(known, roles_of(known))
    assert count_blocks(inferred) == count_blocks(known)
    depths, real = by_name(inferred, depths_of(inferred)), by_name(known, depths_of(known))
    if name == "unet-sd15":  # its up blocks are of two classes, which names do not say: one of its parts joins another
        assert sorted(real, key=lambda each: (depths[each], real[each])) == sorted(real, key=lambda each: real[each])
    else:
        assert depths == real


@pytest.mark.parametrize(
    ("tensor", "role"),
    [
        ("q_proj.lora_magnitude_vector.default.weight 768", "weight"),  # peft's DoRA
        ("3.weight 1", "weight"),  # a PReLU's slope
        ("3.weight 8", "norm"),
        ("act.weight 8", "weight"),
    ],
)
def test_a_vector_alone_is_of_a_norm_unless_its_place_or_size_says_otherwise(tensor: str, role: str) -> None:
    inferred = build_network(read_structure(tensor))
    assert [*roles_of(inferred).values()] == [role]
