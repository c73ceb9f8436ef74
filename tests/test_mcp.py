"""The app as an MCP server, met by the MCP package's own client."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

mcp = pytest.importorskip("mcp", reason="needs the package mcp")

from mcp.client.streamable_http import streamable_http_client  # noqa: E402

import app  # noqa: E402
from core.events import Evaluated, to_json  # noqa: E402
from core.experiment import Experiment  # noqa: E402
from core.server import Runs  # noqa: E402
from core.training import train  # noqa: E402
from tests.browser.conftest import free_port  # noqa: E402
from tests.server.test_api import ENDPOINTS, RAW  # noqa: E402
from tests.test_readme import README  # noqa: E402

Ask = Callable[[Callable[[Any], Awaitable[Any]]], Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """ask(question): what `question(session)` answers, over a session of its own at the address that README names."""
    page = app.build(Runs())
    app.launch(page, server_name="127.0.0.1", server_port=(port := free_port()), quiet=True)
    found = re.search(r"http://127\.0\.0\.1:7860(/gradio_api/mcp/)", README)
    assert found is not None

    async def answer(question: Callable[[Any], Awaitable[Any]]) -> Any:
        async with (
            streamable_http_client(f"http://127.0.0.1:{port}{found[1]}") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await question(session)

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps an event loop in the tests' own
        yield lambda question: thread.submit(asyncio.run, answer(question)).result()
    page.close()


def content_of(answer: Any) -> Any:
    """Gradio writes a tool's answer as Python would."""
    assert not answer.isError, answer.content
    return ast.literal_eval(answer.content[0].text)


def test_the_tools_are_the_endpoints_and_are_described(ask: Ask) -> None:
    tools = {tool.name: tool for tool in ask(lambda session: session.list_tools()).tools}
    assert {f"/{name}" for name in tools} == ENDPOINTS
    assert all(len(tool.description) > 50 for tool in tools.values())
    for name in set(tools) - {"presets"}:
        schema = tools[name].inputSchema
        assert schema["required"] == ["experiment", *(["target"] if name == "match_size" else [])]
        assert "preset's name" in schema["properties"]["experiment"]["description"]
    assert tools["compare"].inputSchema["properties"]["seeds"]["default"] == 3
    fields = tools["train"].inputSchema["properties"]["experiment"]["anyOf"][0]["properties"]
    assert fields["frozen_norm"]["enum"] == ["eval", "train"]


def test_a_model_can_look_up_a_preset_change_it_and_train_it(ask: Ask) -> None:
    async def converse(session: Any) -> Any:
        presets = content_of(await session.call_tool("presets", {}))
        raw = presets["dual_optimizer"] | {field: RAW[field] for field in RAW if field != "groups"}
        return raw, content_of(await session.call_tool("train", {"experiment": raw}))

    raw, events = ask(converse)
    experiment = Experiment.from_dict(raw)
    *_, evaluated = (event for event in train(experiment) if isinstance(event, Evaluated))
    assert [event["event"] for event in events[-4:]] == ["Evaluated", "Silent", "Finished", "Findings"]
    assert events[-4] == to_json(evaluated)
    assert events[-2]["reason"] == "done"
    assert all(finding["sentence"] for finding in events[-1]["findings"])
    assert [group["name"] for group in events[-2]["groups"]] == [group.name for group in experiment.groups]


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        ({"groups": [{"name": "a", "params": "*", "lr": "x"}]}, "groups[0].lr: “x” is not a number"),
        ({"groups": [{"name": "a", "params": "*", "optimizer": "Adma"}]}, "Adma"),
        ("layerwise", "similar names: layerwise_lr"),
    ],
)
def test_what_is_wrong_is_told_as_an_error(ask: Ask, experiment: object, words: str) -> None:
    answer = ask(lambda session: session.call_tool("assign", {"experiment": experiment}))
    assert answer.isError
    assert words in answer.content[0].text
