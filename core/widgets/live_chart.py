"""A Plotly chart that grows while a run goes on: zoom is kept, only what is new is sent.

`value` is one growing text of JSON lines (see `core.report.chart_text`): a head with every view as an empty figure,
then a line per step, or of a long run per stretch of steps. gr.Plot would re-mount the chart at every update.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly

from core.text import words
from core.widgets.widget import Widget

PLOTLY_JS = Path(plotly.__file__).parent / "package_data"  # holds plotly.min.js
VENDOR = "vendor"  # where the app serves that folder
PARTS = tuple(f"live_chart_{part}" for part in ("text", "lines", "groups", "legend", "told"))  # of its script
WORDS = words(
    "chart_",
    *(
        "empty",
        "untrainable",
        "missing",
        "loading",
        "waiting",
        "medians",
        "no_value",
        "kept",
        "stale",
        "smooth",
        "log",
        "linear",
        "scale",
        "steps",
        "epochs",
        "epoch",
        "places",
        "png",
        "legend",
    ),
)


class LiveChart(Widget):
    """`value` is the text that `core.report.chart_text` keeps; `script` is where plotly.js is served.

    `recorded` is such a text too, drawn faint until there is a `value`. `others` are earlier runs to draw dashed beside
    it: [{"name": ..., "text": their value}]; `detail` holds what was asked for of a window of a long run, as
    {"run": ..., "view": ..., "first": ..., "last": ..., "text": lines}: its `select` asks, with all but the text.
    `stale` says whether the page has changed since this one, None before
    that is known. Where a network is `untrainable`, nobody is asked to train it.
    """

    def __init__(
        self,
        value: str = "",
        recorded: str = "",
        others: list[dict[str, str]] | None = None,
        detail: dict[str, Any] | None = None,
        stale: bool | None = None,
        untrainable: bool = False,
        script: str = f"{VENDOR}/plotly.min.js",
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "live_chart",
            PARTS,
            value=value,
            recorded=recorded,
            others=others or [],
            detail=detail,
            stale=stale,
            untrainable=untrainable,
            script=script,
            words=words,
            **kwargs,
        )
