"""The short text of a structure: what it says, what is refused, and that it comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment import ExperimentError
from core.structures import MOST_TENSORS, Structure, Tensor, read_structure
from core.text import say


def read(text: str) -> list[tuple[str, tuple[int, ...], str, bool]]:
    return [(t.name, t.shape, t.kind, t.is_buffer) for t in read_structure(text).tensors]


def test_a_line_is_a_name_its_dimensions_and_what_else_is_known() -> None:
    text = "# a network\nfc.weight 10 64 Linear\n\nfc.bias 10\nscale\nbn.running_mean 64 buffer  # of bn\n"
    assert read(text) == [
        ("fc.weight", (10, 64), "Linear", False),
        ("fc.bias", (10,), "", False),
        ("scale", (), "", False),
        ("bn.running_mean", (64,), "", True),
    ]


def test_a_range_stands_for_a_line_each() -> None:
    assert [name for name, *_ in read("a.{0-1}.b.{3-5}.w 2")] == [f"a.{i}.b.{j}.w" for i in (0, 1) for j in (3, 4, 5)]


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("", "structure_empty", {}),
        ("bn.running_mean 3 buffer", "structure_empty", {}),
        ("a.w 3\na.w 3", "structure_twice", {"value": "a.w"}),
        ("a 3\na.w 3", "structure_module_and_tensor", {"value": "a"}),
        ("a.w 3\nb.w three four", "structure_line", {"line": 2, "value": "b.w three four"}),
        ("a.w 3.5", "structure_line", {"line": 1, "value": "a.w 3.5"}),
        ("a.w -3", "structure_line", {"line": 1, "value": "a.w -3"}),
        ("a.{3-1}.w 3", "structure_line", {"line": 1, "value": "a.{3-1}.w 3"}),
        ("a.{x}.w 3", "structure_line", {"line": 1, "value": "a.{x}.w 3"}),
        ("a..w 3", "structure_name", {"value": "a..w", "most": 200}),
        ("a.w" + " 2" * 9, "structure_shape", {"value": "a.w", "shape": " × ".join("2" * 9)}),
        (
            "a.w 0 999999999999 999999999999",
            "structure_shape",
            {"value": "a.w", "shape": "0 × 999999999999 × 999999999999"},
        ),
        ("a.w 999999999999 999999999999", "structure_shape", {"value": "a.w", "shape": "999999999999 × 999999999999"}),
        (f"a.{{0-{MOST_TENSORS}}}.w 3", "structure_too_many", {"most": MOST_TENSORS}),
        ("a.{0-999999}.{0-999999}.{0-999999}.w 3", "structure_too_many", {"most": MOST_TENSORS}),
    ],
)
def test_what_is_wrong_is_named(text: str, key: str, values: dict[str, object]) -> None:
    began = time.process_time()
    with pytest.raises(ExperimentError) as error:
        read_structure(text)
    assert time.process_time() - began < 1
    (problem,) = error.value.problems
    assert (problem.field, problem.key, dict(problem.values)) == ("structure", key, values)
    assert problem.sentence("zh") == say(key, "zh", **values)


def test_tensors_alike_are_one_line() -> None:
    names = [f"layer.{i}.{j}.weight" for i in range(12) for j in range(2)]
    structure = Structure((*(Tensor(name, (4, 4), "Linear") for name in names), Tensor("layer.12.0.weight", (4, 4))))
    assert structure.text() == "layer.{0-11}.{0-1}.weight 4 4 Linear\nlayer.12.0.weight 4 4\n"


names = st.lists(st.sampled_from(["a", "b", "0", "1", "2", "10", "03", "w_1", "x0"]), min_size=1, max_size=4)


@given(st.dictionaries(names.map(".".join), st.lists(st.integers(0, 5), max_size=3), min_size=1, max_size=20))
def test_the_text_says_the_same_tensors(shapes: dict[str, list[int]]) -> None:
    try:
        structure = Structure(tuple(Tensor(name, tuple(shape)) for name, shape in shapes.items()))
    except ExperimentError as error:
        assert error.problems[0].key == "structure_module_and_tensor"
        return
    again = read_structure(structure.text())
    assert set(again.tensors) == set(structure.tensors)
    assert again.text() == structure.text()
