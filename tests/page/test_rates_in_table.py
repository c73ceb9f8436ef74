"""What a click puts into the table's rows, and what is said of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from core.page.rates_in_table import RatesInTable
from core.widgets.widget import Sentences

ROWS = [
    {"name": "body", "params": "*", "lr": "1e-3", "weight_decay": "100"},
    {"name": "head", "params": "fc.*", "lr": "1e-3", "weight_decay": ""},
]


@pytest.fixture
def table() -> RatesInTable:
    with gr.Blocks():
        inputs: Any = SimpleNamespace(table=gr.State(None))
        return RatesInTable(inputs, SimpleNamespace(), gr.Button(), Sentences(), gr.State(None))  # type: ignore[arg-type]


def test_rates_and_decays_go_to_the_rows_of_their_names(table: RatesInTable) -> None:
    updates = table.put(ROWS, {"body": {"lr": 0.0031, "weight_decay": 0.1}, "head": {"lr": 0.01}}, "en")
    first, second = updates[table.inputs.table]
    assert first == ROWS[0] | {"lr": "0.0031", "weight_decay": "0.1"}
    assert second == ROWS[1] | {"lr": "0.01"}
    assert updates[table.before] == ROWS, "what Undo brings back"
    assert updates[table.said] == ["In the table now: body 0.0031 (weight decay 0.1), head 0.01. Train to see them."]


def test_groups_that_are_gone_are_left_out(table: RatesInTable) -> None:
    updates = table.put(ROWS, {"neck": {"lr": 0.1}, "head": {"lr": 0.01}}, "en")
    assert [row["lr"] for row in updates[table.inputs.table]] == ["1e-3", "0.01"]
    assert list(table.put(ROWS, {"neck": {"lr": 0.1}}, "en")) == [table.said]
