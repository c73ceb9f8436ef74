"""What a visitor takes home: a run as a CSV table or as one HTML page, an experiment as TOML."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go
import plotly.io

from core.events import WINDOW, Evaluated, GroupStep, Started, Step
from core.report.curves import filled_views
from core.report.summary import made_with
from core.text import say

# Spreadsheets run a cell that begins so as a formula (owasp.org/www-community/attacks/CSV_Injection), and where commas
# separate decimals they begin a cell after each of the other separators too, quoted or not.
FORMULA_START = re.compile(r"(?:^|[;,|\t\r\n])\s*(?=[=+\-@＝＋－＠])|^(?=\s)")
CSV_COLUMNS = (
    *("step", "group", "batch loss (nats)", "learning rate (no unit)"),
    *("gradient norm (L2)", "weight norm after the step (L2)", "update norm (L2)"),
    *("update/weight (share of the norm before)", "distance from start (share of the norm at the start)"),
    *("decay part of the update (L2)", "rest of the update (L2)", "weight decay x weights / gradient (share)"),
    *("gradient x update (nats)", "gradient after clipping / before (share)"),
    f"cosine with the last update (-1 to 1; in the first {WINDOW} steps and every {WINDOW}th)",
    f"gradient agreement over {WINDOW} steps (share 0 to 1; in every {WINDOW}th step)",
    "step per weight without decay (RMS; unit of the learning rate)",
    *("test loss (nats)", "test accuracy (share 0 to 1)"),
)
PLOT = {"displaylogo": False, "showSendToCloud": False, "responsive": True}

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body {{ font-family: sans-serif; max-width: 1000px; margin: 0 auto; padding: 1em; }}</style></head>
<body>
<h1>{title}</h1>
<p>{made_with}</p>
{views}
</body>
</html>
"""


def to_csv(steps: Sequence[Step], evaluations: Sequence[Evaluated], group_names: Sequence[str]) -> str:
    """One row per step and group, under `CSV_COLUMNS`; floats so that they read back the same, empty where None.

    An evaluation stands in the rows of the step it followed; that before the first step has a row
    with no group. Before what a spreadsheet would run as a formula in a name stands an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    tested = {event.step: (repr(event.loss), repr(event.accuracy)) for event in evaluations}
    names = [FORMULA_START.sub(r"\g<0>'", name) for name in group_names]
    for step, test in tested.items():
        if step == 0:
            writer.writerow([0, *[""] * (len(CSV_COLUMNS) - 3), *test])
    for event in steps:
        test = tested.get(event.step, ("", ""))
        for name, group in zip(names, event.groups, strict=True):
            writer.writerow([event.step, name, repr(event.loss), *_cells(group), *test])
    return text.getvalue()


def to_html(started: Started, steps: Sequence[Step], evaluations: Sequence[Evaluated], language: str) -> str:
    """All views of the live chart as one page that asks for nothing else: plotly.js is in it (about 5 MB)."""
    title = getattr(started.experiment.title, language) or say("title", language)
    views = filled_views(started, steps, evaluations, language)
    return PAGE.format(
        lang={"en": "en", "zh": "zh-CN"}[language],
        title=html.escape(title),
        made_with="<br>".join(html.escape(line).replace("**", "") for line in _made_with(started, steps, language)),
        views="\n".join(_sections([view for view in views if not view["idle"]])),
    )


def _cells(group: GroupStep) -> list[str]:
    values = [group.lr, group.gradient_norm, group.weight_norm, group.update_norm, group.update_ratio, group.distance]
    values += [group.decay_norm, group.rest_norm, group.l2_share, group.direction, group.clip_factor]
    values += [group.cosine, group.gradient_agreement, group.step_per_weight]
    return ["" if value is None else repr(value) for value in values]


def _made_with(started: Started, steps: Sequence[Step], language: str) -> Iterator[str]:
    """What the charts were made with, as the page says it; then what is missing."""
    yield from made_with(started, language)
    if not steps:
        yield say("download_missing", language)


def _sections(views: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Each view as a heading and Plotly's own HTML; the first brings the library."""
    for index, view in enumerate(views):
        figure = go.Figure(data=view["data"], layout=view["layout"])
        figure.update_yaxes(**_ticks(view))
        options = {"full_html": False, "default_height": "440px", "div_id": f"view-{index}", "config": PLOT}
        plot = plotly.io.to_html(figure, include_plotlyjs=index == 0, **options)
        yield f"<h2>{html.escape(view['label'])}</h2>\n{plot}"


def _ticks(view: dict[str, Any]) -> dict[str, Any]:
    """Of the vertical axis as the live chart has them: Plotly gives one to three decades a number for each digit, one
    over the other, and counts to 1,000,000 where nothing is drawn."""
    layout = view["layout"]
    drawn = [y for trace in view["data"] for y in trace["y"] if y is not None]
    if not drawn:
        return {"showticklabels": False}
    if layout["yaxis"].get("type") != "log":
        return {}
    drawn += [end for band in layout.get("shapes", ()) for end in (band["y0"], band["y1"])]
    return {"dtick": "D2"} if 8 <= max(drawn) / min(drawn) <= 2000 else {}
