"""What gr.HTML makes of the widgets: their props, and no event out of a word that a script happens to quote."""

from __future__ import annotations

import inspect
import json
from functools import partial
from pathlib import Path

import gradio as gr
import pytest

from core.experiment import FROZEN, Group
from core.widgets.assignment_view import AssignmentView
from core.widgets.group_table import BLANK, COLUMNS, GroupTable, rows_of
from core.widgets.import_box import ImportBox
from core.widgets.link_field import LinkField
from core.widgets.live_chart import LiveChart
from core.widgets.map_grid import MapGrid
from core.widgets.widget import FileSaver, ProgressBar, Sentences, Widget

WIDGETS = (AssignmentView, FileSaver, GroupTable, ImportBox, LinkField, LiveChart, MapGrid, ProgressBar, Sentences)


def parameters(cls: type) -> set[str]:
    return set(inspect.signature(cls).parameters) - {"args", "kwargs"}


@pytest.mark.parametrize("widget", WIDGETS)
def test_what_a_constructor_names_is_a_prop_of_the_page(widget: type[Widget]) -> None:
    own = sorted(parameters(widget) - {"value"})
    built = widget()
    assert set(own) <= set(built.props)
    config = built.get_config()
    assert json.dumps([config[name] for name in own]) == json.dumps([built.props[name] for name in own])


@pytest.mark.parametrize("widget", WIDGETS)
def test_no_attribute_is_an_event_because_a_script_quotes_its_name(widget: type[Widget]) -> None:
    built = widget()
    names = parameters(widget) | parameters(gr.HTML) | {"props", "is_template", "data_model", "_retryable", "likeable"}
    assert [name for name in names if isinstance(getattr(built, name, None), partial)] == []


def test_such_an_event_would_be_seen() -> None:
    assert isinstance(Sentences(js_on_load="'every'").every, partial)


def test_a_new_row_is_a_group_with_its_defaults() -> None:
    (row,) = rows_of((Group(name="a", params=("*",)),))
    assert row == BLANK | {"name": "a", "params": "*"}
    assert tuple(BLANK) == COLUMNS


def test_a_frozen_group_uses_columns_that_are_there() -> None:
    table = GroupTable()
    assert set(table.frozen_columns) < set(table.columns)
    assert FROZEN in table.choices["optimizer"]


def test_no_stub_is_written_beside_a_widgets_source_and_it_can_still_be_updated() -> None:
    class Made(Widget):
        def __init__(self, value: str = "", **kwargs: object) -> None:
            super().__init__("sentences", value=value, **kwargs)

    assert not Path(__file__).with_suffix(".pyi").exists()
    assert not list(Path(inspect.getfile(Widget)).parent.glob("*.pyi"))
    assert Made("a")._constructor_args[0] == {"value": "a"}, "what Gradio makes an update of"
