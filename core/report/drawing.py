"""What the figures of a run share: names as text, the legend on top, the axis of steps, colours for both themes."""

from __future__ import annotations

from typing import Any

from core.text import say

GREY = "#888888"  # legible on white and on black
CLEAR = "rgba(0,0,0,0)"
PERCENT, PERCENT_IN_WORDS = "~%", ".3~p"  # of d3-format: as ticks have it; with three digits
BAND = "rgba(136,136,136,0.15)"
# To hide tick labels that reach past the figure Plotly measures each at every drawing, which takes half of its time.
PAST_THE_EDGE = {"ticklabeloverflow": "allow"}

# A figure that the server draws once serves both themes: no template, no background of its own.
FOR_BOTH_THEMES: dict[str, Any] = {
    "template": None,
    "paper_bgcolor": CLEAR,
    "plot_bgcolor": CLEAR,
    "font": {"color": GREY, "size": 12},
}


def plain_text(name: str) -> str:
    """A name as text: names come from outside, and Plotly would read tags in them."""
    return name.replace("&", "&amp;").replace("<", "&lt;")


def name_of_group(name: str, frozen: bool, language: str) -> str:
    """A group's name as a legend has it, a frozen one's with that word."""
    return f"{plain_text(name)} ({say('frozen', language)})" if frozen else plain_text(name)


def step_layout(language: str) -> dict[str, Any]:
    """A layout over the steps of a run: margins in pixels, the legend above the plot, the axis with its word."""
    return {
        "margin": {"l": 64, "r": 16, "t": 8, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
        "xaxis": {"title": {"text": say("step_axis", language)}, "rangemode": "nonnegative", **PAST_THE_EDGE},
    }
