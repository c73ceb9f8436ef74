"""A call of another shape than its endpoint's is answered in a sentence, on every way to it, and nothing is logged."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from tests.browser.conftest import launched

NAME = {"experiment": "layerwise_lr"}


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    with launched() as blocks:
        yield blocks


def post(page: gr.Blocks, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(page.local_url + path, text, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("call/v2/assign", {}, "assign needs the argument 'experiment'"),
        ("call/v2/assign", NAME | {"session_hash": "x"}, "assign has no argument 'session_hash'"),
        ("call/v2/map", NAME | {"faktors": "1"}, "map has no argument 'faktors'; it takes experiment, factors, seeds"),
        ("call/v2/nothing", {}, "There is no endpoint 'nothing'; there are presets, assign, train"),
        ("call/nothing", {"data": []}, "There is no endpoint 'nothing'"),
        ("call/v2/assign", [], "A call is a JSON object"),
        ("call/v2/assign", b"{", "A call is a JSON object"),
        ("call/assign", {}, 'a list under "data"'),
        ("call/assign", {"data": {}}, 'a list under "data"'),
        ("call/assign", {"data": []}, "assign needs the argument 'experiment'"),
        ("call/assign", {"data": ["a", "b"]}, "assign takes 1 arguments"),
        ("call/train", {"data": ["layerwise_lr", 1]}, "train takes 1 arguments (experiment), not 2"),
        ("queue/join", {"data": [], "fn_index": 9999, "session_hash": "x"}, "The page has no such handler"),
        ("queue/join", {"data": [], "fn_index": "0", "session_hash": "x"}, "The page has no such handler"),
        ("queue/join", {"data": [1] * 99, "fn_index": 0, "session_hash": "x"}, "values, not 99"),
        ("queue/join", {"data": [], "fn_index": 0, "session_hash": "x" * 65}, "name has at most 64 characters"),
        ("call/presets", {"data": [], "session_hash": "x" * 65}, "name has at most 64 characters"),
        ("run/presets", {"data": [], "fn_index": 9999}, "The page has no such handler"),
        ("call/presets", {"data": [], "fn_index": 9999}, "The page has no such handler"),
        ("run/nothing", {"data": []}, "The page has no such handler"),
    ],
)
def test_what_is_wrong_is_named(
    page: gr.Blocks, path: str, body: Any, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status, told = post(page, f"gradio_api/{path}", body)
    assert 400 <= status < 500
    assert words in told["detail"] == told["error"]
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_right_is_answered(page: gr.Blocks) -> None:
    for path, body in (("call/v2/assign", NAME), ("call/assign", {"data": ["layerwise_lr"]}), ("call/v2/presets", {})):
        status, told = post(page, f"gradio_api/{path}", body)
        assert status == 200 and len(told["event_id"]) == 32
