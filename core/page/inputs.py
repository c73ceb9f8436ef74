"""What an experiment is read from on the page: the table and the settings, and their values as plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from core import lab
from core.experiment import CLIPS, Experiment
from core.page.filling import SETTINGS, network_names, setting_values, table_rows
from core.page.handlers import Translate, Updates
from core.widgets.group_table import GroupTable, Row, rows_of

Setting = gr.Dropdown | gr.Checkbox | gr.Number | gr.Textbox
SIZES = ("train_size", "test_size", "image_size", "epochs", "batch_size", "seed")


@dataclass(frozen=True)
class Inputs:
    """The visitor's language, the group table, and one input for each field of `SETTINGS`, in that order."""

    language: gr.Textbox
    table: GroupTable
    settings: Mapping[str, Setting]

    @property
    def all(self) -> list[Block]:
        """For a handler that ends in `language: str, *values: Any`, whose values `raw_of` takes."""
        return [self.language, *self.filled]

    @property
    def filled(self) -> list[Block]:
        """What `fill` fills."""
        return [self.table, *self.settings.values()]

    @property
    def dataset(self) -> Setting:
        """Its menu; what it holds also depends on what is here."""
        return self.settings["dataset"]

    def fill(self, raw: Mapping[str, Any], preset: Experiment | None = None) -> Updates:
        """The values of a raw experiment, right or wrong, but for the dataset; `raw["groups"]` is a list of tables.

        The table's reset goes back to the groups of `preset`, or to these.
        """
        values = setting_values(raw)
        rows = table_rows(raw)
        base = setting_values(preset.to_dict() if preset else raw)
        base.pop("dataset")
        table = gr.update(value=rows, base=rows_of(preset.groups) if preset else rows, base_settings=base)
        filled: Updates = {component: values[field] for field, component in self.settings.items()}
        filled.pop(self.dataset)
        if values["structure"]:
            filled[self.settings["model"]] = gr.Dropdown([*network_names(), values["model"]], value=values["model"])
        return filled | {self.table: table}

    def put_back(self, event: gr.EventData) -> Updates:
        """The settings that undo, redo or reset asks for; whatever came, each becomes what its input can show."""
        asked = event._data if isinstance(event._data, Mapping) else {}
        settings = asked.get("settings")
        values = setting_values(settings if isinstance(settings, Mapping) else {})
        table = gr.update(settings=values)
        return {self.table: table} | {component: values[field] for field, component in self.settings.items()}

    @property
    def menus(self) -> list[Block]:
        """What `fill_menus` fills."""
        return [self.settings["model"], self.dataset]

    def fill_menus(self) -> Updates:
        """The networks and the datasets to choose from; which there are, torchvision and the starter say."""
        names = [network_names(), lab.dataset_names()]
        return {menu: gr.Dropdown(choices=choices) for menu, choices in zip(self.menus, names, strict=True)}


def raw_of(table: list[Row], *settings: Any) -> dict[str, Any]:
    """The values of the group table and the settings as a raw experiment.

    A network of one's own gives way to one that was chosen from the menu, and is kept on the page.
    """
    values = dict(zip(SETTINGS, settings, strict=True))
    if values["structure"] and values["model"] in network_names():
        values["structure"] = ""
    return {"groups": table, **values}


def settings_inputs(experiment: Experiment, translate: Translate) -> dict[str, Setting]:
    """One input per field of `SETTINGS`, in their order, labelled in the page's language, filled from `experiment`."""

    def common(field: str) -> dict[str, Any]:
        return {"value": getattr(experiment, field), "label": translate(field), "elem_id": field, "min_width": 130}

    with gr.Row():
        model = gr.Dropdown([experiment.model], info=translate("model_info"), **common("model"))
        dataset = gr.Dropdown([experiment.dataset], filterable=False, **common("dataset"))
        frozen_norm = gr.Dropdown(
            ["eval", "train"], filterable=False, info=translate("frozen_norm_info"), **common("frozen_norm")
        )
        pretrained = gr.Checkbox(**common("pretrained"))
    with gr.Row():
        clip = gr.Dropdown(list(CLIPS), filterable=False, info=translate("clip_info"), **common("clip"))
        clip_at = gr.Number(**common("clip_at"))
    with gr.Row():
        sizes = {field: gr.Number(**common(field)) for field in SIZES}
    # A field that could grow is measured while the page is made, though nobody sees it.
    structure = gr.Textbox(experiment.structure, visible="hidden", lines=2, max_lines=2, elem_id="structure")
    menus: dict[str, Setting] = {"model": model, "dataset": dataset, "frozen_norm": frozen_norm, "clip": clip}
    others: dict[str, Setting] = {"pretrained": pretrained, "clip_at": clip_at, **sizes, "structure": structure}
    inputs = menus | others
    return {field: inputs[field] for field in SETTINGS}
