"""What may arrive from outside at its worst: experiments, tables, links, files and API bodies, for hypothesis."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from core.experiment import OPTIMIZER_OPTIONS, Experiment, ExperimentError, Group
from core.experiment.files import MAX_FILE_BYTES
from core.experiment.optimizer_classes import OPTION_RULES
from core.page.filling import SETTINGS
from core.widgets.group_table import COLUMNS
from tests.experiment.test_experiment import valid_values

GROUP_FIELDS = [field.name for field in fields(Group)]
SETTING_FIELDS = [field.name for field in fields(Experiment) if field.name != "groups"]
DEFAULTS = {field.name: field.default for field in fields(Experiment)}
NETWORKS = ("simple_cnn", "small_vit", "resnet18", "vit_b_16", "alexnet", "mobilenet_v3_small")
SIZES = (32, 33, 48, 64)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def mostly(usual: st.SearchStrategy[Any], *rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual three times as often as each of the rare."""
    return st.sampled_from([usual, usual, usual, *rare]).flatmap(lambda chosen: chosen)


# Values that are large or odd, made only when drawn.
MONSTERS: dict[str, Callable[[], Any]] = {
    "a name of 1 MB": lambda: "n" * 2**20,
    "1 MB of blanks": lambda: " " * 2**20,
    "1 MB of options": lambda: "eps=1 " * 2**17,
    "digits": lambda: "9" * 4301,
    "a huge integer": lambda: 10**4300,
    "an integer too long to print": lambda: 10**5000,
    "not a number": lambda: float("nan"),
    "minus infinity": lambda: float("-inf"),
    "deep lists": lambda: nested(500),
    "10^5 texts": lambda: ["*"] * 10**5,
    "10^5 keys": lambda: {str(number): number for number in range(10**5)},
    "brackets in options": lambda: "betas=" + "(" * 290,
    "a power in options": lambda: "eps=9**9**9**9",
    "a call in options": lambda: "eps=__import__('os').getcwd()",
    "a mebibyte in options": lambda: "eps='a'*2**20",
    "a slow glob": lambda: "*a" * 49 + "b",
    "another slow glob": lambda: "*[!b]*?" * 12 + "b",
    "globs by the dozen": lambda: ["*" + "?*" * 40 + str(number) for number in range(20)],
    "an open bracket": lambda: "[" * 99,
    "control characters": lambda: "a\0b\x1b[31mc\r\n\x7f",
    "bidirectional overrides": lambda: "\u202eevil\u2066\u2069\u200f",
    "half a surrogate pair": lambda: "\ud800",
    "odd spaces": lambda: "\u2028\u2029\u00a0\ufeff\u3000",
    "combining marks": lambda: "a" + "\u0301" * 39,
    "digits of other scripts": lambda: "１e-３",
    "format fields": lambda: "{value.__class__} {0} %s %(x)s ${x}",
    "Gradio's own words": lambda: {"__type__": "update", "visible": False},
    "a path": lambda: "../../../../etc/passwd\0.png",
    "a method's name": lambda: "__init__",
}
monsters = st.sampled_from(sorted(MONSTERS)).map(lambda name: MONSTERS[name]())
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["*", "*.weight", "conv1.*", "0.1", "1e-3", "", "head", "frozen", "Muon", "step", *NETWORKS]),
)
leaves = mostly(plain, monsters)
keys = st.sampled_from([*GROUP_FIELDS, *SETTING_FIELDS, "v"]) | st.text(max_size=6)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*GROUP_FIELDS, *SETTING_FIELDS, "v"]) | st.text(max_size=6), inner, max_size=5
        )
    ),
    max_leaves=8,
)
options = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPTION_RULES)) | st.text("ab_=(", min_size=1, max_size=4),
        st.sampled_from(["0.9", "(0.9, 0.95)", "True", "'original'", "1e999", "-1", "[" * 40, "'\u202e'", "nan", "{}"]),
    ),
    max_size=3,
).map(lambda pairs: " ".join(f"{name}={literal}" for name, literal in pairs))
groups = st.fixed_dictionaries(
    {"name": st.text(max_size=8) | leaves, "params": st.sampled_from(["*", "*.weight", ["*.bias", "*"]]) | leaves},
    optional={name: anything for name in GROUP_FIELDS if name not in ("name", "params", "options", "optimizer")}
    | {"options": options | leaves, "optimizer": st.sampled_from([*OPTIMIZER_OPTIONS]) | leaves},
)
crowds = st.sampled_from([129, 1000, 10**6]).map(lambda count: [{"name": "g", "params": "*"}] * count)


@st.composite
def nearly_valid(draw: st.DrawFn) -> dict[str, Any]:
    """An experiment that can run, on one of several networks, or in which up to two values are spoilt."""
    raw = draw(valid_values())
    raw["groups"] = raw["groups"][:2]
    for group, params in zip(raw["groups"], draw(st.permutations(["*.weight", "*"])), strict=False):
        group |= {"params": params, "role": "any"}
    raw |= {"model": draw(st.sampled_from(NETWORKS)), "image_size": draw(st.sampled_from(SIZES))}
    raw |= {"pretrained": False, "dataset": "shapes", "train_size": 64, "batch_size": 32, "test_size": 10}
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        place = draw(st.sampled_from([raw, *raw["groups"]]))
        names = SETTING_FIELDS if place is raw else GROUP_FIELDS
        place[draw(st.sampled_from(names) | st.text(max_size=5))] = draw(anything)
    return raw


invented = st.fixed_dictionaries(
    {"groups": st.lists(groups, min_size=1, max_size=4) | crowds | anything},
    optional={name: anything for name in SETTING_FIELDS if name != "model"}
    | {"model": st.sampled_from(NETWORKS) | leaves},
)
experiments = mostly(nearly_valid(), invented, anything)

# What a page's handlers get: rows of the table, then the settings in their order.
cells = mostly(plain, st.text(max_size=10), options, monsters)
rows = st.fixed_dictionaries({"name": cells}, optional=dict.fromkeys(COLUMNS[1:], cells))


@st.composite
def tables(draw: st.DrawFn) -> list[Any]:
    """The inputs of the page's handlers after the language: usually such as the page sends, sometimes anything."""
    raw = draw(mostly(nearly_valid(), invented))
    table = draw(mostly(st.just(raw["groups"]), st.lists(rows, max_size=4), anything))
    return [table, *(raw.get(name, DEFAULTS[name]) for name in SETTINGS)]


def link_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def json_of(value: Any) -> bytes:
    """As JSON, with what JSON does not know (NaN, half a surrogate pair); nothing where Python cannot write it."""
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return b"1" * 5000


def cut(content: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, len(content)).map(lambda end: content[:end])


bombs = st.sampled_from(
    [
        b"[" * 10**6,
        b"0" * 10**7,
        b'{"v":1,"groups":[' + b"{}," * 10**6 + b"{}]}",
        b'{"v":1,"title":"' + b"a" * 10**7 + b'"}',
        b'{"a":' * 10**5,
        b'{"v":' + b"9" * 10**6 + b"}",
        b"\0" * 2**26,
    ]
)
jsons = experiments.map(lambda raw: {"v": 1} | raw if isinstance(raw, dict) else raw).map(json_of)
good_links = jsons.filter(lambda content: len(content) < MAX_FILE_BYTES).map(link_of)
links = mostly(
    good_links,
    good_links.flatmap(cut),
    bombs.map(link_of),
    st.binary(max_size=200).map(link_of),
    st.text(max_size=200),
    st.text("ABCxyz019-_", max_size=300),
    st.sampled_from([6000, 6001, 10**6]).map(lambda length: "A" * length),
)


@st.composite
def tomls(draw: st.DrawFn) -> bytes:
    try:
        return Experiment.from_dict(draw(nearly_valid())).to_toml().encode()
    except ExperimentError:
        return draw(
            st.sampled_from([b"a." * 10**5 + b"a = 1", b"x = '''" * 1000, b"[[groups]]\n" * 20_000, b"\xff\xfe"])
        )


files = mostly(
    jsons | tomls(), jsons.flatmap(cut), tomls().flatmap(cut), bombs, st.binary(max_size=200), st.text(max_size=200)
)

# What is posted to an endpoint: JSON that it asks for, nearly, or any bytes.
ENDPOINTS = (
    *("assign", "train", "map", "suggest", "range_test", "match_size", "compare", "ablate", "export", "presets"),
)


def light(raw: Any) -> Any:
    """With a network whose steps are short: a run notices after a step that its client has left."""
    return raw | {"model": "simple_cnn"} if isinstance(raw, dict) and raw.get("model") in NETWORKS else raw


asked = experiments.map(light)
second = st.sampled_from(
    [1e-3, 3, 20, "1/3 3", [0.1, 1e7], "1/0", "script", "optimizers"]
)  # what some endpoints ask for beside the experiment
bodies = mostly(
    st.builds(lambda *data: {"data": data}, asked, second),
    st.builds(lambda *data: {"data": data}, mostly(asked, st.sampled_from(["layerwise_lr", "\ud800"])), anything),
    st.builds(lambda *data: {"data": data}, asked),
    st.fixed_dictionaries({"data": anything}, optional={"fn_index": anything, "session_hash": anything}),
    anything,
).map(json_of)
requests = st.tuples(
    st.sampled_from(ENDPOINTS),
    mostly(bodies, bodies.flatmap(cut), bombs | st.binary(max_size=100)),
)
