"""A call is looked at before anything reads it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import PRESETS
from core.server.json_look import MOST_DEPTH, MOST_VALUES, NotTaken, look_at
from core.server.request_guard import MAX_BODY_BYTES

FILE = {"path": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("name", PRESETS)
def test_experiments_pass(name: str) -> None:
    look_at(json.dumps({"data": [PRESETS[name].to_dict()] * 10, "fn_index": 3, "session_hash": "abc"}).encode())


@pytest.mark.parametrize(
    "value", [FILE, [FILE], {"a": [[{"b": FILE}]]}, {"path": 1}, {"url": "x"}, {"_type": 0}, [1, {"groups": [FILE]}]]
)
def test_a_file_object_is_refused_wherever_it_lies(value: Any) -> None:
    with pytest.raises(NotTaken, match="No file is fetched here"):
        look_at(json.dumps({"data": [value]}).encode())


def test_no_other_way_to_write_the_key_helps() -> None:
    for text in (
        b'{"\\u0070ath": 1}',
        b'{"a": 1, "url": 2, "a": 3}',
        b'\xef\xbb\xbf{"_type": 1}',
        b'{"path":1,"path":2}',
    ):
        with pytest.raises(NotTaken):
            look_at(text)


def test_words_within_values_are_only_words() -> None:
    look_at(
        json.dumps({"data": ["path", '{"path": 1}', "url", "_type: gradio.FileData", "[" * 1000, '"\\"{']}).encode()
    )


@pytest.mark.parametrize("piece", [b"[],", b"{},", b"0,", b'"",'])
def test_too_many_values_are_refused_soon(piece: bytes) -> None:
    text = b'{"data": [' + piece * (MAX_BODY_BYTES // len(piece) - 10) + b"0]}"
    began = time.process_time()
    with pytest.raises(NotTaken, match=f"more than {MOST_VALUES:,} values"):
        look_at(text)
    assert time.process_time() - began < 1.0


def test_too_deep_a_value_is_refused() -> None:
    look_at(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)
    with pytest.raises(NotTaken, match="levels deep"):
        look_at(b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1))
    with pytest.raises(NotTaken, match="levels deep"):
        look_at(b'{"a":' * 1000)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_no_other_encoding_hides_how_deep_it_is(encoding: str) -> None:
    """Half of such a character is a quote, behind which no bracket would be seen."""
    text = '["\u2201",' + "[" * 2000 + "]" * 2000 + "]"
    with pytest.raises(NotTaken, match="UTF-8"):
        look_at(text.encode(encoding))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)


@given(JSON, st.booleans())
def test_any_json_passes_unless_it_names_a_file(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        look_at(text)
    except NotTaken:
        assert (
            any(key in text for key in (b'"path"', b'"url"', b'"_type"'))
            or text.count(b"[") + text.count(b"{") > MOST_DEPTH
        )


@given(st.binary(max_size=300))
def test_what_is_no_json_is_left_to_whoever_reads_it(text: bytes) -> None:
    try:
        look_at(text)
    except NotTaken:
        assert text.count(b"[") + text.count(b"{") > 0 or not json.detect_encoding(text).startswith("utf-8")
