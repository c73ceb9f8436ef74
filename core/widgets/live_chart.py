"""A Plotly chart that grows while a run goes on: zoom is kept, only what is new is sent.

`value` is one growing text of JSON lines (see `core.figures`): a head with every view as an
empty figure, then a line per step. gr.Plot would re-mount the chart at every update.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import plotly

from core.text import words
from core.widgets.source import source

PLOTLY_JS = Path(plotly.__file__).parent / "package_data"  # holds plotly.min.js
VENDOR = "vendor"  # where the app serves that folder
WORDS = words("chart_empty", "chart_missing")


class LiveChart(gr.HTML):
    def __init__(
        self,
        value: str = "",
        script: str = f"{VENDOR}/plotly.min.js",
        words: dict[str, dict[str, str]] = WORDS,
        html_template: str = source("live_chart.html"),
        css_template: str = source("live_chart.css"),
        js_on_load: str = source("live_chart.js"),
        apply_default_css: bool = False,
        **kwargs: Any,
    ):
        super().__init__(
            value=value,
            script=script,
            words=words,
            html_template=html_template,
            css_template=css_template,
            js_on_load=js_on_load,
            apply_default_css=apply_default_css,
            **kwargs,
        )
