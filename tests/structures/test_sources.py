"""What people have of a network, read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from core.experiment import ExperimentError
from core.structures import LINE_TO_PRINT, LONGEST, Structure, looks_like_network, read_network
from tests.structures.networks import structure_of

safetensors = pytest.importorskip("safetensors.torch", reason="needs safetensors")


def network() -> nn.Module:
    return nn.Sequential(
        nn.Embedding(9, 4), nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), nn.Sequential(nn.Linear(4, 3))
    )


def shapes_of(structure: Structure) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tensor.shape for tensor in structure.tensors if not tensor.is_buffer}


SHAPES = {name: tuple(p.shape) for name, p in network().named_parameters()}
PRINTED = "\n".join(f"{name} {tuple(p.shape)}" for name, p in network().named_parameters())


def header(path: Path) -> str:
    """As the browser reads it."""
    content = path.read_bytes()
    return content[8 : 8 + int.from_bytes(content[:8], "little")].decode()


def test_the_line_to_print_prints_what_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    exec(LINE_TO_PRINT, {"model": network()})
    assert shapes_of(read_network(capsys.readouterr().out)) == SHAPES


@pytest.mark.parametrize(
    "text",
    [
        PRINTED,
        PRINTED.replace("(", "torch.Size([").replace(")", "])").replace(",]", "]"),
        json.dumps(SHAPES),
        json.dumps({name: {"shape": shape, "dtype": "F32"} for name, shape in SHAPES.items()}),
        structure_of(network()).text(),
        structure_of(network(), with_kinds=False).text(),
    ],
    ids=["tuples", "sizes", "json", "json of tables", "text", "text without kinds"],
)
def test_every_form_says_the_same_parameters(text: str) -> None:
    assert looks_like_network(text)
    assert shapes_of(read_network(text)) == SHAPES


def test_shards_are_one_network_whose_buffers_are_told_apart(tmp_path: Path) -> None:
    state = network().state_dict()
    names = sorted(state)
    files = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, own in files.items():
        safetensors.save_file({name: state[name] for name in own}, tmp_path / file, {"format": "pt"})
    index = json.dumps({"metadata": {}, "weight_map": {name: file for file, own in files.items() for name in own}})
    headers = [header(tmp_path / file) for file in files]
    structure = read_network(f"[{','.join([*headers, index])}]")
    assert shapes_of(structure) == SHAPES
    buffers = {tensor.name for tensor in structure.tensors if tensor.is_buffer}
    assert buffers == {"1.1.running_mean", "1.1.running_var", "1.1.num_batches_tracked"}
    with pytest.raises(ExperimentError) as error:
        read_network(f"[{headers[0]},{index}]")
    assert error.value.problems[0].key == "structure_shards"
    assert "b.safetensors" in error.value.sentence
    with pytest.raises(ExperimentError, match=r"a\.safetensors, b\.safetensors"):
        read_network(index)


def test_a_header_keeps_names_in_no_order_and_they_are_put_into_a_likely_one() -> None:
    names = [
        "classifier.weight",
        "encoder.layer.10.w",
        "encoder.layer.2.w",
        "ln_f.weight",
        "pooler.weight",
        "wte.weight",
    ]
    text = json.dumps({name: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} for name in names})
    assert [tensor.name for tensor in read_network(text).tensors] == [
        *("wte.weight", "encoder.layer.2.w", "encoder.layer.10.w"),
        *("ln_f.weight", "pooler.weight", "classifier.weight"),
    ]


def test_a_pickle_is_refused_with_the_line_to_run_instead() -> None:
    file = io.BytesIO()
    torch.save(network().state_dict(), file)
    text = file.getvalue()[:100].decode("latin-1")
    assert looks_like_network(text)
    with pytest.raises(ExperimentError) as error:
        read_network(text)
    assert LINE_TO_PRINT in error.value.sentence


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("   \n", "structure_empty"),
        ("{" + '"a": [1],' * 3, "structure_no_json"),
        ("[[1, 2]]", "structure_no_shapes"),
        ('{"a.w": "3 4"}', "structure_shape"),
        ('{"a.w": [true]}', "structure_shape"),
        ('{"a.w": [1.5]}', "structure_shape"),
        ('{"a.w": {"dtype": "F32"}}', "structure_shape"),
        ("a.w (3, 4)\n>>> b", "structure_line"),
        ("a.w (3, 4]", "structure_line"),
        ("a.w (" + "1, " * 1000 + ")", "structure_line"),
        ("[" * 100_000, "structure_no_json"),
        (" " * (LONGEST + 1), "structure_too_long"),
    ],
)
def test_what_is_no_network_is_refused_in_words(text: str, key: str) -> None:
    with pytest.raises(ExperimentError) as error:
        read_network(text)
    assert [problem.key for problem in error.value.problems] == [key]
    assert error.value.problems[0].sentence("zh")


@pytest.mark.parametrize(
    "text",
    [
        '{"groups": [{"name": "a", "params": ["*"]}]}',
        '[[groups]]\nname = "a"\nparams = "*"\n',
        'model = "simple_cnn"\n',
        "hello",
        "",
        "{}",
    ],
)
def test_an_experiment_is_not_taken_for_a_network(text: str) -> None:
    assert not looks_like_network(text)
