"""What people have of a network, read."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping, Sequence
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

SIZES = {name: torch.Size(shape) for name, shape in SHAPES.items()}
STATE = {name: tensor.shape for name, tensor in network().state_dict().items()}


def lines(form: str, between: str = "\n", shapes: Mapping[str, Sequence[int]] = SIZES) -> str:
    every = enumerate(shapes.items())
    return between.join(form.format(i=i, n=name, s=tuple(shape), t=shape) for i, (name, shape) in every)


PRINTS = {  # as people have pasted them
    "PyTorch's tutorial": "Model's state_dict:\n" + lines("{n} \t {t}", shapes=STATE),
    "json of a state": json.dumps(STATE),
    "json of texts": json.dumps({name: str(size) for name, size in SIZES.items()}),
    "json of pairs": json.dumps([[name, shape] for name, shape in SHAPES.items()]),
    "a mark": "\ufeff" + PRINTED,
    "a mark before json": "\ufeff" + json.dumps(SHAPES),
    "Windows": PRINTED.replace("\n", "\r\n") + "\r\n\r\n",
    "a prompt": f">>> {LINE_TO_PRINT}\n...\n{PRINTED}\n>>> ",
    "a notebook": f"In [3]: {LINE_TO_PRINT}\n   ...: \n{PRINTED}\n\nIn [4]:",
    "a notebook's answer": "Out[3]:\n" + lines("('{n}', {t}),"),
    "a shell": f"(env) me@host:~$ python shapes.py\n{PRINTED}",
    "a fence": f"```\n{PRINTED}\n```",
    "a comment": f"# a network (9)\n{PRINTED}",
    "colons": lines("{n}: {t}"),
    "colons apart": lines("{n} : {t}"),
    "arrows": lines("{n} -> {s}"),
    "words": lines("Layer: {n} | Size: {t} | Trains: True"),
    "shape=": lines("{n} shape={s} numel=36"),
    "a type before": lines("{n} torch.float32 {s}"),
    "a type behind": lines("{n} {t} torch.bfloat16 cuda:0"),
    "a truth": lines("{n} True {t} requires_grad=True"),
    "sizes in all": lines("{n} {s} 9,408"),
    "tuples in lines": lines("('{n}', {t})"),
    "a list": "[" + lines("('{n}', {s})", ", ") + "]",
    "a dict": repr(SHAPES),
    "a dict in lines": "{" + lines("'{n}': {t}", ",\n") + "}",
    "an ordered dict": "OrderedDict([" + lines("('{n}', {t})", ", ") + "])",
    "pandas": "      name      shape\n" + lines("{i}  {n:>20}  {s!s:>10}"),
    "numbers": lines("{i}: {n} {s}"),
    "csv": "name,shape\n" + lines('{n},"{s}"'),
    "markdown": "| name | shape |\n|---|:--|\n" + lines("| {n} | {s} |"),
    "markdown with code": "| name | shape |\n|---|:--|\n" + lines("| `{n}` | `{s}` |"),
    "markdown with lists": lines("| `{n}` | {s} |").replace("(", "[").replace(")", "]"),
    "a Chinese colon": lines("{n}：{s}"),
    "Chinese brackets": lines("{n}：{s}").translate(str.maketrans("(),", "（），")),
    "Chinese brackets alone": "名称（形状）\n" + lines("{n}{s}").translate(str.maketrans("(),", "（），")),
    "sizes behind a colon": lines("{n}: {t}").replace("torch.Size([", "").replace(",", "").replace("])", ""),
    "Chinese commas": lines("{n}，{s}；"),
    "yaml": lines('"{n}": {s},'),
    "a log": lines("2026-05-01 12:00:01,123 - INFO - {n} {s}"),
    "another log": lines("INFO:root:{n} {s}"),
    "detectron's log": lines("[05/12 10:10:10 d2.engine]: {n} {s}"),
    "torchrun": lines("[rank0]: {n} {s}"),
    "DataParallel": lines("module.{n} {s}"),
    "torch.compile over DDP": lines("_orig_mod.module.{n} {s}"),
    "FSDP": lines("_fsdp_wrapped_module.{n} {s}").replace(".1.", ".1._checkpoint_wrapped_module."),
}


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
        *PRINTS.values(),
    ],
    ids=["tuples", "sizes", "json", "json of tables", "text", "text without kinds", *PRINTS],
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


@pytest.mark.parametrize(
    ("name", "shape", "is_buffer"),
    [
        ("transformer.h.0.attn.bias", (1, 1, 1024, 1024), True),  # GPT-2's mask
        ("h.0.attn.c_attn.bias", (2304,), False),
        ("attn.bias", (1, 16, 49, 49), False),
        ("model.layers.3.mlp.gate.e_score_correction_bias", (256,), True),  # DeepSeek-V3
        ("final_logits_bias", (1, 50265), True),  # BART
        ("features.1.0.attn.relative_coords_table", (1, 15, 15, 2), True),  # Swin v2
        ("prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", (2, 128), True),  # SAM
        ("alphas_cumprod_prev", (1000,), True),  # Stable Diffusion 1.5 in one file
        ("0.parametrizations.weight.0._u", (8,), True),  # spectral_norm
        ("conv.parametrizations.weight.original0", (8, 1, 1), False),  # weight_norm
        ("conv.weight_v", (8, 4, 3), False),
        ("backbone.layers.0.mixer.dt_bias", (24,), False),  # Mamba
        ("bn1.num_batches_tracked", (), True),
    ],
)
def test_buffers_are_told_by_their_names(name: str, shape: tuple[int, ...], is_buffer: bool) -> None:
    for text in (f"{name} {shape}\nw (2,)", json.dumps({name: shape, "w": [2]})):
        assert read_network(text).tensors[0].is_buffer is is_buffer


def test_thousands_of_tensors_in_one_line_are_read_and_millions_of_words_refused_in_time() -> None:
    many = {f"h.{i}.weight": (8, 8) for i in range(3000)}
    for text in (repr(many), repr([*many.items()]), json.dumps(many)):
        assert looks_like_network(text)
        assert len(read_network(text).tensors) == 3000
    began = time.process_time()
    for text, key in (
        ("a.w (8,)\n" + "1 " * 10**6 + "(3)", "structure_line"),
        ("a (3), " * 10**5, "structure_too_many"),
    ):
        with pytest.raises(ExperimentError) as error:
            read_network(text)
        assert error.value.problems[0].key == key
    assert time.process_time() - began < 2


def test_a_file_that_is_one_of_several_wants_the_others() -> None:
    def dropped(*numbers: int) -> str:
        names = [f"model-0000{number}-of-00002.safetensors" for number in numbers]
        return json.dumps([*({f"h.{number}.w": [2]} for number in numbers), {"__files__": names}])

    assert len(read_network(dropped(1, 2)).tensors) == 2
    with pytest.raises(ExperimentError, match="1 of 2 files"):
        read_network(dropped(2))


def test_a_header_keeps_names_in_no_order_and_they_are_put_into_a_likely_one() -> None:
    names = [
        "classifier.weight",
        "encoder.layer.10.w",
        "encoder.layer.2.w",
        "ln_f.weight",
        "feature_extractor.0.w",  # wav2vec 2.0
        "pooler.weight",
        "word_embeddings_layernorm.weight",  # BLOOM
        "wte.weight",
    ]
    text = json.dumps({name: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} for name in names})
    assert [tensor.name for tensor in read_network(text).tensors] == [
        *("feature_extractor.0.w", "word_embeddings_layernorm.weight", "wte.weight"),
        *("encoder.layer.2.w", "encoder.layer.10.w"),
        *("ln_f.weight", "pooler.weight", "classifier.weight"),
    ]


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict"])
def test_a_table_of_shapes_inside_a_checkpoint_is_the_network(name: str) -> None:
    for inside in (SHAPES, {each: {"shape": shape, "dtype": "F32"} for each, shape in SHAPES.items()}):
        text = json.dumps({"epoch": 3, name: inside})
        assert looks_like_network(text)
        assert shapes_of(read_network(text)) == SHAPES
    with pytest.raises(ExperimentError) as error:
        read_network(json.dumps({"encoder": SHAPES}))
    assert '({"0.weight": [9, 4], ' in error.value.sentence


def test_a_pickle_is_refused_with_the_line_to_run_instead() -> None:
    file = io.BytesIO()
    torch.save(network().state_dict(), file)
    text = file.getvalue()[:100].decode("latin-1")
    assert looks_like_network(text)
    with pytest.raises(ExperimentError) as error:
        read_network(text)
    assert LINE_TO_PRINT in error.value.sentence


@pytest.mark.parametrize("form", ["{n} {c}", "{n}: {c}", "{n} {c} True"])
def test_counts_of_elements_are_not_taken_for_shapes(form: str) -> None:
    conv, fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 2, bias=False)
    for layers in ((conv, nn.BatchNorm2d(8), fc), (nn.LayerNorm(2), fc), (conv,)):
        named = nn.Sequential(*layers).named_parameters()
        with pytest.raises(ExperimentError) as error:
            read_network("\n".join(form.format(n=name, c=p.numel()) for name, p in named))
        assert error.value.problems[0].key == "structure_counts"
        assert LINE_TO_PRINT in error.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "0.weight 8\n0.bias 8\n1.weight 4\n1.bias 4",
        "layers.0.input_layernorm.weight 8\nlayers.0.ln_2.weight 4\nnorm.weight 4",
        "scale.weight 8 RMSNorm\nslope.weight 1 PReLU\nbias 8",
        "gamma 8\nbeta 8\nhead.bias 2",
        "0.weight (216,)\n0.bias (8,)",
    ],
)
def test_a_network_of_vectors_is_read(text: str) -> None:
    assert {len(tensor.shape) for tensor in read_network(text).tensors} == {1}


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
        ("a.w (3, 4)\nb", "structure_line"),
        ("a.w (3, 4)\n..  ...\nb.w (3,)", "structure_line"),  # pandas leaves lines out
        ("a.w (3, 4)\nb.w (3, 4) x (2,)", "structure_line"),
        ("a.w (3, -4)\nb.w (3,)", "structure_line"),
        ("a.w [3 4 5]\nb.w (3,)", "structure_line"),
        ("a.w (3, 4)\nsize mismatch for a.w: a shape torch.Size([3]) in current torch.Size([4])", "structure_line"),
        ("Layer     Output\nNet     [1, 10]\n├─Conv2d: 1-1     [1, 64]", "structure_line"),  # torchinfo's activations
        ("OrderedDict([('a', torch.Size([3])), ('b', torch.Siz", "structure_line"),
        ("{'a': (3,), 'b': (4,)", "structure_no_json"),
        ('{"a.w": [3], "b.w": [4]', "structure_no_json"),
        ("conv.weight\nconv.bias", "structure_line"),
        ('[["a.w", [3]], ["a.w", [4]]]', "structure_twice"),
        ('[{"a.w": [3]}, {"a.w": [4]}]', "structure_twice"),
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
        'summary = """\nthe net (3)\n"""\n[[groups]]\nname = "a"\n',
        '{"title": "a (3)", "groups": [{"name": "a", "params": ["*"]}]}',
        "I have a question (3)",
        "hello",
        "",
        "{}",
    ],
)
def test_an_experiment_is_not_taken_for_a_network(text: str) -> None:
    assert not looks_like_network(text)
