"""The page's description is short, and its API is told in full."""

from __future__ import annotations

import json

import gradio as gr
import pytest

import core.page.page
from core.page import build
from core.page.short_page import OF_THE_API, ShortPage
from core.server import Runs


def test_only_what_the_api_takes_is_described_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    short = build(Runs())
    monkeypatch.setattr(core.page.page, "ShortPage", gr.Blocks)
    long = build(Runs())
    config = short.get_config_file()
    described = [each["type"] for each in config["components"] if not set(OF_THE_API).isdisjoint(each)]
    assert set(described) == {"api"}
    assert len(str(config)) < 0.8 * len(str(long.get_config_file()))
    endpoints = [json.dumps(page.get_api_info(all_endpoints=True)["named_endpoints"]) for page in (short, long)]
    assert endpoints[0] == endpoints[1]
    assert "/train" in endpoints[0]


def test_parts_are_described_anew_only_where_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[str] = []
    describe = gr.Markdown.get_config
    monkeypatch.setattr(gr.Markdown, "get_config", lambda part, *args: described.append("") or describe(part, *args))
    with ShortPage() as page:
        name = gr.Markdown("a")
    for _ in range(3):
        assert [each["props"]["value"] for each in page.get_config_file()["components"]] == ["a"]
    assert len(described) == 1
    with page:
        gr.Markdown("b")
        name.change(lambda: None)
    config = page.get_config_file()
    assert [each["props"]["value"] for each in config["components"]] == ["a", "b"]
    assert [each["targets"] for each in config["dependencies"]] == [[(name._id, "change")]]
