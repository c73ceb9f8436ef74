"""A structure from what people have: what a network prints, names and shapes as JSON, headers of weight files.

A .safetensors file begins with a header that is such JSON (github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from core.experiment.files import read_json
from core.structures.order import in_likely_order
from core.structures.structure import LONGEST_NAME, MOST_TENSORS, Structure, Tensor, read_structure, wrong

LONGEST = 8 * 2**20  # characters of a text, as of a header
PRINTED = re.compile(r"(?P<name>\S+)\s+(?:torch\.Size\()?(?P<shape>[(\[][\d,\s]*[)\]])\)?")
LINE_TO_PRINT = "for n, p in model.named_parameters(): print(n, tuple(p.shape))"
PICKLES = ("PK\x03\x04", "\x80")  # how the files begin that torch.save writes
COUNTERS = ("I64", "I32", "U8", "BOOL")  # safetensors' names of types that no optimizer moves
# Names that PyTorch's and Transformers' modules give their buffers of floating point.
BUFFERS = re.compile(
    r"(.*\.)?(running_mean|running_var|inv_freq|(\w*_)?position_ids|masked_bias|relative_position_index)"
)


def read_network(text: str) -> Structure:
    """The structure that a text says, in one of the forms of this module or of `core.structures.structure`.

    JSON may be {name: shape}, a header, or a list of headers and index files: the shards of one network. Raises
    ExperimentError with field "structure": for a pickle, with the line to run instead; for an index without its files,
    which are named; for what is no structure, with the line and its text.
    """
    if len(text) > LONGEST:
        raise wrong("structure_too_long", most=LONGEST // 2**20)
    if text.startswith(PICKLES):
        raise wrong("structure_pickle", line=LINE_TO_PRINT)
    if not text.strip():
        raise wrong("structure_empty")
    if text.lstrip()[0] in "{[":
        return _of_json(text)
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    printed = [(number, line, PRINTED.fullmatch(line)) for number, line in lines]
    if any(found for _, _, found in printed):
        return Structure(tuple(_of_print(printed)))
    return read_structure(text)


def _of_print(printed: Iterable[tuple[int, str, re.Match[str] | None]]) -> Iterator[Tensor]:
    """Lines without a name and a shape, such as a prompt, are an error: a network with a hole is another one."""
    for number, line, found in printed:
        shape = _plain(found["shape"]) if found else None
        if found is None or shape is None:
            raise wrong("structure_line", line=number, value=line[:100])
        yield Tensor(found["name"].strip("'\","), _dimensions(found["name"], shape))


@lru_cache(maxsize=1024)
def _plain(shape: str) -> Any:
    """Most tensors of a network have one of few shapes; one of a million dimensions takes a gigabyte to read."""
    if len(shape) > LONGEST_NAME:
        return None
    try:
        return ast.literal_eval(shape)
    except (ValueError, SyntaxError):
        return None


def _of_json(text: str) -> Structure:
    try:
        read = read_json(text)
    except ValueError as error:
        raise wrong("structure_no_json", reason=str(error)[:100]) from error
    files = read if isinstance(read, list) else [read]
    if not files or not all(isinstance(file, dict) for file in files):
        raise wrong("structure_no_shapes")
    indices = [file["weight_map"] for file in files if isinstance(file.get("weight_map"), dict)]
    tensors: dict[str, Tensor] = {}
    is_ordered = True
    for file in files:
        if "weight_map" not in file:
            is_header = any(isinstance(value, dict) and "shape" in value for value in file.values())
            is_ordered &= not is_header
            if len(file) > MOST_TENSORS + 1:
                raise wrong("structure_too_many", most=MOST_TENSORS)
            tensors |= {tensor.name: tensor for tensor in _of_file(file)}
    _complete(tensors, indices)
    found = tuple(tensors.values())
    return Structure(found if is_ordered else in_likely_order(found))


def _of_file(file: Mapping[str, Any]) -> Iterator[Tensor]:
    for name, value in file.items():
        if name == "__metadata__":
            continue
        if isinstance(value, dict):
            is_counter = value.get("dtype") in COUNTERS
            yield Tensor(name, _dimensions(name, value.get("shape")), "", is_counter or bool(BUFFERS.fullmatch(name)))
        else:
            yield Tensor(name, _dimensions(name, value), "", bool(BUFFERS.fullmatch(name)))


def _dimensions(name: str, shape: Any) -> tuple[int, ...]:
    if isinstance(shape, int):
        shape = [shape]
    if not isinstance(shape, (list, tuple)) or not all(type(size) is int for size in shape):
        raise wrong("structure_shape", value=name[:LONGEST_NAME], shape=json.dumps(shape, default=str)[:100])
    return tuple(shape)


def _complete(tensors: Mapping[str, Tensor], indices: list[Mapping[str, Any]]) -> None:
    """Raises ExperimentError where index files name tensors that are in none of the files that came with them."""
    missing = {name: file for index in indices for name, file in index.items() if name not in tensors}
    if missing:
        files = sorted({str(file)[:80] for file in missing.values()})
        raise wrong("structure_shards", count=len(missing), files=", ".join(files[:6]), more=max(len(files) - 6, 0))


def looks_like_network(text: str) -> bool:
    """Whether a text is meant as a network rather than as an experiment: then it is read, or refused, as one."""
    start = text.lstrip()[:LONGEST_NAME]
    if text.startswith(PICKLES):
        return True
    if start.startswith("{"):
        return '"groups"' not in text and ("[" in text or '"weight_map"' in text)
    first = next((line for line in text.splitlines() if line.partition("#")[0].strip()), "")
    words = first.split()
    is_line = len(words) > 1 and "." in words[0] and all(word.isdecimal() for word in words[1:-1]) and "=" not in first
    return start.startswith("[{") or bool(PRINTED.fullmatch(first.strip())) or is_line
