"""A Plotly chart that grows while a run goes on: zoom is kept, only what is new is sent.

`value` is one growing text of JSON lines (see `core.report.curves`): a head with every view as an
empty figure, then a line per step. gr.Plot would re-mount the chart at every update.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly

from core.text import words
from core.widgets.widget import Widget

PLOTLY_JS = Path(plotly.__file__).parent / "package_data"  # holds plotly.min.js
VENDOR = "vendor"  # where the app serves that folder
WORDS = words("chart_", "empty", "missing", "kept")


class LiveChart(Widget):
    """`value` is the text that `core.report.curves` writes; `script` is where plotly.js is served.

    `others` are earlier runs to draw dashed beside it: [{"name": ..., "text": their value}].
    """

    def __init__(
        self,
        value: str = "",
        others: list[dict[str, str]] | None = None,
        script: str = f"{VENDOR}/plotly.min.js",
        words: dict[str, dict[str, str]] = WORDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            "live_chart",
            value=value,
            others=others or [],
            script=script,
            words=words,
            **kwargs,
        )
