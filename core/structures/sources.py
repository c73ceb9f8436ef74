"""A structure from what people have: what they print of a network, names and shapes as JSON, headers of weight files.

A .safetensors file begins with a header that is such JSON (github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.experiment.files import read_json
from core.structures.named import counted_weight, is_buffer, unwrapped
from core.structures.order import in_likely_order
from core.structures.printed import (
    START,
    has_pairs,
    is_printed_whole,
    lines_of,
    pairs_of,
    read_printed,
    shape_of,
    start_of,
)
from core.structures.structure import LONGEST_NAME, MOST_TENSORS, Structure, Tensor, read_structure, wrong

LONGEST = 8 * 2**20  # characters of a text, as of a header
LINE_TO_PRINT = "for n, p in model.named_parameters(): print(n, tuple(p.shape))"
PICKLES = ("PK\x03\x04", "\x80")  # how the files begin that torch.save writes
COUNTERS = ("I64", "I32", "I16", "U64", "U32", "U16", "U8", "BOOL")  # safetensors' types that no optimizer moves
INSIDE = ("state_dict", "model_state_dict")  # under which people save a network's tensors beside other things
NAMES = "__files__"  # under which the page tells the names of the files that were dropped
NO_HEADER = "__no_header__"  # under which it tells the name of a .safetensors file that has no header
PART = re.compile(r".*-(\d{1,6})-of-(\d{1,6})\.safetensors", re.DOTALL)
MARK = "\ufeff"  # with which editors begin a file in UTF-8


def read_network(text: str) -> Structure:
    """The structure that a text says, in one of the forms of this module or of `core.structures.structure`.

    JSON may be {name: shape}, a header, or a list of headers and index files: the shards of one network. Raises
    ExperimentError with field "structure": for a pickle, with the line to run instead; for an index without its files,
    which are named; for a file without its header; for counts of weights; for what is no structure, with the line and
    its text.
    """
    text = text.removeprefix(MARK)
    if len(text) > LONGEST:
        raise wrong("structure_too_long", most=LONGEST // 2**20)
    if text.startswith(PICKLES):
        raise wrong("structure_pickle", line=LINE_TO_PRINT)
    if not text.strip():
        raise wrong("structure_empty")
    if text.lstrip()[0] in "{[" and not is_printed_whole(text):
        return _of_json(text)
    lines = lines_of(text)
    if has_pairs(lines):
        return Structure(unwrapped([_tensor(name, shape) for name, shape in read_printed(lines)]))
    tensors = unwrapped([replace(t, name=t.name.rstrip(":：")) for t in read_structure(text).tensors])
    if not any(tensor.shape for tensor in tensors):  # names alone say no network
        raise wrong("structure_line", line=lines[0][0], value=lines[0][1][:100])
    if counted := counted_weight(tensors):
        raise wrong("structure_counts", value=counted.name, count=counted.shape[0], line=LINE_TO_PRINT)
    return Structure(tensors)


def _of_json(text: str) -> Structure:
    try:
        read = read_json(text)
    except ValueError as error:
        raise wrong("structure_no_json", reason=str(error)[:100]) from error
    files = [_state_in(file) for file in (read if isinstance(read, list) else [read])]
    if files and all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in files):
        return Structure(unwrapped([_tensor(name, shape) for name, shape in files[: MOST_TENSORS + 1]]))
    if not files or not all(isinstance(file, dict) for file in files):
        raise wrong("structure_no_shapes")
    if cut := [str(file[NO_HEADER]) for file in files if NO_HEADER in file]:
        raise wrong("structure_no_header", value=cut[0])
    _all_parts([str(name) for file in files for name in _list(file.get(NAMES))])
    indices = [file["weight_map"] for file in files if isinstance(file.get("weight_map"), dict)]
    tensors: dict[str, Tensor] = {}
    is_ordered = True
    for file in files:
        if "weight_map" not in file and NAMES not in file:
            is_header = any(isinstance(value, dict) and "shape" in value for value in file.values())
            is_ordered &= not is_header
            if len(file) > MOST_TENSORS + 1:
                raise wrong("structure_too_many", most=MOST_TENSORS)
            for tensor in _of_file(file):
                if tensors.setdefault(tensor.name, tensor).shape != tensor.shape:  # files of two networks
                    raise wrong("structure_twice", value=tensor.name[:LONGEST_NAME])
    _complete(tensors, indices)
    found = unwrapped([*tensors.values()])
    return Structure(found if is_ordered else in_likely_order(found))


def _state_in(file: Any) -> Any:
    """A file's table of tensors, where it keeps that inside."""
    for name in INSIDE:
        if isinstance(file, dict) and isinstance(inside := file.get(name), dict) and "shape" not in inside:
            return inside
    return file


def _of_file(file: Mapping[str, Any]) -> Iterator[Tensor]:
    for name, value in file.items():
        if name != "__metadata__":
            yield (
                _tensor(name, value.get("shape", value), value.get("dtype"))
                if isinstance(value, dict)
                else _tensor(name, value)
            )


def _tensor(name: str, value: Any, dtype: Any = None) -> Tensor:
    shape = _dimensions(name, value)
    return Tensor(name, shape, "", dtype in COUNTERS or is_buffer(name, shape))


def _dimensions(name: str, shape: Any) -> tuple[int, ...]:
    """A shape as a list, as the one size of a vector, or as the text that torch makes of it."""
    given: Any = [shape] if isinstance(shape, int) else shape
    if isinstance(shape, str):
        pairs = pairs_of(f"a {shape}")
        given = shape_of(pairs[0][1]) if pairs and len(pairs) == 1 else None
    if not isinstance(given, (list, tuple)) or not all(type(size) is int for size in given):
        raise wrong("structure_shape", value=name[:LONGEST_NAME], shape=json.dumps(shape, default=str)[:100])
    return tuple(given)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _all_parts(names: list[str]) -> None:
    """Raises ExperimentError where files say by their names that they are some of several, and others are not here."""
    parts = [found for found in map(PART.fullmatch, names) if found]
    here = {int(found[1]) for found in parts}
    for found in parts:
        if len(here) < int(found[2]):
            raise wrong("structure_parts", count=len(here), most=int(found[2]))


def _complete(tensors: Mapping[str, Tensor], indices: list[Mapping[str, Any]]) -> None:
    """Raises ExperimentError where index files name tensors that are in none of the files that came with them."""
    missing = {name: file for index in indices for name, file in index.items() if name not in tensors}
    if missing:
        files = sorted({str(file)[:80] for file in missing.values()})
        raise wrong("structure_shards", count=len(missing), files=", ".join(files[:6]), more=max(len(files) - 6, 0))


def looks_like_network(text: str) -> bool:
    """Whether a text is meant as a network rather than as an experiment: then it is read, or refused, as one."""
    text = text.removeprefix(MARK)
    start = text.lstrip()[:LONGEST_NAME]
    if text.startswith(PICKLES):
        return True
    if start.startswith("{"):
        return '"groups"' not in text and ("[" in text or '"weight_map"' in text or is_printed_whole(text))
    first = next((line for line in text.splitlines() if line.partition("#")[0].strip()), "")
    words = first.split()
    is_line = bool(words) and "." in words[0].strip(".") and all(word.isdecimal() for word in words[1:-1])
    return start.startswith("[{") or (is_line and "=" not in text[:START]) or has_pairs(lines_of(start_of(text)))
