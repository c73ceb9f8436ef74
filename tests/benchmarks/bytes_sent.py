"""Bytes that one update of a growing chart takes on the way to the browser, beside gr.Plot with the same points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from statistics import mean
from typing import Any

import gradio as gr
import httpx
import plotly.graph_objects as go

import app
from core.events import Progress, Started, Step
from core.report import Report
from core.server import Runs
from core.training import train
from tests.benchmarks.row import Row
from tests.browser.conftest import free_port

STEPS = 10_000
PER_UPDATE = 10  # steps: five updates a second at 50 steps/s
EXPERIMENT = replace(app.PRESETS[app.FIRST_PRESET], dataset="shapes", train_size=2560, test_size=10, epochs=1)
GOAL = 3.0  # kB


class Replayed(Runs):
    """Runs whose numbers are those of one short run, over and over."""

    def watch(self, session: str, language: str, raw: dict[str, Any]) -> Iterator[Report]:
        report = Report(language)
        started, *events = train(EXPERIMENT)
        assert isinstance(started, Started)
        report.take(replace(started, steps=STEPS))
        for event in _renumbered([event for event in events if isinstance(event, Step)]):
            report.take(event)
            if event.step % PER_UPDATE == 0:
                report.take(Progress("training", event.step, STEPS, steps_per_second=50.0, seconds_left=1.0))
                yield report


def _renumbered(steps: list[Step]) -> Iterator[Step]:
    return (replace(step, step=number) for number, step in zip(range(1, STEPS + 1), cycle(steps), strict=False))


def rows() -> list[Row]:
    """At step 100 and at the last one; how much more the last one takes; and what gr.Plot takes then."""
    sent = _sizes(app.build(Replayed()))
    early, late = mean(sent[5:15]), mean(sent[-200:])  # a long chart grows more seldom, and then by more
    _, plot_early, _, plot_late = _sizes(_plots())
    what = "bytes sent per update"
    return [
        Row(f"{what}, at step 100", early, plot_early, None, None, GOAL, False, "kB"),
        Row(f"{what}, at step {STEPS:,}", late, plot_late, None, None, GOAL, False, "kB"),
        Row(f"{what}, at step {STEPS:,} : at step 100", late, early, None, late / early, 1.1, False, "kB"),
        Row(f"{what}, gr.Plot : project, at step {STEPS:,}", plot_late, late, None, plot_late / late, 20, True, "kB"),
    ]


def _plots() -> gr.Blocks:
    """One view as gr.Plot shows it, a line per group, at the updates that are compared and those before them."""

    def run() -> Iterator[go.Figure]:
        for steps in (100 - PER_UPDATE, 100, STEPS - PER_UPDATE, STEPS):
            yield _figure(steps)

    with gr.Blocks() as page:
        gr.Button().click(run, None, gr.Plot(), api_visibility="private")
    return page


def _figure(steps: int) -> go.Figure:
    """With numbers of as many digits."""
    figure = go.Figure()
    places = list(range(1, steps + 1))
    for group in EXPERIMENT.groups:
        figure.add_scatter(x=places, y=[float(f"{1 / step:.4g}") for step in places], mode="lines", name=group.name)
    return figure


def _sizes(page: gr.Blocks) -> list[float]:
    """kB of each message that a run of `page` sends as it goes, in order."""
    with page:
        _, address, _ = page.queue().launch(
            server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, ssr_mode=False
        )
        try:
            return [len(message) / 1000 for message in _messages(address, page) if b"process_generating" in message]
        finally:
            page.close()


def _messages(address: str, page: gr.Blocks) -> Iterator[bytes]:
    """The server-sent events of the page's handler `run`, as a browser asks for them."""
    run = next(d for d in page.config["dependencies"] if d["api_name"] == "run")
    values = {c["id"]: c["props"].get("value") for c in page.config["components"]}
    session = {"session_hash": "bytes"}
    call = {"fn_index": run["id"], "data": [values[component] for component in run["inputs"]], **session}
    with httpx.Client(base_url=f"{address}gradio_api/queue/", timeout=60) as client:
        client.post("join", json=call).raise_for_status()
        with client.stream("GET", "data", params=session) as events:
            for line in events.iter_lines():
                yield line.encode()
                if "process_completed" in line:
                    return
