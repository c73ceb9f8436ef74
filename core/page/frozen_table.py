"""What freezing each group in turn changes: a table of numbers with a row for each."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pandas as pd

from core import lab
from core.server import Compared
from core.text import say

COLUMNS = ("frozen", "accuracy", "change", "interval")
WIDTHS: list[str | int] = ["25%", "25%", "25%", "25%"]


def lay_out_frozen_table() -> gr.Dataframe:
    """Empty, and hidden."""
    look: dict[str, Any] = {"interactive": False, "wrap": True, "column_widths": WIDTHS, "elem_id": "frozen-in-turn"}
    return gr.Dataframe(visible=False, show_label=False, **look)


def frozen_table(answer: Compared, language: str) -> gr.Dataframe:
    """The rows of the groups that have run; hidden while there are none."""
    pairs = [(group, pair) for group, pair in zip(answer.groups, answer.pairs, strict=False) if pair.accuracies]
    rows = [[group, *frozen_cells(pair)] for group, pair in pairs]
    columns = [say(f"column_{key}", language) for key in COLUMNS]
    return gr.Dataframe(pd.DataFrame(rows, columns=columns), visible=bool(rows))


def frozen_cells(pair: lab.Paired) -> tuple[str, str, str]:
    """The accuracy with the group frozen (%, ± standard deviation), the change that makes and its 95 % interval (both
    in points); a dash where a number is not known."""
    accuracy, change, interval = "–", "–", "–"
    if found := pair.verdict:
        accuracy = f"{100 * found.mean_b:.1f} ± {100 * found.spread_b:.1f}"
        change = f"{-100 * found.difference:+z.1f}"
        if found.interval:
            low, high = found.interval
            interval = f"{-100 * high:+z.1f} … {-100 * low:+z.1f}"
    elif not pair.diverged:
        as_it_is, frozen = pair.accuracies[0]
        accuracy, change = f"{100 * frozen:.1f}", f"{100 * (frozen - as_it_is):+z.1f}"
    return accuracy, change, interval
