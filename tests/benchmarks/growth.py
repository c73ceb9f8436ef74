"""How cost grows, one small chart each: python -m tests.benchmarks.growth [steps] [groups] [parameters] [visitors]

Written beside this file as growth_*.svg, drawn by the Plotly library that the page draws with.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import unquote

import torch
from gradio_client import Client
from torch import nn

from core.checking import check_network
from core.events import Finished, Step
from core.experiment import UNKNOWN, Experiment, Group
from core.models.small_vit import SmallViT
from core.report.chart_text import ChartText
from core.training import train
from core.widgets.live_chart import PLOTLY_JS
from tests.benchmarks.first_look import GROUPS
from tests.benchmarks.long_run import experiment
from tests.benchmarks.made_up import made_up
from tests.benchmarks.serving import chromium, served

FOLDER = Path(__file__).parent
ROUNDS = 5
STEPS = (200, 500, 1000, 2000, 5000, 10_000, 20_000)
GROUP_COUNTS = (1, 2, 5, 10, 20, 40)
WIDTHS = (100, 316, 1000, 3162, 10_000)  # of ten square layers: 10^5 to 10^9 parameters
VISITORS = (1, 2, 5, 10, 20, 50)
Points = list[tuple[float, float]]
DRAW = """([points, x, y]) => Plotly.toImage({
    data: [{ x: points.map(([x]) => x), y: points.map(([, y]) => y), mode: 'lines+markers' }],
    layout: {
        margin: { l: 60, r: 10, t: 10, b: 45 },
        xaxis: { type: 'log', title: { text: x }, tickvals: points.map(([x]) => x), tickformat: '.2~s' },
        yaxis: { rangemode: 'tozero', title: { text: y } },
    },
}, { format: 'svg', width: 420, height: 260 })"""


def of_steps() -> Points:
    """kB of the live chart's text after so many steps of 16 groups: what page and server hold and look through."""
    text, found = ChartText(), []
    for event in made_up(1e6)(None, experiment(STEPS[-1]), stop=lambda: False):
        if not isinstance(event, Step):
            continue
        text.add(event)
        if event.step in STEPS:
            found.append((float(event.step), len(text.text) / 1000))
    return found


def of_groups() -> Points:
    """ms of a step of small_vit, measured, whose parameters are dealt to so many groups."""
    names = [name for name, _ in SmallViT(10).named_parameters()]
    found = []
    for count in GROUP_COUNTS:
        groups = tuple(Group(name=f"g{i}", params=tuple(names[i::count])) for i in range(count))
        sizes = {"train_size": 640, "test_size": 10, "batch_size": 32, "epochs": 1}
        dealt = Experiment(model="small_vit", dataset="shapes", groups=groups, **sizes)
        found.append((float(count), median(1000 * _seconds_per_step(dealt) for _ in range(ROUNDS))))
    return found


def _seconds_per_step(dealt: Experiment) -> float:
    *_, end = train(dealt)
    assert isinstance(end, Finished)
    return end.seconds / end.step


def of_parameters() -> Points:
    """ms to who is where, over a network of so many parameters without values."""
    asked = Experiment.from_dict({"model": UNKNOWN, "groups": GROUPS})
    found = []
    for width in WIDTHS:
        with torch.device("meta"):
            network = nn.Sequential(*(nn.Linear(width, width) for _ in range(10)))
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            assert check_network(asked, network).assignment is not None
            taken.append(1000 * (time.perf_counter() - began))
        found.append((float(sum(p.numel() for p in network.parameters())), median(taken)))
    return found


def of_visitors() -> Points:
    """ms of an edit while so many visitors edit, each twice a second."""
    raw = {"model": "simple_cnn", "groups": GROUPS}
    found = []
    with served() as server:
        for count in VISITORS:
            clients = [Client(server.address, verbose=False) for _ in range(count)]
            clients[0].predict(raw, api_name="/assign")
            taken: list[float] = []
            threads = [threading.Thread(target=_edit, args=(client, raw, taken)) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            found.append((float(count), 1000 * median(taken)))
    return found


def _edit(client: Client, raw: dict[str, object], taken: list[float]) -> None:
    for _ in range(10):
        began = time.perf_counter()
        client.predict(raw, api_name="/assign")
        taken.append(time.perf_counter() - began)
        time.sleep(max(0.0, 0.5 - taken[-1]))


CHARTS: dict[str, tuple[Callable[[], Points], str, str]] = {
    "steps": (of_steps, "steps of a run", "kB of its chart"),
    "groups": (of_groups, "groups", "ms a step of small_vit"),
    "parameters": (of_parameters, "parameters", "ms to who is where"),
    "visitors": (of_visitors, "visitors who edit", "ms an edit"),
}


def main() -> None:
    for name in sys.argv[1:] or CHARTS:
        measure, x, y = CHARTS[name]
        points = measure()
        print(name, json.dumps(points), flush=True)
        with chromium() as browser:
            page = browser.new_page()
            page.add_script_tag(path=str(PLOTLY_JS / "plotly.min.js"))
            image = page.evaluate(DRAW, [points, x, y])
        svg = unquote(image.partition(",")[2])  # of a data URL
        (FOLDER / f"growth_{name}.svg").write_text(svg + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
