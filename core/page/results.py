"""What a run leaves on the page: its chart, summary, findings and heat map, and the runs before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import pandas as pd
from gradio.blocks import Block

from core.page.handlers import QUIET, Translate, Updates
from core.report import VIEWS, KeptRun, Report, beside, heat_map
from core.server import Runs, visitor_of
from core.text import language_of, say
from core.widgets.live_chart import LiveChart
from core.widgets.widget import Sentences

SUMMARY_COLUMNS = ("group", "weights", "distance", "ratio", "badge", "reading")


@dataclass(frozen=True)
class Results:
    """`last` holds the last run's report, `kept` the runs of the visit, `drawn` the names of those beside the chart.
    `earlier` is their list with these ticked; it is rendered in its own panel.

    What is drawn is held here: of two answers of a run that come at once, Gradio's client (6.31) may lose a part of the
    first, as it writes the second's changes into it.
    """

    made_with: gr.Markdown
    chart: LiveChart
    summary: gr.Dataframe
    findings: Sentences
    heat_map: gr.Plot
    last: gr.State
    kept: gr.State
    drawn: gr.State
    earlier: gr.CheckboxGroup

    @property
    def shown(self) -> list[Block]:
        """What `show` shows."""
        return [self.chart, self.made_with, self.summary, self.findings, self.last]

    def show(self, report: Report) -> Updates:
        """The chart and what it was made with; once the run is over its summary, findings and the report itself.

        Of a run that has not begun nothing: what the last one left stays.
        """
        if report.started is None:
            return {}
        growing: Updates = {self.chart: report.growing_chart(), self.made_with: report.made_with}
        if report.steps and report.progress is not None:
            return growing
        columns = [say(f"column_{key}", report.language) for key in SUMMARY_COLUMNS]
        summary = gr.Dataframe(pd.DataFrame(report.rows, columns=columns), visible=bool(report.rows))
        return growing | {self.summary: summary, self.findings: report.findings, self.last: report}

    def draw_heat_map(self, language: str, last: Report | None) -> Any:
        """That of the last run, or none."""
        if last is None or last.started is None or not last.columns:
            return None
        return heat_map(last.started, last.columns, language_of(language))

    def wire_detail(self, runs: Runs) -> None:
        """The steps of a long run that are in sight are told one by one, also while it goes on."""

        def tell(request: gr.Request, last: Report | None, event: gr.EventData) -> Any:
            report = runs.shown_to(visitor_of(request)) or last
            asked = window_of(event._data)
            if report is None or asked is None:
                return gr.skip()
            return gr.update(detail={"run": report.run, **asked, "text": report.chart_detail(**asked)})

        self.chart.select(tell, self.last, self.chart, trigger_mode="always_last", **QUIET)

    @property
    def beside(self) -> list[Block]:
        """What `draw_beside` changes."""
        return [self.kept, self.drawn, self.earlier, self.chart]

    def draw_beside(self, kept: list[KeptRun], ticked: Sequence[str]) -> Updates:
        """The kept runs, their list with `ticked` ticked, and the chart with those drawn beside its own."""
        names = [run.name for run in reversed(kept)]
        ticked = [name for name in ticked if name in names]
        return {
            self.kept: kept,
            self.drawn: ticked,
            self.earlier: gr.CheckboxGroup(names, value=ticked),
            self.chart: gr.update(others=beside(kept, ticked)),
        }


def window_of(asked: object) -> dict[str, Any] | None:
    """The view and the steps that a chart asks for, if it is they that came."""
    values = asked if isinstance(asked, Mapping) else {}
    view, first, last = (values.get(name) for name in ("view", "first", "last"))
    if not isinstance(view, str) or view not in VIEWS or type(first) is not int or type(last) is not int:
        return None
    return {"view": view, "first": first, "last": last}


def lay_out_chart() -> tuple[LiveChart, gr.Markdown]:
    """The chart, and what it was made with."""
    return LiveChart(elem_id="chart"), gr.Markdown(elem_id="made-with")


def lay_out_results(
    tab: Mapping[str, gr.Tab], chart: LiveChart, made_with: gr.Markdown, translate: Translate
) -> Results:
    """The tabs of what was found, of the heat map, and of how to read the chart."""
    with tab["found"]:
        findings = Sentences(elem_id="findings")
        summary = _summary_table(translate)
    with tab["heatmap"]:
        gr.Markdown(translate("heatmap_help"))
        heat_map = gr.Plot(show_label=False)
    with tab["read"]:
        gr.Markdown(translate("page_help"))
        gr.Markdown(translate("chart_help"))
        gr.Markdown(translate("decay_help"))
        gr.Markdown(translate("clip_help"))
        gr.Markdown(translate("steps_help"))
    earlier = gr.CheckboxGroup([], label=translate("earlier"), elem_id="earlier", render=False)
    last, kept, drawn = gr.State(None), gr.State([]), gr.State([])
    return Results(made_with, chart, summary, findings, heat_map, last, kept, drawn, earlier)


def _summary_table(translate: Translate) -> gr.Dataframe:
    """Hidden until a run has ended; one row per group."""
    widths: list[str | int] = ["90px", "90px", "100px", "100px", "150px", "360px"]
    look: dict[str, Any] = {"interactive": False, "wrap": True, "column_widths": widths, "elem_id": "summary"}
    return gr.Dataframe(label=translate("summary"), visible=False, **look)
