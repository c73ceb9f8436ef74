"""Networks by names and shapes at their worst: in lines, as a print, as a file's header; large, odd or cut off."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import strategies as st

from tests.hostile.strategies import cut, mostly

parts = st.sampled_from(
    [
        "encoder",
        "layer",
        "{0-3}",
        "{0-19}",
        "{3-1}",
        "0",
        "7",
        "attn",
        "norm",
        "lora_A",
        "é",
        "\u202e",
        "x" * 60,
        "",
        "{",
    ]
)
tensor_names = st.tuples(
    st.lists(parts, max_size=4), st.sampled_from(["weight", "bias", "running_mean", "w", "0"])
).map(lambda pair: ".".join([*pair[0], pair[1]]))
shapes = st.lists(mostly(st.integers(0, 4096), st.sampled_from([-1, 10**15, 10**40])), max_size=5)
layers = st.sampled_from(["", "Linear", "LayerNorm", "Conv2d", "Embedding", "BatchNorm2d", "buffer", "Odd buffer", "1"])
tensors = st.lists(st.tuples(tensor_names, shapes, layers), min_size=1, max_size=12)
networks = st.one_of(
    tensors.map(lambda rows: "\n".join(" ".join([name, *map(str, shape), kind]) for name, shape, kind in rows)),
    tensors.map(lambda rows: "\n".join(f"{name} {tuple(shape)}" for name, shape, _ in rows)),
    tensors.map(lambda rows: json.dumps({name: {"dtype": "F32", "shape": shape} for name, shape, _ in rows})),
    tensors.map(lambda rows: json.dumps([{name: shape for name, shape, _ in rows}, {"weight_map": {"a.w": "b"}}])),
)
# Made only when drawn; each as large as it may be, or larger.
LARGE_NETWORKS: dict[str, Callable[[], str]] = {
    "blocks": lambda: "\n".join(f"h.{i}.{n}.weight (8, 8)" for i in range(600) for n in ("q", "k", "v", "o", "norm")),
    "no two alike": lambda: "\n".join(f"h.{i}.a{i}.weight 8 8\nh.{i}.b{i}.weight 8 8" for i in range(2500)),
    "flat": lambda: "\n".join(f"m{i}.weight (8, 8)" for i in range(3000)),
    "no modules": lambda: "\n".join(f"w{i} (8, 8)" for i in range(3000)),
    "deep": lambda: "\n".join("a." * depth + "w 8 8" for depth in range(1, 99)),
    "deeper": lambda: "a." * 10**5 + "w 8 8",
    "ranges": lambda: "a.{0-999999}.{0-999999}.w 8 8",
    "many ranges": lambda: "a" + ".{0-1}" * 14 + ".w 8 8\n" + "a" + ".{2-3}" * 14 + ".w 8 8",
    "too many": lambda: json.dumps({f"w{i}": [8] for i in range(40_000)}),
    "too long": lambda: "a.w (8, 8)\n" * 10**6,
    "open brackets": lambda: "a.w " + "(" * 10**6,
    "many dimensions": lambda: "a.w (" + "1, " * 10**6 + ")",
    "a long line": lambda: "a.w " + "8 " * 10**6,
    "a pickle": lambda: "PK\x03\x04" + "a" * 10**6,
    "no end": lambda: '{"a.w": [' + "8," * 10**6,
}
large_networks = st.sampled_from(sorted(LARGE_NETWORKS)).map(lambda name: LARGE_NETWORKS[name]())
texts = mostly(networks, networks.flatmap(cut), large_networks)
