"""A likely order for tensors of a file that keeps them by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.structures.structure import Tensor

# First and last parts of a network, as PyTorch's, Transformers' and timm's classes call them.
FIRST = re.compile(
    r"(?i).*(emb(ed|eddings?)?|tokens?|tokenizer)(_?(layer_?)?norm)?|feature_(extractor|projection)|wte|wpe|shared"
    r"|(patch|pos|cls|time)_?\w*|stem|conv_?(1|in|stem)|bn1"
    r"|features\.0|norm_?pre|ln_pre"
)
DECODERS = re.compile(r"(?i)decoders?")
NORMS = re.compile(r"(?i)(final_?)?(layer_?)?norm(_?(f|out|post|final))?|ln_?(f|post|final)?|conv_norm_out")
POOLERS = re.compile(r"(?i)pooler|attn_?pool|fc_norm|neck")
HEADS = re.compile(
    r"(?i)final_conv|conv_1x1_exp|(lm_)?heads?(_dist)?|(pre_)?classifier|fc|cls|score|qa_outputs|conv_?(out|head)"
    r"|predictions|logits?|proj_out"
    r"|embed_out|output|dropout"
)


def in_likely_order(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The tensors module by module: numbers in their order, what stands before all blocks first, heads last.

    Only names above the first number are told apart so: within a block the order decides nothing here.
    """
    return tuple(sorted(tensors, key=lambda tensor: _place(tensor.name)))


def _place(name: str) -> list[tuple[int, int, str]]:
    place, outside = [], True
    for part in name.split("."):
        outside = outside and not part.isdecimal()
        number = int(part) if part.isdecimal() else -1
        place.append((_rank(part) if outside else 0, number, part))
    return place


def _rank(part: str) -> int:
    ranks = ((HEADS, 5), (POOLERS, 4), (NORMS, 3), (DECODERS, 2), (FIRST, 0))
    return next((rank for names, rank in ranks if names.fullmatch(part)), 1)
