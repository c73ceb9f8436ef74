"""Which groups earn their training: a table with a row for each group that was frozen in turn."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pandas as pd

from core import lab
from core.server import Compared
from core.text import say

COLUMNS = ("frozen", "accuracy", "change", "interval", "reading")
WIDTHS: list[str | int] = ["120px", "130px", "130px", "150px", "500px"]


def lay_out_frozen_table() -> gr.Dataframe:
    """Empty, and hidden."""
    look: dict[str, Any] = {"interactive": False, "wrap": True, "column_widths": WIDTHS, "elem_id": "frozen-in-turn"}
    return gr.Dataframe(visible=False, show_label=False, **look)


def frozen_table(answer: Compared, language: str) -> gr.Dataframe:
    """The rows of the groups whose first run is over; hidden while there are none."""
    rows = [frozen_row(*each, language) for each in zip(answer.groups, answer.pairs, strict=False)]
    columns = [say(f"column_{key}", language) for key in COLUMNS]
    told = [row for row in rows if row[-1]]
    return gr.Dataframe(pd.DataFrame(told, columns=columns), visible=bool(told))


def frozen_row(group: str, pair: lab.Paired, language: str) -> list[str]:
    """The accuracy with the group frozen (%, ± standard deviation), the change that makes and its 95 % interval (both
    in points), and what it means in words; a dash where a number is not known, no words before there is any."""
    accuracy, change, interval = "–", "–", "–"
    if found := pair.verdict:
        accuracy = f"{100 * found.mean_b:.1f} ± {100 * found.spread_b:.1f}"
        change = f"{-100 * found.difference:+z.1f}"
        if found.interval:
            low, high = found.interval
            interval = f"{-100 * high:+z.1f} … {-100 * low:+z.1f}"
    elif pair.accuracies and not pair.diverged:
        as_it_is, frozen = pair.accuracies[0]
        accuracy, change = f"{100 * frozen:.1f}", f"{100 * (frozen - as_it_is):+z.1f}"
    return [group, accuracy, change, interval, pair.sentence_if_frozen(language)]
